"""SG3xx: what Azure ML keeps of a run, how long one lives, and the form of its shared memory."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import shorten
from sweepgen.project.names import fields_in, filled_text
from sweepgen.project.spec import SHM_SIZE_FORM, seconds
from sweepgen.rules.rule import Basis, Example, Rule, error, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding, Place
    from sweepgen.project.loaded_spec import LoadedSpec

QUOTAS = (
    "https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas#azure-machine-learning-compute"
)
RUNS = "https://learn.microsoft.com/azure/machine-learning/resource-limits-capacity#runs"
RESOURCES = "https://learn.microsoft.com/rest/api/azureml/jobs/create-or-update#jobresourceconfiguration"
_DAY = 86400
_LIFETIME = 21
_SPOT_LIFETIME = 7
"""Days that a job lives, and one on low-priority nodes."""
_TAGS, _TAG_KEY, _TAG_VALUE = 50, 100, 1000
_OURS = {"pipeline": 1, "sweep_job": 4}
_OURS_OF_A_JOB = 4
"""Tags that compile adds to a component, and that compile and submit add to a standalone sweep, or to any job."""
_DESCRIPTION, _DISPLAY_NAME = 5000, 256


@error(
    "SG311",
    "Invalid shared memory size",
    name="invalid-shm-size",
    why="shm_size is a whole number above 0 followed by b, k, m or g. azure-ai-ml accepts any text.",
    source=RESOURCES,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="resources: {shm_size: 2 GB}"),
    good=Example(spec="resources: {shm_size: 2g}"),
).needing("resources.shm_size")
def shared_memory(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report a shm_size that is not a number with its unit."""
    resources = loaded.option("resources", None)
    value = resources.shm_size if resources is not None else None
    if value is not None and not re.fullmatch(SHM_SIZE_FORM, value):
        amount = re.match(r"\s*0*([1-9][0-9]*)\s*([bBkKmMgG])?", value)
        hint = f"{amount[1]}{(amount[2] or 'g').lower()}" if amount else "2g"
        message = f'shm_size must be a whole number above 0 with b, k, m or g, not "{shorten(value)}"'
        yield rule.finding(loaded.place("resources", "shm_size"), message, f"write shm_size: {hint}")


@warning(
    "SG312",
    "Timeout longer than a job can run",
    name="timeout-beyond-lifetime",
    why="Azure ML ends a job after 21 days, or after 7 days on low-priority nodes: trials that have not run by then"
    " never run.",
    source=QUOTAS,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="limits: {timeout: 30d}"),
    good=Example(spec="limits: {timeout: 14d}"),
).needing("limits")
def beyond_lifetime(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report timeouts longer than a job's lifetime."""
    queue = loaded.option("queue_settings", None) if loaded.knows("queue_settings.job_tier") else None
    spot = queue is not None and queue.job_tier == "spot"
    days = _SPOT_LIFETIME if spot else _LIFETIME
    for key in ("timeout", "trial_timeout"):
        value = getattr(loaded.limits, key) if loaded.knows(f"limits.{key}") else None
        if value is not None and seconds(value) > days * _DAY:
            where = " on low-priority nodes" if spot else ""
            yield rule.finding(
                loaded.place("limits", key),
                f"{key} {value} is longer than Azure ML runs a job{where}, {days} days",
                f"write {key}: {loaded.wording.days(days)}, or less",
            )


@warning(
    "SG313",
    "Tags or texts beyond Azure ML's limits",
    name="run-text-too-long",
    why="A run has at most 50 tags, including those that sweepgen adds, with keys of up to 100 characters and values"
    " of up to 1000; a description of up to 5000 characters; a display name and an experiment name of up to 256. The"
    " limits are documented for runs; components are held to the same. Some can be raised for a workspace.",
    source=RUNS,
    basis=Basis.DOCUMENTED,
    bad=Example(spec="tags:\n" + "".join(f"  tag{number}: a\n" for number in range(_TAGS))),
    good=Example(spec="tags: {model_type: lstm}"),
).needing()
def beyond_a_run(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report too many tags, and tags, a description, a display name or an experiment's name that are too long."""
    tags: dict[str, str] = loaded.option("tags", {}) if loaded.knows("tags") else {}
    ours = _OURS[loaded.target] if loaded.wording.added_tags and loaded.knows("target") else 0
    if len(tags) + ours > _TAGS:
        yield rule.finding(
            loaded.place("tags"),
            f"{len(tags)} tags{f' and {ours} that sweepgen adds' if ours else ''} are more than the {_TAGS} that a run"
            " can have",
            f"keep at most {_TAGS - ours} tags",
        )
    for key, value in tags.items():
        if len(key) > _TAG_KEY:
            place = loaded.place("tags", key, at_key=True)
            message = f"the tag's key has {len(key)} characters, more than {_TAG_KEY}"
            yield rule.finding(place, message, _shorten("the key", _TAG_KEY))
        if len(value) > _TAG_VALUE:
            place = loaded.place("tags", key)
            message = f"tags.{shorten(key)} has {len(value)} characters, more than {_TAG_VALUE}"
            yield rule.finding(place, message, _shorten("the value", _TAG_VALUE))
    for name, most in (("description", _DESCRIPTION), ("display_name", _DISPLAY_NAME)):
        text: str | None = loaded.option(name, None) if loaded.knows(name) else None
        if text is not None and len(text) > most:
            message = f"{name} has {len(text)} characters, more than {most}"
            yield rule.finding(loaded.place(name), message, _shorten(name, most))
    yield from _beyond_a_job(rule, loaded)


def _shorten(what: str, most: int) -> str:
    return f"shorten {what} to {most} characters"


def _beyond_a_job(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report what the section `job` makes of the circuits' jobs."""
    job = loaded.option("job", None) if loaded.knows("job") else None
    given = job.__dict__ if job is not None else {}
    tags: dict[str, str] = given.get("tags", {})
    beside = loaded.option("tags", {}) if loaded.knows("tags") and _is_standalone(loaded) else {}
    count = len({**beside, **tags})
    if tags and count + _OURS_OF_A_JOB > _TAGS:
        message = f"{count} tags and {_OURS_OF_A_JOB} that sweepgen adds are more than the {_TAGS} that a run can have"
        yield rule.finding(
            loaded.place("job", "tags"), message, f"keep at most {_TAGS - _OURS_OF_A_JOB} tags"
        )
    for key in tags:
        if len(key) > _TAG_KEY:
            message = f"the tag's key has {len(key)} characters, more than {_TAG_KEY}"
            yield rule.finding(
                loaded.place("job", "tags", key, at_key=True), message, _shorten("the key", _TAG_KEY)
            )
    texts: list[tuple[tuple[str, ...], str | None, int]] = [
        (("job", name), given.get(name), _DISPLAY_NAME) for name in ("display_name", "experiment_name")
    ]
    texts += [(("job", "tags", key), text, _TAG_VALUE) for key, text in tags.items()]
    for path, text, most in texts:
        length, circuit = _longest(loaded, text or "")
        if length > most:
            whose = f" for {circuit}" if circuit is not None else ""
            message = f"{'.'.join(path)} has {length} characters{whose}, more than {most}"
            yield rule.finding(loaded.place(*path), message, _shorten(".".join(path), most))


def name_too_long(place: Place, name: str, text: str) -> Iterator[Finding]:
    """Report the name of a job, or of its experiment, that is too long."""
    if len(text) > _DISPLAY_NAME:
        message = f"{name} has {len(text)} characters, more than {_DISPLAY_NAME}"
        yield beyond_a_run.finding(place, message, _shorten(name, _DISPLAY_NAME))


EXPERIMENT_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""An experiment's name, as the service takes it."""


@error(
    "SG314",
    "Invalid experiment name",
    name="invalid-experiment-name",
    why='The service rejects the job: "Experiment name must be 1-256 characters, start with a letter or a number, and'
    ' can only contain letters, numbers, underscores, and dashes." A dot becomes a dash when it is compiled.',
    source="https://github.com/microsoft/dstoolkit-mlops-v2/issues/179",
    basis=Basis.REPORTED,
    bad=Example(spec="job: {experiment_name: pump tuning}"),
    good=Example(spec='job: {experiment_name: "pump-tuning-{plant_id}"}'),
).needing("job.experiment_name")
def experiment_named_rightly(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report names of experiments with other characters, as they are for the first circuit that has one."""
    job = loaded.option("job", None)
    text = job.experiment_name if job is not None else None
    if text is None:
        return
    for name, circuit in _filled(loaded, text):
        if not EXPERIMENT_FORM.fullmatch(name.replace(".", "-")):
            message = experiment_message(name, circuit)
            yield rule.finding(loaded.place("job", "experiment_name"), message, experiment_hint(text))
            return


def experiment_message(name: str, circuit: str | None = None) -> str:
    """Return what is wrong with an experiment's name, of one circuit's job where a circuit fills it."""
    whose = f" for {circuit}" if circuit is not None else ""
    start = name[:1] in ("-", "_", ".") and re.fullmatch(r"[A-Za-z0-9_.-]+", name)
    needed = "must start with a letter or a digit" if start else "may contain only letters, digits, _ and -"
    return f'experiment_name "{shorten(name)}"{whose} {needed}'


def experiment_hint(text: str) -> str:
    """Return the hint with an experiment's name that the service takes; fields in {} stay."""
    pieces = re.split(r"(\{[A-Za-z_][A-Za-z0-9_]*\})", text)
    mended = "".join(
        piece if index % 2 else re.sub(r"[^A-Za-z0-9_-]+", "-", piece) for index, piece in enumerate(pieces)
    ).strip("-_")
    if not mended or mended == text:
        return "name fields of letters, digits, _ and - alone, such as {plant_id}"
    return f'write experiment_name: "{mended}"' if "{" in mended else f"write experiment_name: {mended}"


def _is_standalone(loaded: LoadedSpec) -> bool:
    return loaded.knows("target") and loaded.target == "sweep_job"


def _longest(loaded: LoadedSpec, text: str) -> tuple[int, str | None]:
    """Return how long a text is at the most, and of which circuit, where circuits fill it."""
    return max(((len(each), circuit) for each, circuit in _filled(loaded, text)), default=(0, None))


def _filled(loaded: LoadedSpec, text: str) -> Iterator[tuple[str, str | None]]:
    """Yield a text as each circuit fills it, with the circuit's name; once where none does."""
    if not fields_in(text):
        yield text, None
        return
    name = loaded.option("name", "") if loaded.knows("name") else ""
    for entry in loaded.selected if loaded.knows("selected") else ():
        with contextlib.suppress(KeyError):  # a field that it lacks is another finding
            yield filled_text(text, entry, name=name), entry.name
