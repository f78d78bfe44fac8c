"""How a hand-written sweep samples, judges, ends and runs, as a spec has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweepgen.compiler.lowering import SERVERLESS
from sweepgen.documents.nodes import Mapping, Scalar, place_of, shorten
from sweepgen.documents.scalars import is_whole
from sweepgen.importing.yaml_page import plain_of
from sweepgen.project.component import number
from sweepgen.project.loader_values import loaded_value
from sweepgen.project.names import TAG_PREFIX
from sweepgen.project.spec import (
    IDENTITY_FORM,
    MOST_TRIALS,
    SECONDS,
    Bandit,
    MedianStopping,
    TruncationSelection,
)
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.documents.sections import Section
    from sweepgen.importing.carried_parts import SourceText
    from sweepgen.importing.spec_draft import SpecDraft

_POLICIES: dict[str, type[Section]] = {
    "bandit": Bandit,
    "median_stopping": MedianStopping,
    "truncation_selection": TruncationSelection,
}
_LONGEST = "21d"
"""The timeout of a sweep that has none: Azure ML's default is 60 days, and it lets no job run longer than this."""
_LIMITS = frozenset(("max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout"))
_DEFAULTS = ("max_total_trials", "max_concurrent_trials", "timeout")
"""The limits that a spec always has."""


def write_sampling(draft: SpecDraft) -> None:
    """Write the sampling algorithm: of the object form, the seed and the rule where the target takes them."""
    source = draft.source
    node = source.sweep.get("sampling_algorithm")
    holder = draft.section("sampling", "sampling_algorithm")
    if isinstance(node, Mapping):
        _write_object_form(draft, holder, node)
        return
    value = draft.carry(holder, "algorithm", "sampling_algorithm")
    if value is None:
        holder["algorithm"] = "random"
        if node is None:
            message = "sampling_algorithm is missing, but required in a spec"
            draft.report(
                rules.TO_FILL_IN, ("type",), message, "write sampling: {algorithm: random} in the spec"
            )
        draft.note(holder, "algorithm", "write the algorithm that you want")
    elif isinstance(value, str) and value != value.lower():
        holder["algorithm"] = value.lower()


def _write_object_form(draft: SpecDraft, holder: dict[str, Any], node: Mapping) -> None:
    path = ("sampling_algorithm",)
    pipeline = not draft.source.sweep.standalone
    kind = str(draft.carry(holder, "algorithm", *path, "type") or "random").lower()
    rule = draft.source.sweep.value(*path, "rule")
    if isinstance(rule, str) and rule.lower() == "sobol" and kind == "random":
        if pipeline:
            draft.leave_out(
                (*path, "rule"), "Azure ML rejects sobol in a pipeline", "write target: sweep_job in the spec"
            )
        else:
            kind = "sobol"
    holder["algorithm"] = kind
    if draft.source.sweep.get(*path, "seed") is not None:
        if pipeline:
            draft.leave_out(
                (*path, "seed"),
                "Azure ML rejects a seed in a pipeline",
                "write target: sweep_job in the spec",
            )
        else:
            draft.carry(holder, "seed", *path, "seed")
    if "logbase" in node.entries:
        draft.leave_out((*path, "logbase"), "a spec has the values themselves, and no base")
    draft.leave_out_others(frozenset(("type", "rule", "seed", "logbase")), *path)
    if pipeline:
        message = f"Azure ML rejects a mapping as sampling_algorithm in a pipeline; the spec has {kind}"
        draft.report(rules.MENDED, path, message, "to keep its settings, write target: sweep_job in the spec")


def write_objective(draft: SpecDraft) -> None:
    """Write the objective."""
    holder = draft.section("objective", "objective")
    for key in _written(draft, "objective"):
        if key in ("primary_metric", "goal"):
            value = draft.carry(holder, key, "objective", key)
            if key == "goal" and isinstance(value, str) and value != value.lower():
                holder[key] = value.lower()
    draft.leave_out_others(frozenset(("primary_metric", "goal")), "objective")


def write_policy(draft: SpecDraft) -> None:
    """Write the early-termination policy, with the interval that goes over the wire where none is written."""
    node = draft.source.sweep.get("early_termination")
    if not isinstance(node, Mapping):
        return
    holder = draft.section("early_termination", "early_termination")
    kind = str(draft.source.sweep.value("early_termination", "type") or "").lower()
    model = _POLICIES.get(kind)
    fields = frozenset(model.model_fields if model is not None else node.entries)
    for key in node.entries:
        if key == "type":
            draft.write(holder, key, kind, ("early_termination", key))
        elif key in fields:
            value = draft.carry(holder, key, "early_termination", key)
            if isinstance(value, str) and number(value) is not None:
                holder[key] = _number(value)
    draft.leave_out_others(fields, "early_termination")
    if model is not None and "evaluation_interval" not in holder:
        holder["evaluation_interval"] = 1
        sent = 1 if kind == "median_stopping" else 0
        if sent == 0:
            message = "evaluation_interval is missing, and azure-ai-ml submits 0; the spec has 1"
            hint = "to evaluate less often, write a larger evaluation_interval in the spec"
            draft.report(rules.DEFAULT_WRITTEN, ("early_termination", "type"), message, hint)


def write_limits(draft: SpecDraft) -> None:
    """Write the limits; a spec says what Azure ML would take for those that are left out."""
    written = _written(draft, "limits")
    holder = draft.section("limits", "limits", in_lines=not {*_DEFAULTS} <= {*written})
    names = {"max_total_trials": "max_trials"}
    for key in written:
        if key in _LIMITS:
            value = draft.carry(holder, names.get(key, key), "limits", key)
            if key.endswith("timeout"):
                _amend_timeout(draft, holder, key, value)
            elif isinstance(value, str) and value.isdigit():
                holder[names.get(key, key)] = int(value)
    draft.leave_out_others(_LIMITS, "limits")
    total = plain_of(holder.get("max_trials"))
    defaults: dict[str, tuple[Any, str]] = {
        "max_total_trials": (MOST_TRIALS, "Azure ML's default"),
        "max_concurrent_trials": (total if is_whole(total) else MOST_TRIALS, "Azure ML's default"),
        "timeout": (_LONGEST, "the longest that a job can run; Azure ML's default is 60 days"),
    }
    for key, (value, why) in defaults.items():
        name = names.get(key, key)
        if name not in holder:
            holder[name] = value
            draft.note(holder, name, why)
            message = f"limits has no {key}: the spec has {value}, {why}"
            hint = f"write limits.{name} in the spec for another"
            draft.report(rules.DEFAULT_WRITTEN, ("limits",), message, hint, at_key=True)


def _amend_timeout(draft: SpecDraft, holder: dict[str, Any], key: str, value: Any) -> None:
    """Write a timeout as a spec has it: ours with a unit, as specs do; one under a minute as Azure ML takes it."""
    bound = draft.source.sweep.value("limits", key)
    if isinstance(bound, str) and "${{" in bound and key in holder:
        message = f"limits.{key} is bound to an input, which Azure ML silently ignores; the spec has its value, {value}"
        draft.report(
            rules.MENDED,
            ("limits", key),
            message,
            f"write another limits.{key} in the spec where jobs gave one",
        )
    if isinstance(value, str) and value.isdigit():
        holder[key] = value = int(value)
    if draft.source.own and is_whole(value):
        unit = next(unit for unit, length in SECONDS.items() if value % length == 0)
        holder[key] = f"{value // SECONDS[unit]}{unit}" if unit != "s" else value


def _number(text: str) -> int | float:
    found = float(text)
    return int(found) if found.is_integer() else found


def write_run_settings(draft: SpecDraft) -> None:
    """Write compute, resources and queue settings."""
    source = draft.source
    found = source.compute()
    if found is not None:
        name = str(found.value)
        if name.removeprefix("azureml:") != SERVERLESS.removeprefix("azureml:"):
            draft.root["compute"] = found.text.style.part(found.node)
            found.text.take(draft.page, draft.root, "compute", found.node)
        elif source.sweep.standalone:
            draft.leave_out(("compute",), "a sweep without compute is serverless by default")
    for key in ("resources", "queue_settings"):
        node = source.sweep.get(key)
        if isinstance(node, Mapping) and node.entries:
            source.text.take(draft.page, draft.root, key, draft.key(key))
            source.text.carry(draft.page, draft.root, key, node)


def write_identity(draft: SpecDraft) -> None:
    """Write who the job is: of a pipeline its own identity, since Azure ML drops that of a node."""
    source = draft.source
    node = source.root.get("identity")
    if isinstance(node, Mapping):
        source.root_text.take(draft.page, draft.root, "identity", source.root.entries["identity"].key)
        value = source.root_text.carry(draft.page, draft.root, "identity", node)
        kind = plain_of(value.get("type"))
        if IDENTITY_FORM.check(kind) != kind:
            value["type"] = IDENTITY_FORM.check(kind)
    if not source.sweep.standalone and source.sweep.get("identity") is not None:
        draft.leave_out(("identity",), "Azure ML silently ignores the identity of a node")


def write_texts(draft: SpecDraft, names: Iterable[str]) -> None:
    """Write those of `names` that the sweep's file has: display name, description, tags."""
    source = draft.source
    for name in names:
        entry = source.file.root.entries.get(name)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.value is None):
            continue
        source.text.take(draft.page, draft.root, name, entry.key)
        if name == "tags":
            write_tags(draft, draft.root, source.file.root, source.text)
        elif isinstance(entry.value, Scalar):
            value = source.text.style.part(entry.value)
            draft.root[name] = value if isinstance(plain_of(value), str) else entry.value.text


def write_tags(draft: SpecDraft, holder: dict[str, Any], root: Mapping, text: SourceText) -> None:
    """Write the tags of a job or a component, text to text, without our own."""
    node = root.get("tags")
    if not isinstance(node, Mapping):
        return
    tags = text.carry(draft.page, holder, "tags", node)
    for name in [name for name in tags if name.startswith(TAG_PREFIX)]:
        del tags[name]
    for name, entry in node.entries.items():
        if name not in tags or isinstance(plain_of(tags[name]), str):
            continue
        written = entry.value
        if not isinstance(written, Scalar) or loaded_value(written) is None:
            del tags[name]
            continue
        tags[name] = _as_text(written)
        message = f"tag {name} must be text: azure-ai-ml rejects {shorten(written.text)}"
        place = place_of(root, ("tags", name), text.file)
        draft.findings.append(rules.MENDED.finding(place, message, f'write "{tags[name]}"'))
        draft.note(tags, name, f"was: {written.text}")
    if not tags:
        del holder["tags"]


def _as_text(node: Scalar) -> str:
    value = loaded_value(node)
    if isinstance(value, bool):
        return "true" if value else "false"
    return node.text


def _written(draft: SpecDraft, key: str) -> list[str]:
    node = draft.source.sweep.get(key)
    return list(node.entries) if isinstance(node, Mapping) else []
