"""The forms that sweeps had in the previews of Azure ML v2, each with what is written today.

A sweep is read in today's form, so that every rule and the import see its parts where they belong; each part keeps the
place at which it is written.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.documents.nodes import Entry, Mapping, Scalar, resolve, shorten
from sweepgen.documents.yaml_text import scalar_text
from sweepgen.project.component import number
from sweepgen.project.foreign_keys import word_meant
from sweepgen.project.loader_values import loaded_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node, Path

SWEEP_TYPES = ("sweep_job", "sweepjob")
"""What the preview called a sweep, in small letters."""
_CODE = ("local_path", "directory", "file")
_DATA = {"data": "uri_folder", "folder": "uri_folder", "file": "uri_file"}
_FILE = re.compile(r"^(?!azureml:[^/]).*/[^/]*\.[A-Za-z][A-Za-z0-9]{0,6}$")
"""A path to a file, rather than a folder or an asset: its last part has an ending."""
_LIMITS = {
    "max_total_trials": "max_total_trials",
    "max_total_runs": "max_total_trials",
    "max_concurrent_trials": "max_concurrent_trials",
    "max_concurrent_runs": "max_concurrent_trials",
}
_LONGEST = 1e15
_MINUTES = ("timeout_minutes", "max_duration_minutes")


class FormerForm(NamedTuple):
    """A key as it was in a preview: `key` is where it is, `path` what it is called, `to` where it is read today.

    Both paths begin at the sweep. `node` is what is read there, None where nothing is. A `misplaced` key is one of
    today that is written where Azure ML does not look for it.
    """

    key: Scalar
    path: Path
    to: Path
    node: Node | None
    message: str
    hint: str
    misplaced: bool = False


def former_forms(sweep: Mapping, *, standalone: bool) -> list[FormerForm]:
    """Return the forms of the previews in a sweep: in a job of its own, or in a node of a pipeline."""
    found = [*_kind(sweep), *_settings(sweep, standalone=standalone)]
    for name in ("limits", "search_space", "early_termination", "compute"):
        section = sweep.get(name)
        if isinstance(section, Mapping):
            found += _INNER[name](section)
    trial = sweep.get("trial")
    if trial is None and isinstance(job := sweep.entries.get("job"), Entry):
        trial = job.value
        if isinstance(trial, Mapping):
            message = "job is the preview's key for trial"
            found.append(FormerForm(job.key, ("job",), ("trial",), trial, message, "rename it to trial"))
    if isinstance(trial, Mapping):
        found += _trial(trial, sweep, standalone=standalone)
    inputs = sweep.get("inputs")
    if inputs is None and standalone and isinstance(trial, Mapping):
        inputs = trial.get("inputs")
    for name, entry in inputs.entries.items() if isinstance(inputs, Mapping) else ():
        if isinstance(entry.value, Mapping):
            found += _data(name, entry.value)
    return found


def in_todays_form(sweep: Mapping, forms: list[FormerForm]) -> Mapping:
    """Return a sweep with each of its former parts where it is read today; what is there already stays."""
    renewed = sweep
    for form in forms:
        if form.node is None:
            continue
        path = ("trial", *form.path[1:]) if form.path[0] == "job" and len(form.path) > 1 else form.path
        within = path[: len(form.to)] == form.to
        if path[:-1] == form.to[:-1]:
            renewed = _renamed(renewed, path, str(form.to[-1]), form.node)
            continue
        renewed = with_entry(
            _without(renewed, form.to if within else path), form.to, Entry(form.key, form.node)
        )
    return renewed


def _former(key: Scalar, path: Path, to: Path, node: Node | None, hint: str) -> FormerForm:
    shown = ".".join(map(str, path))
    return FormerForm(key, path, to, node, f"{shown} is outdated preview syntax", hint)


def _kind(sweep: Mapping) -> Iterator[FormerForm]:
    for name in ("type", "job_type"):
        entry = sweep.entries.get(name)
        text = str(entry.value.value).lower() if entry and isinstance(entry.value, Scalar) else ""
        if entry is None or text not in ((*SWEEP_TYPES, "sweep") if name == "job_type" else SWEEP_TYPES):
            continue
        key = entry.key if name == "job_type" else entry.value
        assert isinstance(key, Scalar)  # noqa: S101 - it has a text
        written = _like(key, "sweep")
        if name == "type":
            message = f'type "{shorten(key.text)}" is outdated preview syntax'
            yield FormerForm(key, ("type",), ("type",), written, message, "write type: sweep")
        elif "type" not in sweep.entries:
            yield _former(key, (name,), ("type",), written, "write type: sweep")


def _settings(sweep: Mapping, *, standalone: bool) -> Iterator[FormerForm]:
    """Yield the keys of the preview beside the sections of today."""
    for name, entry in sweep.entries.items():
        node = entry.value
        if not isinstance(node, Scalar):
            continue
        section = "sampling_algorithm" if name == "algorithm" else "limits"
        if not standalone and section in sweep.entries:
            continue
        if name == "algorithm":
            yield _former(entry.key, (name,), (section,), node, f"write {section}: {node.text}")
        elif name in _LIMITS or name in _MINUTES:
            limit, written, shown = _limit(name, node)
            hint = f"write limits: {{{shown}}}{_unit(limit)}"
            yield _former(entry.key, (name,), ("limits", limit), written, hint)


def _limits(limits: Mapping) -> Iterator[FormerForm]:
    for name, entry in limits.entries.items():
        known = _LIMITS.get(name, name) != name or name in _MINUTES
        if known and isinstance(entry.value, Scalar):
            limit, written, shown = _limit(name, entry.value)
            hint = f"write {shown}{_unit(limit)}"
            yield _former(entry.key, ("limits", name), ("limits", limit), written, hint)


def _limit(name: str, node: Scalar) -> tuple[str, Scalar, str]:
    """Return today's name of a limit, its value there, and how a hint writes it."""
    if name not in _MINUTES:
        return _LIMITS[name], node, f"{_LIMITS[name]}: {node.text}"
    minutes = number(loaded_value(node))
    if minutes is None or not abs(minutes) <= _LONGEST:
        return "timeout", node, "timeout: 3600"
    seconds = _like(node, int(minutes * 60))
    return "timeout", seconds, f"timeout: {seconds.text}"


def _unit(limit: str) -> str:
    return ", in seconds" if limit == "timeout" else ""


def _space(space: Mapping) -> Iterator[FormerForm]:
    for name, entry in space.entries.items():
        spec = entry.value.entries.get("spec") if isinstance(entry.value, Mapping) else None
        if spec is None or not isinstance(spec.value, Scalar) or entry.value.get("type") is not None:  # type: ignore[union-attr]
            continue
        path: Path = ("search_space", name)
        hint = f"write type: {spec.value.text}"
        yield _former(spec.key, (*path, "spec"), (*path, "type"), spec.value, hint)


def _policy(policy: Mapping) -> Iterator[FormerForm]:
    for name in ("policy_type", "spec"):
        entry = policy.entries.get(name)
        if entry is not None and isinstance(entry.value, Scalar) and "type" not in policy.entries:
            text = str(entry.value.value).lower()
            written = _like(entry.value, word_meant("early_termination.type", text) or text)
            path: Path = ("early_termination", name)
            hint = f"write type: {written.text}"
            yield _former(entry.key, path, ("early_termination", "type"), written, hint)
            return


def _compute(compute: Mapping) -> Iterator[FormerForm]:
    target = compute.entries.get("target")
    if target is not None and isinstance(target.value, Scalar):
        hint = f"write compute: {target.value.text}"
        yield _former(target.key, ("compute", "target"), ("compute",), target.value, hint)


_INNER = {"limits": _limits, "search_space": _space, "early_termination": _policy, "compute": _compute}


def _data(name: str, data: Mapping) -> Iterator[FormerForm]:
    for key, usual in _DATA.items():
        entry = data.entries.get(key)
        inner = entry.value.get("path") if entry is not None and isinstance(entry.value, Mapping) else None
        written = inner if inner is not None else entry.value if entry is not None else None
        if entry is None or not isinstance(written, Scalar):
            continue
        path: Path = ("inputs", name)
        kind = "uri_file" if key == "data" and _FILE.search(written.text) else usual
        place = (entry.key.line, entry.key.column, entry.key.end_line, entry.key.end_column)
        entries = {
            "type": Entry(entry.key, Scalar(kind, kind, True, *place)),
            "path": Entry(entry.key, written),
        }
        entries |= {other: each for other, each in data.entries.items() if other != key}
        message = f"{key} of an input is outdated preview syntax"
        hint = f"write {name}: {{type: {kind}, path: {written.text.strip()}}}"
        yield FormerForm(entry.key, (*path, key), path, mapping_of(entries, data), message, hint)
        break
    mode = data.get("mode")
    if isinstance(mode, Scalar) and str(mode.value).lower() == "mount":
        message = f"mode {mode.text} is outdated preview syntax"
        at = ("inputs", name, "mode")
        yield FormerForm(mode, at, at, _like(mode, "ro_mount"), message, "write mode: ro_mount")


def _trial(trial: Mapping, sweep: Mapping, *, standalone: bool) -> Iterator[FormerForm]:
    around = "trial" if "trial" in sweep.entries else "job"
    code = trial.get("code")
    for key in _CODE if isinstance(code, Mapping) else ():
        entry = code.entries.get(key) if isinstance(code, Mapping) else None
        if entry is not None and isinstance(entry.value, Scalar):
            message = f"trial.code.{key} is outdated preview syntax"
            folder = entry.value
            if key == "file":
                folder = _like(folder, posixpath.dirname(folder.text) or ".")
            hint = f"write code: {folder.text or './src'}"
            where = (around, "code", key)
            yield FormerForm(entry.key, where, ("trial", "code"), folder, message, hint)
            break
    docker, image, there = resolve(trial, ("environment", "docker", "image"))
    if there and docker is not None and isinstance(image, Scalar):
        hint = f"write image: {image.text}"
        at: Path = ("trial", "environment", "image")
        yield _former(docker, (around, "environment", "docker", "image"), at, image, hint)
    named = "command" not in trial.entries and "component" in trial.entries
    whose = "the sweep job" if standalone else "the sweep's node"
    for section in ("inputs", "outputs", "compute"):
        entry = trial.entries.get(section)
        if entry is None or not (standalone or named or section == "compute"):
            continue
        target = entry.value.get("target") if isinstance(entry.value, Mapping) else None
        if section == "compute" and isinstance(target, Scalar):
            hint = f"write compute: {target.text} on {whose}"
            yield _former(entry.key, (around, section), (section,), target, hint)
            continue
        what, them = ("is", "it") if section == "compute" else ("are", "them")
        message = f"{section} {what} not a key of trial: Azure ML expects {them} on {whose}"
        hint = f"move {section} out of trial, beside it"
        node = entry.value if standalone or section == "compute" else None
        yield FormerForm(entry.key, (around, section), (section,), node, message, hint, misplaced=True)


def _like(node: Scalar, value: str | int) -> Scalar:
    """Return another value at the place of one."""
    place = (node.line, node.column, node.end_line, node.end_column)
    return Scalar(value, scalar_text(value), True, *place)


def _renamed(node: Mapping, path: Path, name: str, value: Node) -> Mapping:
    """Return a mapping with another name and value of what is at a path, unless that name is there."""
    first = str(path[0])
    entry = node.entries.get(first)
    if entry is None:
        return node
    if len(path) > 1:
        inner = entry.value
        changed = (
            {first: Entry(entry.key, _renamed(inner, path[1:], name, value))}
            if isinstance(inner, Mapping)
            else {}
        )
        return mapping_of({**node.entries, **changed}, node)
    taken = name != first and name in node.entries
    entries = {
        name if key == first else key: Entry(each.key, value) if key == first else each
        for key, each in node.entries.items()
        if key != first or not taken
    }
    return mapping_of(entries, node)


def _without(node: Mapping, path: Path, *, outermost: bool = True) -> Mapping:
    """Return a mapping without what is at a path, and without what held nothing else within a section."""
    first, rest = str(path[0]), path[1:]
    entry = node.entries.get(first)
    if entry is None:
        return node
    entries = dict(node.entries)
    inner = (
        _without(entry.value, rest, outermost=False) if rest and isinstance(entry.value, Mapping) else None
    )
    if inner is not None and (inner.entries or outermost):
        entries[first] = Entry(entry.key, inner)
    else:
        del entries[first]
    return mapping_of(entries, node)


def with_entry(node: Mapping, path: Path, entry: Entry) -> Mapping:
    """Return a mapping with an entry at a path, unless something is there."""
    first, rest = str(path[0]), path[1:]
    entries = dict(node.entries)
    held = entries.get(first)
    if not rest:
        entries.setdefault(first, entry)
    elif held is None:
        entries[first] = Entry(entry.key, with_entry(mapping_of({}, entry.key), rest, entry))
    elif isinstance(held.value, Mapping):
        entries[first] = Entry(held.key, with_entry(held.value, rest, entry))
    return mapping_of(entries, node)


def mapping_of(entries: dict[str, Entry], like: Node) -> Mapping:
    """Return a mapping of some entries at the place of a node."""
    found = Mapping(like.line, like.column, like.end_line, like.end_column)
    found.entries = entries
    found.merges = like.merges if isinstance(like, Mapping) else None
    return found
