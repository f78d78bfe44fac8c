"""Random valid specs compile, load in Azure's own SDK and come back to the same meaning."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("azure.ai.ml")

from rule_project import CIRCUITS, SPEC, write_project
from test_azure import hold_job_to_the_spec, hold_to_the_spec

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.usefixtures("quiet_azure")]

TEXT = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters="\u2028\u2029"
    ),
    max_size=25,
) | st.sampled_from(
    ["{{ 7*7 }}", "{% raw %}", "a: b # c", "yes", "1e5", "0x1F", "null", "- x", "? y", "@", "'\"", "é\n#"]
)
REAL = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 6))
POSITIVE = st.floats(1e-9, 1e6).map(lambda x: float(f"{x:.6g}"))
WHOLE = st.integers(-(10**6), 10**6)


@st.composite
def bounds(draw, numbers):
    low, high = sorted(draw(st.lists(numbers, min_size=2, max_size=2, unique=True)))
    return {"min_value": low, "max_value": high}


def listed(values):
    return st.lists(values, min_size=1, max_size=5, unique=True).map(
        lambda values: {"type": "choice", "values": values}
    )


def of(kind, **parts):
    return st.fixed_dictionaries({"type": st.just(kind), **parts})


def ranged(kind, numbers, **parts):
    return st.tuples(of(kind, **parts), bounds(numbers)).map(lambda both: {**both[0], **both[1]})


BELL = {"mu": REAL, "sigma": POSITIVE}
DISTRIBUTIONS = {
    "integer": st.one_of(
        listed(WHOLE),
        of("randint", upper=st.integers(1, 10**6)),
        ranged("quniform", WHOLE, q=st.integers(1, 100)),
        ranged("qloguniform", st.integers(1, 10**6), q=st.integers(1, 100)),
        of("qnormal", **BELL, q=st.integers(1, 100)),
    ),
    "number": st.one_of(
        listed(REAL),
        ranged("uniform", REAL),
        ranged("loguniform", POSITIVE),
        ranged("quniform", REAL, q=POSITIVE),
        ranged("qloguniform", POSITIVE, q=POSITIVE),
        of("normal", **BELL),
        of("lognormal", mu=st.floats(-20, 20).map(lambda x: round(x, 4)), sigma=st.floats(0.01, 5)),
        of("qnormal", **BELL, q=POSITIVE),
        of(
            "qlognormal",
            mu=st.floats(-20, 20).map(lambda x: round(x, 4)),
            sigma=st.floats(0.01, 5),
            q=POSITIVE,
        ),
    ),
    "string": listed(st.from_regex(r"[A-Za-z0-9_.+-]{1,12}", fullmatch=True)),
    "boolean": listed(st.sampled_from(["true", "false"])),
}
VALUES = {
    "integer": WHOLE,
    "number": st.floats(-1e6, 1e6).map(lambda x: round(x, 3)) | WHOLE,
    "string": st.from_regex(r"[A-Za-z0-9_.+-]{1,12}", fullmatch=True),
    "boolean": st.booleans(),
}
POLICIES = st.one_of(
    of("bandit", slack_factor=st.floats(0.01, 5)),
    of("bandit", slack_amount=st.integers(1, 5)),
    of("median_stopping"),
    of("truncation_selection", truncation_percentage=st.integers(1, 99)),
)
TIMES = st.integers(60, 10**6) | st.builds(
    "{}{}".format, st.integers(1, 30), st.sampled_from(["m", "h", "d"])
)
TAG = st.from_regex(r"[a-z][a-z_]{0,9}", fullmatch=True)


@st.composite
def trials(draw):
    """Return the literal inputs of a trial: name to declaration."""
    names = draw(
        st.lists(
            st.from_regex(r"[a-z][a-z_]{0,12}[a-z]", fullmatch=True), min_size=1, max_size=8, unique=True
        )
    )
    inputs = {}
    for name in names:
        kind = draw(st.sampled_from(list(DISTRIBUTIONS)))
        inputs[name] = {"type": kind}
        shape = draw(st.sampled_from(["required", "default", "optional"]))
        if shape == "default":
            inputs[name]["default"] = draw(VALUES[kind])
        elif shape == "optional":
            inputs[name]["optional"] = True
        if draw(st.booleans()):
            inputs[name]["description"] = draw(TEXT)
    return inputs


@st.composite
def projects(draw):
    """Return a spec, a trial component and the hyperparameters of a circuit, right in all."""
    inputs = draw(trials())
    spec = yaml.safe_load(SPEC)
    swept = draw(st.lists(st.sampled_from(sorted(inputs)), min_size=1, unique=True))
    standalone = draw(st.booleans())
    spec["search_space"] = {name: draw(DISTRIBUTIONS[inputs[name]["type"]]) for name in swept}
    fixed = [name for name in inputs if name not in swept and draw(st.booleans())]
    spec["trial"]["inputs"] = {name: draw(VALUES[inputs[name]["type"]]) for name in fixed}
    kinds = {each["type"] for each in spec["search_space"].values()}
    algorithms = ["random"]
    if kinds <= {"choice"}:
        algorithms.append("grid")
    if kinds <= {"choice", "uniform", "quniform"}:
        algorithms.append("bayesian")
    spec["sampling"] = {"algorithm": draw(st.sampled_from([*algorithms, *(["sobol"] if standalone else [])]))}
    if standalone:
        spec["target"], spec["baseline"] = "sweep_job", False
        if spec["sampling"]["algorithm"] in ("random", "sobol") and draw(st.booleans()):
            spec["sampling"]["seed"] = draw(st.integers(0, 2**31 - 1))
    else:
        spec["baseline"] = draw(st.booleans())
        spec["trial"]["outputs"] = {"curves": "plots"} if draw(st.booleans()) else {}
    if spec["sampling"]["algorithm"] != "bayesian" and draw(st.booleans()):
        numbers = {
            "evaluation_interval": draw(st.integers(1, 50)),
            "delay_evaluation": draw(st.integers(0, 50)),
        }
        spec["early_termination"] = {**draw(POLICIES), **numbers}
    total = draw(st.integers(1, 1000))
    spec["limits"] = {
        "max_trials": total,
        "max_concurrent_trials": draw(st.integers(1, 1000)),
        "timeout": draw(TIMES),
    }
    for key in ("description", "display_name"):
        if draw(st.booleans()):
            spec[key] = draw(TEXT.filter(str.strip))
    spec["tags"] = draw(st.dictionaries(TAG, TEXT, max_size=3))
    spec["objective"]["goal"] = draw(st.sampled_from(["minimize", "maximize"]))
    needed = [
        name
        for name in inputs
        if name not in fixed and "default" not in inputs[name] and "optional" not in inputs[name]
    ]
    present = {
        name: draw(VALUES[inputs[name]["type"]]) for name in inputs if name in needed or draw(st.booleans())
    }
    return spec, inputs, present


def component_of(inputs):
    flags = " ".join(
        f"$[[--{name} ${{{{inputs.{name}}}}}]]" if "optional" in each else f"--{name} ${{{{inputs.{name}}}}}"
        for name, each in inputs.items()
    )
    return {
        "$schema": "https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json",
        "type": "command",
        "name": "train",
        "version": "1.0.0",
        "inputs": {"circuit_config": {"type": "uri_file"}, "training_data": {"type": "mltable"}, **inputs},
        "outputs": {
            "trained_model": {"type": "mlflow_model"},
            "metrics": {"type": "uri_file"},
            "plots": {"type": "uri_folder"},
        },
        "code": "./src",
        "environment": "azureml:lstm-env:1",
        "command": "python train.py --config ${{inputs.circuit_config}} --data ${{inputs.training_data}} "
        + flags
        + " --model ${{outputs.trained_model}} --metrics ${{outputs.metrics}} --plots ${{outputs.plots}}",
    }


# Shrinking an example takes the SDK minutes: what fails is shown as it was found.
@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(projects())
def test_a_random_spec_comes_back_from_azures_sdk(project):
    spec, inputs, present = project
    circuits = yaml.safe_load(CIRCUITS)
    circuits["circuits"][0]["hyperparameters"] = present
    with tempfile.TemporaryDirectory() as folder:
        path = write_project(
            Path(folder),
            spec=json.dumps(spec, ensure_ascii=False),
            circuits=json.dumps(circuits),
            component=json.dumps(component_of(inputs), ensure_ascii=False),
        )
        hold = hold_job_to_the_spec if spec.get("target") == "sweep_job" else hold_to_the_spec
        hold(str(path), out=f"{folder}/build")
