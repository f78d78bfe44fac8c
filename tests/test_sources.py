"""What rules rest on: each source outside of this repository is listed with the words that hold the statement."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from sweepgen.checks.catalogue import RULES
from sweepgen.rules.rule import Basis

ROOT = Path(__file__).parent.parent
LISTED = yaml.safe_load((ROOT / "tests/sources.yaml").read_text())
# Of YAML, Python and JSON as such; and what was tried, which test_sdk.py tries again.
ITSELF = ("https://yaml.org/", "https://pyyaml.org/", "https://en.wikipedia.org/", "https://docs.python.org/")
TRIED = re.compile(r"azure-ai-ml 1\.35\.2.*; tried$")
# Words of the source of those that stand in the repository's own pages.
OURS = re.compile(r"(docs/[a-z-]+\.md)(?:#([a-z0-9-]+))?$")


def needs_words(rule):
    own = OURS.search(rule.source) or rule.source.startswith(ITSELF)
    return not own and not TRIED.match(rule.source)


def test_every_source_outside_is_listed_with_what_it_says():
    listed = {code: entry["source"] for entry in LISTED for code in entry["says"]}
    assert listed == {code: rule.source for code, rule in RULES.items() if needs_words(rule)}
    assert all(entry["read"] for entry in LISTED)
    assert all(words.strip() for entry in LISTED for words in entry["says"].values())


def test_what_is_documented_has_a_page():
    for code, rule in RULES.items():
        if rule.basis is Basis.DOCUMENTED:
            assert rule.source.startswith("https://learn.microsoft.com/"), code
        if rule.basis is Basis.REPORTED and not rule.source.startswith("https://github.com/"):
            assert "recorded traffic" in rule.source, code


@pytest.mark.parametrize("code", [code for code, rule in RULES.items() if OURS.search(rule.source)])
def test_a_page_of_our_own_is_there(code):
    page, anchor = OURS.search(RULES[code].source).groups()
    text = (ROOT / page).read_text()
    titles = {
        re.sub(r"[^a-z0-9 _-]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    assert anchor is None or anchor in titles


@pytest.mark.parametrize(
    "entry", [entry for entry in LISTED if "sdk" in entry], ids=lambda entry: entry["sdk"]
)
def test_the_sdk_has_the_words(entry):
    pytest.importorskip("azure.ai.ml")
    folder = Path(importlib.util.find_spec("azure.ai.ml").origin).parent
    text = re.sub(r"[\s#]+", " ", (folder / entry["sdk"]).read_text())
    for words in entry["says"].values():
        assert words in text
