"""Rules in words: one with its reason, examples and source, as Markdown or as plain text, and the table of all."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from sweepgen import resources
from sweepgen.checks.catalogue import OF_JOBS, RULES, SECTIONS
from sweepgen.findings import Severity
from sweepgen.rules.releases import since
from sweepgen.rules.rule import Basis, Example
from sweepgen.secrets import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.rules.rule import Rule

_PARTS = (
    ("azureml", "sweep.yaml", "yaml"),
    ("whole_spec", "spec", "yaml"),
    ("spec", "spec", "yaml"),
    ("circuits", "circuits.yaml", "yaml"),
    ("component", "component.yaml", "yaml"),
    ("script", "train.py", "python"),
    ("settings", "sweepgen.toml", "toml"),
    ("results", "results.json (shown as YAML)", "yaml"),
)
_EFFECTS = {
    Severity.ERROR: "An error: it fails the run.",
    Severity.WARNING: "A warning: it fails the run only with --strict.",
    Severity.ADVICE: "Advice: it fails the run only with --strict.",
}
_CODE = re.compile(r"`[^`]+`")
_HOLD = "\x00"
"""Stands for a space where no line may end: within code."""
_OWN_PAGE = re.compile(r"\bdocs/([\w-]+\.md(?:#[\w-]+)?)")


class Block(NamedTuple):
    """A piece of a rule's page: a heading, text, an item of a list, or code in a language."""

    kind: str
    text: str
    language: str = ""


class Printed(NamedTuple):
    """What a command prints of a rule's bad example, and the hints in it."""

    command: str
    text: str
    hints: tuple[str, ...]


def rule_blocks(rule: Rule, printed: Printed | None = None) -> list[Block]:
    """Return the page of one rule, with what is printed of its bad example where that is given."""
    blocks = [
        Block("heading", f"{rule.code} {rule.name}"),
        Block("text", f"{rule.summary}. {_EFFECTS[rule.severity]}"),
        Block("heading", "Why it matters"),
        Block("text", rule.why),
        *_examples(rule, printed),
        Block("heading", "How to mend it"),
        *(Block("item", text) for text in _mends(rule, printed)),
        Block("heading", "How to silence it"),
        Block("text", _silencing(rule)),
        Block("heading", "What it rests on"),
        Block(
            "text", f"{rule.basis.value[0].upper()}{rule.basis.value[1:]}. In sweepgen {since(rule.code)}."
        ),
        Block("text", f"Source: {rule.source}"),
    ]
    return [block._replace(text=masked(block.text)) for block in blocks]


def _examples(rule: Rule, printed: Printed | None) -> list[Block]:
    """Return the examples with what is printed of the bad one, or why there are none."""
    if rule.no_example is not None:
        return [
            Block("heading", "Example"),
            Block("text", f"None: {rule.no_example[0].lower()}{rule.no_example[1:]}"),
        ]
    output = []
    if printed is not None:
        output = [Block("text", f"`{printed.command}` reports:"), Block("code", printed.text, "text")]
    if rule.level is not None:
        before = _files(rule.good) or [Block("text", "The project of the examples as it is.")]
        after = [Block("heading", "After, with the version as it was"), *_files(rule.bad)]
        return [Block("heading", "Before"), *before, *after, *output]
    wrong = [Block("heading", "Wrong"), *_files(rule.bad), *output]
    return [*wrong, Block("heading", "Right"), *_files(rule.good)]


def _files(example: Example) -> list[Block]:
    blocks = []
    for attribute, name, language in _PARTS:
        text = getattr(example, attribute)
        if text is not None:
            shown = text.encode("utf-8", errors="backslashreplace").decode().rstrip("\n")
            shown = shown if len(shown) <= 1500 else f"{shown[:80]}…"
            blocks += [Block("text", f"{name[0].upper()}{name[1:]}:"), Block("code", shown, language)]
    return blocks


def _mends(rule: Rule, printed: Printed | None) -> list[str]:
    """Return what to do about a finding, and what `validate --fix` does."""
    mends = []
    if rule.level is not None:
        mends.append(f"Give the component a higher {rule.level} version: `sweepgen version bump` writes it.")
    elif rule.mend is not None:
        mends.append(rule.mend)
    elif printed is not None:
        mends += [f"In the example: {_code(hint)}." for hint in printed.hints]
    else:
        mends.append("The hint of the finding says what to write.")
    if rule.fix is not None:
        mends.append(f"`validate --fix` mends it: {rule.fix[0].lower()}{rule.fix[1:]}")
    if rule.unsafe_fix is not None:
        mends.append(
            f"`validate --fix --unsafe-fixes` mends it: {rule.unsafe_fix[0].lower()}{rule.unsafe_fix[1:]}"
        )
    if rule.fix is None and rule.unsafe_fix is None:
        mends.append("`validate --fix` does not mend it.")
    return mends


def _code(text: str) -> str:
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _silencing(rule: Rule) -> str:
    comment = f"`# sweepgen: ignore[{rule.code}]`"
    if rule.basis is Basis.STATED:
        return f"Only by a comment with a reason at the end of its line: {comment[:-1]} REASON`."
    if rule.silenceable:
        settings = f'`ignore = ["{rule.code}"]` in the configuration (docs/spec.md#configuration)'
        by_comment = f"{comment} at the end of its line in YAML, or by " if rule.code not in OF_JOBS else ""
        return f"By {by_comment}{settings}. The name {rule.name} works as well."
    reasons = {
        Basis.OWN: "with it, what is compiled or written back would be wrong",
        Basis.SERVICE: "the service refuses what it finds",
        Basis.TRIED: "Azure's SDK was seen to refuse what it finds, or to drop it silently",
        Basis.DOCUMENTED: "Azure ML's documentation rules out what it finds",
    }
    return f"It cannot be silenced: {reasons[rule.basis]}."


def markdown(
    blocks: Iterable[Block], depth: int = 1, link: Callable[[str], str | None] = resources.documentation
) -> str:
    """Return blocks as Markdown; `link` gives the address of a page of the documentation, such as `spec.md`."""

    def linked_page(page: re.Match[str]) -> str:
        address = link(page[1])
        return f"[{page[0]}]({address})" if address is not None else page[0]

    lines: list[str] = []
    for number, (kind, text, language) in enumerate(blocks):
        if kind == "heading":
            lines += ["#" * (depth if number == 0 else depth + 1) + f" {text}", ""]
        elif kind == "code":
            lines += [f"```{language}", text, "```", ""]
        else:
            linked = _OWN_PAGE.sub(linked_page, text)
            if kind == "item" and lines[-2].startswith("- "):
                del lines[-1]
            lines += [f"- {linked}" if kind == "item" else linked, ""]
    return "\n".join(lines)


def plain_text(blocks: Iterable[Block], width: int = 80) -> str:
    """Return blocks as text without marks, in lines of at most `width` characters where they are no code."""
    lines: list[str] = []
    for number, (kind, text, _) in enumerate(blocks):
        if kind == "code":
            lines += [textwrap.indent(text, "    "), ""]
        elif kind == "heading":
            lines += [text if number == 0 else text.upper(), ""]
        else:
            whole = f"- {text}" if kind == "item" else text
            indent = "  " if kind == "item" else ""
            held = _CODE.sub(lambda code: code[0].replace(" ", _HOLD), whole)
            wrapped = textwrap.wrap(
                held, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
            lines += [*(line.replace(_HOLD, " ") for line in wrapped), ""]
    return "\n".join(lines)


def explanation(rule: Rule) -> list[Block]:
    """Return one rule as `explain` shows it: with the address of its page where there is one."""
    address = resources.rule_page(rule.code)
    return [*rule_blocks(rule), *([Block("text", f"Page: {address}")] if address is not None else [])]


def rules_page() -> str:
    """Return the page of all rules in Markdown."""
    lines = ["# Rules", "", "Generated from the rules by `sweepgen rules --format markdown`.", ""]
    for prefix, title in SECTIONS.items():
        lines += [f"## {prefix}xx: {title}", ""]
        lines += [markdown(rule_blocks(rule), 3) for code, rule in RULES.items() if code.startswith(prefix)]
    return "\n".join(lines)


_INDEX = """\
# Rules

Generated from the rules by `make rules`; do not edit.

Each rule has a page under its code, and a name: findings show both, and comments, the configuration and
`sweepgen explain` take either. An example on a page is the part that matters of a project that is right in all else;
below it is what is printed of that project.

## Fixes

In the tables, *fix*: `sweepgen validate --fix` mends what the rule finds, where exactly one correction is near.
*unsafe*: only together with `--unsafe-fixes`, since it may not be what you meant. `--diff` shows the difference and
writes nothing.

- A fix is made where the finding that it mends is gone afterwards and the file can still be read, in the files and
  folders named. Nothing else changes, to the byte. A fix that writes another value than yours is made only where no
  error comes with it.
- What a misspelt key or missing quotes had hidden is then reported: a section whose name is corrected has findings of
  its own.
- `[*]` marks findings whose fix was tried in this way. JSON has the edits under `fix`, SARIF under `fixes`.

"""


def rules_index() -> str:
    """Return the table of all rules in Markdown, as docs/rules.md has it."""
    parts = []
    for prefix, title in SECTIONS.items():
        rows = [_row(rule) for code, rule in RULES.items() if code.startswith(prefix)]
        head = [
            "| code | name | finds | severity | fix | rests on |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        parts.append("\n".join([f"## {prefix}xx: {title}", "", *head, *rows, ""]))
    return _INDEX + "\n".join(parts)


def _row(rule: Rule) -> str:
    anchors = f'<a id="{rule.code.lower()}"></a><a id="{rule.code.lower()}-{rule.name}"></a>'
    fixes = [word for word, fix in (("fix", rule.fix), ("unsafe", rule.unsafe_fix)) if fix is not None]
    cells = (
        f"{anchors}[{rule.code}](rules/{rule.code}.md)",
        rule.name,
        rule.summary,
        rule.severity.value,
        ", ".join(fixes),
        rule.basis.value,
    )
    return f"| {' | '.join(cells)} |"
