"""Specs to files: model, text, proof, and only then the disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler import ownership
from sweepgen.compiler.describing import log_ranges, notes, parameters
from sweepgen.compiler.digests import TrialFileError, digest, uploaded_digest
from sweepgen.compiler.lowering import circuit_config, lower_component, lower_job, lower_sweep_job, relative
from sweepgen.compiler.proof import disagreement
from sweepgen.compiler.rendering import Renderer, TemplateFaultError, with_header
from sweepgen.documents.files import content_at, unified_diff, write_text
from sweepgen.findings import Finding, Place, Report, Severity
from sweepgen.project.names import config_path, dashed, job_stem
from sweepgen.project.spec import sweep_hours
from sweepgen.rules import reading

if TYPE_CHECKING:
    from sweepgen.checks.check import CheckedFile
    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.settings import Settings


class CompiledFile(NamedTuple):
    """One file that a spec yields; `status` is what became of it: written, unchanged, or (checked) differs."""

    path: str
    text: str
    spec: str
    status: str = "new"


class Compilation(NamedTuple):
    """What came of compiling: the files, and the report with everything that was found."""

    files: tuple[CompiledFile, ...]
    report: Report
    diffs: tuple[str, ...] = ()


def compile_checked(
    checked: list[CheckedFile],
    *,
    out: str | None = None,
    check: bool = False,
    diff: bool = False,
    write: bool = True,
) -> Compilation:
    """Compile specs that were checked; with any error, or where a file in the way is not ours, nothing is written.

    `check` compares instead of writing: every file that differs is a finding.
    """
    findings = [finding for each in checked for finding in each.findings]
    named = tuple(each.file for each in checked)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Compilation((), Report(tuple(findings), named))
    files: dict[str, CompiledFile] = {}
    folders: set[str] = set()
    told: list[str] = []
    renderers: dict[str | None, Renderer] = {}
    for each in checked:
        loaded = each.loaded
        assert loaded is not None  # noqa: S101 - a spec without errors has one
        settings = each.settings.with_output(out) if out is not None else each.settings
        renderer = renderers.setdefault(settings.templates, Renderer(settings.templates))
        told += notes(loaded)
        _compile_one(_Target(loaded, settings, renderer), files, folders, findings)
    findings += _in_the_way(files)
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Compilation((), Report(tuple(findings), named))
    orphans = _orphans(files, folders, {os.path.normpath(each.file) for each in checked})
    findings += [_orphan(path, source, check=check) for path, source in orphans]
    return _carry_out(list(files.values()), findings, named, told, check=check, diff=diff, write=write)


def _carry_out(  # noqa: PLR0913 - the last step takes all that the others made
    files: list[CompiledFile],
    findings: list[Finding],
    named: tuple[str, ...],
    told: list[str],
    *,
    check: bool,
    diff: bool,
    write: bool,
) -> Compilation:
    done, diffs = [], []
    for file in files:
        before = content_at(file.path)
        unchanged = before is not None and ownership.same(before, file.text)
        if diff and not unchanged:
            old = before.decode(errors="replace") if before is not None else None
            diffs.append(unified_diff(file.path, old, file.text))
        if check:
            status = "unchanged" if unchanged else "differs"
            if not unchanged:
                how = "is missing" if before is None else f"differs from what {file.spec} compiles to"
                hint = f"sweepgen compile {file.spec}"
                findings.append(reading.OUT_OF_STEP.finding(Place(file.path), f"the file {how}", hint))
        elif before == file.text.encode():
            status = "unchanged"
        else:
            status = "written"
            if write:
                write_text(file.path, file.text)
        done.append(file._replace(status=status))
    return Compilation(tuple(done), Report(tuple(findings), named, tuple(told)), tuple(diffs))


class _Target(NamedTuple):
    """One spec on its way to its files."""

    loaded: LoadedSpec
    settings: Settings
    renderer: Renderer

    @property
    def spec_path(self) -> str:
        file = self.loaded.file.file
        return file if file != "-" else "standard input"


def _compile_one(
    target: _Target, files: dict[str, CompiledFile], folders: set[str], findings: list[Finding]
) -> None:
    loaded, settings = target.loaded, target.settings
    spec = loaded.spec
    component_folder = os.path.join(settings.components_folder, dashed(spec.name))
    component_path = os.path.join(component_folder, "component.yaml")
    jobs_folder = settings.jobs_folder
    folders |= {jobs_folder, component_folder}
    try:
        content = uploaded_digest(loaded)
    except TrialFileError as fault:
        what = {"code": "code", "conda_file": "conda file", "path": "build context"}.get(
            fault.path[-1], "environment"
        )
        message = f"the trial's {what} cannot be read: {fault}"
        findings.append(reading.MISSING_FILE.finding(loaded.trial.place(*fault.path), message))
        return
    ranges = log_ranges(spec.search_space)

    def add(path: str, template: str, model: Any, **more: Any) -> None:
        _add(target, path, template, model, files, findings, **more)

    if spec.target == "pipeline":
        component = lower_component(loaded, folder=component_folder, content=content)
        add(component_path, "component.yaml.j2", component, ranges=ranges)
    base = os.path.dirname(loaded.file.file)
    job_paths = []
    for entry in loaded.selected:
        job_path = os.path.join(jobs_folder, f"{job_stem(entry)}.job.yaml")
        job_paths.append(job_path)
        if spec.target == "pipeline":
            job = lower_job(loaded, entry, component=component_path, folder=jobs_folder)
            add(job_path, "job.yaml.j2", job)
        else:
            job = lower_sweep_job(loaded, entry, folder=jobs_folder, content=content)
            add(job_path, "sweep_job.yaml.j2", job, ranges=ranges)
        config = os.path.normpath(os.path.join(base, config_path(spec.circuit.config, entry)))
        folders.add(os.path.dirname(config))
        add(config, "circuit_config.yaml.j2", circuit_config(entry), shared=True)
    readme = os.path.join(component_folder, "README.md")
    _add_readme(target, readme, job_paths[0] if job_paths else jobs_folder, files, findings)


def _add(  # noqa: PLR0913 - a file is made of this much
    target: _Target,
    path: str,
    template: str,
    model: Any,
    files: dict[str, CompiledFile],
    findings: list[Finding],
    *,
    shared: bool = False,
    **more: Any,
) -> None:
    try:
        body = target.renderer.render(template, model=model, **more)
    except TemplateFaultError as fault:
        findings.append(reading.TEMPLATE.finding(_template_place(target, template), str(fault)))
        return
    wrong = disagreement(body, model, path)
    if wrong is not None:
        place = _template_place(target, template)
        findings.append(
            reading.TEMPLATE.finding(place, f"{template}, line {wrong[0]} of what it yields: {wrong[1]}")
        )
        return
    _keep(target, path, body, digest(model), files, findings, shared=shared)


def _template_place(target: _Target, template: str) -> Place:
    folder = target.settings.templates
    own = os.path.join(folder, template) if folder else ""
    return Place(own if own and os.path.exists(own) else template)


def _keep(  # noqa: PLR0913
    target: _Target,
    path: str,
    body: str,
    made_of: str,
    files: dict[str, CompiledFile],
    findings: list[Finding],
    *,
    shared: bool = False,
) -> None:
    source = relative(target.spec_path, os.path.dirname(path))
    markdown = path.endswith(".md")
    text = with_header(body, source=source, digest=made_of, markdown=markdown)
    owner = files.get(os.path.normpath(path))
    if owner is None:
        files[os.path.normpath(path)] = CompiledFile(os.path.normpath(path), text, target.spec_path)
    elif not (shared and text.split("\n", 2)[2] == owner.text.split("\n", 2)[2]):
        place = target.loaded.place("circuit", "config") if shared else target.loaded.place("name")
        message = f"{path} is what {owner.spec} compiles to as well"
        findings.append(reading.SAME_FILE.finding(place, message, "give the specs other names"))


def _add_readme(
    target: _Target, path: str, job: str, files: dict[str, CompiledFile], findings: list[Finding]
) -> None:
    spec, settings = target.loaded.spec, target.settings
    folder = os.path.dirname(path)
    pipeline = spec.target == "pipeline"
    listed = (
        [("component.yaml", "The pipeline component: the sweep, and the baseline beside it")]
        if pipeline
        else []
    )
    listed.append((relative(target.spec_path, folder), "The tuning spec that all of this is compiled from"))
    listed.append((relative(os.path.dirname(job), folder), "A job for each selected circuit"))
    minutes = settings.advice.trial_minutes
    hours = sweep_hours(spec.limits.max_trials, spec.limits.max_concurrent_trials, minutes)
    policy = spec.early_termination
    values = {
        "spec": spec,
        "files": [(name.replace("`", "'").replace("|", "\\|"), what) for name, what in listed],
        "component_path": "component.yaml",
        "job_path": relative(job, folder),
        "parameters": parameters(spec.search_space),
        "policy": policy.model_dump(exclude_none=True) if policy is not None else None,
        "hours": f"{hours:.3g}",
        "minutes": minutes,
    }
    try:
        body = target.renderer.render("README.md.j2", **values)
    except TemplateFaultError as fault:
        findings.append(reading.TEMPLATE.finding(_template_place(target, "README.md.j2"), str(fault)))
        return
    made_of = digest([spec.model_dump(mode="json", exclude={"circuit"}), listed])
    _keep(target, path, body, made_of, files, findings)


def _in_the_way(files: dict[str, CompiledFile]) -> list[Finding]:
    findings = []
    for path in files:
        if os.path.isdir(path):
            findings.append(reading.FOREIGN_FILE.finding(Place(path), f"{path} is a folder"))
            continue
        before = content_at(path)
        if before is not None and ownership.source_of(before) is None:
            findings.append(
                reading.FOREIGN_FILE.finding(
                    Place(path),
                    "a file that sweepgen did not write stands here, and is not replaced",
                    "move it away, or write elsewhere with --out",
                )
            )
    return findings


def _orphans(files: dict[str, CompiledFile], folders: set[str], specs: set[str]) -> list[tuple[str, str]]:
    """Return our files that no spec yields: their spec is gone, or compiles to others now."""
    return [
        (path, source)
        for path, source in ownership.ours_below(folders)
        if os.path.normpath(path) not in files and (source in specs or not os.path.exists(source))
    ]


def _orphan(path: str, source: str, *, check: bool) -> Finding:
    finding = reading.ORPHAN.finding(
        Place(path), f"no spec yields this file any more: it was compiled from {source}", "delete it"
    )
    if check:
        return finding
    return Finding(finding.code, Severity.WARNING, finding.message, finding.place, finding.hint)
