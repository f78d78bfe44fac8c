"""Files that mean harm: whatever a configuration holds, a run ends with a sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweepgen.errors import SettingsError
from sweepgen.project.circuits_schema import validator
from sweepgen.settings import find_settings

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("output", "jobs", "templates", "circuits_schema", "extend", "ignore", "strict", "advice", "other")
DEEP = st.integers(1, 4000)
VALUES = st.one_of(
    DEEP.map(lambda depth: "[" * depth + "]" * depth),
    DEEP.map(lambda depth: "{a=" * depth + "1" + "}" * depth),
    st.integers(1, 6000).map(lambda length: "9" * length),
    st.integers(1, 6000).map(lambda length: "0x" + "f" * length),
    st.sampled_from(["1e999", "nan", "true", "1979-05-27", "[[]]", '["SG101"]', "{}"]),
    st.text().map(json.dumps),
    st.text(st.characters(max_codepoint=31)).map(lambda text: json.dumps(f"a{text}")),
    st.integers(1, 6000).map(lambda length: f'"{"a/" * length}"'),
)
ROOM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ROOM
@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=3), st.binary(max_size=3))
def test_configuration_is_used_or_refused(
    tmp_path: Path, rows: list[tuple[str, str]], rubbish: bytes
) -> None:
    text = "\n".join(f"{name} = {value}" for name, value in rows).encode(errors="surrogatepass")
    (tmp_path / "sweepgen.toml").write_bytes(text + b"\n" + rubbish)
    try:
        found = find_settings(str(tmp_path / "pump.tuning.yaml"))
    except SettingsError as fault:
        told = str(fault)
    else:
        told = str(found.file)
        os.path.isdir(found.output)
    assert "sweepgen.toml" in told


def test_configurations_that_extend_each_other_without_end(tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.toml").write_text(f'extend = "{number + 1}.toml"\n')
    (tmp_path / "sweepgen.toml").write_text('extend = "0.toml"\n')
    with pytest.raises(SettingsError, match="more than 50"):
        find_settings(str(tmp_path / "pump.tuning.yaml"))


@pytest.mark.parametrize("part", ["a.", "'a' . ", '"".'])
@pytest.mark.parametrize("form", ["{}a = 1", "[{}a]", "x = {{{}a = 1}}"])
def test_key_of_many_parts_is_refused_at_once(form: str, part: str, tmp_path: Path) -> None:
    (tmp_path / "sweepgen.toml").write_text(form.format(part * 40_000))
    started = time.process_time()
    with pytest.raises(SettingsError, match="too deeply"):
        find_settings(str(tmp_path / "pump.tuning.yaml"))
    assert time.process_time() - started < 1


def test_dots_in_a_text_are_no_key(tmp_path: Path) -> None:
    (tmp_path / "sweepgen.toml").write_text(f"#{'.' * 5000}\noutput = 'out'\n")
    output = find_settings(str(tmp_path / "pump.tuning.yaml")).output
    assert output is not None
    assert os.path.realpath(output) == os.path.realpath(tmp_path / "out")


@pytest.mark.parametrize(
    "schema",
    ["[" * 5000, "9" * 5000, '{"$schema": 1}', '{"$schema": ["x"]}', '{"$ref": 1}', '{"type": "none"}', "[]"],
    ids=lambda schema: schema[:12],
)
def test_schema_that_cannot_be_used_is_named(tmp_path: Path, schema: str) -> None:
    path = tmp_path / "circuits.schema.json"
    path.write_text(schema)
    with pytest.raises(SettingsError, match="circuits_schema"):
        validator(str(path))


def test_schema_that_refers_to_itself_is_named(tmp_path: Path) -> None:
    from sweepgen.documents.nodes import Mapping

    path = tmp_path / "circuits.schema.json"
    path.write_text('{"$ref": "#"}')
    with pytest.raises(SettingsError, match="too deeply"):
        validator(str(path))(Mapping(1, 1, 1, 1), "circuits.yaml")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupt_shows_no_traceback_from_our_first_line_on(tmp_path: Path) -> None:
    """A module that Python imports for us says when our own code has begun; the interrupt comes right then."""
    script = tmp_path / "sweepgen"
    script.write_text(
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore it
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == os.environ['AT']:\n"
        "            os.kill(os.getpid(), 2)\n"
        "sys.meta_path.insert(0, Watch())\n"
        "from sweepgen.cli import main\n"
        "sys.exit(main())\n"
    )
    spec = os.path.join(
        os.path.dirname(__file__), "..", "examples", "seed", "hyperparameter_tuning_pipeline.tuning.yaml"
    )
    for at in ("sweepgen.version", "sweepgen.cli", "sweepgen.cli.validate", "sweepgen.documents.sources"):
        ended: Any = subprocess.run(
            [sys.executable, str(script), "validate", "--no-cache", spec],
            env={**os.environ, "AT": at},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode in (130, -signal.SIGINT), (at, ended.stderr)
        assert ended.stderr == "", at


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize("kind", ["pipe", "gone", "folder", "link to nothing", "text"])
def test_end_of_a_log_whatever_the_trial_put_in_its_place(kind: str, tmp_path: Path) -> None:
    from sweepgen.local.process import Process

    log = tmp_path / "log.txt"
    if kind == "pipe":
        os.mkfifo(log)
    elif kind == "folder":
        log.mkdir()
    elif kind == "link to nothing":
        log.symlink_to("nothing")
    elif kind == "text":
        log.write_text("a" * 40_000 + "last words")
    process = Process.__new__(Process)
    process.log = str(log)
    found = process.tail()
    assert (found.endswith("last words"), len(found)) == ((True, 32_768) if kind == "text" else (False, 0))


def test_runs_that_the_service_gives_twice_are_kept_once() -> None:
    from sweepgen.cloud.runs import Run, each_once

    def a_run(name: str, status: str, metric: float) -> Run:
        return Run(name, name, status, {"hyperparameters": "{}"}, {}, {"val_loss": metric})

    trials = (
        a_run("a", "running", 1),
        a_run("b", "completed", 2),
        a_run("a", "completed", 3),
        a_run("b", "running", 4),
    )
    assert [(run.id, run.metrics["val_loss"]) for run in each_once(trials)] == [("a", 3), ("b", 2)]
