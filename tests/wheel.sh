#!/usr/bin/env bash
# The built wheel in an empty environment: schemas, templates and the starter trial are found there too.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=${1:-"$root/.venv/bin/python"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m build --wheel --no-isolation --outdir "$work/dist" "$root" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$python" -m venv "$work/env"
"$work/env/bin/pip" install -q -c "$root/requirements.lock" "$work"/dist/sweepgen-*.whl
cd "$work"
"$work/env/bin/sweepgen" --version
"$work/env/bin/sweepgen" completion bash | bash -n
test -s "$work/env/share/man/man1/sweepgen.1"
"$work/env/bin/sweepgen" schema spec >spec.json
"$work/env/bin/sweepgen" schema results >results.json
"$work/env/bin/sweepgen" init project
cd project
"$work/env/bin/sweepgen" validate --strict hyperparameter_tuning.tuning.yaml config/circuits.yaml
"$work/env/bin/sweepgen" compile hyperparameter_tuning.tuning.yaml
"$work/env/bin/sweepgen" compile --check hyperparameter_tuning.tuning.yaml
"$work/env/bin/sweepgen" sample-data config/circuits.yaml data 2>&1 | grep -q "pip install 'sweepgen\[lstm\]'"
echo "the wheel works"
if [ -e "$root/.git" ]; then
  # The hooks, installed from this commit by the real pre-commit into an environment of their own.
  export PRE_COMMIT_HOME="$work/pre-commit"
  git init -qb main .
  cat >.pre-commit-config.yaml <<END
repos:
  - repo: $root
    rev: $(git -C "$root" rev-parse HEAD)
    hooks: [{id: sweepgen-validate}, {id: sweepgen-circuits}, {id: sweepgen-compile}, {id: sweepgen-version}]
END
  git add -A
  "$(dirname "$python")/pre-commit" run --all-files
  echo "the hooks work"
fi
