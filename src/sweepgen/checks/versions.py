"""SG6xx: what changed in a component since a commit, and the version that it asks for.

Azure ML never changes a registered version: one that is not raised silently keeps running the old component.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.checks.changed_values import change_of, changed_words
from sweepgen.documents.nodes import Mapping, shorten, to_plain
from sweepgen.findings import Place
from sweepgen.project.component import DATA_TYPES, MAX_TRIALS
from sweepgen.project.names import BASELINE_NODE, SWEEP_NODE
from sweepgen.rules.rule import Basis, Example, Rule, error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.checks.check import ComponentState

    Changes = Iterator["ComponentChange"]

VERSIONS = "docs/versions.md"
_NOW = Example()


class ComponentChange(NamedTuple):
    """One change, at its place; `undo` is the edit that takes it back, for one that breaks what uses the component."""

    place: Place
    message: str
    undo: str | None = None


def _rule(  # noqa: PLR0913 - what a rule is
    code: str, level: str, name: str, summary: str, why: str, now: Example, then: Example = _NOW
) -> Rule:
    rule = error(code, summary, name=name, why=why, source=VERSIONS, basis=Basis.OWN, bad=now, good=then)
    return replace(rule, level=level)


FELL = error(
    "SG601",
    "Version decreased",
    name="version-decreased",
    why="A lower version may already be registered, with other content.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Write the version of the base, or a higher one: `sweepgen version bump` writes the one that the"
    " change requires.",
    bad=Example(spec="version: 0.9.0  # after 1.0.0"),
    good=Example(spec="version: 1.0.1  # after 1.0.0"),
)
TAKEN = error(
    "SG602",
    "Version taken by other content",
    name="version-taken",
    why="What is on the target branch is, or will be, registered: two pull requests cannot both be 1.1.0.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Run `sweepgen version bump SPEC`: it takes the next version that the target branch does not have.",
    no_example="It takes a target branch that already has the version.",
)
UNCOMPARED = error(
    "SG603",
    "Earlier state not comparable",
    name="base-not-comparable",
    why="What is missing in the base may have changed in any way, so the version check cannot pass it.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Bring what is missing into the clone (fetch the submodule or the history), or commit the compiled"
    " component, whose digest can be compared.",
    no_example="It takes a commit in which the spec or its trial cannot be read.",
)
DIGEST_CHANGED = error(
    "SG604",
    "Version committed with another digest",
    name="version-reused",
    why="Something that would be registered changed although git shows no change in spec, trial and code: local"
    " data, another release of sweepgen, or a file outside git. Azure ML would keep the old component, and submit"
    " would be rejected.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Run `sweepgen version bump SPEC --level patch`, or bring back what the committed component was"
    " compiled from.",
    no_example="It takes a compiled file in git with another digest.",
)
FOREIGN = error(
    "SG605",
    "Untracked file in the uploaded code",
    name="untracked-code",
    why="Azure ML uploads the whole code folder except what its ignore file lists: caches and files of one machine"
    " give another digest there than in CI.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Add the file to git, or the line that the hint names to .amlignore.",
    no_example="It takes a file in the code folder that git does not track.",
)
LACKING = error(
    "SG606",
    "Code missing from this clone",
    name="incomplete-clone",
    why="Without files from submodules, Git LFS or outside a sparse checkout, the uploaded code would differ from"
    " that of other clones.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Fetch what is missing with the command that the hint names, on this machine and in CI.",
    no_example="It takes a submodule or a Git LFS file that was not fetched.",
)
ONE_VERSION = error(
    "SG607",
    "Two specs with one version and different content",
    name="conflicting-versions",
    why="Azure ML keeps whichever is registered first, and both specs run as that one.",
    source=VERSIONS,
    basis=Basis.OWN,
    mend="Rename one of the two components, or give one of them another version.",
    no_example="It takes two specs of one component.",
)


def _inputs(state: ComponentState) -> dict[str, dict[str, Any]]:
    inputs: dict[str, dict[str, Any]] = state.component["inputs"]
    return inputs


def _outputs(state: ComponentState) -> dict[str, dict[str, Any]]:
    outputs: dict[str, dict[str, Any]] = state.component["outputs"]
    return outputs


def _required(declaration: dict[str, Any]) -> bool:
    return declaration.get("optional") is not True and declaration.get("default") is None


def _input_place(state: ComponentState, name: str, key: str | None = None) -> Place:
    """Return where an input is declared: in the trial, or where the spec fixes it."""
    if name in state.spec.trial.inputs:
        return state.loaded.place("trial", "inputs", name, at_key=True)
    if name in state.trial.inputs:
        return state.trial.place("inputs", name, *([key] if key else []), at_key=key is None)
    return state.trial.place("inputs", at_key=True)


def _output_place(state: ComponentState, name: str) -> Place:
    return state.loaded.place("trial", "outputs", name, at_key=True)


@_rule(
    "SG610",
    "major",
    "input-removed",
    "Input removed",
    "Jobs that set it are rejected. Renaming an input removes one and adds another.",
    Example(spec="trial: {inputs: {epochs: 30}}"),
).compared_by
def input_removed(old: ComponentState, new: ComponentState) -> Changes:
    """Report inputs that there were."""
    for name in _inputs(old):
        if name not in _inputs(new):
            fixed = name in new.spec.trial.inputs
            how = "is now fixed by the spec, and no longer an input of the component" if fixed else "is gone"
            undo = f"remove {shorten(name)} from trial.inputs" if fixed else f"restore input {shorten(name)}"
            yield ComponentChange(_input_place(new, name), f"input {shorten(name)} {how}", undo)


@_rule(
    "SG611",
    "major",
    "input-type-changed",
    "Input type changed",
    "Values that jobs pass no longer fit.",
    Example(component="inputs: {epochs: {type: number, default: 50}}"),
).compared_by
def input_retyped(old: ComponentState, new: ComponentState) -> Changes:
    """Report inputs of another type."""
    for name, declaration in _inputs(new).items():
        before = _inputs(old).get(name)
        if before is not None and before.get("type") != declaration.get("type"):
            was, has = before.get("type"), declaration.get("type")
            message = change_of(f"type of input {shorten(name)}", was, has)
            yield ComponentChange(_input_place(new, name, "type"), message, f"restore type: {was}")


@_rule(
    "SG612",
    "major",
    "input-required",
    "Input now required",
    "Jobs that do not set it are rejected.",
    Example(component="inputs: {epochs: {type: integer}}"),
).compared_by
def input_required(old: ComponentState, new: ComponentState) -> Changes:
    """Report new inputs that are required, and inputs that have become so."""
    for name, declaration in _inputs(new).items():
        before = _inputs(old).get(name)
        if _required(declaration) and (before is None or not _required(before)):
            default = before.get("default") if before is not None else None
            had = f"default: {shorten(str(default))}" if default is not None else "optional: true"
            how = "is new and required" if before is None else f"no longer has {had}, and must be given"
            undo = f"give {shorten(name)} a default" if before is None else f"restore {had}"
            yield ComponentChange(_input_place(new, name), f"input {shorten(name)} {how}", undo)


@_rule(
    "SG613",
    "major",
    "output-removed",
    "Output removed",
    "Whatever reads the output no longer finds it. Renaming an output removes one and adds another.",
    Example(component="outputs: {report: {type: uri_file}}"),
    Example(spec="trial: {outputs: {report: report}}", component="outputs: {report: {type: uri_file}}"),
).compared_by
def output_removed(old: ComponentState, new: ComponentState) -> Changes:
    """Report outputs that there were."""
    for name in _outputs(old):
        if name not in _outputs(new):
            undo = f"restore output {shorten(name)}"
            yield ComponentChange(_output_place(new, name), f"output {shorten(name)} is gone", undo)


@_rule(
    "SG614",
    "major",
    "output-type-changed",
    "Output type changed",
    "Whatever reads the output expects the old type.",
    Example(component="outputs: {metrics: {type: uri_folder}}"),
).compared_by
def output_retyped(old: ComponentState, new: ComponentState) -> Changes:
    """Report outputs of another type."""
    for name, declaration in _outputs(new).items():
        before = _outputs(old).get(name)
        if before is not None and before.get("type") != declaration.get("type"):
            was, has = before.get("type"), declaration.get("type")
            of_trial = new.loaded.outputs.get(name, name)
            place = new.trial.place("outputs", of_trial, "type")
            message = change_of(f"type of output {shorten(name)}", was, has)
            yield ComponentChange(place, message, f"restore type: {was}")


@_rule(
    "SG615",
    "major",
    "objective-changed",
    "Objective changed",
    "Another trial is best now: results before and after cannot be compared.",
    Example(spec="objective: {goal: maximize}"),
).compared_by
def objective_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another primary metric and another goal."""
    for key in ("primary_metric", "goal"):
        before, now = getattr(old.spec.objective, key), getattr(new.spec.objective, key)
        if before != now:
            undo = f"restore {key}: {shorten(before)}"
            yield ComponentChange(new.loaded.place("objective", key), change_of(key, before, now), undo)


@_rule(
    "SG616",
    "major",
    "target-changed",
    "Target changed",
    "A pipeline component and a standalone sweep job are used differently.",
    Example(spec="target: sweep_job"),
).compared_by
def target_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another target."""
    if old.spec.target != new.spec.target:
        message = change_of("target", old.spec.target, new.spec.target)
        yield ComponentChange(new.loaded.place("target"), message, f"restore target: {old.spec.target}")


@_rule(
    "SG620",
    "minor",
    "input-added",
    "Optional input added",
    "Jobs need not set it: the interface was extended.",
    Example(
        component="inputs: {dropout: {type: number, default: 0.1}}\n"
        "command: python train.py ${{inputs.circuit_config}} ${{inputs.training_data}} ${{inputs.lstm_units}}"
        " ${{inputs.learning_rate}} ${{inputs.epochs}} ${{inputs.batch_size}} ${{outputs.trained_model}}"
        " ${{outputs.metrics}} ${{inputs.dropout}}"
    ),
    Example(
        component="command: python train.py ${{inputs.circuit_config}} ${{inputs.training_data}} ${{inputs.lstm_units}}"
        " ${{inputs.learning_rate}} ${{inputs.epochs}} ${{inputs.batch_size}} ${{outputs.trained_model}}"
        " ${{outputs.metrics}} ${{inputs.dropout}}"
    ),
).compared_by
def input_added(old: ComponentState, new: ComponentState) -> Changes:
    """Report new inputs that jobs need not give, and inputs that they need not give any more."""
    for name, declaration in _inputs(new).items():
        before = _inputs(old).get(name)
        if before is None and not _required(declaration):
            yield ComponentChange(_input_place(new, name), f"input {shorten(name)} is new")
        elif before is not None and _required(before) and not _required(declaration):
            yield ComponentChange(_input_place(new, name), f"input {shorten(name)} is now optional")


@_rule(
    "SG621",
    "minor",
    "output-added",
    "Output added",
    "The interface was extended.",
    Example(spec="trial: {outputs: {report: report}}", component="outputs: {report: {type: uri_file}}"),
    Example(component="outputs: {report: {type: uri_file}}"),
).compared_by
def output_added(old: ComponentState, new: ComponentState) -> Changes:
    """Report new outputs."""
    for name in _outputs(new):
        if name not in _outputs(old):
            yield ComponentChange(_output_place(new, name), f"output {shorten(name)} is new")


@_rule(
    "SG622",
    "minor",
    "search-space-changed",
    "Search space changed",
    "Other values are tried: results before and after come from different searches.",
    Example(spec="search_space: {batch_size: {type: choice, values: [16, 32, 64]}}"),
).compared_by
def space_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report parameters that are new, gone, or of another distribution."""
    before, now = old.spec.search_space, new.spec.search_space
    for name in before:
        if name not in now:
            yield ComponentChange(
                new.loaded.place("search_space", at_key=True), f"{shorten(name)} is no longer swept"
            )
    for name, distribution in now.items():
        place = new.loaded.place("search_space", name, at_key=True)
        if name not in before:
            yield ComponentChange(place, f"{shorten(name)} is now swept")
        elif distribution.lowered() != before[name].lowered():
            was, has = (_written(state, "search_space", name) for state in (old, new))
            yield ComponentChange(place, change_of(shorten(name), was, has))


def _written(state: ComponentState, *path: str) -> Any:
    """Return what a spec has at a path, as it is written."""
    node: Any = state.loaded.file.root
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return to_plain(node) if node is not None else None


def _section_changed(
    old: ComponentState, new: ComponentState, section: str, keys: tuple[str, ...]
) -> Changes:
    before, now = getattr(old.spec, section), getattr(new.spec, section)
    if before == now:
        return
    if before is None or now is None or type(before) is not type(now):
        kinds = (each.type if each is not None else None for each in (before, now))
        yield ComponentChange(new.loaded.place(section, at_key=True), change_of(section, *kinds))
        return
    for key in keys:
        was, has = getattr(before, key, None), getattr(now, key, None)
        if was != has:
            yield ComponentChange(new.loaded.place(section, key), change_of(f"{section}.{key}", was, has))


@_rule(
    "SG623",
    "minor",
    "sampling-changed",
    "Sampling changed",
    "Other trials are sampled from the same search space.",
    Example(
        spec="sampling: {algorithm: grid}\nsearch_space: {learning_rate: {type: choice, values: [0.001, 0.01]}}"
    ),
    Example(spec="search_space: {learning_rate: {type: choice, values: [0.001, 0.01]}}"),
).compared_by
def sampling_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another algorithm or seed."""
    yield from _section_changed(old, new, "sampling", ("algorithm", "seed"))


@_rule(
    "SG624",
    "minor",
    "early-termination-changed",
    "Early termination changed",
    "Other trials are ended early.",
    Example(spec="early_termination: {type: median_stopping, evaluation_interval: 2}"),
).compared_by
def termination_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another policy, or other numbers in it."""
    keys = (
        "evaluation_interval",
        "delay_evaluation",
        "slack_factor",
        "slack_amount",
        "truncation_percentage",
    )
    yield from _section_changed(old, new, "early_termination", keys)


@_rule(
    "SG625",
    "minor",
    "limits-changed",
    "Limits changed",
    "The sweep may run more, or fewer, trials.",
    Example(spec="limits: {max_trials: 3}"),
).compared_by
def limits_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report other limits; the same time in another unit is the same."""
    nodes = [state.component["jobs"][SWEEP_NODE]["limits"] for state in (old, new)]
    keys = {
        "max_concurrent_trials": "max_concurrent_trials",
        "timeout": "timeout",
        "trial_timeout": "trial_timeout",
    }
    pairs = [("max_trials", old.spec.limits.max_trials, new.spec.limits.max_trials)]
    pairs += [(key, nodes[0].get(name), nodes[1].get(name)) for key, name in keys.items()]
    for key, was, has in pairs:
        if was != has:
            yield ComponentChange(new.loaded.place("limits", key), change_of(f"limits.{key}", was, has))


@_rule(
    "SG626",
    "minor",
    "compute-changed",
    "Compute changed",
    "Trials run on other machines, or wait in another queue.",
    Example(spec="compute: azureml:gpu-cluster"),
).compared_by
def compute_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another compute target, other resources and queue settings."""
    for key in ("compute", "resources", "queue_settings"):
        was, has = (state.component["jobs"][SWEEP_NODE].get(key) for state in (old, new))
        if was != has:
            yield ComponentChange(new.loaded.place(key, at_key=key != "compute"), change_of(key, was, has))


@_rule(
    "SG627",
    "minor",
    "environment-changed",
    "Trial environment changed",
    "Trials run with other packages.",
    Example(component="environment: azureml:lstm-env:2"),
).compared_by
def environment_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another environment, and other contents of its files."""
    was, has = (_without_paths(state.trial.data.get("environment")) for state in (old, new))
    if was != has:
        place = new.trial.place("environment", at_key=isinstance(has, dict))
        yield ComponentChange(place, change_of("the trial's environment", was, has))
    yield from _files_changed(old, new, ("environment", "conda_file", "build"))


def _without_paths(environment: Any) -> Any:
    """Leave out the paths of the environment's files: what they hold is compared by itself."""
    if not isinstance(environment, dict):
        return environment
    build = environment.get("build")
    kept = {key: value for key, value in environment.items() if key not in ("conda_file", "build")}
    return {**kept, "build": {key: value for key, value in build.items() if key != "path"} if build else None}


@_rule(
    "SG628",
    "minor",
    "trial-interface-extended",
    "Trial interface extended",
    "The trial has inputs or outputs that it did not have before.",
    Example(component="outputs: {report: {type: uri_file}}"),
).compared_by
def trial_grew(old: ComponentState, new: ComponentState) -> Changes:
    """Report inputs and outputs of the trial that the component does not show by itself."""
    for name, declared in new.trial.inputs.items():
        shown = name in _inputs(new) and declared.type not in DATA_TYPES
        if name not in old.trial.inputs and not shown:
            place = new.trial.place("inputs", name, at_key=True)
            yield ComponentChange(place, f"the trial has a new input {shorten(name)}")
    for name in new.trial.outputs:
        if name not in old.trial.outputs:
            place = new.trial.place("outputs", name, at_key=True)
            yield ComponentChange(place, f"the trial has a new output {shorten(name)}")


@_rule(
    "SG629",
    "minor",
    "baseline-toggled",
    "Baseline switched on or off",
    "The component runs one node more, or one less.",
    Example(spec="baseline: false"),
).compared_by
def baseline_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report a baseline node that is new or gone."""
    was, has = (BASELINE_NODE in state.component["jobs"] for state in (old, new))
    if was != has:
        message = f"the component {'now trains' if has else 'no longer trains'} the baseline"
        yield ComponentChange(new.loaded.place("baseline"), message)


@_rule(
    "SG640",
    "patch",
    "code-changed",
    "Trial code changed",
    "The code is uploaded and registered with the component.",
    Example(
        script='import mlflow\n\nfor epoch in range(30):\n    mlflow.log_metric("val_loss", 0.2, step=epoch)\n'
    ),
).compared_by
def code_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report files of the code that are new, gone or of other content."""
    yield from _files_changed(old, new, ("code",))


_SHOWN = 20
"""Files of one kind of change that are reported one by one."""


def _files_changed(old: ComponentState, new: ComponentState, keys: tuple[str, ...]) -> Changes:
    found: dict[str, list[str]] = {"is gone": [], "changed": [], "is new": []}
    for file in sorted({*old.files, *new.files}):
        if file.partition("/")[0] in keys and old.files.get(file) != new.files.get(file):
            kind = "is gone" if file not in new.files else "changed" if file in old.files else "is new"
            found[kind].append(file)
    for kind, files in found.items():
        names = [file.partition("/")[2] or file for file in files]
        places = [
            new.trial.place("code" if file.startswith("code/") else "environment")
            if kind == "is gone"
            else Place(new.path_of(file))
            for file in (files if len(files) <= _SHOWN else files[:1])
        ]
        if len(files) > _SHOWN:
            plural = {"is gone": "are gone", "is new": "are new"}.get(kind, kind)
            yield ComponentChange(
                places[0], f"{', '.join(names[:3])} and {len(names) - 3:,} more files {plural}"
            )
        else:
            yield from (
                ComponentChange(place, f"{name} {kind}") for place, name in zip(places, names, strict=True)
            )


@_rule(
    "SG641",
    "patch",
    "command-changed",
    "Trial command changed",
    "The command is registered with the component.",
    Example(
        component="command: >-\n  python train.py --circuit-config ${{inputs.circuit_config}} --training-data"
        " ${{inputs.training_data}}\n  --lstm-units ${{inputs.lstm_units}} --learning-rate ${{inputs.learning_rate}}\n"
        "  --epochs ${{inputs.epochs}} --batch-size ${{inputs.batch_size}}\n"
        "  --trained-model ${{outputs.trained_model}} --metrics ${{outputs.metrics}} --verbose"
    ),
).compared_by
def command_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another command; how its lines are broken does not count."""
    was, has = (state.trial.command.text.split() for state in (old, new))
    if was != has:
        message = f"the trial's command changed ({changed_words(was, has)})"
        yield ComponentChange(new.trial.place("command", at_key=True), message)


@_rule(
    "SG642",
    "patch",
    "description-changed",
    "Description or tags changed",
    "They are registered with the component.",
    Example(spec="description: Tunes one circuit"),
).compared_by
def texts_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report another display name, description or tag of the component."""
    for key in ("display_name", "description", "tags"):
        was, has = old.component.get(key), new.component.get(key)
        if was != has:
            yield ComponentChange(new.loaded.place(key, at_key=True), change_of(key, was, has))


@_rule(
    "SG643",
    "patch",
    "declaration-changed",
    "Trial declaration changed",
    "Defaults, bounds and descriptions of inputs and outputs are registered with the component.",
    Example(component="inputs: {epochs: {type: integer, default: 60}}"),
).compared_by
def declarations_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report what else is declared of inputs and outputs that both states have with the same type."""
    for group in ("inputs", "outputs"):
        before, now = getattr(old.trial, group), getattr(new.trial, group)
        for name in now:
            if name not in before:
                continue
            was, has = (
                side[name] if group == "outputs" else side[name].declaration for side in (before, now)
            )
            if was == has or was.get("type") != has.get("type"):
                continue
            if group == "inputs" and name != MAX_TRIALS and _required(was) != _required(has):
                continue  # reported as an input that must, or need not, be given
            yield ComponentChange(
                new.trial.place(group, name, at_key=True), change_of(shorten(name), was, has)
            )


@_rule(
    "SG644",
    "patch",
    "trial-inputs-changed",
    "Trial inputs filled differently",
    "Fixed inputs, and which output of the trial is bound to which output of the component, are registered with it.",
    Example(spec="trial: {inputs: {epochs: 40}}"),
    Example(spec="trial: {inputs: {epochs: 30}}"),
).compared_by
def bindings_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report other fixed values, and outputs that come from elsewhere."""
    before, now = old.spec.trial.inputs, new.spec.trial.inputs
    for name, value in now.items():
        if name in before and before[name] != value:
            message = change_of(f"the fixed value of {shorten(name)}", before[name], value)
            yield ComponentChange(new.loaded.place("trial", "inputs", name), message)
    for name, fed in new.spec.trial.outputs.items():
        if name in old.spec.trial.outputs and old.spec.trial.outputs[name] != fed:
            message = change_of(f"the source of output {shorten(name)}", old.spec.trial.outputs[name], fed)
            yield ComponentChange(new.loaded.place("trial", "outputs", name), message)


_TOLD = frozenset(("command", "environment", "inputs", "outputs", "code"))


@_rule(
    "SG645",
    "patch",
    "trial-changed",
    "Other trial setting changed",
    "The whole trial component is registered.",
    Example(component="description: Trains an LSTM"),
).compared_by
def trial_changed(old: ComponentState, new: ComponentState) -> Changes:
    """Report every other key of the trial component, and inputs and outputs that are gone from it."""
    was, has = old.trial.data, new.trial.data
    for key in sorted({*was, *has} - _TOLD):
        if was.get(key) != has.get(key):
            message = change_of(f"the trial's {shorten(key)}", was.get(key), has.get(key))
            yield ComponentChange(new.trial.place(key, at_key=True), message)
    for group in ("inputs", "outputs"):
        shown = _inputs(old) if group == "inputs" else {}
        for name in getattr(old.trial, group):
            if name not in getattr(new.trial, group) and name not in shown:
                place = new.trial.place(group, at_key=True)
                yield ComponentChange(place, f"{shorten(name)} is gone from the trial's {group}")
