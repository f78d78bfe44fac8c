"""One spelling for each of the field's terms, and none of our habits, in all that a person reads."""

from __future__ import annotations

import ast
import io
import re
import tokenize
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
    r"\b(?:(?:can|may )?stands?|stood|lies|bears?|leads? (?:to|nowhere)|tells?|told|whoever|anew|go(?:es)? on|going on"
    r"|of (?:its|their) own accord|(?:is|are) not there(?! yet)|no answer|way back|all the same|no time of this world"
    r"|swept no more|goes up|is over)\b"
    r"|(?<![Tt]here )\bis no (?!longer\b|more\b|better\b|such\b)"
)
FIXED = r"[Nn]ot told apart|`\w+`"
"""A verdict's own words, and names."""
PROSE = [
    *PAGES,
    *ROOT.glob("templates/**/*.*"),
    *ROOT.glob("benchmarks/*.md"),
    *ROOT.glob("examples/**/*.md"),
]
CODE = [
    path for folder in ("src", "scripts", "benchmarks") for path in sorted(ROOT.glob(f"{folder}/**/*.py"))
]
OF_OTHERS = ("docs/rules/SG815.md", "rules/hand_written.py", "rules/hand_written_forms.py")
"""Whose words come from the rules, which their own tests read."""


def unreleased(text):
    """Return a changelog up to its first release; any other page as it is."""
    return text if "## [Unreleased]" not in text else re.split(r"^## \[?\d", text, flags=re.MULTILINE)[0]


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


def texts(path):
    """Yield every string and comment of a Python file with its line: messages, docstrings, whatever else."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def found_in(pattern, text):
    """Return what a pattern finds in a text, but for names and a verdict's own words."""
    return [match.group() for match in re.finditer(pattern, re.sub(FIXED, "", text))]


CODE_TEXTS = [(path, line, text) for path in CODE for line, text in texts(path)]


def test_the_code_has_one_spelling_of_a_term():
    anything = re.compile("|".join(SPELLINGS.values()))
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {each}"
        for path, line, text in CODE_TEXTS
        if path.name != "logging_libraries.py" and anything.search(text)  # which lists names of packages
        for each in found_in(anything, prose(text))
    ]
    assert not wrong


def test_pages_and_templates_use_the_fields_words():
    wrong = [
        f"{path.relative_to(ROOT)}: {each}"
        for path in PROSE
        if not str(path).endswith(OF_OTHERS)
        for each in found_in(HABITS, unreleased(prose(path.read_text(encoding="utf-8"))))
    ]
    assert not wrong


def test_the_code_uses_the_fields_words():
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {each}"
        for path, line, text in CODE_TEXTS
        if not str(path).endswith(OF_OTHERS)
        for each in found_in(HABITS, text)
    ]
    assert not wrong


def test_help_uses_the_fields_words():
    commands = next(action for action in whole_parser()._actions if action.dest == "command").choices
    helped = {"sweepgen": USAGE, **{name: command.format_help() for name, command in commands.items()}}
    found = {name: found_in(HABITS, " ".join(text.split())) for name, text in helped.items()}
    assert not {name: words for name, words in found.items() if words}


def test_the_glossary_is_sorted_and_names_each_term_once():
    terms = re.findall(
        r"^\| ([a-z][a-z ]*) \|", (ROOT / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(terms) > 30
    assert terms == sorted(set(terms))
