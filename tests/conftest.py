"""What all tests share."""

from __future__ import annotations

import importlib.util
import logging
import os

import pytest

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
