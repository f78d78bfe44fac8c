"""One spec to the texts of its files: each model rendered, and proved to mean the model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.compiler.describing import log_ranges, parameters
from sweepgen.compiler.digests import digest, uploaded_digest
from sweepgen.compiler.lowering import circuit_config, lower_component, lower_job, lower_sweep_job, relative
from sweepgen.compiler.proof import disagreement
from sweepgen.compiler.rendering import Renderer, TemplateFaultError, with_header
from sweepgen.documents.files import UnreadableError
from sweepgen.findings import Finding, Place
from sweepgen.project.names import config_path, dashed, job_stem
from sweepgen.project.spec import DEFAULT_OUTPUTS, sweep_hours
from sweepgen.rules import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.project.loaded_spec import LoadedSpec
    from sweepgen.project.spec import Spec
    from sweepgen.settings import Settings


class RenderedFile(NamedTuple):
    """A file that a spec yields; one that is `shared` may come from several specs, if they agree on it.

    `place` is where the spec says what the file is called.
    """

    path: str
    text: str
    spec: str
    place: Place
    shared: bool


class RenderedFiles:
    """The files of one spec: iterating yields each, or the finding that says why there is none."""

    def __init__(self, loaded: LoadedSpec, settings: Settings, renderer: Renderer) -> None:
        self._loaded = loaded
        self._settings = settings
        self._renderer = renderer
        self._spec_path = loaded.file.file if loaded.file.file != "-" else "standard input"
        self._component_folder = os.path.join(settings.components_folder, dashed(loaded.spec.name))
        self._component_path = os.path.join(self._component_folder, "component.yaml")
        self._jobs_folder = settings.jobs_folder
        base = os.path.dirname(loaded.file.file)
        template = loaded.spec.circuit.config
        self._configs = [
            os.path.normpath(os.path.join(base, config_path(template, entry)))
            if template is not None
            else None
            for entry in loaded.selected
        ]

    @property
    def folders(self) -> set[str]:
        """The folders that the files are in."""
        return {
            self._jobs_folder,
            self._component_folder,
            *(os.path.dirname(path) for path in self._configs if path is not None),
        }

    def __iter__(self) -> Iterator[RenderedFile | Finding]:
        try:
            content = uploaded_digest(self._loaded)
        except (UnreadableError, OverflowError) as fault:
            place = self._loaded.trial.place("code")
            yield reading.MISSING_FILE.finding(
                place, f"the trial's code cannot be read: {fault}", reading.CODE_TO_READ
            )
            return
        ranges = log_ranges(self._loaded.spec.search_space)
        if self._loaded.spec.target == "pipeline":
            component = lower_component(self._loaded, folder=self._component_folder, content=content)
            yield self._proved(self._component_path, "component.yaml.j2", component, ranges=ranges)
        for entry, config in zip(self._loaded.selected, self._configs, strict=True):
            path = self._job_path(job_stem(entry))
            if self._loaded.spec.target == "pipeline":
                job = lower_job(self._loaded, entry, component=self._component_path, folder=self._jobs_folder)
                yield self._proved(path, "job.yaml.j2", job)
            else:
                job = lower_sweep_job(self._loaded, entry, folder=self._jobs_folder, content=content)
                yield self._proved(path, "sweep_job.yaml.j2", job, ranges=ranges)
            if config is not None:
                yield self._proved(config, "circuit_config.yaml.j2", circuit_config(entry), shared=True)
        yield self._readme()

    def _job_path(self, stem: str) -> str:
        return os.path.join(self._jobs_folder, f"{stem}.job.yaml")

    def _proved(
        self, path: str, template: str, model: Any, *, shared: bool = False, **values: Any
    ) -> RenderedFile | Finding:
        """Return a file whose text was read back as exactly its model."""
        try:
            body = self._renderer.render(template, model=model, **values)
        except TemplateFaultError as fault:
            return reading.TEMPLATE.finding(
                self._template_place(template), str(fault), reading.CORRECT_TEMPLATE
            )
        wrong = disagreement(body, model, path)
        if wrong is not None:
            message = f"{template}, line {wrong[0]} of its output: {wrong[1]}"
            return reading.TEMPLATE.finding(self._template_place(template), message, reading.CORRECT_TEMPLATE)
        return self._file(path, body, digest(model), shared=shared)

    def _template_place(self, template: str) -> Place:
        folder = self._settings.templates
        own = os.path.join(folder, template) if folder else ""
        return Place(own if own and os.path.exists(own) else template)

    def _file(self, path: str, body: str, made_of: str, *, shared: bool = False) -> RenderedFile:
        # Whichever of several specs yields a circuit's file, it says the same.
        source = relative(self._loaded.circuits.file if shared else self._spec_path, os.path.dirname(path))
        text = with_header(body, source=source, digest=made_of, markdown=path.endswith(".md"))
        place = self._loaded.place("circuit", "config") if shared else self._loaded.place("name")
        return RenderedFile(os.path.normpath(path), text, self._spec_path, place, shared)

    def _readme(self) -> RenderedFile | Finding:
        spec, folder = self._loaded.spec, self._component_folder
        selected = self._loaded.selected
        job = self._job_path(job_stem(selected[0])) if selected else self._jobs_folder
        listed = []
        if spec.target == "pipeline":
            listed.append(("component.yaml", "The pipeline component: the sweep, and the baseline beside it"))
        listed.append(
            (relative(self._spec_path, folder), "The tuning spec that all of this is compiled from")
        )
        listed.append((relative(os.path.dirname(job), folder), "A job for each selected circuit"))
        minutes = self._settings.advice.trial_minutes
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
            body = self._renderer.render("README.md.j2", **values)
        except TemplateFaultError as fault:
            return reading.TEMPLATE.finding(
                self._template_place("README.md.j2"), str(fault), reading.CORRECT_TEMPLATE
            )
        return self._file(os.path.join(folder, "README.md"), body, digest([_described(spec), listed]))


def _described(spec: Spec) -> Any:
    """Return what of a spec its README is made of: fields of later versions count only where they are given."""
    data = spec.model_dump(exclude=("circuit", "confirm"))
    data["trial"]["outputs"] = data["trial"]["outputs"] or DEFAULT_OUTPUTS
    return {key: value for key, value in data.items() if value is not None or key not in ("identity", "job")}
