"""The documentation: every link points to something, every command block runs."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md", *ROOT.glob("docs/**/*.md")]
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
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_point_to_something(page):
    """Relative links name a file of the repository, and an anchor that it has."""
    broken = []
    for token in tokens(page):
        address = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
        if not address or re.match(r"[a-z]+:", str(address)):
            continue
        path, _, anchor = str(address).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(address)
    assert not broken


def test_every_page_is_in_the_index():
    """A page that the index does not name is never found."""
    index = ROOT / "docs/README.md"
    named = {
        str(token.attrGet("href")).partition("#")[0] for token in tokens(index) if token.type == "link_open"
    }
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} <= named
