set -e
export PYTHONPATH=lib
python lib/fit.py --data "$1" --alpha "$2" --horizon "$3" --out "$4"
