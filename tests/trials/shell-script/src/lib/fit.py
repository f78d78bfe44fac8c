import argparse
import pathlib

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--alpha", type=float)
parser.add_argument("--horizon", type=int)
parser.add_argument("--out", type=pathlib.Path)
args = parser.parse_args()
rows = [float(line) for path in sorted(args.data.glob("*.csv")) for line in path.read_text().split()]
error = abs(sum(rows) / len(rows) - args.alpha) / args.horizon
mlflow.log_metric("error", error)
(args.out / "error.txt").write_text(str(error))
