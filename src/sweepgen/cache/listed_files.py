"""Which files `validate` checks: those named, those that folders hold, and below the working folder those of git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.filesystem import STANDARD_INPUT, UnreadableError, read_bytes
from sweepgen.project.names import SPEC_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sweepgen.findings import Finding

_CIRCUITS = ("circuits.yaml", "circuits.yml")
_YAML = (".yaml", ".yml")


class ListedFiles(NamedTuple):
    """The files to check; those `unnamed` were found by the words of a sweep, and may be something else."""

    files: tuple[str, ...]
    unnamed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    """What to say of files that are left out."""

    def sweeps_only(self) -> ListedFiles:
        """Return those with the words of a hand-written sweep, as if nobody had named them; and what cannot be read."""
        files = tuple(
            file for file in self.files if file == STANDARD_INPUT or _may_hold_sweep(file, missing=True)
        )
        return ListedFiles(files, frozenset(files), self.notes)

    def is_no_sweep(self, file: str, findings: tuple[Finding, ...]) -> bool:
        """Whether a file, by its findings, was named by nobody and holds something else than a sweep."""
        if file not in self.unnamed:
            return False
        codes = {finding.code for finding in findings}
        if "SG015" in codes:
            return True
        if "SG001" not in codes or file == STANDARD_INPUT:
            return False
        from sweepgen.importing.sweep_signs import is_template  # noqa: PLC0415

        return is_template(read_bytes(file))


def listed_files(named: list[str]) -> ListedFiles:
    """Return the files to check: those of folders by their names, and hand-written sweeps by their text.

    Raises UsageError where a file that git tracks is a link to nothing.
    """
    if not named:
        return _listed_here()
    found: dict[str, None] = {}
    unnamed: set[str] = set()
    for name in named:
        # What has a spec's ending is a spec, whatever it is: a folder of that name cannot be read.
        if not os.path.isdir(name) or name.endswith(SPEC_ENDINGS):
            found[name] = None
            continue
        from sweepgen.documents.tracked_files import ignored_here  # noqa: PLC0415

        below = [os.path.normpath(file) for file in sorted(_below(name)) if file.endswith(_YAML)]
        ignored = ignored_here(name, below)
        checked, sweeps = _sorted_out(file for file in below if file not in ignored)
        found.update(dict.fromkeys(sorted((*checked, *sweeps))))
        unnamed.update(sweeps)
    return ListedFiles(tuple(found), frozenset(unnamed).difference(named))


def _listed_here() -> ListedFiles:
    """Return the files below the working folder that git tracks; outside of git all."""
    from sweepgen.documents.git import NoRepositoryError  # noqa: PLC0415 - git is asked for folders alone
    from sweepgen.documents.tracked_files import TrackedSpecs, specs_below, yaml_below  # noqa: PLC0415

    try:
        listed = specs_below((*SPEC_ENDINGS, *_CIRCUITS))
    except NoRepositoryError:
        return listed_files(["."])
    others = yaml_below()
    sweeps, untracked = (_sorted_out(files)[1] for files in others)
    specs, left_out = ([file for file in files if _is_checked(file)] for files in listed)
    left_out += filter(_holds_sweep, untracked)
    found = TrackedSpecs(tuple(sorted((*specs, *sweeps))), tuple(sorted(left_out)))
    return ListedFiles(found.tracked, frozenset(sweeps), tuple(found.notes()))


def _holds_sweep(file: str) -> bool:
    from sweepgen.checks.checker import Checker  # noqa: PLC0415 - only for files that git does not track
    from sweepgen.importing.sweep_file import read_sweep_file  # noqa: PLC0415

    return read_sweep_file(Checker().loader.document(file)) is not None


def _may_hold_sweep(file: str, *, missing: bool = False) -> bool:
    """Whether a file has the words of a hand-written sweep; `missing` where it cannot be read."""
    from sweepgen.importing.sweep_signs import may_hold_sweep  # noqa: PLC0415 - only for YAML other than specs

    try:
        return may_hold_sweep(read_bytes(file))
    except UnreadableError:
        return missing
    except OverflowError:
        return False


def _sorted_out(files: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return those of some YAML files that are checked by their names, and those with the words of a sweep."""
    checked, sweeps = [], []
    for file in files:
        if _is_checked(file):
            checked.append(file)
        elif _may_hold_sweep(file):
            sweeps.append(file)
    return tuple(checked), tuple(sweeps)


def _below(name: str) -> Iterator[str]:
    """Yield the files below a folder, but for those in hidden folders and virtual environments."""
    for folder, inner, files in os.walk(name):
        inner[:] = [each for each in inner if _is_walked(os.path.join(folder, each))]
        yield from (os.path.join(folder, file) for file in files)


def _is_walked(folder: str) -> bool:
    return not os.path.basename(folder).startswith(".") and not os.path.exists(
        os.path.join(folder, "pyvenv.cfg")
    )


def _is_checked(file: str) -> bool:
    return file.endswith(SPEC_ENDINGS) or os.path.basename(file) in _CIRCUITS
