"""Readings to try a sweep with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from sweepgen.cli import main

pandas = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
CIRCUITS = Path(__file__).parent.parent / "examples/seed/config/circuits.yaml"
SUMS = {"temperature": 60092.614228, "pressure": 5882.828743, "vibration": 2532.175467}


def test_each_circuit_gets_the_same_readings_every_time(tmp_path, capsys):
    for folder in ("one", "two"):
        assert main(["sample-data", str(CIRCUITS), str(tmp_path / folder), "--days", "40"]) == 0
    assert f"written   {tmp_path / 'one' / 'PLANT001_CIRCUIT01'}" in capsys.readouterr().out
    one, two = (
        pandas.read_parquet(tmp_path / each / "PLANT001_CIRCUIT01/readings.parquet")
        for each in ("one", "two")
    )
    pandas.testing.assert_frame_equal(one, two)
    assert len(one) == 40 * 24
    assert str(one["timestamp"].iloc[-1]).endswith("23:00:00")
    sums = {name: round(float(one[name].sum()), 6) for name in one.columns if name != "timestamp"}
    assert sums == SUMS
    assert "read_parquet" in (tmp_path / "one/PLANT001_CIRCUIT01/MLTable").read_text()


@pytest.mark.parametrize("number", [0, 1])
def test_the_first_feature_answers_the_others_as_late_as_the_forecast_horizon(number):
    """What a trial forecasts can be read from the readings that it sees, at no other delay as well."""
    from sweepgen.local.sensor_readings import LEVELS, readings

    circuit = yaml.safe_load(CIRCUITS.read_text())["circuits"][number]
    table = readings(circuit, 120).ffill()
    first, *others = [(table[name] - LEVELS[name][0]) / LEVELS[name][1] for name in circuit["features"]]
    square = (sum(others) / len(others)) ** 2
    alike = {delay: first.corr(square.shift(delay)) for delay in range(48)}
    assert max(alike, key=alike.get) == circuit["forecast_horizon"]
    assert alike[circuit["forecast_horizon"]] > 0.6


@pytest.mark.parametrize("horizon", [None, 1, 24, 10**9])
def test_a_circuit_of_one_feature_has_readings_whatever_its_horizon(horizon):
    from sweepgen.local.sensor_readings import readings

    circuit = {"plant_id": "P", "circuit_id": "C", "features": ["level"], "cutoff_date": "2025-11-01"}
    table = readings({**circuit, "forecast_horizon": horizon}, 10)
    assert len(table) == 240
    assert 0.5 < table["level"].std() < 5


def test_other_data_is_not_replaced(tmp_path, capsys):
    (tmp_path / "PLANT001_CIRCUIT01").mkdir()
    (tmp_path / "PLANT001_CIRCUIT01" / "MLTable").write_text("ours")
    assert main(["sample-data", str(CIRCUITS), str(tmp_path), "--days", "40"]) == 2
    assert "holds other data" in capsys.readouterr().err
    assert (tmp_path / "PLANT001_CIRCUIT01" / "MLTable").read_text() == "ours"


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("circuits: [{plant_id: P}]\n", 1, "error[SG012 "),
        ("circuits: [\n", 1, "error[SG0"),
        ("- 1\n", 1, "error[SG0"),
    ],
)
def test_a_faulty_circuits_file_is_a_finding(text, status, message, tmp_path, capsys):
    path = tmp_path / "circuits.yaml"
    path.write_text(text)
    assert main(["sample-data", str(path), str(tmp_path / "data")]) == status
    assert message in capsys.readouterr().out
    assert not (tmp_path / "data").exists()


def test_without_pandas_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "sweepgen.local.sensor_readings", raising=False)
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert main(["sample-data", str(CIRCUITS), str(tmp_path / "data")]) == 2
    assert "sample data needs pandas: pip install 'sweepgen[lstm]'" in capsys.readouterr().err


def test_what_init_makes_finds_its_data(tmp_path, monkeypatch, capsys):
    from sweepgen.checks.checker import Checker
    from sweepgen.local.plan import plan_of

    monkeypatch.chdir(tmp_path)
    assert main(["init", "."]) == 0
    assert main(["sample-data", "config/circuits.yaml", "data", "--days", "40"]) == 0
    checked = Checker().check_spec("hyperparameter_tuning.tuning.yaml")
    plan = plan_of(checked.loaded, checked.settings, checked.loaded.selected[0], digest="")
    assert Path(plan.data["training_data"], "readings.parquet").is_file()
