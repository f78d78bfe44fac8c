"""The configuration: `[tool.sweepgen]` of pyproject.toml, or sweepgen.toml, found upwards from the spec."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

from sweepgen.errors import SettingsError
from sweepgen.filesystem import Observations, is_file, is_folder, read_bytes, real_path, remembered
from sweepgen.suggest import did_you_mean

NAMES = ("sweepgen.toml", "pyproject.toml")
_MOST_PARTS = 1000
"""Parts of a dotted key above which reading it takes long: Python's reader needs the square of their number."""
_LONG_KEY = rf"""(?<![\w."'-])(?:(?:[\w-]+|"[^"]*"|'[^']*')[ \t]*\.[ \t]*){{{_MOST_PARTS}}}"""


@dataclass(frozen=True, slots=True)
class Advice:
    """Where practice begins to differ from what the advice says; a team knows better than we do."""

    first_trials: int = 20
    """Trials above which a random sweep is more than a first experiment."""
    concurrent_trials: int = 3
    """Trials at the same time above which a cluster is likely exhausted."""
    values_per_parameter: int = 4
    """Values of one choice above which a first search space is wide."""
    trial_minutes: int = 30
    """Minutes that one trial takes, for the estimate of a sweep's hours."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a project wants its specs judged and compiled; paths are already relative to the current folder."""

    file: str | None = None
    output: str = "build"
    """The folder of everything compiled."""
    components: str | None = None
    """The folder of compiled components; `<output>/components` where unset."""
    jobs: str | None = None
    """The folder of job files; `<output>/jobs` where unset."""
    templates: str | None = None
    """A folder with a team's own Jinja2 templates."""
    circuits_schema: str | None = None
    """A team's own JSON Schema of circuits.yaml."""
    ignore: tuple[str, ...] = ()
    """Rules that stay silent."""
    strict: bool = False
    """Whether warnings and advice fail a run too."""
    local_data: str | None = None
    """The path of a circuit's training data on this machine, for `sweepgen run`; its fields may be used in {}."""
    evidence: str | None = None
    """The folder in which `apply` leaves the evidence for what it changes; none where unset."""
    require_confirmation: bool = False
    """Whether a change needs a confirmed gain."""
    base_branch: str = "main"
    """The branch that pull requests go to."""
    length_input: str = "epochs"
    """The trial's input that says how often it logs its metric."""
    advice: Advice = Advice()

    @property
    def components_folder(self) -> str:
        """Where compiled components are written."""
        return self.components or os.path.join(self.output, "components")

    @property
    def jobs_folder(self) -> str:
        """Where job files are written."""
        return self.jobs or os.path.join(self.output, "jobs")

    def of_component(self, name: str) -> Settings:
        """Return settings with a component's name in the place of `{name}`."""
        return (
            replace(self, jobs=self.jobs.replace("{name}", name))
            if self.jobs and "{name}" in self.jobs
            else self
        )

    def with_output(self, folder: str) -> Settings:
        """Return settings that write everything under `folder`, whatever the configuration says."""
        return replace(self, output=folder, components=None, jobs=None)


FolderSettings = dict[str, tuple["Settings | None", Observations]]
"""The configurations of folders; None for one that has none."""

_SIZE_LIMIT = 1024 * 1024
_EXTENDS_LIMIT = 50
"""Bytes of a configuration, and configurations that extend each other."""
_PATHS = frozenset(("output", "components", "jobs", "templates", "circuits_schema", "local_data", "evidence"))


def find_settings(spec: str, known: FolderSettings | None = None) -> Settings:
    """Return the configuration for a spec: the nearest one above it, or the defaults.

    Raises SettingsError where a configuration file is there and cannot be used.
    """
    folder = os.path.dirname(os.path.abspath(spec))
    known = {} if known is None else known
    while (settings := remembered(known, folder, partial(_settings_in, folder))) is None:
        parent = os.path.dirname(folder)
        if parent == folder:
            return Settings()
        folder = parent
    return settings


def _settings_in(folder: str) -> Settings | None:
    for name in NAMES:
        path = os.path.join(folder, name)
        if is_file(path):
            table = _table(path, name)
            if table is not None:
                return replace(Settings(), **_extended(table, path, ()))
    return None


def _extended(table: dict[str, Any], path: str, below: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of a configuration, those of the one that it extends under its own."""
    values = _values(table, path)
    if "extend" not in table:
        values.setdefault("output", _from_here(path, "build"))
        return values
    named = table["extend"]
    if not _is_text(named):
        raise SettingsError(f"{_shown(path)}: extend must be the path of a configuration")
    if len(below) >= _EXTENDS_LIMIT:
        raise SettingsError(f"{_shown(path)}: more than {_EXTENDS_LIMIT} configurations extend each other")
    other = os.path.normpath(os.path.join(os.path.dirname(path), named))
    chain = (*below, real_path(path))
    if real_path(other) in chain:
        raise SettingsError(f"{_shown(path)}: extend = {named!r} extends a configuration that extends it")
    if not is_file(other):
        raise SettingsError(f"{_shown(path)}: extend names {_shown(other)}, and there is no such file")
    found = _table(
        other, "pyproject.toml" if os.path.basename(other) == "pyproject.toml" else "sweepgen.toml"
    )
    if found is None:
        raise SettingsError(f"{_shown(path)}: {_shown(other)}, which extend names, has no [tool.sweepgen]")
    under = _extended(found, other, chain)
    if "output" not in found:  # the default is a folder beside the nearest configuration
        under["output"] = _from_here(path, "build")
    if "advice" in values:
        values["advice"] = replace(under.get("advice", Advice()), **_given(table["advice"]))
    return {**under, **values}


def _given(table: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): value for key, value in table.items()}


def _table(path: str, name: str) -> dict[str, Any] | None:
    try:
        content = read_bytes(path)
        if name == "pyproject.toml" and b"sweepgen" not in content:
            return None
        if len(content) > _SIZE_LIMIT:
            raise SettingsError(f"{_shown(path)} is larger than {_SIZE_LIMIT // 1024} KiB")
        text = content.decode("utf-8")
        if any(line.count(".") >= _MOST_PARTS and re.search(_LONG_KEY, line) for line in text.splitlines()):
            raise RecursionError
        data = _toml(text)
    except OverflowError as fault:
        raise SettingsError(f"{_shown(path)} is larger than {_SIZE_LIMIT // 1024} KiB") from fault
    except RecursionError as fault:
        raise SettingsError(f"{_shown(path)} is nested too deeply") from fault
    except (OSError, ValueError) as fault:  # not UTF-8, not TOML, or a number of thousands of digits
        raise SettingsError(f"{_shown(path)}: {fault}") from fault
    if name == "sweepgen.toml":
        return data
    tool = data.get("tool")
    table = tool.get("sweepgen") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def _toml(text: str) -> dict[str, Any]:
    # Most runs find no configuration at all.
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415
    else:
        import tomli as tomllib  # noqa: PLC0415
    return tomllib.loads(text)


def _values(table: dict[str, Any], path: str) -> dict[str, Any]:
    values: dict[str, Any] = {"file": _shown(path)}
    known = {field.name: field for field in fields(Settings) if field.name != "file"}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name == "extend":
            continue
        if name not in known:
            raise SettingsError(_unknown(path, key, [*known, "extend"]))
        if name == "advice":
            values[name] = _advice(value, path)
        elif name == "ignore":
            if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
                raise SettingsError(f"{_shown(path)}: ignore must be a list of rules")
            values[name] = tuple(value)
        elif name in ("strict", "require_confirmation"):
            if not isinstance(value, bool):
                raise SettingsError(f"{_shown(path)}: {key} must be true or false")
            values[name] = value
        elif not _is_text(value):
            raise SettingsError(f"{_shown(path)}: {key} must be text without control characters")
        else:
            values[name] = _from_here(path, value) if name in _PATHS else value
    for name in ("templates", "circuits_schema"):
        there = is_folder if name == "templates" else is_file
        if name in values and not there(values[name]):
            what = "folder" if name == "templates" else "file"
            raise SettingsError(f"{_shown(path)}: {name} names {values[name]}, and there is no such {what}")
    return values


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable() and value != ""


def _advice(table: Any, path: str) -> Advice:
    known = [field.name for field in fields(Advice)]
    if not isinstance(table, dict):
        raise SettingsError(f"{_shown(path)}: advice must be a table")
    values = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            raise SettingsError(_unknown(path, f"advice.{key}", known))
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SettingsError(f"{_shown(path)}: advice.{key} must be a whole number above 0")
        values[name] = value
    return Advice(**values)


def _unknown(path: str, key: str, known: list[str]) -> str:
    hint = did_you_mean(key.rpartition(".")[2], known)
    return f'{_shown(path)}: unknown key "{key}"{f"; {hint}" if hint else ""}'


def _from_here(path: str, value: str) -> str:
    joined = os.path.normpath(os.path.join(os.path.dirname(path), value))
    return _shown(joined)


def _shown(path: str) -> str:
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return path
    return path if relative.startswith(os.path.join("..", "..", "..")) else relative
