"""What a trial is told: its hyperparameters and its circuit's configuration."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from pathlib import Path


class TrialError(Exception):
    """Something the user can put right; its text is one sentence."""


class Hyperparameters(NamedTuple):
    """Values that a sweep chooses, with the defaults of component.yaml."""

    lstm_units: int = 64
    learning_rate: float = 0.001
    epochs: int = 50
    batch_size: int = 32
    dropout: float = 0.2
    sequence_length: int = 24


class CircuitConfig(NamedTuple):
    """One circuit; forecast_horizon in time steps, training_days in calendar days."""

    plant_id: str
    circuit_id: str
    features: list[str]
    target: str
    forecast_horizon: int
    cutoff_date: dt.date
    training_days: int | None


# Smallest and largest allowed value, both included, as in component.yaml.
LIMITS: dict[str, tuple[float, float]] = {
    "lstm_units": (1, 1024),
    "learning_rate": (0, 1),
    "epochs": (1, 1000),
    "batch_size": (1, 4096),
    "dropout": (0, 0.9),
    "sequence_length": (1, 1000),
    "seed": (0, 2_147_483_647),
}
# Largest number of steps or days; any more would leave the range of dates.
MAX_COUNT = 100_000


def check_limits(params: Hyperparameters, seed: int) -> None:
    """Raise TrialError for the first value outside its limits."""
    for name, value in {**params._asdict(), "seed": seed}.items():
        low, high = LIMITS[name]
        if not low <= value <= high:  # also true of NaN
            raise TrialError(f"{name} is {value}, but must lie between {low} and {high}.")


def one_line(error: Exception) -> str:
    """Return the error's text as one line without its full stop."""
    return " ".join(str(error).split()).rstrip(".")


def read_mapping(path: Path, what: str) -> dict[str, Any]:
    """Read a YAML file that holds one mapping."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise TrialError(f"cannot read {what} {path}: {one_line(error)}.") from error
    if not isinstance(content, dict):
        raise TrialError(f"{what} {path} must hold one mapping of keys to values.")
    return content


def read_config(path: Path) -> CircuitConfig:
    """Read and check the circuit configuration; unknown keys are ignored."""
    raw = read_mapping(path, "circuit configuration")

    def text(key: str, default: str | None = None) -> str:
        value = raw.get(key, default)
        if not isinstance(value, str) or not value:
            raise TrialError(f"{key} in {path} must be a non-empty text.")
        return value

    def count(key: str, default: int) -> int:
        value = raw.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_COUNT:
            raise TrialError(f"{key} in {path} must be a whole number between 1 and {MAX_COUNT}.")
        return value

    features = raw.get("features")
    named = isinstance(features, list) and all(isinstance(name, str) for name in features)
    if not named or not features or len(set(features)) < len(features):
        raise TrialError(f"features in {path} must be a list of different column names.")
    try:
        # str(): YAML turns a date without quotes into a date object.
        cutoff_date = dt.date.fromisoformat(str(raw.get("cutoff_date")))
    except ValueError as error:
        raise TrialError(f"cutoff_date in {path} must be a date such as '2024-12-31'.") from error
    return CircuitConfig(
        plant_id=text("plant_id"),
        circuit_id=text("circuit_id"),
        features=features,
        target=text("target", features[0]),
        forecast_horizon=count("forecast_horizon", 1),
        cutoff_date=cutoff_date,
        training_days=count("training_days", 1) if raw.get("training_days") is not None else None,
    )
