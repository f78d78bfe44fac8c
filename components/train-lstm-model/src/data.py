"""Reads a circuit's sensor readings and cuts them into training, validation and test windows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from settings import CircuitConfig, TrialError, one_line, read_mapping

# Where validation and test begin, in percent of the rows: whole numbers, so that no rounding moves a row.
VALIDATION_START, TEST_START = 70, 85
MAX_FILLED_STEPS = 3
FLOAT32_MAX = float(np.finfo("float32").max)
# MLTable transformations that keep every row, so that reading the files is enough.
ROW_PRESERVING = {"read_delimited", "read_parquet", "keep_columns", "drop_columns", "convert_column_types"}


class Windows(NamedTuple):
    """Windows in original units, and the scaling of the training rows.

    x: (windows, sequence_length, features) float32; y: (windows,) float64;
    feature_mean and feature_std: (features,) float64.
    """

    train_x: np.ndarray
    train_y: np.ndarray
    val_x: np.ndarray
    val_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    feature_mean: np.ndarray
    feature_std: np.ndarray
    target_mean: float
    target_std: float


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*") if file.suffix in (".csv", ".parquet"))


def _read_file(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise TrialError(f"cannot read training data {file}: {one_line(error)}.") from error


def _read_files(files: list[Path]) -> pd.DataFrame:
    return pd.concat([_read_file(file) for file in files], ignore_index=True)


def _read_mltable(folder: Path) -> pd.DataFrame:
    """Read the files that the folder's MLTable file lists."""
    definition = folder / "MLTable"
    table = read_mapping(definition, "table definition")
    try:
        paths = [(kind, str(value)) for entry in table["paths"] for kind, value in entry.items()]
        steps = table.get("transformations") or []
        names = {name for step in steps for name in (step if isinstance(step, dict) else [step])}
    except (AttributeError, KeyError, TypeError) as error:
        raise TrialError(f"{definition} must list its files under 'paths'.") from error
    if names - ROW_PRESERVING or any("://" in value for _, value in paths):
        return _load_with_package(folder)
    files: list[Path] = []
    for kind, value in paths:
        found = []
        if kind == "file":
            found = [folder / value]
        elif kind == "folder":
            found = _files_in(folder / value)
        elif kind == "pattern" and not Path(value).is_absolute():
            found = sorted(folder.glob(value))
        if not found:
            raise TrialError(f"the path '{kind}: {value}' in {definition} names no data file.")
        files += found
    if not files:
        raise TrialError(f"{definition} must list its files under 'paths'.")
    return _read_files(files)


def _load_with_package(folder: Path) -> pd.DataFrame:
    """Let package mltable read remote paths and apply transformations that change rows."""
    try:
        import mltable  # noqa: PLC0415
    except ImportError as error:
        raise TrialError(
            f"{folder / 'MLTable'} has remote paths or transformations, which need the package mltable."
        ) from error
    try:
        return mltable.load(str(folder)).to_pandas_dataframe()
    except Exception as error:  # the package documents no common base of its errors
        raise TrialError(f"package mltable cannot load {folder}: {one_line(error)}.") from error


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_dir():
        return _read_files([path])
    if (path / "MLTable").exists():
        return _read_mltable(path)
    files = _files_in(path)
    if not files:
        raise TrialError(f"training data folder {path} holds no MLTable, CSV or Parquet file.")
    return _read_files(files)


def _select(table: pd.DataFrame, config: CircuitConfig) -> pd.DataFrame:
    """Return the used columns as float64, by UTC time, within the configured days."""
    time_column = next((name for name in ("timestamp", "date") if name in table), None)
    if time_column is None:
        raise TrialError("the training data has no column 'timestamp' or 'date'.")
    used = list(dict.fromkeys([*config.features, config.target]))
    missing = [name for name in used if name not in table]
    if missing:
        raise TrialError(f"the training data has no column {', '.join(map(repr, missing))}.")
    try:
        # Only ISO 8601: any other format leaves the order of day and month to a guess.
        times = pd.DatetimeIndex(pd.to_datetime(table[time_column], format="ISO8601", utc=True))
        times = times.tz_localize(None)
    except (TypeError, ValueError) as error:
        raise TrialError(f"column '{time_column}' has values that are no ISO 8601 times.") from error
    if times.hasnans or pd.api.types.is_numeric_dtype(table[time_column]):
        raise TrialError(f"column '{time_column}' has values that are no ISO 8601 times.")
    try:
        frame = table[used].astype("float64").set_axis(times)
    except (TypeError, ValueError) as error:
        raise TrialError(f"a column used has values that are no numbers: {one_line(error)}.") from error
    if times.has_duplicates:
        raise TrialError(f"the time {times[times.duplicated()][0]} occurs more than once.")
    frame = frame.sort_index()
    end = pd.Timestamp(config.cutoff_date) + dt.timedelta(days=1)
    if frame.empty or frame.index[0] >= end:
        raise TrialError(f"the training data has no row up to the cutoff_date {config.cutoff_date}.")
    frame = frame[frame.index < end]
    if config.training_days is not None:
        frame = frame[frame.index >= end - dt.timedelta(days=config.training_days)]
    return frame


def _fill_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the rows on an even time grid and fill short gaps with the value before them.

    The grid's step is the median time between rows. A gap is a run of absent
    rows, or of values that are empty, infinite or beyond float32.
    """
    if len(frame) < 2:
        return frame
    between = np.diff(frame.index.to_numpy()).astype("int64")
    # The upper bound keeps a gap of years from filling the memory; it still counts as too long.
    steps = np.rint(between / np.median(between)).clip(1, MAX_FILLED_STEPS + 2).astype("int64")
    position = np.concatenate([[0], steps.cumsum()])
    usable = frame.where(frame.abs() <= FLOAT32_MAX).set_axis(position)
    filled = usable.reindex(range(position[-1] + 1)).ffill(limit=MAX_FILLED_STEPS)
    holes = filled.isna()
    if holes.any(axis=None):
        near = frame.index[position <= holes.any(axis=1).idxmax()][-1]
        names = ", ".join(map(repr, filled.columns[holes.any()]))
        raise TrialError(
            f"column {names} has missing values near {near} that cannot be filled:"
            f" only gaps of at most {MAX_FILLED_STEPS} steps after a value are."
        )
    return filled


def _cut(part: pd.DataFrame, config: CircuitConfig, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every window of a part and the target forecast_horizon steps after its last row."""
    first_target = length - 1 + config.forecast_horizon
    x = part[config.features].to_numpy("float32")[: len(part) - config.forecast_horizon]
    windows = np.lib.stride_tricks.sliding_window_view(x, length, axis=0)
    return windows.transpose(0, 2, 1), part[config.target].to_numpy()[first_target:]


def load_windows(path: Path, config: CircuitConfig, sequence_length: int) -> Windows:
    """Read the training data and return its windows: by time, 70 % of the rows train, 15 % validate, 15 % test."""
    rows = _fill_gaps(_select(_read_table(path), config))
    starts = [len(rows) * share // 100 for share in (VALIDATION_START, TEST_START)]
    # No window spans a split, so no part sees a row of another; filled values come from the rows before them.
    train, val, test = rows.iloc[: starts[0]], rows.iloc[starts[0] : starts[1]], rows.iloc[starts[1] :]
    needed = sequence_length + config.forecast_horizon
    if min(len(train), len(val), len(test)) < needed:
        raise TrialError(
            f"{len(train)} training, {len(val)} validation and {len(test)} test rows are too few:"
            f" one window and its target take {needed} rows of each."
        )
    mean, std = train.mean(), train.std(ddof=0).replace(0.0, 1.0)
    return Windows(
        *_cut(train, config, sequence_length),
        *_cut(val, config, sequence_length),
        *_cut(test, config, sequence_length),
        feature_mean=mean[config.features].to_numpy(),
        feature_std=std[config.features].to_numpy(),
        target_mean=float(mean[config.target]),
        target_std=float(std[config.target]),
    )
