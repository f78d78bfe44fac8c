"""Trainings of the LSTM of components/train-lstm-model, for trial_noise.py and trained_winners.py.

It trains on the readings that `sweepgen sample-data` makes for one circuit of examples/seed, 40 days unless asked
otherwise: under the circuit's present hyperparameters, and under 12 draws of the example's search space. The trial's
own code trains, in processes of this script, so that TensorFlow starts once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from sweepgen import load_spec
from sweepgen.local.sampling import sampler_of

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
CIRCUITS = ROOT / "examples/seed/config/circuits.yaml"
CONFIGURATIONS, DRAW = 12, 1
PRESENT = 0
"""The number of the circuit's present hyperparameters; those that are drawn count from 1."""
_ENVIRONMENT = {
    # Two trainings at a time, on a thread each: models this small gain nothing by more.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "PYTHONWARNINGS": "ignore",
}


class Training(NamedTuple):
    """Which configuration is trained under which seed."""

    configuration: int
    seed: int


class Scores(NamedTuple):
    """What a training reached, as mean squared errors of the scaled target."""

    last_epoch: float
    """val_loss of the last epoch, by which a trial counted up to 1.0.0."""
    val_loss: float
    """val_loss of the best epoch, whose model is kept."""
    test_loss: float
    """test_loss of the model that is kept."""


def configurations() -> list[dict[str, Any]]:
    """Return the circuit's present hyperparameters, and draws of the example's search space, as a sweep draws them."""
    spec = load_spec(SPEC)
    sampler = sampler_of(spec.search_space, spec.sampling, spec.objective, seed=DRAW, trials=CONFIGURATIONS)
    drawn = [values for number in range(CONFIGURATIONS) if (values := sampler.draw(number)) is not None]
    return [_circuit()["hyperparameters"], *drawn]


def _circuit() -> dict[str, Any]:
    circuit: dict[str, Any] = yaml.safe_load(CIRCUITS.read_text(encoding="utf-8"))["circuits"][0]
    return circuit


class Trainings:
    """Trainings, each done once and kept in a file, a line each, so that a script can be stopped and started again."""

    def __init__(self, options: argparse.Namespace) -> None:
        os.environ.update(_ENVIRONMENT)
        self.kept: Path = options.kept
        self.days: int = options.days
        self.processes: int = options.processes
        self.configurations = configurations()
        self.scores: dict[Training, Scores] = {}
        if self.kept.exists():
            for line in self.kept.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                if entry["days"] == self.days:
                    self.scores[Training(*entry["training"])] = Scores(*entry["scores"])

    def make(self, wanted: list[Training]) -> None:
        """Train what is wanted and not there yet."""
        missing = [training for training in dict.fromkeys(wanted) if training not in self.scores]
        if not missing:
            return
        spawning = multiprocessing.get_context("spawn")
        with (
            tempfile.TemporaryDirectory(prefix="sweepgen-trainings-") as folder,
            ProcessPoolExecutor(self.processes, spawning) as pool,
        ):
            work = Path(folder)
            _prepare(work, self.days)
            futures = {
                pool.submit(_train, work, self.configurations[training.configuration], training): training
                for training in missing
            }
            for future in as_completed(futures):
                self._keep(futures[future], future.result())

    def _keep(self, training: Training, scores: Scores) -> None:
        self.scores[training] = scores
        with self.kept.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"days": self.days, "training": training, "scores": scores}) + "\n")
        print(*training, *(f"{score:.4f}" for score in scores), file=sys.stderr, flush=True)


def _prepare(work: Path, days: int) -> None:
    """Write the circuit's file and its readings."""
    maker = [sys.executable, "-m", "sweepgen", "sample-data", str(CIRCUITS), str(work), "--days", str(days)]
    subprocess.run(maker, check=True, stdout=subprocess.DEVNULL)
    circuit = _circuit()
    (work / "circuit.yaml").write_text(yaml.safe_dump(circuit), encoding="utf-8")
    (work / f"{circuit['plant_id']}_{circuit['circuit_id']}").rename(work / "readings")


def _train(work: Path, values: dict[str, Any], training: Training) -> Scores:
    """Train once by the trial's own code and read what it logged."""
    sys.path.insert(0, str(ROOT / "components/train-lstm-model/src"))
    import mlflow
    from data import load_windows  # type: ignore[import-not-found]
    from model import train  # type: ignore[import-not-found]
    from settings import Hyperparameters, read_config  # type: ignore[import-not-found]

    here = work / f"{training.configuration}-{training.seed}"
    params = Hyperparameters(**values)
    windows = load_windows(work / "readings", read_config(work / "circuit.yaml"), params.sequence_length)
    mlflow.set_tracking_uri((here / "store").as_uri())
    with contextlib.redirect_stdout(Path(os.devnull).open("w")), mlflow.start_run() as run:
        reached = train(params, windows, training.seed, here / "model")
    logged = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val_loss")
    *_, last, kept = [entry.value for entry in sorted(logged, key=lambda entry: entry.step)]
    shutil.rmtree(here)
    return Scores(last, kept, reached["test_loss"])


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that the trainings take."""
    made = argparse.ArgumentParser(description=str(description).splitlines()[0])
    made.add_argument("--days", type=int, default=40, help="days of readings (default 40)")
    made.add_argument("--processes", type=int, default=2, help="trainings at a time (default 2)")
    made.add_argument(
        "--kept",
        type=Path,
        default=Path("trainings.jsonl"),
        help="where trainings are kept, of one version of trial and readings (default trainings.jsonl)",
    )
    return made
