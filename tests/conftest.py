"""What all tests share."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import settings

try:
    import resource
except ImportError:  # Windows
    resource = None

ROOT = Path(__file__).parent.parent

SHARED = {
    "mlflow_server": (
        "test_an_mlflow_server_gives_the_same_results",
        "test_a_sweep_that_another_tool_logged_is_read",
        "test_two_runs_of_one_name_are_two",
        "test_a_run_goes_by_its_name_whatever_that_holds",
        "test_a_run_whose_name_holds_both_quotes_goes_by_its_id",
        "test_a_deleted_run_or_experiment_is_called_that_and_a_renamed_one_is_the_same",
    ),
    "trained_trials": (
        "test_run_logs_every_epoch",
        "test_same_seed_gives_the_same_result",
        "test_another_seed_gives_another_result",
        "test_saved_model_forecasts_in_original_units",
        "test_the_best_epoch_is_kept",
    ),
}
"""Fixtures that take seconds to make, and the tests that use each: these run in one worker, which makes it once."""
HEAVY = ("azure.ai.ml", "tensorflow", "mlflow")


def _open_more_files():
    """Let a worker open as many files as it may: clients of servers keep their connections until it ends."""
    if resource is not None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20000) if most > 0 else 20000, most))


def pytest_addoption(parser):
    parser.addoption(
        "--update-goldens", action="store_true", help="rewrite compiled examples, schemas, rules page"
    )


def pytest_configure(config):
    """In CI nothing may be skipped for want of a package; what Hypothesis draws is the same in every run."""
    _open_more_files()
    if not config.getoption(
        "--hypothesis-profile", None
    ):  # `--hypothesis-profile=default` draws other examples
        settings.register_profile("same", derandomize=True)
        settings.load_profile("same")
    os.environ["SWEEPGEN_NO_CACHE"] = "1"  # but for the tests of the cache, each of which has its own
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(
            name, "1"
        )  # models this small gain nothing by more, and the cores have other workers
    missing = [name for name in HEAVY if not _installed(name)]
    if missing and os.environ.get("CI"):
        raise pytest.UsageError(f"CI needs every extra; missing: {', '.join(missing)}")


def pytest_collection_modifyitems(items):
    for item in items:
        for name in SHARED.keys() & set(item.fixturenames):
            if item.originalname not in SHARED[name]:
                raise pytest.UsageError(f"tests/conftest.py: SHARED has no {item.originalname} of {name}")
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out tests one by one, those that share a fixture together and first.

    `--dist loadgroup` would do it, but finds no group under pytest 9.
    """
    if config.getvalue("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    together = {test: name for name, tests in SHARED.items() for test in tests}

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return together.get(nodeid.rpartition("::")[2].partition("[")[0], nodeid)

    return Scheduling(config, log)


def _installed(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture
def update_goldens(request):
    return request.config.getoption("--update-goldens")


@pytest.fixture
def quiet_azure():
    """Keep the SDK's own log lines out of the tests' output."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """An MLflow database without runs, as MLflow made it."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    path = tmp_path_factory.mktemp("database") / "mlflow.db"
    SqlAlchemyStore(f"sqlite:///{path}", path.parent.as_uri())
    return path


@pytest.fixture(autouse=True)
def _databases_are_copied(request, monkeypatch):
    """Let MLflow copy an empty database where it would make one, which takes it seconds; the first it makes itself."""
    utils = sys.modules.get("mlflow.store.db.utils")
    if utils is not None:
        first = request.getfixturevalue("empty_database")
        monkeypatch.setattr(
            utils, "_initialize_tables", lambda engine: shutil.copy(first, engine.url.database)
        )


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return pytest.importorskip("azure_service").certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def service(tmp_path, monkeypatch, quiet_azure, certificate):
    """Azure ML on this machine, with the examples in the working folder and all that their jobs name.

    The pauses before a call is repeated are noted in `service.pauses` instead of waited for.
    """
    pytest.importorskip("azure.ai.ml")
    from azure.core.pipeline.transport import HttpTransport

    azure_service = pytest.importorskip("azure_service")
    running = azure_service.Service(certificate)
    for name in ("examples", "components"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__", "data", "sweepgen-runs"),
        )
    monkeypatch.chdir(tmp_path)
    running.pauses = []
    monkeypatch.setattr(HttpTransport, "sleep", lambda _, seconds: running.pauses.append(seconds))
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.has_compute("cpu-cluster", 4)
    for job in tmp_path.glob("examples/*/jobs/*.yaml"):
        for name, version in re.findall(r"azureml:(sensor_training_data_\w+):(\d+)", job.read_text()):
            running.has_data(name, version)
    yield running
    running.close()


@pytest.fixture(scope="session")
def submissions():
    """What the service and the record held after each list of submits."""
    return {}


@pytest.fixture
def submit_and_train(service, submissions, monkeypatch):
    """Submit sweeps to an untouched service, where they run at once, and return the rows of the record.

    Only the first test with a list of submits makes them; the others get a copy of what the service then held, and
    of the record.
    """
    from azure_service import submitted, trained
    from sweepgen.cli import main

    service.trains = trained
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")

    def submit(*commands):
        assert (service.calls, service.faults) == ([], [])
        record = Path("submitted.jsonl")
        if commands in submissions:
            state, text = submissions[commands]
            service.restore(state)
            record.write_text(text)
        else:
            for command in commands:
                assert main(["submit", *command]) == 0
            submissions[commands] = (service.state(), record.read_text())
        return submitted()

    return submit
