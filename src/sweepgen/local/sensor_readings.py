"""Plausible sensor readings for the circuits of a circuits.yaml: what a first try, the examples and the tests train on.

Every feature has a daily and a weekly cycle, slow drift, noise, and a few missing stretches. The others also follow the
load of the circuit, which changes in steps. The first feature, which a trial forecasts, answers the square of the
others as late as the circuit's forecast horizon: a trial can read what is to come from the others, but not from the
first feature's last value. The same circuit always gets the same readings.
"""

from __future__ import annotations

import datetime as dt
import os
import zlib
from typing import Any

import numpy as np
import pandas as pd

from sweepgen.documents.files import content_at, write_text
from sweepgen.errors import UsageError, WriteError

MLTABLE = """\
$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json
type: mltable
paths:
  - pattern: ./*.parquet
transformations:
  - read_parquet:
      include_path_column: false
"""
LEVELS = {
    "temperature": (60.0, 8.0),
    "pressure": (6.0, 0.6),
    "vibration": (2.5, 0.4),
    "flow_rate": (120.0, 15.0),
}
"""The usual level of a feature and the size of its daily swing; any other feature gets 10 and 2."""
NOISE = 0.05
"""The standard deviation of the noise, as a share of the daily swing."""


def readings(circuit: dict[str, Any], days: int) -> pd.DataFrame:
    """Return hourly readings of a circuit, `days` days up to the end of its cutoff date."""
    name = f"{circuit['plant_id']}/{circuit['circuit_id']}"
    random = np.random.default_rng(zlib.crc32(name.encode()))
    end = pd.Timestamp(str(circuit["cutoff_date"])) + dt.timedelta(hours=23)
    times = pd.date_range(end=end, periods=days * 24, freq="h")
    delay = min(circuit.get("forecast_horizon") or 1, len(times))
    hours = np.arange(-delay, len(times))
    load = _steps(random, len(hours))
    cycles = [_cycle(random, hours) for _ in circuit["features"]]
    others = [cycle + load for cycle in cycles[1:] or cycles]
    first = 0.6 * cycles[0][delay:] + 0.5 * np.mean(others, axis=0)[:-delay] ** 2
    table = pd.DataFrame({"timestamp": times})
    # A circuit of one feature has no others: that feature answers its own cycle.
    for feature, wave in zip(
        circuit["features"], [first, *(other[delay:] for other in others)], strict=False
    ):
        level, swing = LEVELS.get(feature, (10.0, 2.0))
        table[feature] = level + swing * (wave + random.normal(0, NOISE, len(times)))
    for feature in circuit["features"]:
        for start in random.integers(200, len(times) - 10, size=days // 30):
            table.loc[start : start + int(random.integers(0, 3)), feature] = np.nan
    return table


def _cycle(random: np.random.Generator, hours: np.ndarray) -> np.ndarray:
    """Return a daily and a weekly cycle with slow drift."""
    phase = random.uniform(0, 2 * np.pi)
    daily, weekly = np.sin(hours * 2 * np.pi / 24 + phase), np.sin(hours * 2 * np.pi / 168 + phase)
    drift = np.cumsum(random.normal(0, 0.004, len(hours)))
    wave: np.ndarray = daily + 0.4 * weekly + drift
    return wave


def _steps(random: np.random.Generator, length: int) -> np.ndarray:
    """Return the load of a circuit: it changes every other day or so, and stays until then."""
    load = np.zeros(length)
    for start in np.sort(random.integers(0, length, size=max(length // 50, 1))):
        load[start:] = random.choice([-0.5, 0.0, 0.5, 1.0])
    return load


def write(circuit: dict[str, Any], folder: str, days: int) -> str:
    """Write the readings of a circuit as an MLTable folder and return its path.

    Raises UsageError where other data is there, or the circuit has no features or no cutoff date, WriteError where it
    cannot be written.
    """
    name = f"{circuit['plant_id']}_{circuit['circuit_id']}"
    target = os.path.join(folder, name)
    table = os.path.join(target, "MLTable")
    if os.path.lexists(target) and content_at(table) != MLTABLE.encode():
        raise UsageError(f"{target} holds other data, and is not replaced: name another folder")
    missing = [key for key in ("features", "cutoff_date") if not circuit.get(key)]
    if missing:
        raise UsageError(f"the circuit {name} has no {missing[0]}, which readings are made from")
    try:
        os.makedirs(target, exist_ok=True)
        write_text(table, MLTABLE)
        readings(circuit, days).to_parquet(os.path.join(target, "readings.parquet"), index=False)
    except OSError as fault:
        raise WriteError(f"{target}: {fault}") from fault
    return target
