import argparse
import json
from pathlib import Path

import mlflow

parser = argparse.ArgumentParser()
for name in ("readings", "weather", "settings", "holidays", "model", "metrics", "forecast"):
    parser.add_argument(f"--{name}", type=Path)
parser.add_argument("--target")
parser.add_argument("--options", type=json.loads)
parser.add_argument("--horizon", type=int)
parser.add_argument("--alpha", type=float)
args = parser.parse_args()

assert args.options["plant"] in args.settings.read_text()
assert args.weather.exists()
loss = args.alpha / args.horizon
mlflow.log_metric("val_loss", loss)
args.metrics.write_text(json.dumps({"val_loss": loss, "target": args.target}))
