"""What Azure's loader refuses is refused, at its line, and nothing else is."""
# ruff: noqa: BLE001, S311 - whatever the SDK raises is a refusal; values are drawn

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from loader_mutations import SHAPES, Differential, mutant
from rule_project import COMPONENT, SPEC, laid_over, write_project
from sweepgen import compile_spec, validate
from sweepgen.project.loader_table import fields_of, table
from sweepgen.project.loader_values import in_enum, is_boolean, is_integer, is_real, is_reference, is_url

pytestmark = pytest.mark.filterwarnings("default")  # of the SDK's own
ROOT = Path(__file__).parent.parent
ENVIRONMENT = "environment: azureml:lstm-env:1"
IMAGE = "image: mcr.microsoft.com/azureml/base:1"


def errors(folder, monkeypatch, component, spec=SPEC):
    path = write_project(folder, component=component, spec=spec)
    monkeypatch.chdir(folder)
    return [each for each in validate(path.name).findings if each.severity.value == "error"]


def environment(text):
    return COMPONENT.replace(ENVIRONMENT, f"environment: {text}")


def epochs(text):
    return COMPONENT.replace("epochs: {type: integer, default: 50}", f"epochs: {text}")


def added(text):
    return COMPONENT.replace("outputs:\n", f"  flag: {text}\noutputs:\n", 1)


REFUSED = {
    "a name without azureml:": (environment("lstm-env:1"), "SG430", "lstm-env:1", "azureml:lstm-env:1"),
    "a curated name without azureml:": (environment("AzureML-sklearn-1.0@latest"), "SG430", "AzureML", "azureml:AzureML-sklearn-1.0@latest"),
    "an image as text": (environment("mcr.microsoft.com/azureml/x:1"), "SG430", "mcr", "{image: mcr.microsoft.com/azureml/x:1}"),
    "a path without file:": (environment("./env.yaml"), "SG430", "./env", "file:./env.yaml"),
    "an id without azureml:": (environment("/subscriptions/a/b"), "SG430", "/subs", "azureml:/subscriptions/a/b"),
    "no build folder": (environment("{build: {path: ./docker}}"), "SG430", "./docker}", "a folder with a Dockerfile, relative to this file"),
    "no conda file": (environment(f"{{{IMAGE}, conda_file: nope.yaml}}"), "SG430", "nope.yaml", "a path relative to this file"),
    "a conda file by file:": (environment(f"{{{IMAGE}, conda_file: file:c.yaml}}"), "SG430", "file:c", "conda_file: c.yaml"),
    "no environment's file": (environment("file:nope.yaml"), "SG430", "file:nope", "file: and a path relative to this file"),
    "an unknown key of an environment": (environment("{docker_file: x}"), "SG432", "docker_file", "expected one of: auto_delete_setting, build, conda_file"),
    "packages in the environment": (environment(f"{{{IMAGE}, dependencies: [a]}}"), "SG432", "dependencies", "write it under conda_file: dependencies"),
    "another system": (environment(f"{{{IMAGE}, os_type: Mac}}"), "SG430", "Mac", "expected one of: linux, windows"),
    "an unknown key of an input": (epochs("{type: integer, defualt: 1}"), "SG432", "defualt", 'did you mean "default"?'),
    "a path in an input": (epochs("{type: integer, default: 1, path: a}"), "SG432", "path", "expected one of: description, enum, max, min, optional"),
    "min of a text": (epochs("{type: string, default: a, min: 1}"), "SG432", "min", "remove min"),
    "a type in capitals": (epochs("{type: Integer, default: 1}"), "SG402", "Integer", 'did you mean "integer"?'),
    "no type": (epochs("{default: 1}"), "SG402", "epochs", "one of"),
    "numbers in an enum": (added("{type: integer, default: 1, enum: [1]}"), "SG402", "1]", 'write "1"'),
    "a default of text": (epochs("{type: integer, default: many}"), "SG402", "many", "write a whole number"),
    "a date": (epochs("{type: string, default: 2025-01-31}"), "SG402", "2025", 'write "2025-01-31"'),
    "a boolean default of 1": (added("{type: boolean, default: 1}"), "SG402", "1}", "write true or false"),
    "an unknown distribution": (COMPONENT + "distribution: {type: horovod}\n", "SG431", "horovod", "expected one of: mpi, tensorflow, pytorch, ray"),
    "a distribution without a type": (COMPONENT + "distribution: {process_count_per_instance: 1}\n", "SG431", "distribution", "one of mpi, tensorflow, pytorch, ray"),
    "no boolean": (COMPONENT + "is_deterministic: maybe\n", "SG431", "maybe", None),
    "tags in a list": (COMPONENT + "tags: [a, b]\n", "SG431", "tags", None),
    "an empty value": (COMPONENT + "resources:\n", "SG431", "resources", "write a value, or remove resources"),
    "a count of text": (COMPONENT + "resources: {instance_count: two}\n", "SG431", "two", "write a whole number"),
    "a size without its unit": (COMPONENT + "resources: {shm_size: 2}\n", "SG431", "2}", 'write "2"'),
    "two counts": (COMPONENT + "resources: {}\ninstance_count: 2\n", "SG431", "2", "move it into resources"),
    "code by file:": (COMPONENT.replace("./src", "file:./src"), "SG431", "file:./src", "code: ./src"),
    "code without a version": (COMPONENT.replace("./src", "azureml:code"), "SG431", "azureml:code", "azureml:code:1"),
    "a key that the loader needs": (COMPONENT + "base_path: x\n", "SG432", "base_path", "remove base_path"),
    "a score of a version and no name": (COMPONENT.replace("outputs:\n", "outputs:\n  score: {type: number, version: [1]}\n", 1), "SG402", "version", "remove version"),
    "a tab before a comment": (COMPONENT.replace("./src", "./src\t# here"), "SG433", "\t# here", "replace the tab by spaces"),
    "a tab at a line's end": (COMPONENT.replace("./src", "./src\t"), "SG433", "\t", "replace the tab by spaces"),
    "a tab after a colon": (COMPONENT.replace(" ./src", "\t./src"), "SG433", "\t./src", "replace the tab by spaces"),
    "a question in braces": (COMPONENT + "team: {a: b?c}\n", "SG433", "?c}", "put the value in quotes"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_loader_refuses_is_an_error_at_its_line(case, tmp_path, monkeypatch):
    component, code, beginning, hint = REFUSED[case]
    assert component != COMPONENT
    (finding,) = errors(tmp_path, monkeypatch, component)
    line = component.split("\n")[finding.line - 1]
    assert (finding.code, finding.file) == (code, "component.yaml")
    assert line[finding.column - 1 :].startswith(beginning)
    if hint is not None:
        assert finding.hint is not None
        assert hint in finding.hint


@pytest.mark.parametrize("case", REFUSED)
def test_azures_loader_refuses_the_same(case, tmp_path, monkeypatch, quiet_azure):
    azure = pytest.importorskip("azure.ai.ml")
    path = write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    compile_spec(path.name, out="build")
    azure.load_component("build/components/tuning/component.yaml")
    (tmp_path / "component.yaml").write_text(REFUSED[case][0])
    with pytest.raises(Exception, match=r"."):
        azure.load_component("build/components/tuning/component.yaml")


def without(*keys):
    return yaml.safe_dump(
        {key: value for key, value in yaml.safe_load(COMPONENT).items() if key not in keys}, sort_keys=False
    )


ABSOLUTE = laid_over(
    without("code"),
    f"command: {json.dumps(yaml.safe_load(COMPONENT)['command'].replace('train.py', '/opt/train.py'))}",
)
TAKEN = {
    "nameless": without("name", "version", "$schema", "type"),
    "an absolute script of the image": ABSOLUTE,
    "a name that cannot be registered": COMPONENT.replace("name: train", "name: Train It"),
    "a type in capitals": COMPONENT.replace("type: command", "type: Command"),
    "a typed default": COMPONENT.replace("default: 0.001", "default: 1e-3"),
    "texts that look like numbers": added("{type: string, default: 1e-3, enum: [1e-3, sgd]}"),
    "bounds as text": COMPONENT.replace("min: 1, max: 1024", 'min: "1", max: 1e3'),
    "unknown keys where they pass": COMPONENT + "team: x\nresources: {gpu: 1}\ndistribution: {type: PyTorch, nodes: 2}\n",
    "counts as text": COMPONENT + 'resources: {instance_count: "2", docker_args: [--ipc=host]}\n',
    "yes": COMPONENT + "is_deterministic: yes\n",
    "tags of numbers": COMPONENT + "tags: {a: 1}\n",
    "an environment's name and version": environment(f"{{name: 3, version: [1], {IMAGE}, os_type: Linux}}"),
    "an environment by label": environment("azureml:lstm-env@latest"),
    "a curated environment": environment("azureml:AzureML-sklearn-1.0"),
    "an environment of a registry": environment("azureml://registries/azureml/environments/x/labels/latest"),
    "a conda file written out": environment(f"{{{IMAGE}, conda_file: {{dependencies: [python]}}}}"),
    "code of a repository": COMPONENT.replace("./src", "git+https://github.com/a/b"),
    "a question beside braces": COMPONENT + "team: {a: b}  # really?\nnotes: why?\n",
    "a tab in quotes": COMPONENT + 'team: "a\tb"\n',
}  # fmt: skip


@pytest.mark.parametrize("case", TAKEN)
def test_what_the_loader_takes_is_taken_and_loads(case, tmp_path, monkeypatch, quiet_azure):
    azure = pytest.importorskip("azure.ai.ml")
    assert TAKEN[case] != COMPONENT
    assert errors(tmp_path, monkeypatch, TAKEN[case]) == []
    compile_spec("t.tuning.yaml", out="build")
    azure.load_component("build/components/tuning/component.yaml")


def test_a_typed_default_is_taken_without_a_word(tmp_path, monkeypatch):
    path = write_project(tmp_path, component=TAKEN["a typed default"])
    monkeypatch.chdir(tmp_path)
    assert validate(path.name).findings == ()


def test_a_standalone_job_takes_less(tmp_path, monkeypatch):
    spec = SPEC + "target: sweep_job\nbaseline: false\n"
    component = TAKEN["unknown keys where they pass"]
    found = errors(tmp_path, monkeypatch, component, spec)
    assert [(each.code, component.split("\n")[each.line - 1][each.column - 1 :][:4]) for each in found] == [
        ("SG432", "gpu:"),
        ("SG432", "node"),
    ]


def test_an_environments_own_file_is_held_to_the_table_too(tmp_path, monkeypatch):
    (tmp_path / "env").mkdir()
    (tmp_path / "env/env.yaml").write_text("image: x:1\nconda_file: conda.yaml\npackages: [a]\n")
    found = errors(tmp_path, monkeypatch, environment("file:env/env.yaml"))
    assert [(each.code, each.file, each.line) for each in found] == [
        ("SG430", "env/env.yaml", 2),
        ("SG432", "env/env.yaml", 3),
    ]
    (tmp_path / "env/env.yaml").write_text("image: x:1\nconda_file: conda.yaml\n")
    (tmp_path / "env/conda.yaml").write_text("dependencies: [python]\n")
    assert validate("t.tuning.yaml").ok


def test_an_environments_files_are_in_the_digest(tmp_path, monkeypatch):
    (tmp_path / "env.yaml").write_text("image: x:1\nconda_file: conda.yaml\n")
    path = write_project(tmp_path, component=environment("file:env.yaml"))
    monkeypatch.chdir(tmp_path)
    seen = set()
    for env, conda in (("x:1", "a"), ("x:2", "a"), ("x:2", "b")):
        (tmp_path / "env.yaml").write_text(f"image: {env}\nconda_file: conda.yaml\n")
        (tmp_path / "conda.yaml").write_text(f"dependencies: [{conda}]\n")
        compile_spec(path.name, out="build")
        text = Path("build/components/tuning/component.yaml").read_text()
        seen.add(yaml.safe_load(text)["tags"]["sweepgen_digest"])
    assert len(seen) == 3


def test_a_boolean_within_a_conditional_space_is_an_error(tmp_path, monkeypatch):
    spec = SPEC.replace(
        "values: [16, 32]",
        "values: [16, {size: 32, nested: {type: choice, values: [{deep: yes, wide: false}]}, shuffle: true}]",
    )
    found = [each for each in errors(tmp_path, monkeypatch, COMPONENT, spec) if each.code == "SG110"]
    lines = spec.split("\n")
    assert [lines[each.line - 1][each.column - 1 :].split("}")[0] for each in found] == ["false", "true"]


def test_what_a_component_may_say_of_data_and_a_node_may_not_is_left_out(tmp_path, monkeypatch, quiet_azure):
    azure = pytest.importorskip("azure.ai.ml")
    inputs = "  holidays: {type: path}\n"
    component = COMPONENT.replace(
        "outputs:\n",
        f"{inputs}outputs:\n  a: {{type: path}}\n  b: {{type: number}}\n  c: {{type: uri_file, mode: link}}\n",
    )
    component = (
        component.rstrip()
        + "\n  --h ${{inputs.holidays}} --a ${{outputs.a}} --b ${{outputs.b}} --c ${{outputs.c}}\n"
    )
    spec = SPEC.replace(
        "trial: {component: component.yaml}",
        "trial: {component: component.yaml, inputs: {holidays: azureml:h:1}}",
    )
    assert errors(tmp_path, monkeypatch, component, spec) == []
    compile_spec("t.tuning.yaml", out="build")
    path = "build/components/tuning/component.yaml"
    azure.load_component(path)
    node = yaml.safe_load(Path(path).read_text())["jobs"]["hyperparameter_sweep"]
    assert node["inputs"]["holidays"] == {"type": "uri_folder", "path": "azureml:h:1"}
    assert [node["outputs"][name] for name in "abc"] == [{}, {}, {"type": "uri_file"}]


def test_the_table_is_what_the_installed_sdk_yields():
    pytest.importorskip("azure.ai.ml")
    if table()["sdk"] != f"azure-ai-ml {version('azure-ai-ml')}":
        pytest.skip("another release of azure-ai-ml is installed")
    script = ROOT / "scripts" / "loader_table.py"
    # In a process of its own: what other tests load changes schemas that the SDK shares.
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_table_holds_what_hand_written_sweeps_are_made_of():
    node = fields_of(table()["roots"]["sweep_node"])
    assert {
        "trial",
        "search_space",
        "objective",
        "limits",
        "sampling_algorithm",
        "early_termination",
        "queue_settings",
    } <= set(node)
    assert fields_of("SweepObjective")["goal"] == {
        "is": "enum",
        "values": ["minimize", "maximize"],
        "case": "snake",
        "required": True,
    }
    assert in_enum("Minimize", ["minimize", "maximize"], "snake")
    assert not in_enum("minimise", ["minimize", "maximize"], "snake")


ATOMS = ["azureml:", "a", ":", "@", "/", "1", "azureml://registries/r/", "environments/e", "/versions/1", " ", "latest",
         "/subscriptions/s/resourceGroups/r/providers/Microsoft.MachineLearningServices/workspaces/w/", "codes/", "labels/x"]  # fmt: skip
ADDRESSES = ["http://", "https://", "HTTP://", "ftp://", "s3://", "x", "x.com", "localhost", "/", "?", "a b", ":80", "@", ".", "[::1]", "é", "%20"]  # fmt: skip


def test_single_values_are_taken_as_the_sdks_own_fields_take_them():
    fields = pytest.importorskip("azure.ai.ml._schema.core.fields")
    chance = random.Random(7)

    def takes(field, value):
        try:
            field._deserialize(value, "x", None)
        except Exception:
            return False
        return True

    def takes_whole(field, value):
        try:
            field.deserialize(value)
        except Exception:
            return False
        return True

    for kind, versioned in (("environments", False), ("codes", True)):
        field = fields.ArmVersionedStr(azureml_type=kind, allow_default_version=not versioned)
        for _ in range(2000):
            text = chance.choice(("azureml:", "")) + "".join(chance.choices(ATOMS, k=chance.randrange(6)))
            assert is_reference(text, kind, versioned=versioned) == takes(field, text), text
    for _ in range(2000):
        text = "".join(chance.choices(ADDRESSES, k=chance.randrange(1, 6)))
        assert is_url(text) == takes_whole(fields.fields.URL(), text), text
    for value in (
        0,
        1,
        2,
        -1,
        1.0,
        0.0,
        2.5,
        1e300,
        True,
        False,
        "1",
        "1.0",
        "1e3",
        " 2 ",
        "x",
        "",
        "yes",
        "Y",
        "tRue",
        "nan",
        "inf",
        [1],
        {},
    ):
        assert is_boolean(value) == takes_whole(fields.fields.Bool(), value), value
        for strict in (True, False):
            assert is_integer(value, strict=strict) == takes_whole(fields.fields.Int(strict=strict), value), (
                value
            )
        assert is_real(value, finite=True) == takes_whole(fields.fields.Float(), value), value


@pytest.fixture
def differential(tmp_path, monkeypatch, quiet_azure):
    pytest.importorskip("azure.ai.ml")
    monkeypatch.chdir(tmp_path)  # and back again
    return Differential(tmp_path)


FEW = {"we refuse by another rule", "we refuse any such YAML", "we refuse, explained"}
"""Verdicts that need no agreement; `loader_mutations` says why."""


def test_mutated_trials_are_judged_as_azures_loader_judges_them(differential):
    first = int(os.environ.get("SWEEPGEN_SEED", "0"))
    verdicts = {}
    for seed in range(first, first + 300):
        verdict, said = differential.verdict(seed, whole=seed % 25 == 0)
        assert not verdict.startswith("only"), f"{verdict}: seed {seed}\n{mutant(seed)[1]}{said}"
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    assert verdicts["both take"] > 60
    assert verdicts["both refuse"] > 60
    assert sum(verdicts.get(each, 0) for each in FEW) < 30
    assert len(SHAPES) == 12
