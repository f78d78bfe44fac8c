"""What we compile imports back to a spec that compiles to the same: our own examples, and random specs."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings

from rule_project import CIRCUITS, write_project
from sweepgen import compile_spec, import_azureml, validate
from test_meaning import component_of, projects

ROOT = Path(__file__).parent.parent
SPECS = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("examples/*/*.tuning.yaml"))


def of_azure(done):
    """Return the compiled components and jobs by their paths."""
    return {
        file.path: file.text for file in done.files if file.path.endswith(("component.yaml", ".job.yaml"))
    }


def meaning(text):
    """Return a compiled file without its header."""
    return text.split("\n", 2)[2]


def come_back(spec, *, circuits):
    """Import every file that a spec compiles to into its place, and compare what the new spec compiles to.

    With `circuits` the circuits file stays where it is, else it is drafted anew.
    """
    compiled = of_azure(compile_spec(spec))
    assert compiled, [finding.message for finding in validate(spec)]
    kept = {path: path.read_bytes() for path in (spec, circuits) if path is not None}
    for path, text in compiled.items():
        for each in kept if circuits is not None else (spec,):
            each.write_bytes(kept[each])
        spec.unlink()
        # What an import writes anew must not be in its way: the component of an inline trial, the circuits.
        anew = [
            *(Path().glob("*.component.yaml") if "\ntype: sweep\n" in text else ()),
            *(Path().rglob("circuits.yaml") if circuits is None else ()),
        ]
        moved = [each.rename(each.with_suffix(".moved")) for each in anew]
        done = import_azureml(path, output=spec)
        assert done.specs, [finding.message for finding in done.report]
        again = of_azure(compile_spec(spec, write=False))
        own = (
            [path]
            if path.endswith("component.yaml")
            else [path, *(p for p in compiled if p.endswith("component.yaml"))]
        )
        for each in own:
            assert meaning(again[each]) == meaning(compiled[each]), (path, each)
        for each in done.files:
            Path(each).unlink()
        for each in moved:
            each.rename(each.with_suffix(".yaml"))
    spec.write_bytes(kept[spec])


def with_target(spec, target):
    text = re.sub(r"(?m)^target:.*\n", "", spec.read_text())
    if target == "pipeline":
        text = re.sub(r"(?m)^\s+(?:seed|trial_timeout):.*\n", "", text).replace("sobol", "random")
    spec.write_text(f"{text.rstrip()}\ntarget: {target}\n")


@pytest.mark.parametrize("target", ["pipeline", "sweep_job"])
@pytest.mark.parametrize("drafted", [False, True])
@pytest.mark.parametrize("name", SPECS)
def test_an_example_comes_back(name, target, drafted, tmp_path, monkeypatch):
    for folder in ("examples", "components"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir((tmp_path / name).parent)
    spec = Path(Path(name).name)
    with_target(spec, target)
    for stale in (*Path().glob("jobs/*"), *Path().glob("components/*/component.yaml")):
        if "Compiled by sweepgen" in stale.read_text():
            stale.unlink()
    come_back(spec, circuits=None if drafted else next(Path().rglob("circuits.yaml")))


def hold_to_itself(project):
    spec, inputs, present = project
    circuits = yaml.safe_load(CIRCUITS)
    circuits["circuits"][0]["hyperparameters"] = present
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        path = write_project(
            Path(),
            spec=json.dumps(spec, ensure_ascii=False),
            circuits=json.dumps(circuits),
            component=json.dumps(component_of(inputs)),
            script="import mlflow\nmlflow.log_metric('val_loss', 1)\n",
        )
        Path("sweepgen.toml").write_text('ignore = ["SG415", "SG440", "SG441", "SG442", "SG443"]\n')
        come_back(path, circuits=Path("circuits.yaml"))
        come_back(path, circuits=None)


def random_specs(count):
    return settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )(given(projects())(hold_to_itself))


@pytest.mark.slow
def test_random_specs_come_back():
    random_specs(10)()
