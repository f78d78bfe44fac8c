"""How much of a sweep of the LSTM is luck: the noise of training seeds beside the spread of configurations.

The trial of components/train-lstm-model trains on the readings that `sweepgen sample-data` makes for one circuit of
examples/seed, 40 days as for its recorded results: the circuit's present hyperparameters under 8 seeds, and 12 draws of
the example's search space under one. Both are told as the standard deviation of the logarithm of val_loss,
scored by the last epoch, as the trial did up to 1.0.0, and by the model that is kept, as it does now: from the same
trainings, so that nothing but the score differs.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from sweepgen import load_spec
from sweepgen.local.sampling import sampler_of

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
CIRCUITS = ROOT / "examples/seed/config/circuits.yaml"
SEEDS, CONFIGURATIONS, DRAW = 8, 12, 1
ENVIRONMENT = {
    # Two trainings at a time, on a thread each: models this small gain nothing by more.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "PYTHONWARNINGS": "ignore",
}

Scores = tuple[float, float]
"""val_loss of the last epoch, and of the model that was kept."""


def train(work: Path, number: int, values: dict[str, Any], seed: int) -> Scores:
    """Train once by the trial's own code and read what it logged."""
    sys.path.insert(0, str(ROOT / "components/train-lstm-model/src"))
    import mlflow
    from data import load_windows  # type: ignore[import-not-found]
    from model import train as trained  # type: ignore[import-not-found]
    from settings import Hyperparameters, read_config  # type: ignore[import-not-found]

    params = Hyperparameters(**values)
    windows = load_windows(work / "readings", read_config(work / "circuit.yaml"), params.sequence_length)
    mlflow.set_tracking_uri((work / f"store-{number}").as_uri())
    with contextlib.redirect_stdout(Path(os.devnull).open("w")), mlflow.start_run() as run:
        trained(params, windows, seed, work / f"model-{number}")
    logged = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_loss")
    *_, last, kept = [entry.value for entry in sorted(logged, key=lambda entry: entry.step)]
    return last, kept


def drawn() -> list[dict[str, Any]]:
    """Return configurations of the example's search space, as a sweep of it draws them."""
    spec = load_spec(SPEC)
    sampler = sampler_of(spec.search_space, spec.sampling, spec.objective, seed=DRAW, trials=CONFIGURATIONS)
    return [values for number in range(CONFIGURATIONS) if (values := sampler.draw(number)) is not None]


def measured(work: Path, days: int, processes: int) -> tuple[list[Scores], list[Scores]]:
    """Return the scores under each seed, and of each configuration."""
    maker = [
        *(sys.executable, "-m", "sweepgen", "sample-data"),
        str(CIRCUITS),
        str(work),
        "--days",
        str(days),
    ]
    subprocess.run(maker, check=True, stdout=subprocess.DEVNULL)
    circuit = yaml.safe_load(CIRCUITS.read_text(encoding="utf-8"))["circuits"][0]
    (work / "circuit.yaml").write_text(yaml.safe_dump(circuit), encoding="utf-8")
    (work / f"{circuit['plant_id']}_{circuit['circuit_id']}").rename(work / "readings")
    present = circuit["hyperparameters"]
    jobs = [(present, seed) for seed in range(SEEDS)] + [(values, 0) for values in drawn()]
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        running = [pool.submit(train, work, number, *job) for number, job in enumerate(jobs)]
        scores = []
        for (values, seed), each in zip(jobs, running, strict=True):
            scores.append(each.result())
            print(
                f"{scores[-1][0]:.4f} {scores[-1][1]:.4f}  seed {seed}  {values}", file=sys.stderr, flush=True
            )
    return scores[:SEEDS], scores[SEEDS:]


def deviation(values: list[float]) -> float:
    """Return the standard deviation of the logarithms."""
    return statistics.stdev(map(math.log, values))


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--days", type=int, default=40, help="days of readings (default 40)")
    parser.add_argument("--processes", type=int, default=2, help="trainings at a time (default 2)")
    options = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory(prefix="sweepgen-noise-") as folder:
        seeds, configurations = measured(Path(folder), options.days, options.processes)
    print(
        f"| scored by | noise of {SEEDS} seeds | spread of {CONFIGURATIONS} configurations | ratio | at most | met |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for index, name in enumerate(("last epoch, as up to 1.0.0", "best epoch, which is kept")):
        noise = deviation([scores[index] for scores in seeds])
        spread = deviation([scores[index] for scores in configurations])
        met = "yes" if noise / spread <= 0.5 else "NO"
        print(f"| {name} | {noise:.2f} | {spread:.2f} | {noise / spread:.2f} | 0.5 | {met} |")


if __name__ == "__main__":
    main()
