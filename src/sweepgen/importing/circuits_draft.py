"""The circuits of an imported sweep: those of the project's circuits.yaml, or one entry drafted from the job."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.lowering import relative
from sweepgen.filesystem import is_file, is_there, real_path
from sweepgen.importing.yaml_page import YamlPage, plain_of
from sweepgen.project.circuits import Circuit, circuit_entries
from sweepgen.project.component import TRAINING_DATA
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from sweepgen.findings import Finding, Place
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loader import Loader

_NAMES = (os.path.join("config", "circuits.yaml"), "circuits.yaml")
_PLANT, _CIRCUIT = "PLANT001", "CIRCUIT01"
_NO_DAY = "1970-01-01"
_RESERVED = frozenset((*Circuit.model_fields, "config", TRAINING_DATA))


class CircuitIds(NamedTuple):
    """The two ids of a circuit."""

    plant_id: str
    circuit_id: str

    def template(self, text: str) -> str:
        """Return a text with the names of the fields in the place of the ids; as it is where it lacks one."""
        found = text
        for name, value in zip(self._fields, self, strict=True):
            found, count = re.subn(
                rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", f"{{{name}}}", found
            )
            if not count:
                return text
        return found


class CircuitsDraft:
    """The circuits file of the specs in one folder. What is there already is only read."""

    def __init__(self, folder: str, loader: Loader) -> None:
        self._folder = folder
        found = _nearest(folder)
        self.path = found if found is not None else os.path.normpath(os.path.join(folder, _NAMES[0]))
        self.existing: list[CircuitEntry] | None = None
        if found is not None:
            self.existing = [entry for _, entry in circuit_entries(loader.circuits_document(found))]
        self.page = YamlPage()
        self.entry: dict[str, Any] = {}
        self.ids = CircuitIds(_PLANT, _CIRCUIT)
        self._guessed = True

    @property
    def source(self) -> str:
        """The path of the file as the specs name it."""
        return relative(self.path, self._folder).removeprefix("./")

    @property
    def drafted(self) -> bool:
        """Whether the file is to be written."""
        return self.existing is None

    def choose(self, texts: list[str], ids: CircuitIds | None) -> CircuitIds:
        """Return the circuit that a sweep is for: of known ids, named in its texts, else the first of the file."""
        if ids is not None and (self.existing is None or ids in self._known()):
            self.ids, self._guessed = ids, False
        elif self.existing:
            named = [each for each in self._known() if _is_named(each, texts)]
            self.ids = named[0] if named else self._known()[0]
        if self.drafted and not self.entry:
            self.entry = {"plant_id": self.ids.plant_id, "circuit_id": self.ids.circuit_id}
            self.page.root = {"circuits": [self.entry]}
        return self.ids

    def _known(self) -> list[CircuitIds]:
        return [CircuitIds(entry.plant_id, entry.circuit_id) for entry in self.existing or ()]

    def whole_entry(self, entry: dict[str, Any]) -> None:
        """Take a circuit's compiled configuration for its entry."""
        if self.drafted:
            self.entry.update(entry)

    def field(self, name: str, value: Any) -> str | None:
        """Return the name of the circuit's field that holds a value, written where the file is drafted.

        None where the file is there already and has no such field of that value, or holds another value.
        """
        name = f"{name}_data" if name in _RESERVED else name
        if not self.drafted:
            held = [self._value(entry, name) for entry in self.existing or () if self._is_chosen(entry)]
            return name if held and held[0] == plain_of(value) else None
        if name in self.entry and plain_of(self.entry[name]) != plain_of(value):
            return None
        self.entry[name] = value
        return name

    def _is_chosen(self, entry: CircuitEntry) -> bool:
        return (entry.plant_id, entry.circuit_id) == self.ids

    def _value(self, entry: CircuitEntry, name: str) -> Any:
        return entry.data().get(name)

    def hyperparameter(self, name: str, value: Any) -> None:
        """Write a present hyperparameter into a drafted entry; the first value counts."""
        if self.drafted:
            self.entry.setdefault("hyperparameters", {}).setdefault(name, value)

    def finish(self, place: Place) -> list[Finding]:
        """Complete a drafted entry, and say what has to be written in it."""
        if not self.drafted:
            return []
        entry, ids = self.entry, self.ids
        asked = []
        if "model_name" not in entry:
            entry["model_name"] = f"{ids.plant_id}-{ids.circuit_id}".lower()
        if "cutoff_date" not in entry:
            entry["cutoff_date"] = _NO_DAY
            self.page.beside(entry, "cutoff_date", "write the last day of the training data")
            asked.append("cutoff_date")
        if self._guessed:
            self.page.beside(entry, "plant_id", "write the ids of what the model is for")
            asked = ["plant_id", "circuit_id", *asked]
        present = entry.pop("hyperparameters", {})
        entry["hyperparameters"] = present
        if not present:
            self.page.beside(entry, "hyperparameters", "write the values that production trains with")
            asked.append("hyperparameters")
        if not asked:
            return []
        message = f"{self.source} has examples: the imported file does not contain {', '.join(asked)}"
        return [rules.TO_FILL_IN.finding(place, message, f"write them in {self.source}")]


def _nearest(folder: str) -> str | None:
    """Return the circuits file of a folder, or of those above it in its repository."""
    here = real_path(folder or ".")
    up = ""
    while True:
        for name in _NAMES:
            if is_file(os.path.join(here, name)):
                return os.path.normpath(os.path.join(folder or ".", up, name))
        above = os.path.dirname(here)
        if is_there(os.path.join(here, ".git")) or above == here or not _in_repository(above):
            return None
        here, up = above, os.path.join(up, "..")


def _in_repository(folder: str) -> bool:
    while not is_there(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above
    return True


def _is_named(ids: CircuitIds, texts: list[str]) -> bool:
    return any("{plant_id}" in (found := ids.template(text)) and "{circuit_id}" in found for text in texts)
