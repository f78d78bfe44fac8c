"""What reaches a build agent's log: nothing that it takes for a command but our own findings."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rule_project import CIRCUITS, COMPONENT, SPEC, write_project
from sweepgen.cli import main
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.reporters import azure, github, sarif
from sweepgen.reporters import json as json_reporter
from sweepgen.terminal import Output, guarded_output, printable, printable_lines

COMMANDS = (
    "##vso[",
    "##[",
    "##",
    "#",
    "[",
    "::",
    ":",
    "vso[",
    "VSO[",
    "task.complete result=Failed;]",
    "error::a",
)
CONTROLS = "\n\r\t\0\x1b\x07\x85\x9b\u2028\u202e\u200b\xad\ufe0f\ufeff\ufffd"
PIECES = st.sampled_from((*COMMANDS, *CONTROLS, "\x1b[31m", *' aü\U0001f600%];,\\"', "%0A"))
NASTY = st.lists(PIECES, max_size=8).map("".join)
ROOM = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OURS = re.compile(r"##vso\[task\.logissue |::(?:error|warning|notice) ")


def seen(text: str) -> str:
    """Return text as .NET's comparison sees it: characters without a shape are not there."""
    return "".join(
        each
        for each in text
        if unicodedata.category(each) not in ("Cf", "Cc")
        and not 0xFE00 <= ord(each) <= 0xFE0F
        and each != "\ufffd"
    )


def commands(text: str) -> list[str]:
    """Return the lines that an agent takes for a command."""
    lines = [seen(line) for line in re.split("[\r\n]", text)]
    return [
        line
        for line in lines
        if re.search(r"##(?:vso)?\[", line, re.IGNORECASE) or line.lstrip().startswith("::")
    ]


def unsafe(text: str) -> list[str]:
    return re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)


def findings(texts: list[str]) -> Report:
    kinds = list(Severity)
    return Report(
        tuple(
            Finding(
                "SG101",
                "empty-search-space",
                kinds[index % 3],
                text,
                Place(text or "a", 1, 1, 1, 2),
                text if index % 2 else None,
            )
            for index, text in enumerate(texts)
        ),
        (),
    )


@ROOM
@given(NASTY)
def test_text_as_shown_is_no_command(text: str) -> None:
    assert commands(printable(text)) == commands(printable_lines(text)) == []
    assert unsafe(printable(text)) == unsafe(printable_lines(text)) == []
    assert "\n" not in printable(text)
    assert len(printable(text)) == len(text)


@ROOM
@given(st.lists(st.tuples(NASTY, st.booleans()), max_size=6))
def test_text_written_in_pieces_is_no_command(pieces: list[tuple[str, bool]]) -> None:
    stream = io.StringIO()
    output = Output(stream)
    for text, _ in pieces:
        assert output.write(text) == len(text)
    output.flush()
    assert commands(stream.getvalue()) == unsafe(stream.getvalue()) == []
    assert len(stream.getvalue()) == sum(len(text) for text, _ in pieces)


def test_own_colours_pass_on_a_terminal_alone() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, left in ((Terminal(), "\x1b[1;31ma\x1b[0m\ufffd[2J\n"), (io.StringIO(), None)):
        output = Output(stream)
        output.write("\x1b[1;31ma\x1b[0m\x1b[2J\n")
        assert stream.getvalue() == (left or "\ufffd[1;31ma\ufffd[0m\ufffd[2J\n")


@ROOM
@given(st.lists(NASTY, max_size=4))
def test_a_finding_is_one_command_in_the_agents_formats(texts: list[str]) -> None:
    for reporter in (azure, github):
        lines = reporter.render(findings(texts)).split("\n") if texts else []
        ours = [line for line in lines if OURS.match(line)]
        assert len(ours) == len(texts)
        assert len(lines) - len(ours) <= (reporter is github)  # its summary
        for line in lines:
            assert commands(OURS.sub("", line, count=1)) == []
            assert unsafe(line) == []


@ROOM
@given(st.lists(NASTY, max_size=4))
def test_json_and_sarif_are_no_commands_and_lose_nothing(texts: list[str]) -> None:
    report = findings(texts)
    text = json_reporter.render(report)
    assert commands(text) == unsafe(text) == []
    assert json.loads(text) == json_reporter.as_data(report)
    text = sarif.render(report)
    assert commands(text) == unsafe(text) == []
    messages = [result["message"]["text"] for result in json.loads(text)["runs"][0]["results"]]
    assert messages == [each.message + (f"\n{each.hint}" if each.hint else "") for each in report.findings]


HOSTILE = "##vso[task.complete result=Failed;]##[error]\\n::error::x\\e[31m\\u202e"


@pytest.mark.parametrize("kind", ["text", "json", "github", "azure", "sarif"])
def test_hostile_values_reach_no_agent(kind: str, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    name = "##vso[task.complete]##[x]"
    text = SPEC
    for old in re.findall(r"^(\s*[\w]+): [\w{]", SPEC, re.MULTILINE):
        text += f'\n{old.strip()}##[group]: "{HOSTILE}"'
    circuits = CIRCUITS.replace("circuits:", f'"{HOSTILE}": 1\ncircuits:', 1)
    spec = write_project(tmp_path, spec=text, circuits=circuits, component=COMPONENT)
    other = spec.with_name(f"{name}.tuning.yaml")
    other.write_text(text)
    for call in (
        ["validate", other.name, f"{name}.yaml", "::error::.yaml"],
        ["compile", other.name, "--diff"],
        ["version", "check", other.name],
        ["compare", other.name],
        ["apply", other.name, "--diff"],
        [f"::set-output name={name}"],
        ["run", f"::warning::{name}"],
        ["explain", f"{name}"],
        ["compile", f"--{name}"],
    ):
        out, told = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(told),
            contextlib.suppress(SystemExit),
        ):
            main(call if len(call) == 1 or call[0] == "explain" else [*call, "--format", kind])
        shown = out.getvalue()
        if kind in ("github", "azure"):
            shown = "\n".join(OURS.sub("", line, count=1) for line in shown.split("\n"))
        assert commands(shown) == commands(told.getvalue()) == [], call
        assert unsafe(shown) == unsafe(told.getvalue()) == [], call


def test_streams_are_given_back() -> None:
    before = sys.stdout, sys.stderr
    with guarded_output(), guarded_output():
        assert isinstance(sys.stdout, Output)
        assert os.fspath("a") == "a"
    assert (sys.stdout, sys.stderr) == before
