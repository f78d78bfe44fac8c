"""The documentation: every link points to something, every command block runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from sweepgen.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md", *ROOT.glob("docs/*.md")]
)
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


@cache
def tokens(page):
    """Return the tokens of a page, those within paragraphs and cells among them."""
    found = MARKDOWN.parse(page.read_text(encoding="utf-8"))
    return [inner for token in found for inner in (token, *(token.children or ()))]


@cache
def anchors(page):
    """Return the anchors that GitHub gives a page's headings."""
    found, seen = set(), {}
    parsed = MARKDOWN.parse(page.read_text(encoding="utf-8"))
    for opening, content in pairwise(parsed):
        if opening.type != "heading_open":
            continue
        text = "".join(
            child.content for child in content.children or () if child.type in ("text", "code_inline")
        )
        slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        number = seen[slug] = seen.get(slug, -1) + 1
        found.add(f"{slug}-{number}" if number else slug)
    written = (token.content for token in tokens(page) if token.type == "html_inline")
    return found.union(*(re.findall(r'<a id="([^"]+)">', text) for text in written))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_point_to_something(page):
    """Relative links name a file of the repository, and an anchor that it has."""
    assert not broken_links(page)


def test_links_of_the_rules_pages_point_to_something():
    pages = sorted(ROOT.glob("docs/rules/*.md"))
    assert not {page.name: broken for page in pages if (broken := broken_links(page))}


def broken_links(page):
    """Return the relative addresses of a page that name nothing."""
    broken = []
    for token in tokens(page):
        address = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
        if not address or re.match(r"[a-z]+:", str(address)):
            continue
        path, _, anchor = str(address).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(address)
    return broken


def test_every_page_is_in_the_index():
    """A page that the index does not name is never found."""
    index = ROOT / "docs/README.md"
    named = {
        str(token.attrGet("href")).partition("#")[0] for token in tokens(index) if token.type == "link_open"
    }
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} <= named


def test_the_page_of_commands_has_every_option():
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        part = page.partition(f"## {command}\n")[2].partition("\n## ")[0]
        own = import_module(f"sweepgen.cli.{command.replace('-', '_')}").parser()
        missing = [option for option in own._option_string_actions if option not in part]
        assert not missing, f"make commands: {command} lacks {missing}"


BLOCK = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_tutorial_runs_from_its_first_block_to_its_last(tmp_path):
    """As a new user would type it: one shell, each block after the other, in an empty folder."""
    pytest.importorskip("pyarrow")
    blocks = BLOCK.findall((ROOT / "docs/tutorial.md").read_text(encoding="utf-8"))
    assert len(blocks) == 9
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": f"a{at}b.example"
            for who in ("AUTHOR", "COMMITTER")
            for what, at in (("NAME", ""), ("EMAIL", "@"))
        },
    }
    folder = tmp_path / "pumps"
    folder.mkdir()
    script = "\n".join(blocks)
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NORTH/PUMP01: gain, test_loss" in done.stdout
    assert "hyperparameters changed with their evidence" in done.stdout
    assert "error[SG640 code-changed]" in done.stdout
    assert (folder / "report.html").stat().st_size > 100_000


def commands_of(page):
    """Return the sweepgen command lines of the blocks of a page."""
    for block in re.findall(
        r"^```(?:bash|sh)\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    ):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True) if line.startswith("sweepgen ") else []
            if words:
                yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_ones_that_there_are(page):
    """Each command of a page parses: no option is misspelt, gone or lacks its value."""
    for name, *arguments in commands_of(page):
        if name.startswith("-"):
            continue
        assert name in COMMANDS
        import_module(f"sweepgen.cli.{name.replace('-', '_')}").parser().parse_args(arguments)
