"""Runs the train-lstm-model component by its own command line, on small generated data."""

import importlib
import importlib.util
import io
import json
import math
import os
import re
import runpy
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")
yaml = pytest.importorskip("yaml")
mlflow = pytest.importorskip("mlflow")
if (
    importlib.util.find_spec("tensorflow") is None
):  # its import takes seconds, and the trials' processes need it alone
    pytest.skip("there is no tensorflow", allow_module_level=True)

COMPONENT_FOLDER = Path(__file__).parents[1] / "components" / "train-lstm-model"
SRC = COMPONENT_FOLDER / "src"
COMPONENT = yaml.safe_load((COMPONENT_FOLDER / "component.yaml").read_text(encoding="utf-8"))
SMALL = {"lstm_units": 8, "epochs": 3, "sequence_length": 12}
CONFIG = {
    "plant_id": "plant-a",
    "circuit_id": "circuit-1",
    "features": ["flow", "pressure"],
    "forecast_horizon": 2,
    "cutoff_date": "2024-12-31",
    "owner": "ignored",
}


def readings(rows=400):
    """Return hourly readings: a daily sine with noise, and noise alone."""
    noise = np.random.default_rng(7)
    hours = np.arange(rows)
    return pd.DataFrame(
        {
            "timestamp": pd.date_range("2024-01-01", periods=rows, freq="h"),
            "flow": 20 + 5 * np.sin(hours * 2 * np.pi / 24) + noise.normal(0, 0.2, rows),
            "pressure": noise.normal(100, 3, rows),
        }
    )


def turned(rows=400):
    """Return readings whose pressure tells the flow two hours on, and the contrary of it where validation begins."""
    pressure = np.random.default_rng(3).normal(100, 3, rows)
    sign = np.where(np.arange(rows) < rows * 70 // 100, 1, -1)
    return readings(rows).assign(pressure=pressure, flow=20 + sign * (np.roll(pressure, 2) - 100))


def write_csv(folder, table=None, mltable="paths:\n  - pattern: ./*.csv\n"):
    """Write a table as two CSV files, the later one first by name, with an MLTable file."""
    folder.mkdir(parents=True)
    table = readings() if table is None else table
    half = len(table) // 2
    table.iloc[half:].to_csv(folder / "a.csv", index=False)
    table.iloc[:half].to_csv(folder / "b.csv", index=False)
    if mltable is not None:
        (folder / "MLTable").write_text(mltable)
    return folder


def write_parquet(folder):
    """Write the readings as one Parquet file, with an MLTable file."""
    (folder / "files").mkdir(parents=True)
    readings().to_parquet(folder / "files" / "all.parquet", index=False)
    (folder / "MLTable").write_text(
        "paths:\n  - folder: ./files\ntransformations:\n  - read_parquet:\n      include_path_column: false\n"
    )
    return folder


def write_config(folder, **changes):
    """Write the circuit configuration; a change to None leaves the key out."""
    path = folder / "circuit.yaml"
    merged = {key: value for key, value in {**CONFIG, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(merged))
    return path


def command(work, data, config=None, **inputs):
    """Return the words of the component's command, with its inputs and outputs filled in."""
    values = {name: spec["default"] for name, spec in COMPONENT["inputs"].items() if "default" in spec}
    values |= {**SMALL, "circuit_config": config or write_config(work), "training_data": data, **inputs}
    (work / "model").mkdir(exist_ok=True)  # Azure ML mounts an empty output folder
    outputs = {"trained_model": work / "model", "metrics": work / "out" / "metrics.json"}

    def value(match):
        return shlex.quote(str({"inputs": values, "outputs": outputs}[match[1]][match[2]]))

    words = shlex.split(re.sub(r"\$\{\{(\w+)\.(\w+)\}\}", value, COMPONENT["command"]))
    assert words[0] == "python"
    return words


def start(work, data, config=None, env=None, **inputs):
    """Start the component's command in folder work, as a job would, and return the process."""
    return subprocess.Popen(
        [sys.executable, *command(work, data, config, **inputs)[1:]],
        cwd=SRC,
        env={**os.environ, **store_env(work), "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def store_env(work):
    return {"MLFLOW_TRACKING_URI": (work / "store").as_uri(), "MLFLOW_ALLOW_FILE_STORE": "true"}


def client(work, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = (work / "store").as_uri()
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def only_run(store):
    (experiment,) = store.search_experiments()
    (run,) = store.search_runs([experiment.experiment_id])
    return run


def history(store, run, metric):
    """Return steps and values in the order in which they were logged."""
    logged = store.get_metric_history(run.info.run_id, metric)
    return [(entry.step, entry.value) for entry in sorted(logged, key=lambda entry: entry.step)]


@pytest.fixture
def modules():
    """Return the trial's modules data and settings, without leaving these names to other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SRC))
        patch.setattr(sys, "dont_write_bytecode", True)  # the folder is packaged as it is
        yield importlib.import_module("data"), importlib.import_module("settings")
    for name in ("data", "settings"):
        del sys.modules[name]


@pytest.fixture(scope="module")
def trained_trials(tmp_path_factory):
    """Run trials side by side: on CSV, on Parquet in a run that exists already, with another seed, on turned data."""
    works = {name: tmp_path_factory.mktemp(name) for name in ("csv", "parquet", "seed", "turned")}
    with pytest.MonkeyPatch.context() as patch:
        run_id = client(works["parquet"], patch).create_run("0").info.run_id
    processes = {
        "csv": start(works["csv"], write_csv(works["csv"] / "data")),
        "parquet": start(
            works["parquet"], write_parquet(works["parquet"] / "data"), env={"MLFLOW_RUN_ID": run_id}
        ),
        "seed": start(works["seed"], write_csv(works["seed"] / "data"), seed=1),
        "turned": start(works["turned"], write_csv(works["turned"] / "data", turned()), learning_rate=0.02),
    }
    for name, process in processes.items():
        stdout, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stdout + stderr
        (works[name] / "stdout").write_text(stdout)
    return works


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_run_logs_every_epoch(trained_trials, name, monkeypatch):
    store = client(trained_trials[name], monkeypatch)
    run = only_run(store)
    assert run.info.status == "FINISHED"
    losses, val_losses = (history(store, run, metric) for metric in ("loss", "val_loss"))
    assert [step for step, _ in losses] == [0, 1, 2]
    assert [step for step, _ in val_losses] == [0, 1, 2, 3]  # the last is the kept model's
    assert all(math.isfinite(value) for _, value in [*losses, *val_losses])
    assert run.data.params == {
        "lstm_units": "8",
        "learning_rate": "0.001",
        "epochs": "3",
        "batch_size": "32",
        "dropout": "0.2",
        "sequence_length": "12",
        "seed": "0",
    }
    written = json.loads((trained_trials[name] / "out" / "metrics.json").read_text())
    assert list(written) == ["val_loss", "mae", "rmse", "r2_score", "test_loss", "test_mae"]
    assert all(math.isfinite(value) for value in written.values())
    assert {key: run.data.metrics[key] for key in written} == pytest.approx(written)
    assert store.search_registered_models() == []


def written(work):
    return json.loads((work / "out" / "metrics.json").read_text())


def test_same_seed_gives_the_same_result(trained_trials):
    first, second = written(trained_trials["csv"]), written(trained_trials["parquet"])
    assert first["val_loss"] == second["val_loss"]
    assert first == pytest.approx(second, rel=1e-9)  # older pandas may miss a CSV number's last digit


def test_another_seed_gives_another_result(trained_trials):
    first, other = written(trained_trials["csv"]), written(trained_trials["seed"])
    assert all(first[metric] != other[metric] for metric in first)


def forecasts(work, table, start, end):
    """Return what the saved model says of rows start to end, and what came."""
    model = mlflow.pyfunc.load_model(str(work / "model"))
    horizon, length = CONFIG["forecast_horizon"], SMALL["sequence_length"]
    rows = table[["flow", "pressure"]].to_numpy("float32")[start:end]
    count = len(rows) - length - horizon + 1
    predicted = model.predict(np.stack([rows[i : i + length] for i in range(count)]))
    assert predicted.shape == (count, 1)
    return predicted[:, 0], rows[length + horizon - 1 :, 0]


@pytest.mark.filterwarnings("default")  # MLflow and TensorFlow warn about themselves
def test_saved_model_forecasts_in_original_units(trained_trials):
    metrics = written(trained_trials["csv"])
    predicted, actual = forecasts(trained_trials["csv"], readings(), 280, 340)
    assert np.abs(predicted - actual).mean() == pytest.approx(metrics["mae"], rel=1e-4)
    predicted, actual = forecasts(trained_trials["csv"], readings(), 340, 400)
    assert np.abs(predicted - actual).mean() == pytest.approx(metrics["test_mae"], rel=1e-4)
    scaled = (predicted - actual) / readings()["flow"][:280].std(ddof=0)
    assert (scaled**2).mean() == pytest.approx(metrics["test_loss"], rel=1e-4)


@pytest.mark.filterwarnings("default")
def test_the_best_epoch_is_kept(trained_trials, monkeypatch):
    """On data that turns where validation begins, every epoch but the first makes it worse."""
    work = trained_trials["turned"]
    store = client(work, monkeypatch)
    *epochs, last = [value for _, value in history(store, only_run(store), "val_loss")]
    assert last == min(epochs) < 0.9 * epochs[-1]
    assert written(work)["val_loss"] == last == only_run(store).data.metrics["val_loss"]
    predicted, actual = forecasts(work, turned(), 280, 340)
    scaled = (predicted - actual) / turned()["flow"][:280].std(ddof=0)
    assert (scaled**2).mean() == pytest.approx(last, rel=1e-4)
    said = (work / "stdout").read_text()
    assert f"Kept epoch {epochs.index(last) + 1} of 3, whose val_loss {last:.6g} is the lowest" in said
    assert f"the last epoch had {epochs[-1]:.6g}." in said


@pytest.mark.slow
def test_divergence_is_logged_and_fails(tmp_path, monkeypatch):
    table = readings()
    table.loc[330:, "flow"] = 1e30  # its square is beyond float32
    process = start(tmp_path, write_csv(tmp_path / "data", table))
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 1
    assert stderr.splitlines()[-1] == "train.py: error: training diverged: val_loss became inf."
    assert "Traceback" not in stderr
    store = client(tmp_path, monkeypatch)
    run = only_run(store)
    assert run.info.status == "FAILED"
    assert [entry.value for entry in store.get_metric_history(run.info.run_id, "val_loss")] == [math.inf]
    assert not (tmp_path / "out" / "metrics.json").exists()


def test_limits_and_defaults_match_the_component(modules):
    _, settings = modules
    specs = {name: COMPONENT["inputs"][name] for name in settings.LIMITS}
    assert {name: (spec["min"], spec["max"]) for name, spec in specs.items()} == settings.LIMITS
    defaults = {**settings.Hyperparameters()._asdict(), "seed": 0}
    assert {name: spec["default"] for name, spec in specs.items()} == defaults
    numeric = {name for name, spec in COMPONENT["inputs"].items() if spec["type"] in ("integer", "number")}
    assert numeric == set(specs)


def changed(column, rows, value):
    def make(table):
        table.loc[rows, column] = value
        return table

    return make


def columns(**names):
    return lambda table: table.rename(columns=names)


FAILURES = {
    "units out of range": ({"inputs": {"lstm_units": 0}}, "lstm_units is 0"),
    "rate not a number": ({"inputs": {"learning_rate": "nan"}}, "learning_rate is nan"),
    "dropout out of range": ({"inputs": {"dropout": 0.95}}, "dropout is 0.95"),
    "negative seed": ({"inputs": {"seed": -1}}, "seed is -1"),
    "too few rows": ({"table": lambda table: table.head(60)}, "too few"),
    "long windows": ({"inputs": {"sequence_length": 80}}, "too few"),
    "missing feature": ({"table": columns(pressure="other")}, "no column 'pressure'"),
    "missing target": ({"config": {"target": "level"}}, "no column 'level'"),
    "no time column": ({"table": columns(timestamp="when")}, "'timestamp' or 'date'"),
    "text as time": ({"table": lambda table: table.assign(timestamp="noon")}, "ISO 8601"),
    "number as time": ({"table": lambda table: table.assign(timestamp=range(len(table)))}, "ISO 8601"),
    "same time twice": ({"table": lambda table: pd.concat([table, table.tail(1)])}, "more than once"),
    "text as reading": ({"table": lambda table: table.assign(flow="high")}, "no numbers"),
    "long gap": ({"table": changed("flow", slice(100, 103), np.nan)}, "'flow' has missing values"),
    "infinite values": ({"table": changed("pressure", slice(10, 13), np.inf)}, "'pressure' has missing"),
    "gap at the start": ({"table": changed("flow", slice(0, 0), np.nan)}, "'flow' has missing values"),
    "absent rows": ({"table": lambda table: table.drop(index=range(100, 104))}, "2024-01-05 03:00:00"),
    "early cutoff": ({"config": {"cutoff_date": "2023-12-31"}}, "no row up to the cutoff_date"),
    "few training days": (
        {"config": {"cutoff_date": "2024-01-10", "training_days": 2}},
        "33 training, 7 validation and 8 test rows are too few",
    ),
    "cutoff no date": ({"config": {"cutoff_date": "last week"}}, "cutoff_date"),
    "no features": ({"config": {"features": []}}, "features"),
    "no circuit": ({"config": {"circuit_id": None}}, "circuit_id"),
    "ages of training": ({"config": {"training_days": 10**9}}, "training_days"),
    "horizon zero": ({"config": {"forecast_horizon": 0}}, "forecast_horizon"),
    "config a list": ({"config_text": "- a\n- b\n"}, "one mapping"),
    "config not YAML": ({"config_text": "features: [a\n"}, "cannot read circuit configuration"),
    "no file listed": ({"mltable": "paths: []\n"}, "under 'paths'"),
    "no file matched": ({"mltable": "paths:\n  - pattern: ./*.parquet\n"}, "names no data file"),
    "file absent": ({"mltable": "paths:\n  - file: ./gone.csv\n"}, "cannot read training data"),
    "remote path": ({"mltable": "paths:\n  - file: https://example.com/a.csv\n"}, "package mltable"),
    "rows filtered": (
        {"mltable": "paths:\n  - pattern: ./*.csv\ntransformations:\n  - take: 5\n"},
        "package mltable",
    ),
}


@pytest.fixture(scope="module")
def no_imports(tmp_path_factory):
    """Return a folder whose tensorflow, mlflow and mltable fail to import."""
    folder = tmp_path_factory.mktemp("no_imports")
    for package in ("tensorflow", "mlflow", "mltable"):
        (folder / f"{package}.py").write_text(f"raise ImportError('{package} is not for this test')\n")
    return {"PYTHONPATH": str(folder)}


class InProcess:
    """The component's command, run to its end in this process, where pandas is imported already."""

    def __init__(self, script, *arguments):
        out, err = io.StringIO(), io.StringIO()
        own = set(sys.modules)
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", [script, *arguments])
            patch.setattr(sys, "dont_write_bytecode", True)  # the folder is packaged as it is
            patch.chdir(SRC)
            patch.syspath_prepend(str(SRC))
            for package in ("tensorflow", "mlflow", "mltable"):
                patch.setitem(sys.modules, package, None)  # its import fails
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(script, run_name="__main__")
        for name in set(sys.modules) - own:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == SRC:
                del sys.modules[name]
        code = ended.value.code
        if isinstance(code, str):  # as the interpreter prints it
            err.write(f"{code}\n")
            code = 1
        self.returncode, self._streams = code, (out.getvalue(), err.getvalue())

    def communicate(self, **_):
        return self._streams


def in_process(work, data, config=None, **inputs):
    """Run the component's command as `start` does, without a process of its own."""
    return InProcess(*command(work, data, config, **inputs)[1:])


def assert_one_sentence(process, text):
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stdout + stderr
    assert stdout == ""
    (line,) = stderr.splitlines()
    assert line.startswith("train.py: error: ")
    assert line.endswith(".")
    assert text in line


@pytest.mark.parametrize("case", FAILURES)
def test_bad_input_fails_with_one_sentence(case, tmp_path):
    given, text = FAILURES[case]
    table = given.get("table", lambda table: table)(readings())
    data = write_csv(tmp_path / "data", table, given.get("mltable", "paths:\n  - pattern: ./*.csv\n"))
    config = write_config(tmp_path, **given.get("config", {}))
    if "config_text" in given:
        config.write_text(given["config_text"])
    ended = in_process(tmp_path, data, config, **given.get("inputs", {}))
    assert_one_sentence(ended, text)


@pytest.mark.slow
def test_absent_inputs_and_a_full_output_folder_fail(tmp_path, no_imports):
    absent = tmp_path / "absent"
    assert_one_sentence(start(tmp_path, absent, env=no_imports), "cannot read training data")
    data = write_csv(tmp_path / "data", mltable=None)
    assert_one_sentence(start(tmp_path, data, absent, no_imports), "cannot read circuit configuration")
    (tmp_path / "out" / "metrics.json").mkdir(parents=True)
    assert_one_sentence(start(tmp_path, data, env=no_imports), "is a folder")
    (tmp_path / "out" / "metrics.json").rmdir()
    (tmp_path / "model" / "old").touch()
    assert_one_sentence(start(tmp_path, data, env=no_imports), "is not empty")


def test_usage_error_exits_with_2(tmp_path, no_imports):
    process = start(tmp_path, tmp_path, env=no_imports, lstm_units="8.5")
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "'8.5' is not a whole number" in stderr


def load(modules, data, tmp_path, **config):
    """Return train.py's windows of a data set, six steps long."""
    data_module, settings = modules
    return data_module.load_windows(data, settings.read_config(write_config(tmp_path, **config)), 6)


def parts(windows):
    return [
        (getattr(windows, f"{part}_x"), getattr(windows, f"{part}_y")) for part in ("train", "val", "test")
    ]


def test_windows_never_span_a_split(tmp_path, modules):
    """With the row's number as reading, what a part's windows and targets hold are the rows that it touches."""
    table = readings(100).assign(flow=np.arange(100.0))
    windows = load(modules, write_csv(tmp_path / "data", table, mltable=None), tmp_path)
    touched = [{*x[..., 0].ravel().tolist(), *y.tolist()} for x, y in parts(windows)]
    assert touched == [set(range(70)), set(range(70, 85)), set(range(85, 100))]
    assert [x.shape for x, _ in parts(windows)] == [(count - 6 - 2 + 1, 6, 2) for count in (70, 15, 15)]
    for x, y in parts(windows):
        assert (x[:, -1, 0] + 2 == y).all()
        assert (np.diff(y) == 1).all()


def test_only_training_rows_set_the_scaling(tmp_path, modules):
    table = readings(100)
    table.loc[70:, ["flow", "pressure"]] += 1000
    windows = load(modules, write_csv(tmp_path / "data", table, mltable=None), tmp_path)
    kept = table[["flow", "pressure"]][:70]
    assert windows.feature_mean == pytest.approx(kept.mean().to_numpy(), rel=1e-12)
    assert windows.feature_std == pytest.approx(kept.std(ddof=0).to_numpy(), rel=1e-12)
    assert windows.target_mean == windows.feature_mean[0]
    assert windows.target_std == windows.feature_std[0]


@pytest.mark.parametrize("rows", [2, 10, 49, 50])
def test_rows_that_hold_no_window_for_each_part_are_too_few(rows, tmp_path, modules):
    """Six steps and a horizon of two take eight rows of each part: 51 rows are the fewest."""
    _, settings = modules
    data = write_csv(tmp_path / "data", readings(rows), mltable=None)
    with pytest.raises(settings.TrialError, match="rows are too few"):
        load(modules, data, tmp_path)


def test_the_fewest_rows_that_hold_a_window_for_each_part(tmp_path, modules):
    windows = load(modules, write_csv(tmp_path / "data", readings(51), mltable=None), tmp_path)
    assert [len(y) for _, y in parts(windows)][1:] == [1, 1]


def test_cutoff_days_and_another_target(tmp_path, modules):
    data = write_csv(tmp_path / "data", readings().rename(columns={"timestamp": "date"}), mltable=None)
    changes = {"cutoff_date": "2024-01-10", "training_days": 5, "target": "pressure", "features": ["flow"]}
    windows = load(modules, data, tmp_path, **changes)
    kept = readings().iloc[5 * 24 : 10 * 24]  # 6 to 10 January, both included
    assert windows.train_x[0, 0, 0] == np.float32(kept["flow"].iloc[0])
    assert windows.test_y[-1] == pytest.approx(kept["pressure"].iloc[-1], rel=1e-12)
    assert sum(len(y) for _, y in parts(windows)) == 5 * 24 - 3 * 7


def test_short_gaps_are_filled_forward(tmp_path, modules):
    table = readings(100).assign(flow=np.arange(100.0))
    table.loc[20:21, "flow"] = [np.nan, np.inf]
    table = table.drop(index=[50, 51, 52])
    windows = load(modules, write_csv(tmp_path / "data", table, mltable=None), tmp_path)
    assert windows.train_x[18, :5, 0].tolist() == [18, 19, 19, 19, 22]
    assert windows.train_x[48, :6, 0].tolist() == [48, 49, 49, 49, 49, 53]


@pytest.mark.slow
def test_the_lstm_beats_the_last_value_on_the_example_data(tmp_path, modules):
    """The generated readings hold something to learn: a short training forecasts better than the naive forecast."""
    from sweepgen.cli import main

    circuits = COMPONENT_FOLDER.parents[1] / "examples" / "seed" / "config" / "circuits.yaml"
    assert main(["sample-data", str(circuits), str(tmp_path / "data"), "--days", "90"]) == 0
    circuit = yaml.safe_load(circuits.read_text())["circuits"][1]
    config = tmp_path / "circuit.yaml"
    config.write_text(yaml.safe_dump(circuit))
    data = tmp_path / "data" / f"{circuit['plant_id']}_{circuit['circuit_id']}"
    process = start(tmp_path, data, config, lstm_units=32, learning_rate=0.005, epochs=8, sequence_length=24)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    trained = json.loads((tmp_path / "out" / "metrics.json").read_text())
    windows = modules[0].load_windows(data, modules[1].read_config(config), 24)
    naive = np.abs(windows.val_x[:, -1, 0] - windows.val_y).mean()  # the target is the first feature
    assert trained["mae"] < 0.9 * naive, naive
