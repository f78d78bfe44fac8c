"""One spelling for each of the field's terms, and no habits of ours in what a command says about itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sweepgen.cli import USAGE
from sweepgen.cli.completion import whole_parser

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/rules/*.md")])
SPELLINGS = {
    "Azure ML": r"\bAzure-?ML\b(?! Data Scientist)|\bAzure Ml\b|\bAML\b",
    "Bayesian": r"\bbayesian (?:sampling|optimi[sz]ation)|\bBaysian\b",
    "Databricks": r"\b[Dd]ata[Bb]ricks\b(?<!Databricks)",
    "GitHub": r"\bG?g?ithub\b(?<!GitHub)",
    "hyperparameter": r"\b[Hh]yper[- ]parameters?\b",
    "JSON": r"\bJson\b",
    "MLflow": r"\bML ?Flow\b|\bMlflow\b",
    "MLTable": r"\bML table\b",
    "Optuna": r"\boptuna\b",
    "pre-commit": r"\b[Pp]recommit\b",
    "PyYAML": r"\b(?:PyYaml|Pyyaml|pyYAML)\b",
    "Sobol": r"\bSOBOL\b",
    "TensorFlow": r"\bTensorflow\b",
    "VS Code": r"\bVS ?[cC]ode\b(?<!VS Code)",
    "YAML": r"\bYaml\b",
}
HABITS = (
    r"\b(?:stands?|lies|bears?|leads? (?:to|nowhere)|tells?|told|goes on|of its own accord|by itself|cannot be told"
    r"|no answer|way back|whoever|all the same)\b"
)


def prose(text):
    """Return Markdown without its code and its addresses."""
    text = re.sub(r"^( *)```.*?^\1```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+", "", text)


@pytest.mark.parametrize("term", SPELLINGS)
def test_a_term_has_one_spelling(term):
    wrong = [
        f"{page.name}: {match.group()}"
        for page in PAGES
        for match in re.finditer(SPELLINGS[term], prose(page.read_text(encoding="utf-8")))
    ]
    assert not wrong, f"write {term}"


def test_help_uses_the_fields_words():
    commands = next(action for action in whole_parser()._actions if action.dest == "command").choices
    helped = {"sweepgen": USAGE, **{name: command.format_help() for name, command in commands.items()}}
    found = {
        name: re.findall(HABITS, " ".join(text.split())) for name, text in helped.items() if name != "run"
    }
    assert not {name: words for name, words in found.items() if words}


def test_the_glossary_is_sorted_and_names_each_term_once():
    terms = re.findall(
        r"^\| ([a-z][a-z ]*) \|", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(terms) > 30
    assert terms == sorted(set(terms))
