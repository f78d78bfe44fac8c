"""Trains an LSTM forecaster for one sensor circuit."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from data import load_windows
from settings import LIMITS, Hyperparameters, TrialError, check_limits, one_line, read_config


def whole_number(text: str) -> int:
    """Read a whole number; a sweep's quantized distributions write 64 as 64.0."""
    number = float(text)
    if not number.is_integer():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number")
    return int(number)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="train.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--circuit-config", type=Path, required=True, help="circuit configuration (YAML)")
    parser.add_argument(
        "--training-data", type=Path, required=True, help="MLTable folder, folder of data files, or one file"
    )
    for name, default in Hyperparameters()._asdict().items():
        low, high = LIMITS[name]
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=whole_number if isinstance(default, int) else float,
            default=default,
            help=f"{low} to {high} (default {default})",
        )
    low, high = LIMITS["seed"]
    parser.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        help=f"seed of all random numbers, {low} to {high} (default 0)",
    )
    parser.add_argument("--trained-model", type=Path, required=True, help="folder for the MLflow model")
    parser.add_argument("--metrics", type=Path, required=True, help="JSON file for the final metrics")
    return parser.parse_args(arguments)


def prepare_outputs(model_folder: Path, metrics: Path) -> None:
    """Create the output folders, so that a bad path fails before the training."""
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        metrics.parent.mkdir(parents=True, exist_ok=True)
        if metrics.is_dir():
            raise TrialError(f"the path for the metrics, {metrics}, is a folder.")
        if any(model_folder.iterdir()):
            raise TrialError(f"the folder for the model, {model_folder}, is not empty.")
    except OSError as error:
        raise TrialError(f"cannot write the outputs: {one_line(error)}.") from error


def run(args: argparse.Namespace) -> None:
    """Run the trial: check everything, train, write the metrics."""
    params = Hyperparameters(*(getattr(args, name) for name in Hyperparameters._fields))
    check_limits(params, args.seed)
    config = read_config(args.circuit_config)
    windows = load_windows(args.training_data, config, params.sequence_length)
    prepare_outputs(args.trained_model, args.metrics)
    print(  # noqa: T201
        f"Circuit {config.circuit_id} of plant {config.plant_id}: {len(windows.train_y)} training,"
        f" {len(windows.val_y)} validation and {len(windows.test_y)} test windows."
    )

    # TensorFlow and MLflow take seconds to import: only now is it sure that they are needed.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from model import train  # noqa: PLC0415

    metrics = train(params, windows, args.seed, args.trained_model)
    args.metrics.write_text(json.dumps(metrics, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def main() -> None:
    """Run the trial; one sentence on stderr and status 1 if the user can put it right."""
    try:
        run(parse_arguments())
    except TrialError as error:
        sys.exit(f"train.py: error: {error}")


if __name__ == "__main__":
    main()
