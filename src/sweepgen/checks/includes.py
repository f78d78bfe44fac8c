"""What a component's `additional_includes` names besides its code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.filesystem import exists, is_file, is_folder, is_there, names_in, real_path
from sweepgen.findings import Place
from sweepgen.rules.rule import Basis, Example, Rule, error, warning
from sweepgen.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

_SDK = "azure-ai-ml 1.35.2 (azure/ai/ml/entities/_component/_additional_includes.py)"


@error(
    "SG057",
    "Missing or conflicting additional_includes",
    name="invalid-include",
    why="azure-ai-ml resolves each entry relative to the component file and copies it over the code. It rejects the"
    " component if an entry is missing, or if the code already has a file of that name. An entry lib.zip may also be"
    " a folder lib, which is packed.",
    source=_SDK,
    basis=Basis.TRIED,
    bad=Example(component="additional_includes: [lib/shared]"),
    good=Example(component="additional_includes: [circuits.yaml]"),
).needing("component")
def includes_present(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report entries that do not exist, and those whose name the code has."""
    trial = loaded.trial
    for index, entry in trial.includes:
        path, place = trial.included(entry), trial.place("additional_includes", index)
        packed = entry.endswith(".zip") and is_folder(path.removesuffix(".zip"))
        if not exists(path) and not packed:
            folder = os.path.dirname(path) or "."
            near = nearest(os.path.basename(path), names_in(folder))
            meant = os.path.join(os.path.dirname(entry), near) if near is not None else None
            hint = f'did you mean "{meant}"?' if meant else f"correct the path, or remove {entry}"
            yield rule.finding(place, f"{entry} does not exist", hint)
            continue
        code = trial.code
        own = os.path.join(code, os.path.basename(path)) if code is not None and is_folder(code) else None
        if own is not None and is_there(own) and real_path(own) != real_path(path):
            message = f"{path} would overwrite {own}, which is part of the code"
            yield rule.finding(place, message, f"rename one of the two files, or remove {entry}")


@error(
    "SG058",
    "additional_includes in a standalone sweep job",
    name="includes-in-sweep-job",
    why="In a standalone sweep job the trial is written inline and can only have code: included files would be"
    " missing.",
    source=_SDK,
    basis=Basis.TRIED,
    bad=Example(spec="target: sweep_job\nbaseline: false", component="additional_includes: [circuits.yaml]"),
    good=Example(component="additional_includes: [circuits.yaml]"),
).needing("tuning_spec", "component", "target")
def includes_carried(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report additional_includes where the target is a standalone job."""
    if loaded.target == "sweep_job" and loaded.trial.root.get("additional_includes") is not None:
        message = "a standalone sweep job cannot have additional_includes, which the trial uses"
        hint = f"remove additional_includes from {loaded.trial.file} and move its files into the code folder"
        yield rule.finding(loaded.place("target"), message, f"write target: pipeline, or {hint}")


@warning(
    "SG059",
    "Unused .additional_includes file",
    name="unused-includes-file",
    why="azure-ai-ml reads NAME.additional_includes only for components of internal types. For type: command only"
    " the key additional_includes counts, and what the file lists is not uploaded.",
    source=_SDK,
    basis=Basis.TRIED,
    mend="List the same paths under `additional_includes:` in the component and delete the file.",
    no_example="It takes a file beside the component.",
).needing("component")
def includes_file(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report the file beside a component that does not list the same under its own key."""
    trial = loaded.trial
    file = os.path.splitext(trial.file)[0] + ".additional_includes"
    if is_file(file) and trial.root.get("additional_includes") is None:
        message = f"{file} is ignored for type: command: what it lists is not uploaded"
        yield rule.finding(
            Place(trial.file),
            message,
            f"list the same paths under additional_includes in {trial.file}, and delete {file}",
        )
