"""Models to text, through Jinja2 templates: ours, or a team's own.

Values reach a template as data and are never read as template text themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sweepgen import resources
from sweepgen.documents.yaml_text import block_text, flow_text, is_flat, scalar_text
from sweepgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping


class TemplateFaultError(Exception):
    """A template that cannot be rendered; its text says why."""


class Renderer:
    """The templates of one run."""

    def __init__(self, folder: str | None = None) -> None:
        folders = ([folder] if folder else []) + [resources.path("templates")]
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folders),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            optimized=False,  # templates run a few times at most: not worth the optimizer's time
            autoescape=False,
        )
        self._environment.filters.update(
            yaml=scalar_text, flow=flow_text, block=_block, entries=_entries, cell=_cell, line=_line
        )

    def render(self, template: str, **values: Any) -> str:
        """Return what a template makes of `values`, with one line end at its end.

        Raises TemplateFaultError where the template is missing or fails.
        """
        try:
            text = self._environment.get_template(template).render(**values)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as fault:
            raise TemplateFaultError(f"{template}: {type(fault).__name__}: {fault}") from fault
        return text.replace("\r\n", "\n").strip("\n") + "\n"


def _block(value: Any, indent: int = 0) -> str:
    """Write a value below its key, indented."""
    return block_text(value, indent)


def _entries(value: Mapping[str, Any], indent: int = 0) -> str:
    """Write a mapping of small mappings, one line each where that is short enough to read."""
    lines = []
    for key, item in value.items():
        line = f"{' ' * indent}{scalar_text(key)}: {flow_text(item)}"
        small = not isinstance(item, dict) or all(
            not isinstance(inner, dict) and (not isinstance(inner, list) or is_flat(inner))
            for inner in item.values()
        )
        lines.append(line if small and len(line) <= 110 else block_text({key: item}, indent))
    return "\n".join(lines)


def _cell(value: Any) -> str:
    """Write a value into a cell of a Markdown table, where it can end neither the cell nor the row."""
    text = _line(value)
    return text.replace("|", "\\|")


def _line(value: Any) -> str:
    """Write text on one line of Markdown, without markup of its own."""
    text = " ".join(str(value).split())
    # An underscore within a word is not markup: lstm_units stays as it is.
    text = re.sub(r"([\\`*\[\]]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))", r"\\\1", text)
    return text.replace("<", "&lt;").replace(">", "&gt;")


def with_header(text: str, *, source: str, digest: str, markdown: bool = False) -> str:
    """Return a compiled file's text under the comment that makes it ours to replace."""
    start, end = ("<!-- ", " -->") if markdown else ("# ", "")
    named = re.sub(r"[\x00-\x1f\x7f]|--" if source.isascii() else r"[^ -~\u00a1-\ud7ff]|--", "?", source)
    return (
        f"{start}Compiled by sweepgen {__version__} from {named}: change that file, not this one.{end}\n"
        f"{start}digest: {digest}{end}\n{text}"
    )
