"""The rules' pages: made from the rules, with what is really printed of the examples."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sweepgen import resources
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.page import Printed, markdown, plain_text, rule_blocks, rules_index, rules_page
from sweepgen.cli import main
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.reporters import azure, github, text
from sweepgen.rules.releases import RELEASES, since
from sweepgen.version import __version__

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs/rules"
sys.path.insert(0, str(ROOT / "scripts"))
from rule_pages import page  # noqa: E402

FOUND = Finding("SG102", "reversed-range", Severity.ERROR, "m", Place("a.yaml"), "h")


@pytest.mark.parametrize("code", RULES)
def test_a_page_is_made_from_its_rule(code, update_goldens):
    path = PAGES / f"{code}.md"
    if update_goldens:
        path.write_text(page(code), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page(code), "run `make rules`"


def test_the_table_is_made_from_the_rules(update_goldens):
    path = ROOT / "docs/rules.md"
    if update_goldens:
        path.write_text(rules_index(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == rules_index(), "run `make rules`"
    assert {each.stem for each in PAGES.iterdir()} == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_page_says_what_a_reader_looks_for(code):
    rule, written = RULES[code], (PAGES / f"{code}.md").read_text(encoding="utf-8")
    parts = re.split(r"^## ", written, flags=re.MULTILINE)
    assert parts[0].startswith(f"# {code} {rule.name}\n\n{rule.summary}.")
    titles = [part.partition("\n")[0] for part in parts[1:]]
    assert titles[0] == "Why it matters"
    assert titles[-3:] == ["How to mend it", "How to silence it", "What it rests on"]
    assert titles[1:-3] in (["Wrong", "Right"], ["Before", "After, with the version as it was"], ["Example"])
    mend = parts[-3].partition("\n- ")[2]
    assert not mend.startswith("`validate --fix`"), "neither a hint nor a mend says what to do"
    if rule.no_example is None:
        assert re.search(rf"^{rule.severity.value}\[{code} {rule.name}\]: ", written, re.MULTILINE)
    assert rule.source.partition("docs/")[0] in written


def test_the_old_anchors_of_the_table_lead_to_the_pages():
    table = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    for code, rule in RULES.items():
        row = next(line for line in table.splitlines() if f"](rules/{code}.md)" in line)
        assert f'<a id="{code.lower()}"></a><a id="{code.lower()}-{rule.name}"></a>' in row


def test_every_rule_has_the_release_that_brought_it():
    assert __version__ in RELEASES, "add the codes of the new rules to rules/releases.py"
    assert set().union(*RELEASES.values()) <= set(RULES)
    assert since("SG102") == "since 0.1.0"
    assert since("SG801") == f"since the release after {__version__}"


def test_explain_is_plain_where_nothing_draws(capsys):
    assert main(["explain", "SG102"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("SG102 reversed-range\n\nReversed range. An error")
    assert "\n    search_space:\n" in shown
    assert not re.search(r"^#|```|\]\(", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 100


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
def test_explain_is_drawn_on_a_terminal():
    pytest.importorskip("rich")
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "90"}
    command = [sys.executable, "-m", "sweepgen", "explain", "SG203"]
    with os.fdopen(controller, "rb") as read:
        with subprocess.Popen(command, stdout=terminal, env=environment) as process:
            os.close(terminal)
            shown = b""
            try:
                while piece := read.read1(4096):
                    shown += piece
            except OSError:  # how a terminal of Linux ends
                pass
        assert process.returncode == 0
    words = re.sub(r"\x1b\[[\d;]*m", "", shown.decode())
    assert "\x1b[" in shown.decode()
    assert "##" not in words
    assert "```" not in words
    source = RULES["SG203"].source
    assert f"Source: {source}\r\n" in words


def test_blocks_become_markdown_and_text():
    blocks = rule_blocks(RULES["SG622"], Printed("sweepgen version check", "error", ("run `x`",)))
    assert "(../versions.md)" in markdown(blocks, link=lambda page: f"../{page}")
    assert markdown(blocks, 3).startswith("### SG622 search-space-changed\n")
    assert "- Give the component a higher minor version" in plain_text(blocks)
    assert rules_page().count("\n### SG") == len(RULES)


def test_an_installed_sweepgen_links_to_the_pages(monkeypatch, capsys):
    address = "https://git.example.com/ml/sweepgen/blob/abc/docs/rules/SG102.md"
    origin = {
        "url": "https://git.example.com/ml/sweepgen.git",
        "vcs_info": {"vcs": "git", "commit_id": "abc"},
    }
    report = Report((FOUND,), ())
    assert "https" not in github.render(report) + azure.render(report)
    monkeypatch.setattr(resources, "_origin", lambda: origin)
    assert f"::m (h) {address}\n" in github.render(report)
    assert azure.render(report).endswith(f"reversed-range: m (h) {address}")
    drawn = text.render(report, lambda _: [], colour=True)
    assert drawn.startswith(
        f"\x1b]8;;{address}\x1b\\\x1b[1;31merror[SG102 reversed-range]\x1b[0m\x1b]8;;\x1b\\: m"
    )
    assert "\x1b" not in text.render(report, lambda _: [])
    main(["explain", "SG102"])
    assert f"\nPage: {address}\n" in capsys.readouterr().out
