"""What changed, in words: a value before and after, the keys of a mapping, the words of a command."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from sweepgen.documents.nodes import shorten
from sweepgen.documents.yaml_text import flow_text
from sweepgen.secrets import scrubbed

_KEYS = 3
"""Keys of a mapping that one message names."""
_UNSHOWN = frozenset(("environment_variables",))
"""Mappings whose values may be anything: only their keys are named."""


def change_of(name: str, was: Any, has: Any) -> str:
    """Return how a value changed: `goal changed from minimize to maximize`; None is a value that is absent."""
    return "; ".join(_changes(name, was, has, shown=name.rsplit(maxsplit=1)[-1] not in _UNSHOWN))


def _changes(name: str, was: Any, has: Any, *, shown: bool) -> list[str]:
    if isinstance(was, dict) and isinstance(has, dict):
        keys = [key for key in {**was, **has} if was.get(key) != has.get(key)]
        inner = [
            text
            for key in keys[:_KEYS]
            for text in _changes(
                f"{shorten(str(key))} of {name}",
                was.get(key),
                has.get(key),
                shown=shown and key not in _UNSHOWN,
            )
        ]
        return [*inner, f"{len(keys) - _KEYS} more keys of {name} changed"] if len(keys) > _KEYS else inner
    if was is None or has is None:
        value = f" ({_shown(was if has is None else has)})" if shown else ""
        return [f"{name}{value} was {'added' if was is None else 'removed'}"]
    before, now = _shown(was), _shown(has)
    return [f"{name} changed" + (f" from {before} to {now}" if shown and before != now else "")]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else flow_text(value)
    quoted = isinstance(value, str) and (" " in value or not value)
    return f'"{shorten(scrubbed(text))}"' if quoted else shorten(scrubbed(text))


def changed_words(before: list[str], now: list[str]) -> str:
    """Return where two lists of words first differ: `it now has --verbose`; empty where they do not."""
    steps = SequenceMatcher(None, before, now, autojunk=False).get_opcodes()
    for step, low, high, start, end in steps:
        old, new = (shorten(scrubbed(" ".join(words))) for words in (before[low:high], now[start:end]))
        if step == "insert":
            return f"it now has {new}"
        if step == "delete":
            return f"it no longer has {old}"
        if step == "replace":
            return f"it has {new} instead of {old}"
    return ""
