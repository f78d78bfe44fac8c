"""Azure's SDK is known to one module, MLflow's to three: whoever imports them, in whichever way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "sweepgen"
AZURE = {"azure", "azureml", "msrest", "marshmallow"}
MLFLOW = {"mlflow"}
IMPORTERS = {"import_module", "__import__", "find_spec", "find_loader", "module_from_spec"}


def packages(tree):
    """Yield the packages that a module imports: lazily, for types, or by a name in a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.split(".")[0]
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", None))
            texts = [each for each in ast.walk(node) if isinstance(each, ast.Constant) and name in IMPORTERS]
            yield from (str(each.value).split(".")[0] for each in texts)


def importers(wanted):
    return {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if wanted & set(packages(ast.parse(path.read_text(encoding="utf-8"))))
    }


def test_azures_sdk_is_known_to_one_module():
    assert importers(AZURE) == {"cloud/workspace.py"}


def test_mlflow_is_known_to_three_modules():
    assert importers(MLFLOW) == {"cloud/mlflow_runs.py", "local/run_copier.py", "local/tracking.py"}


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    from azure.ai.ml import MLClient",
        "if TYPE_CHECKING:\n    import azure.core",
        "importlib.import_module('azure.ai.ml')",
        "__import__(f'azure.{name}')",
        "find_spec('azure.identity')",
    ],
)
def test_every_way_to_import_is_seen(text):
    assert AZURE & set(packages(ast.parse(text)))
