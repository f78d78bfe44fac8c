"""`${{…}}` in a hand-written sweep: what it names, whether that is there, and what Azure ML makes of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, Scalar, Sequence, shorten
from sweepgen.documents.yaml_text import scalar_text
from sweepgen.importing.sweep_file import parent_input
from sweepgen.project.expressions import PLACEHOLDER, reference
from sweepgen.rules.hand_written import (
    BOUND_SETTING,
    BOUND_SPACE,
    BROKEN_BINDING,
    CONFUSED_REFERENCE,
    DROPPED_BINDING,
)
from sweepgen.suggest import did_you_mean, near_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node, Path
    from sweepgen.findings import Finding
    from sweepgen.importing.loaded_sweep import LoadedSweep
    from sweepgen.importing.sweep_file import WrittenSweep

_TIMEOUTS = ("timeout", "trial_timeout")
_SETTINGS = ("limits", "objective", "early_termination")
_ONE_BRACE = re.compile(
    r"(?<!\{)\$?\{\s*((?:parent\.|inputs\.|search_space\.)[\w.]+)\s*\}(?!\})"
    r"|(?<!\$)\{\{\s*((?:parent\.|inputs\.|search_space\.)[\w.]+)\s*\}\}"
)
_OUTPUT_MACROS = ("name", "default_datastore", "output_name")


def reference_findings(loaded: LoadedSweep) -> Iterator[Finding]:
    """Report references of a sweep without a target, those that Azure ML ignores, and those of unknown value."""
    sweep = loaded.sweep
    if loaded.in_job_form and loaded.knows("component"):
        yield from _confused(loaded)
    for path, node in _texts(sweep.node, ()):
        if path[0] == "trial" and not loaded.swept_trial.meant:
            continue
        if path[0] in ("job", "sampling_algorithm", "description", "comment", "display_name", "name", "tags"):
            continue
        for match in _ONE_BRACE.finditer(node.text):
            name = match.group(1) or match.group(2)
            message = (
                f"{shorten(match.group(0))} is not a binding: a binding has a dollar sign and two braces"
            )
            yield BROKEN_BINDING.finding(node.place(sweep.file), message, f"write {reference(name)}")
        for match in PLACEHOLDER.finditer(node.text):
            yield from _binding(sweep, path, node, match.group(1).strip())


def _confused(loaded: LoadedSweep) -> Iterator[Finding]:
    """Report inputs that a standalone job's command names where it means what is swept."""
    sweep = loaded.sweep
    swept = {name for name, _ in sweep.distributions()}
    declared = sweep.declarations()
    command = loaded.trial.command
    for placeholder in dict.fromkeys(command.placeholders):
        name = placeholder.name
        if placeholder.group != "inputs" or name not in swept or name in command.names("search_space"):
            continue
        what = (
            "an input of the job, the same in all trials" if name in declared else "not an input of this job"
        )
        yield CONFUSED_REFERENCE.finding(
            loaded.place_in_command(placeholder.text),
            f"{shorten(placeholder.text)} is {what}; {name} is swept",
            f"write {reference('search_space', name)}",
        )


def _binding(sweep: WrittenSweep, path: Path, node: Scalar, target: str) -> Iterator[Finding]:
    place = node.place(sweep.file)
    shown = reference(target)
    if sweep.standalone:
        if path[0] == "outputs" and target in _OUTPUT_MACROS:
            return
        if path == ("command",):  # an unknown key there, which belongs under trial
            return
        if target.startswith(("inputs.", "search_space.", "parent.", "outputs.")):
            message = f"{shown} is only replaced in the command of a standalone sweep job"
            yield BROKEN_BINDING.finding(place, message, "write the value")
        return
    fault = _fault_of_target(sweep, path, target)
    if fault is not None:
        yield BROKEN_BINDING.finding(place, fault[0], fault[1])
    elif path[0] == "search_space":
        yield from _bound_space(sweep, path, node, shown)
    elif path[0] == "limits" and path[-1] in _TIMEOUTS:
        message = f"{path[-1]} cannot be an expression: Azure ML silently ignores it, and the sweep has no {path[-1]}"
        yield DROPPED_BINDING.finding(place, message, "write the seconds, such as 43200 for 12 hours")
    elif path[0] in _SETTINGS:
        yield from _bound_setting(sweep, path, node)


def _bound_space(sweep: WrittenSweep, path: Path, node: Scalar, shown: str) -> Iterator[Finding]:
    what = "a whole parameter" if len(path) == 2 else f"{path[-1]}"
    if path[-1] == "type" or len(path) == 1:
        message = f"the {path[-1]} of a distribution cannot be an expression"
        yield BROKEN_BINDING.finding(node.place(sweep.file), message, "write the value")
        return
    if isinstance(path[-1], int):
        what = "a value of the list"
    yield BOUND_SPACE.finding(
        node.place(sweep.file),
        f"{what} is {shown}: whether Azure ML replaces expressions in a search space is not documented",
        _value_hint(sweep, path, node),
    )


def _bound_setting(sweep: WrittenSweep, path: Path, node: Scalar) -> Iterator[Finding]:
    name = parent_input(node.value)
    declared = sweep.declarations().get(name) if name is not None else None
    dotted = ".".join(map(str, path))
    if declared is None:
        return
    judged = (
        f"only its default, {declared.value}, is checked"
        if declared.value is not None
        else "it has no default that could be checked"
    )
    yield BOUND_SETTING.finding(
        node.place(sweep.file),
        f"{dotted} comes from the pipeline's input {name}: {judged}",
        f"{_value_hint(sweep, path, node)}, if it is the same for all jobs",
    )


def _value_hint(sweep: WrittenSweep, path: Path, node: Scalar) -> str:
    """Return the hint to write a value in the place of an expression: the default of the input that it names."""
    name = parent_input(node.value)
    declared = sweep.declarations().get(name) if name is not None else None
    key = path[-1] if path[0] != "search_space" or (isinstance(path[-1], str) and len(path) > 2) else None
    if key is None or declared is None or declared.value is None:
        return "write the value"
    return f"write {key}: {scalar_text(declared.value)}"


def _fault_of_target(sweep: WrittenSweep, path: Path, target: str) -> tuple[str, str | None] | None:
    """Return what is wrong with what a node's binding names, and the hint; None where nothing is."""
    shown = reference(target)
    words = target.split(".")
    if words[0] == "search_space":
        return f"{shown} only exists in the command of a standalone sweep job", (
            f"remove {path[-1]}: a swept parameter sets the trial's input of the same name"
            if path[0] == "inputs"
            else "write the value"
        )
    if words[0] == "inputs":
        return f"{shown} only exists in the trial's command", f"write {reference('parent', *words)}"
    if words[0] != "parent":
        return None  # a macro of the service, such as ${{name}}
    if words[1:2] == ["inputs"]:
        return _undeclared(sweep, words, "inputs", "input")
    if words[1:2] == ["outputs"]:
        return _undeclared(sweep, words, "outputs", "output")
    if words[1:2] == ["jobs"] and len(words) > 2:
        return _other_node(sweep, words, shown)
    return f"{shown} is not an input, output or job of the pipeline", "write ${{parent.inputs.NAME}}"


def _undeclared(
    sweep: WrittenSweep, words: list[str], section: str, what: str
) -> tuple[str, str | None] | None:
    node = sweep.around.get(section)
    declared = list(node.entries) if isinstance(node, Mapping) else []
    name = words[2] if len(words) > 2 else ""
    if name in declared:
        return None
    message = f'the pipeline declares no {what} "{shorten(name)}"'
    return message, near_hint(
        name[:100], declared
    ) or f"declare {shorten(name)} under {section} of the pipeline"


def _other_node(sweep: WrittenSweep, words: list[str], shown: str) -> tuple[str, str | None] | None:
    jobs = sweep.around.get("jobs")
    names = [name for name in jobs.entries if name != sweep.name] if isinstance(jobs, Mapping) else []
    if words[2] == sweep.name:
        return (
            f"{shown} is an output of the same sweep",
            "bind it to an input of the pipeline or an output of another node",
        )
    if words[2] not in names:
        return f'the pipeline has no node "{shorten(words[2])}"', did_you_mean(words[2], names)
    if words[3:4] != ["outputs"] or len(words) < 5:
        return f"{shown} is not an output of a node", f"write {reference(*words[:3], 'outputs', words[-1])}"
    return None


def _texts(node: Node, path: Path) -> Iterator[tuple[Path, Scalar]]:
    """Yield every text below a node that may hold a reference, with its path."""
    if isinstance(node, Scalar):
        if "{" in node.text:
            yield path, node
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _texts(item, (*path, index))
    else:
        for key, entry in node.entries.items():
            yield from _texts(entry.value, (*path, key))
