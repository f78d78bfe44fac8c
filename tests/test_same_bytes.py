"""The same input gives the same bytes of output, in whatever order a run of Python holds its sets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rule_project import CIRCUITS, COMPONENT, SCRIPT, SPEC, results_text, write_example, write_project
from sweepgen.checks.catalogue import RULES
from sweepgen.rules.rule import Example

SEEDS = ("0", "1", "2", "7")
CIRCUIT = CIRCUITS.partition("circuits:\n")[2]
FEW_CIRCUITS = "circuits:\n" + "".join(CIRCUIT.replace("CIRCUIT01", f"CIRCUIT{each}") for each in "ZAMB")
FLAGS = "".join(f'parser.add_argument("--{name}")\n' for name in ("zoom", "alpha", "mu", "beta"))
HINTS = {
    "of circuits": {
        "spec": SPEC.replace("select: PLANT001/CIRCUIT01", "select: X/Y"),
        "circuits": FEW_CIRCUITS,
    },
    "of two circuits that are equally near": {
        "spec": SPEC.replace("select: PLANT001/CIRCUIT01", "select: PLANT001/CIRCUITQ"),
        "circuits": FEW_CIRCUITS,
    },
    "of placeholders": {"spec": SPEC.replace("data_{plant_id}", "data_{wwwww}")},
    "of inputs": {"component": COMPONENT.replace("${{inputs.epochs}}", "${{inputs.wwwww}}")},
    "of outputs": {"component": COMPONENT.replace("${{outputs.metrics}}", "${{outputs.wwwww}}")},
    "of options": {
        "script": f"import argparse\nparser = argparse.ArgumentParser()\n{FLAGS}parser.parse_args()\n{SCRIPT}"
    },
    "of hyperparameters": {"circuits": CIRCUITS.replace("epochs: 50", "wwwww: 50")},
    "of metrics": {
        "script": SCRIPT + "mlflow.log_metric('zoom', 1)\nmlflow.log_metric('alpha', 1)\n",
        "spec": SPEC.replace("val_loss", "wwwww"),
    },
}


def outputs(folder, *arguments):
    """Return what a command prints under each hash seed, in a process of its own."""
    found = []
    for seed in SEEDS:
        done = subprocess.run(
            [sys.executable, "-m", "sweepgen", *arguments],
            cwd=folder,
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.returncode == 1, done.stdout + done.stderr
        found.append(done.stdout + done.stderr)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_findings_are_the_same_whatever_the_hash_seed(form, tmp_path):
    """Over hints that name what there is, and the bad example of every rule."""
    specs = []
    for number, given in enumerate(HINTS.values()):
        (tmp_path / f"hint{number}").mkdir()
        specs.append(write_project(tmp_path / f"hint{number}", **given))
    for code, rule in RULES.items():
        if rule.bad != Example() and rule.compare is None:
            (tmp_path / code).mkdir()
            specs.append(write_example(tmp_path / code, rule.bad))
    first, *others = outputs(
        tmp_path, "validate", *(path.relative_to(tmp_path).as_posix() for path in specs), "--format", form
    )
    text = first.decode()
    for hint in (
        "expected one of: PLANT001/CIRCUITZ, PLANT001/CIRCUITA, PLANT001/CIRCUITM, PLANT001/CIRCUITB",
        "expected one of: plant_id, circuit_id, model_name, cutoff_date",
        "write primary_metric: val_loss (or zoom, alpha)",
    ):
        assert hint in text
    for other in others:
        assert other == first


@pytest.mark.slow
def test_results_of_an_unknown_circuit_have_the_same_hint(tmp_path):
    write_project(tmp_path, circuits=FEW_CIRCUITS, spec=SPEC.replace("PLANT001/CIRCUIT01", '"*/*"'))
    (tmp_path / "results.json").write_text(results_text("sweep: {circuit: {plant_id: X, circuit_id: Y}}"))
    first, *others = outputs(tmp_path, "apply", "results.json", "--force")
    assert (
        b"expected one of: PLANT001/CIRCUITZ, PLANT001/CIRCUITA, PLANT001/CIRCUITM, PLANT001/CIRCUITB"
        in first
    )
    assert others == [first] * len(others)


@pytest.mark.slow
def test_compiled_files_are_the_same_whatever_the_hash_seed(tmp_path):
    write_project(tmp_path, circuits=FEW_CIRCUITS, spec=SPEC.replace("PLANT001/CIRCUIT01", '"*/*"'))
    found = set()
    for seed in SEEDS:
        subprocess.run(
            [sys.executable, "-m", "sweepgen", "compile", "t.tuning.yaml", "--out", f"out{seed}"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        files = sorted(path for path in Path(tmp_path, f"out{seed}").rglob("*") if path.is_file())
        assert len(files) == 6  # a component with its page, four jobs
        found.add(tuple((path.name, path.read_bytes()) for path in files))
    assert len(found) == 1
