"""The search space of a hand-written sweep as a spec has it: bounds of logarithms become the parameter's own values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, get_args

from sweepgen.documents.nodes import Mapping, Scalar, Sequence
from sweepgen.documents.scalars import is_number, resolve_plain
from sweepgen.documents.yaml_text import number_text
from sweepgen.importing.logarithms import LogRange
from sweepgen.importing.sweep_file import parent_input
from sweepgen.importing.value_bounds import LOGARITHMIC, value_of
from sweepgen.importing.yaml_page import FlowMap, Styled, plain_of
from sweepgen.project.component import number
from sweepgen.project.distributions import Distribution, natural_log
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from sweepgen.documents.nodes import Node, Path
    from sweepgen.importing.spec_draft import SpecDraft

_MODELS = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(get_args(Distribution)[0])
}
_STATED = re.compile(r"# sampled from ([0-9.e+-]+) to ([0-9.e+-]+)")
_BOUNDS = ("min_value", "max_value")


def write_search_space(draft: SpecDraft) -> None:
    """Write the search space: each parameter as its author wrote it, but for what means something else in a spec."""
    holder = draft.section("search_space", "search_space")
    for name, node in draft.source.sweep.distributions():
        path = ("search_space", name)
        value = draft.source.text.style.part(node)
        holder[name] = value
        draft.source.text.take(draft.page, holder, name, draft.key(*path))
        draft.source.text.take_inner(draft.page, value, node)
        if isinstance(node, Mapping):
            _amend(draft, value, node, path)


def _amend(draft: SpecDraft, value: dict[str, Any], node: Mapping, path: Path) -> None:
    """Change what a spec writes otherwise than Azure ML in one distribution, and in those below it."""
    kind = plain_of(value.get("type"))
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is not None:
        for key in [key for key in value if key not in model.model_fields]:
            del value[key]
            draft.leave_out((*path, key), f"{kind} has no such field")
    for key, inner in list(value.items()):
        written = node.get(key)
        here = (*path, key)
        if isinstance(written, Scalar) and key != "type":
            _amend_field(draft, value, key, written, here)
        elif isinstance(written, Sequence):
            _amend_choices(draft, inner, written, here)
    if kind in LOGARITHMIC:
        _amend_bounds(draft, value, path)


def _amend_field(draft: SpecDraft, value: dict[str, Any], key: str, written: Scalar, path: Path) -> None:
    if parent_input(written.value) is not None:
        _resolve(draft, value, key, written, path)
    elif isinstance(plain_of(value[key]), str) and not isinstance(plain_of(value[key]), bool):
        read = written.value if is_number(written.value) else number(written.value)
        if read is not None:  # text to PyYAML, of which Azure's loader makes a number
            value[key] = int(read) if isinstance(read, float) and read.is_integer() else read


def _resolve(draft: SpecDraft, holder: Any, key: Any, written: Scalar, path: Path) -> None:
    """Write the value of a pipeline's input in the place of what is bound to it."""
    name = ".".join(map(str, path))
    bound = parent_input(written.value)
    setting = draft.source.given(bound) if bound is not None else None
    if setting is None or setting.value is None:
        message = f"{name} is bound to the pipeline's input {bound}, which has no value here"
        draft.report(rules.TO_FILL_IN, path, message, "write its value in the spec")
        return
    holder[key] = setting.value
    draft.note(holder, key, f"was: {written.value}")
    message = f"{name} is bound to the pipeline's input {bound}; the spec has its value, {setting.value}"
    draft.report(
        rules.OTHERWISE, path, message, f"write another value of {key} in the spec where jobs gave one"
    )


def _amend_choices(draft: SpecDraft, values: Any, written: Sequence, path: Path) -> None:
    numeric = any(is_number(plain_of(value)) for value in values)
    for index, item in enumerate(written.items):
        if not isinstance(item, Mapping):
            value = plain_of(values[index])
            if isinstance(item, Scalar) and parent_input(value) is not None:
                _resolve(draft, values, index, item, (*path, index))
            elif isinstance(value, bool):
                _amend_boolean(draft, values, index, item, path)
            elif numeric and isinstance(item, Scalar) and item.plain and not draft.as_written:
                _amend_number(draft, values, index, item, path)
            continue
        for name, entry in item.entries.items():
            if isinstance(entry.value, Mapping) and isinstance(values[index].get(name), dict):
                _amend(draft, values[index][name], entry.value, (*path, index, name))


def _amend_number(draft: SpecDraft, values: Any, index: int, item: Scalar, path: Path) -> None:
    """Write a number that PyYAML reads as text, such as 1e-3, as a number where it is among numbers."""
    value = plain_of(values[index])
    read = number(value) if isinstance(value, str) else None
    if read is None:
        return
    values[index] = int(read) if read.is_integer() else read
    message = f"azure-ai-ml reads {item.text} as text, among numbers: the spec has the number"
    draft.report(rules.MENDED, (*path, index), message, f"write {number_text(values[index])}")
    draft.note(values, index, f"was: {item.text}, text to azure-ai-ml")


def _amend_boolean(draft: SpecDraft, values: Any, index: int, item: Node, path: Path) -> None:
    """Write a boolean of a choice as text: Azure's loader rejects booleans."""
    text = "true" if plain_of(values[index]) else "false"
    written = item.text if isinstance(item, Scalar) else text
    values[index] = Styled(text, '"')
    message = f"a choice cannot have booleans: the spec has {written} as text"
    draft.report(rules.MENDED, (*path, index), message, f'write "{text}"')


def _amend_bounds(draft: SpecDraft, value: dict[str, Any], path: Path) -> None:
    """Turn the bounds of a logarithmic distribution into values."""
    bounds = [plain_of(value.get(key)) for key in _BOUNDS]
    if not all(is_number(bound) for bound in bounds):
        return
    low, high = bounds
    converted = [value_of(bound) for bound in bounds]
    name = str(path[-1])
    misread = not draft.source.own and LogRange(name, path, low, high).written_as_values
    if None in converted or (misread and not draft.as_written):
        ends = " to ".join(_shown(each.value) if each is not None else "infinity" for each in converted)
        written = f"{number_text(low)} to {number_text(high)}"
        if all(bound > 0 for bound in bounds):
            message = (
                f"{name} samples {ends}, since {written} are natural logarithms. The spec samples {written}"
            )
            draft.report(
                rules.LOGARITHM_MENDED,
                path,
                message,
                "to keep the range that is sampled now, import with --as-written",
            )
            draft.note(value, _BOUNDS[0], f"was: logarithms, sampled {ends}")
            return
    stated = _stated_bounds(draft, path) if draft.source.own else None
    if stated is not None and [natural_log(each) for each in stated] == bounds:
        value.update(zip(_BOUNDS, stated, strict=True))
        return
    for key, bound, found in zip(_BOUNDS, bounds, converted, strict=True):
        if found is None:
            message = f"{key} {number_text(bound)} is out of range as a natural logarithm"
            draft.report(
                rules.LOGARITHM_MENDED, (*path, key), message, f"write the value of {key} in the spec"
            )
            continue
        value[key] = found.value
        if not draft.source.own:
            draft.note(value, key, _was(bound, key, value))
        if not found.exact:
            message = f"no number has the logarithm {number_text(bound)} to the last digit"
            hint = f"nothing to do: the spec has {number_text(found.value)}, which differs in the last digits alone"
            draft.report(rules.LOGARITHM_ROUNDED, (*path, key), message, hint)


def _stated_bounds(draft: SpecDraft, path: Path) -> list[int | float] | None:
    """Return the values whose logarithms a file of ours holds, as the comment above a parameter states them."""
    key = draft.key(*path)
    line = draft.source.text.lines[key.line - 2] if key is not None and key.line > 1 else ""
    match = _STATED.fullmatch(line.strip())
    found = [resolve_plain(text) for text in match.groups()] if match is not None else []
    return found if found and all(is_number(each) and each > 0 for each in found) else None


def _was(bound: float, key: str, value: dict[str, Any]) -> str:
    text = f"was: {number_text(bound)}, its logarithm"
    return f"{key} {text}" if isinstance(value, FlowMap) else text


def _shown(value: float) -> str:
    return f"{value:.5g}"
