"""A file to its findings: reads what it names, runs every rule, and leaves out what is silenced."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.circuits import CircuitsFile, read_circuits, validate_structure
from sweepgen.entry_script import ScriptReading, read_script
from sweepgen.errors import NotKnownError, SettingsError, UsageError
from sweepgen.findings import Finding, Place, Severity
from sweepgen.nodes import Mapping, Scalar, Sequence, shorten
from sweepgen.rules import advice, reading
from sweepgen.rules.catalogue import OF_THE_SERVICE, RULES
from sweepgen.rules.circuits import FOR_A_FILE_ALONE
from sweepgen.settings import Settings, find_settings
from sweepgen.sources import STANDARD_INPUT, Sources, UnreadableError
from sweepgen.spec_reader import SpecFile, read_spec
from sweepgen.subject import Subject
from sweepgen.suggest import did_you_mean
from sweepgen.trial import Trial, read_trial
from sweepgen.yaml_reader import split_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.results import Results
    from sweepgen.rules.rule import Rule
    from sweepgen.yaml_reader import Document

SPEC_ENDING = ".tuning.yaml"
_SPEC_KEYS = frozenset(
    (
        "circuit",
        "trial",
        "search_space",
        "sampling",
        "objective",
        "limits",
        "early_termination",
        "baseline",
        "target",
    )
)
_IGNORE = re.compile(r"(?:^|\s)#\s*sweepgen:\s*ignore\[([A-Za-z0-9,\s]*)\]\s*\Z")


class Checked(NamedTuple):
    """One file with all that was found; `subject` where it is a spec."""

    file: str
    subject: Subject | None
    settings: Settings
    findings: tuple[Finding, ...]


class Compiled(NamedTuple):
    """A spec, and the digest that its compiled files bear; both None where it has errors."""

    subject: Subject | None
    digest: str | None


class Checker:
    """Checks the files of one run, reading each once however many specs share it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.sources = Sources()
        self._settings = settings
        self._found_settings: dict[str, Settings] = {}
        self._results: dict[str, Results] = {}
        self._specs: dict[str, SpecFile] = {}
        self._trials: dict[str, Trial | None] = {}
        self._circuits: dict[tuple[str, str | None], CircuitsFile] = {}
        self._scripts: dict[tuple[str, str], ScriptReading] = {}
        self._compiled: dict[str, Compiled] = {}

    def check(self, path: str) -> Checked:
        """Check a spec or a circuits file, told apart by name and content.

        Raises UsageError where the file itself cannot be read, SettingsError for a faulty configuration.
        """
        document = self._named(path)
        kind = kind_of(document)
        if kind == "spec":
            return self.check_spec(path)
        settings = self.settings_for(path)
        if kind == "circuits":
            return self._check_circuits(document, settings)
        if kind == "results":
            found = self.results(path).findings
            return Checked(path, None, settings, self._spoken(found, settings))
        if document.findings:
            return Checked(path, None, settings, self._spoken(document.findings, settings))
        hint = None
        if kind == "azureml":
            hint = "it looks like an Azure ML file; this version checks tuning specs and circuits files"
        finding = reading.UNKNOWN_CONTENT.finding(
            Place(path), "this is neither a tuning spec nor a circuits file nor sweep results", hint
        )
        return Checked(path, None, settings, (finding,))

    def check_spec(self, path: str) -> Checked:
        """Check a file as a spec, whatever it holds."""
        document = self._named(path)
        settings = self.settings_for(path)
        file = read_spec(document)
        subject = Subject(file, settings)
        findings = [*file.findings, *self._gather(subject)]
        for rule in RULES.values():
            _run(rule, subject, findings)
        findings += _idle_ignores(document, findings)
        return Checked(path, subject, settings, self._spoken(findings, settings))

    def compiled(self, path: str) -> Compiled:
        """Return a spec with the digest of what it compiles to. Raises UsageError, SettingsError as `check` does."""
        if path not in self._compiled:
            self._compiled[path] = _compiled(self.check_spec(path))
        return self._compiled[path]

    def results(self, path: str) -> Results:
        """Return a results file as read. Raises UsageError where the file itself cannot be read."""
        if path not in self._results:
            from sweepgen.results import read_results  # noqa: PLC0415 - most runs read none

            self._results[path] = read_results(self._named(path))
        return self._results[path]

    def spec_file(self, path: str) -> SpecFile:
        """Return a spec as read, with those of its fields that are right, and without any check beyond."""
        if path not in self._specs:
            self._specs[path] = read_spec(self._named(path))
        return self._specs[path]

    def circuits_document(self, path: str) -> Document:
        """Return a circuits file that may hold several documents. Raises UsageError where it cannot be read."""
        try:
            return self.sources.stream(path)
        except UnreadableError as fault:
            raise UsageError(f"{path}: {fault}") from fault

    def spoken(self, findings: Iterable[Finding], path: str) -> tuple[Finding, ...]:
        """Return findings in order and without those that the configuration of `path`, or a comment, silences."""
        return self._spoken(findings, self.settings_for(path))

    def settings_for(self, path: str) -> Settings:
        """Return the configuration that holds for a file."""
        if self._settings is not None:
            return self._settings
        settings = find_settings(path, self._found_settings)
        for code in settings.ignore:
            if code not in RULES:
                raise SettingsError(f'{settings.file}: ignore names no rule "{code}"')
            if not RULES[code].silenceable:
                raise SettingsError(
                    f"{settings.file}: {code} cannot be ignored: it rests on this: {RULES[code].basis.value}"
                )
        return settings

    def _named(self, path: str) -> Document:
        try:
            return self.sources.document(path)
        except UnreadableError as fault:
            raise UsageError(f"{path}: {fault}") from fault

    def _gather(self, subject: Subject) -> list[Finding]:
        """Read the files that a spec names into the subject; what they lack is returned."""
        findings: list[Finding] = []
        folder = "" if subject.file.file == STANDARD_INPUT else os.path.dirname(subject.file.file)
        for gather in (self._gather_trial, self._gather_circuits):
            with contextlib.suppress(NotKnownError):  # what names the file has a finding of its own
                gather(subject, folder, findings)
        return findings

    def _gather_trial(self, subject: Subject, folder: str, findings: list[Finding]) -> None:
        path = _join(folder, subject.reference.component)
        document = self._read(path, subject.place("trial", "component"), findings)
        if document is not None:
            findings += document.findings
            findings += _ambiguous(document)
            subject.trial_file = self._trial(document, findings)
            subject.trial_lines = self.sources.lines(path)
            self._read_script(subject)

    def _gather_circuits(self, subject: Subject, folder: str, findings: list[Finding]) -> None:
        path = _join(folder, subject.selection.source)
        document = self._read(path, subject.place("circuit", "source"), findings)
        if document is not None:
            file = self._circuits_file(document, subject.settings)
            if document.root is not None:
                subject.circuits_file = file
            findings += file.findings_for(subject.selected if document.root is not None else [])

    def _read(self, path: str, place: Place, findings: list[Finding]) -> Document | None:
        try:
            return self.sources.document(path)
        except UnreadableError as fault:
            findings.append(
                reading.MISSING_FILE.finding(place, f"{path} cannot be read: {fault}", _nearby(path))
            )
        return None

    def _trial(self, document: Document, findings: list[Finding]) -> Trial | None:
        if document.file not in self._trials:
            self._trials[document.file] = read_trial(document)
        trial = self._trials[document.file]
        if trial is None and not document.findings:
            findings.append(
                reading.WRONG_VALUE.finding(Place(document.file), "the trial component is no mapping")
            )
        return trial

    def _circuits_file(self, document: Document, settings: Settings) -> CircuitsFile:
        key = (document.file, settings.circuits_schema)
        if key not in self._circuits:
            self._circuits[key] = read_circuits(document, _validator(settings))
        return self._circuits[key]

    def _read_script(self, subject: Subject) -> None:
        trial = subject.trial_file
        code = trial.code if trial is not None else None
        if trial is None or code is None or not os.path.exists(code):
            return
        root = code if os.path.isdir(code) else os.path.dirname(code)
        script = _script_path(trial, root)
        if script is None or not os.path.isfile(script):
            return
        subject.script = script
        if (script, root) not in self._scripts:
            self._scripts[script, root] = read_script(script, root)
        subject.script_reading = self._scripts[script, root]

    def _check_circuits(self, document: Document, settings: Settings) -> Checked:
        file = self._circuits_file(document, settings)
        nothing = SpecFile(document.file, Mapping(1, 1, 1, 1), None, {}, ())
        subject = Subject(nothing, settings, circuits_file=file, _selected=list(file.entries))
        findings = list(file.findings)
        for rule in FOR_A_FILE_ALONE:
            _run(rule, subject, findings)
        return Checked(document.file, None, settings, self._spoken(findings, settings))

    def _spoken(self, findings: Iterable[Finding], settings: Settings) -> tuple[Finding, ...]:
        """Return the findings that are not silenced, each once, in the order of the files and their lines."""
        unique = dict.fromkeys(findings)
        beyond = {finding.place for finding in unique if finding.code == reading.OUT_OF_RANGE.code}
        if beyond:  # what else is said of such a number says nothing more
            unique = {
                finding: None
                for finding in unique
                if finding.code == reading.OUT_OF_RANGE.code or finding.place not in beyond
            }
        order = {file: index for index, file in enumerate(dict.fromkeys(finding.file for finding in unique))}
        kept = [finding for finding in unique if not self._silenced(finding, settings)]
        return tuple(sorted(kept, key=lambda each: (order[each.file], each.line, each.column, each.code)))

    def _silenced(self, finding: Finding, settings: Settings) -> bool:
        if not RULES[finding.code].silenceable:
            return False
        if finding.code in settings.ignore:
            return True
        lines = self.sources.lines(finding.file)
        line = lines[finding.line - 1] if finding.line <= len(lines) else ""
        comment = _IGNORE.search(line) if "sweepgen:" in line else None
        return comment is not None and finding.code in re.split(r"[\s,]+", comment.group(1).strip())


def _compiled(checked: Checked) -> Compiled:
    from sweepgen.digests import uploaded_digest  # noqa: PLC0415 - most runs only check
    from sweepgen.lowering import digest_of  # noqa: PLC0415

    subject = checked.subject
    if subject is None or fails(checked.findings, strict=False):
        return Compiled(None, None)
    try:
        content = uploaded_digest(subject)
    except (UnreadableError, OverflowError):
        return Compiled(None, None)
    return Compiled(subject, digest_of(subject, checked.settings, content=content))


def _idle_ignores(document: Document, findings: list[Finding]) -> list[Finding]:
    """Return advice for every comment of a spec that silences a rule which has nothing to say there."""
    if "sweepgen:" not in document.text:
        return []
    idle = []
    for number, line in enumerate(split_lines(document.text), 1):
        comment = _IGNORE.search(line)
        for code in re.split(r"[\s,]+", comment.group(1).strip()) if comment else ():
            here = {
                finding.code
                for finding in findings
                if finding.file == document.file and finding.line == number
            }
            if (code in here or code in OF_THE_SERVICE) and RULES[code].silenceable:
                continue
            why = "there is no such rule" if code not in RULES else "it has nothing to say here"
            why = f"{code} cannot be silenced" if code in here else why
            place = Place(
                document.file,
                number,
                line.index("#", comment.start()) + 1 if comment else 1,
                number,
                len(line) + 1,
            )
            idle.append(advice.IDLE_IGNORE.finding(place, f"ignore[{shorten(code)}] silences nothing: {why}"))
    return idle


def _run(rule: Rule, subject: Subject, findings: list[Finding]) -> None:
    if rule.check is not None:
        try:
            findings.extend(rule.check(rule, subject))
        except NotKnownError:  # what it needs has a finding of its own
            return


def _ambiguous(document: Document) -> list[Finding]:
    return [
        reading.AMBIGUOUS.finding(
            scalar.place(document.file),
            f"YAML 1.1 readers such as PyYAML read {scalar.text} as {legacy}",
            f'write it in quotes if it is text: "{scalar.text}"',
        )
        for scalar, legacy in document.ambiguous
    ]


def _join(folder: str, path: str) -> str:
    joined = os.path.normpath(os.path.join(folder, path)) if path else path
    return joined.replace("\0", "")


def _nearby(path: str) -> str | None:
    folder = os.path.dirname(path) or "."
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    hint = did_you_mean(os.path.basename(path), names)
    return hint if hint and hint.startswith("did") else None


def _script_path(trial: Trial, root: str) -> str | None:
    if trial.command.changes_folder:
        return None
    if trial.command.script is not None:
        return os.path.normpath(os.path.join(root, trial.command.script))
    if trial.command.module is not None:
        stem = os.path.join(root, *trial.command.module.split("."))
        package = os.path.join(stem, "__main__.py")
        return package if os.path.isfile(package) else f"{stem}.py"
    return None


def _validator(settings: Settings) -> Callable[[Mapping, str], list[Finding]]:
    if settings.circuits_schema is None:
        return validate_structure
    from sweepgen.team_schema import validator  # noqa: PLC0415 - jsonschema is slow to import

    return validator(settings.circuits_schema)


def kind_of(document: Document) -> str:
    """Return what a file is: `spec`, `circuits`, `results`, `azureml` or `unknown`."""
    if document.file.endswith(SPEC_ENDING):
        return "spec"
    root = document.root
    if isinstance(root, Sequence):
        first = root.items[0] if root.items else None
        keyed = isinstance(first, Mapping) and {"plant_id", "circuit_id"} & set(first.entries)
        return "circuits" if keyed else "unknown"
    keys = set(root.entries) if isinstance(root, Mapping) else set()
    if _is_results(root):
        return "results"
    if keys & {"$schema", "type", "jobs", "sampling_algorithm"}:
        return "azureml"
    if "circuits" in keys:
        return "circuits"
    return "spec" if len(keys & _SPEC_KEYS) >= 2 else "unknown"


def _is_results(root: object) -> bool:
    """Whether a file's tree is that of sweep results, right or not."""
    if not isinstance(root, Mapping):
        return False
    schema = root.get("schema")
    named = isinstance(schema, Scalar) and str(schema.value).startswith("sweepgen/results")
    return named or (isinstance(root.get("trials"), Sequence) and isinstance(root.get("sweep"), Mapping))


def fails(findings: Iterable[Finding], *, strict: bool) -> bool:
    """Whether findings fail a run."""
    return any(strict or finding.severity is Severity.ERROR for finding in findings)
