"""Where the results of circuits go: a file for each, which replaces nothing but results of the same sweep."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from sweepgen.compiler.lowering import relative
from sweepgen.documents.files import write_text
from sweepgen.errors import UsageError
from sweepgen.local.store import runs_folder, safe_name
from sweepgen.project.names import job_stem
from sweepgen.project.results import results_text, sweep_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.local.plan import RunPlan
    from sweepgen.project.circuits import CircuitEntry
    from sweepgen.project.loaded_spec import LoadedSpec

DEFAULT = "results/"
"""The folder of the files where none is named."""
_ENDINGS = (".json", ".yaml", ".yml")


def results_files(circuits: Sequence[tuple[LoadedSpec, CircuitEntry]], output: str) -> list[str]:
    """Return the results file of each circuit of a spec: `output` itself, or one in that folder.

    It goes by the circuit, and by the spec too where several tune the same. Raises UsageError where several circuits
    would share a file.
    """
    if len(circuits) == 1 and not (os.path.isdir(output) or output.endswith(("/", os.sep))):
        return [output]
    if output.endswith(_ENDINGS) or os.path.isfile(output):
        raise UsageError(f"{len(circuits)} circuits need a file each: -o has to name a folder, not {output}")
    stems = [job_stem(entry) for _, entry in circuits]
    shared = {stem for stem, count in Counter(stems).items() if count > 1}
    names = [
        f"{loaded.spec.name}_{stem}" if stem in shared else stem
        for (loaded, _), stem in zip(circuits, stems, strict=True)
    ]
    for name, count in Counter(names).items():
        if count > 1:
            found = [
                f"{entry.name} of {loaded.file.file}"
                for (loaded, entry), each in zip(circuits, names, strict=True)
                if each == name
            ]
            raise UsageError(f"{' and '.join(found)} would share {name}.json: run them one by one, with -o")
    return [os.path.join(output, f"{name}.json") for name in names]


def check_output(path: str, plan: RunPlan) -> None:
    """Raise UsageError where a file is at `path` that is never replaced.

    That is one that holds no results of a run here, or those of another circuit or spec.
    """
    sweep = sweep_at(path)
    if sweep is None:
        return
    if sweep.get("source") != "local":
        raise UsageError(f"{path} does not hold results of a local run: name another file with -o")
    circuit = sweep.get("circuit")
    circuit = circuit if isinstance(circuit, dict) else {}
    name = f"{circuit.get('plant_id')}/{circuit.get('circuit_id')}"
    if name != plan.entry.name:
        raise UsageError(
            f"{path} holds the results of {name}, not of {plan.entry.name}: name another file with -o"
        )
    other = _other_spec(sweep, path, plan)
    if other is not None:
        raise UsageError(
            f"{path} holds the results of another spec, {other}: name another file with -o, or remove this one"
        )


def _other_spec(sweep: dict[str, object], path: str, plan: RunPlan) -> str | None:
    """Return the spec whose results are at `path`; None where it is the plan's, in whatever version."""
    component, spec = sweep.get("component"), sweep.get("spec")
    if isinstance(component, str) and component.partition(":")[0] != plan.spec.name:
        return component
    if isinstance(spec, str):
        named = os.path.normpath(os.path.join(os.path.dirname(path), spec))
        if os.path.exists(named) and not os.path.samefile(named, plan.loaded.file.file):
            return named
    return None


def keep_earlier(path: str) -> str | None:
    """Copy results that are to be replaced into the folder of their sweep; return where they are, None without any.

    Paths in them are made those from there. Raises WriteError.
    """
    sweep = sweep_at(path)
    if not sweep:
        return None
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    if not data.get("trials"):
        return None
    folder = os.path.join(runs_folder(path), safe_name(sweep.get("name"), 250))
    kept = os.path.join(folder, "results.json")

    def moved(place: str) -> str:
        return relative(os.path.join(os.path.dirname(path), place), folder)

    if isinstance(sweep.get("spec"), str):
        data["sweep"]["spec"] = moved(str(sweep["spec"]))
    if isinstance(sweep.get("data"), dict):
        data["sweep"]["data"] = {name: moved(str(place)) for name, place in sweep["data"].items()}
    write_text(kept, results_text(data))
    return kept
