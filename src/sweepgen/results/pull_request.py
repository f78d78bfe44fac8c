"""The text of the pull request that brings tuned hyperparameters: what changed, and on what evidence."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

from sweepgen.documents.yaml_text import value_text
from sweepgen.project.results import trial_counts
from sweepgen.results.best_trial import picked_from
from sweepgen.results.standing import by_luck, claimed, confirmed
from sweepgen.secrets import masked
from sweepgen.terminal import printable

if TYPE_CHECKING:
    from sweepgen.project.results import Results, Sweep
    from sweepgen.results.application import Application, AppliedCircuit

_HEAD = "## Tuned hyperparameters of "


def pull_request_body(done: Application) -> str:
    """Return the text in Markdown, for the people who review the change of circuits.yaml."""
    changed = [each for each in done.applied if each.changes]
    names = ", ".join(code(each.name) for each in changed)
    if changed:
        lines = [f"{_HEAD}{names}", ""]
        lines.append(
            f"Best trials of hyperparameter sweeps, written into {code(done.file)} by `sweepgen apply`."
        )
    else:
        lines = ["## Tuned hyperparameters: nothing to change"]
    for each in changed:
        lines += ["", *_circuit(each)]
    same = [each for each in done.applied if not each.changes]
    unchanged = [code(each.name) for each in same if not each.unread]
    if unchanged:
        lines += ["", f"Unchanged, already at their best values: {', '.join(unchanged)}."]
    unread = [f"{code(each.name)} ({', '.join(map(code, each.unread))})" for each in same if each.unread]
    if unread:
        known = "Unchanged as far as known; the best trial has no value for"
        lines += ["", f"{known}: {', '.join(unread)}."]
    if done.left_out:
        names = ", ".join(code(name) for name in done.left_out)
        lines += ["", f"Left out, since they do not beat their baseline or are not confirmed: {names}."]
    if changed:
        lines += ["", "### How to reproduce", "", *_commands(done, changed)]
    return "\n".join(masked(printable(line)) for line in lines) + "\n"


def is_described(done: Application, body: str) -> bool:
    """Whether nothing is left to change and a text describes these sweeps already: an interrupted call wrote it."""
    lines = body.split("\n")
    sweeps = [_sweep(each) for each in done.applied]
    return (
        not done.changed and body.startswith(_HEAD) and bool(sweeps) and all(each in lines for each in sweeps)
    )


def _sweep(each: AppliedCircuit) -> str:
    assert each.results.model is not None  # noqa: S101 - only results with a model are applied
    sweep = each.results.model.sweep
    component = f", component {code(sweep.component)}" if sweep.component else ""
    return masked(printable(f"- Sweep: {code(sweep.name)}{component}{_link(sweep.url)}"))


def _circuit(each: AppliedCircuit) -> list[str]:
    model = each.results.model
    assert model is not None  # noqa: S101 - only results with a model are applied
    sweep, best = model.sweep, each.best
    metric = sweep.objective.primary_metric
    lines = [f"### {code(each.name)}", "", _claim(each, metric), "", _confirmation(each), ""]
    lines += ["| Hyperparameter | Old | New |", "| --- | --- | --- |"]
    lines += [
        f"| {code(change.name)} | {'(not set)' if change.old is None else code(value_text(change.old))}"
        f" | {code(value_text(change.new))} |"
        for change in each.changes
    ]
    if each.unread:
        names = ", ".join(map(code, each.unread))
        why = "so it is unknown whether the new values were trained with the circuit's present ones"
        lines += ["", f"**Not known to have been trained:** the best trial has no value for {names}, {why}."]
    counts = trial_counts(each.results.trials)
    endings = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    lines += ["", f"- Trials: {len(each.results.trials)} ({endings})"]
    lines.append(f"- Best trial: {code(best.trial.id)}{_ties(best.tied)}")
    lines.append(_sweep(each))
    lines += _conditions(sweep, os.path.dirname(each.results.file))
    if each.evidence is not None:
        lines.append(f"- Evidence: {code(each.evidence)}")
    return lines


def _conditions(sweep: Sweep, folder: str) -> list[str]:
    """Return what else the trials were given: fixed inputs, data, sampling seed, and whether it was a rehearsal."""
    lines = []
    if sweep.inputs:
        fixed = ", ".join(f"{code(name)} {code(value_text(value))}" for name, value in sweep.inputs.items())
        lines.append(f"- Fixed for the run: {fixed}")
    if sweep.data:
        there = {name: _from_here(path, folder, sweep) for name, path in sweep.data.items()}
        data = ", ".join(f"{code(name)} {code(path)}" for name, path in there.items())
        lines.append(f"- Data: {data}")
    if sweep.seed is not None:
        lines.append(f"- Sampling seed: {sweep.seed}")
    if sweep.source == "local":
        lines.append("- A rehearsal: the trials ran on one machine, not in Azure ML")
    return lines


def _from_here(path: str, folder: str, sweep: Sweep) -> str:
    """Return a path of a local sweep's data, which its results have as it is from their folder, as it is from here."""
    if sweep.source != "local" or os.path.isabs(path) or ":" in path:
        return path
    return os.path.normpath(os.path.join(folder, path)).replace(os.sep, "/")


def _confirmation(each: AppliedCircuit) -> str:
    """Return what fresh seeds say of the change, or what its claim is worth without them."""
    standing, best = each.standing, each.best
    found = standing.judgement
    if found is None:
        luck = f": {by_luck(picked_from(each.results))}" if best.improved else ""
        return f"**Not confirmed**{luck}."
    what = "Confirmed" if standing.stands else "**Confirmed as no gain**"
    claim = claimed(best)
    beside = f" The sweep had claimed {claim}." if claim is not None else ""
    return f"{what}: {code(standing.metric)} {confirmed(standing)}.{beside}"


def _claim(each: AppliedCircuit, metric: str) -> str:
    best = each.best
    goal = "lower" if best.goal == "minimize" else "higher"
    if best.baseline is None or best.gain is None:
        model = each.results.model
        has_none = model is None or model.baseline is None
        reason = (
            "has no baseline on the same data"
            if has_none
            else f"has a baseline without a finite {code(metric)}"
        )
        found = f"{code(metric)} {best.metric:.6g} ({goal} is better)."
        return f"{found} **Not compared with a baseline:** the sweep {reason}."
    share = f", {100 * abs(best.gain / best.baseline):.1f} %" if best.baseline else ""
    if best.gain > 0:
        outcome = f"better by {best.gain:.6g}{share}"
    else:
        outcome = (
            f"**not better** (by {-best.gain:.6g}{share} worse)" if best.gain else "**not better** (the same)"
        )
    values = f"{best.metric:.6g} against {best.baseline:.6g} of the baseline"
    return f"{code(metric)} {values}: {outcome} ({goal} is better)."


def _ties(tied: tuple[Any, ...]) -> str:
    if not tied:
        return ""
    return f", the first to finish of {len(tied) + 1} that reached the same value"


def job_page(url: str | None) -> str | None:
    """Return the address of a job's page, without its query: that may hold secrets.

    None where it is not a web address.
    """
    url = url.partition("?")[0].partition("#")[0] if url else url
    return url if url and re.fullmatch(r"https?://[!-~]+", url) else None


def _link(url: str | None) -> str:
    url = job_page(url)
    if url is None:
        return ""
    return f", [job]({url.replace('(', '%28').replace(')', '%29').replace('<', '%3C').replace('>', '%3E')})"


def _commands(done: Application, changed: list[AppliedCircuit]) -> list[str]:
    files = " ".join(shlex.quote(os.path.normpath(each.results.file)) for each in changed)
    made = (made_by(each.results, each.spec) for each in changed)
    commands = [command for command in made if command is not None]
    commands.append(f"sweepgen report {files}")
    commands.append(f"sweepgen apply {files} --circuits {shlex.quote(done.file)} --diff")
    commands += [f"sweepgen compile {shlex.quote(spec)}" for spec in done.specs]
    if any(each.evidence is not None for each in changed):
        commands.append(f"sweepgen evidence check {shlex.quote(done.file)}")
    fence = "```"
    while any(fence in command for command in commands):
        fence += "`"
    return [f"{fence}bash", *(" ".join(command.split()) for command in commands), fence]


def made_by(results: Results, spec: str | None) -> str | None:
    """Return the command that makes the results again: from Azure ML, or by the same sweep on a machine.

    None where that is not known.
    """
    model = results.model
    assert model is not None  # noqa: S101 - only results with a model are shown
    sweep, file = model.sweep, shlex.quote(os.path.normpath(results.file))
    if sweep.source == "azureml":
        return f"sweepgen pull {shlex.quote(sweep.name)} -o {file}"
    if sweep.source != "local" or sweep.seed is None or spec is None:
        return None
    given = "".join(
        f" --set {shlex.quote(f'{name}={value}')}" for name, value in (sweep.inputs or {}).items()
    )
    return (
        f"sweepgen run {shlex.quote(spec)} --circuit {shlex.quote(sweep.circuit.name)}"
        f" --max-trials {len(results.trials)} --seed {sweep.seed}{given} -o {file}"
    )


def code(text: str) -> str:
    """Return text as a code span of Markdown, in a table's cell too; nothing in it can end the span."""
    line = " ".join(str(text).split()).replace("|", "\\|")
    fence = "`"
    while fence in line:
        fence += "`"
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
