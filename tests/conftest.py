"""What all tests share."""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY = ("azure.ai.ml", "tensorflow", "mlflow")


def pytest_addoption(parser):
    parser.addoption(
        "--update-goldens", action="store_true", help="rewrite compiled examples, schemas, rules page"
    )


def pytest_configure(config):
    """In CI nothing may be skipped for want of a package."""
    missing = [name for name in HEAVY if not _installed(name)]
    if missing and os.environ.get("CI"):
        raise pytest.UsageError(f"CI needs every extra; missing: {', '.join(missing)}")


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


@pytest.fixture
def service(tmp_path, monkeypatch, quiet_azure):
    """Azure ML on this machine, with the examples in the working folder and all that their jobs name."""
    pytest.importorskip("azure.ai.ml")
    azure_service = pytest.importorskip("azure_service")
    running = azure_service.Service(tmp_path)
    for name in ("examples", "components"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__", "data", "sweepgen-runs"),
        )
    monkeypatch.chdir(tmp_path)
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.has_compute("cpu-cluster", 4)
    for job in tmp_path.glob("examples/*/jobs/*.yaml"):
        for name, version in re.findall(r"azureml:(sensor_training_data_\w+):(\d+)", job.read_text()):
            running.has_data(name, version)
    yield running
    running.close()
