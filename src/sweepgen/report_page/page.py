"""The page: one HTML file with everything in it, which loads nothing and runs nothing but our own script.

The libraries that draw come from the installed package vl-convert, packed, and run only where their hash is the one
that the page's security policy names.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sweepgen import resources
from sweepgen.report_page import chart_specs
from sweepgen.report_page.chart_look import configuration
from sweepgen.report_page.circuit_part import circuit_part
from sweepgen.report_page.drawing import vl_convert
from sweepgen.report_page.forest import WIDTH, estimate_of, forest_axis, forest_row
from sweepgen.report_page.texts import brief, clean, exact, shown
from sweepgen.report_page.verdict import TITLES
from sweepgen.results.standing import claimed
from sweepgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sweepgen.report_page.circuit_part import CircuitPart, Fact
    from sweepgen.report_page.importance import Importance
    from sweepgen.report_page.material import ReportMaterial

GENERATOR = "sweepgen report"
_MOST_POINTS, _FEWEST_POINTS, _ALL_POINTS = 200, 6, 24_000
"""Points of one learning curve, at the most and at the least, and of all of a page."""
_LISTED = 2000
"""Trials of a page up to which all of them are rows of its tables; beyond, its script lists them when asked."""
_FEW, _MOST_REASONS, _FEWER_REASONS = 20, 12, 2
"""Up to so many sweeps, a page has room for so many reasons why trials ended; beyond, for fewer."""


def parts_of(material: ReportMaterial) -> list[CircuitPart]:
    """Return the parts of a page, those first that need a person."""
    trials = sum(len(each.sweep.results.trials) for each in material.sweeps)
    points = max(_FEWEST_POINTS, min(_MOST_POINTS, _ALL_POINTS // max(trials, 1)))
    parts = [circuit_part(each, material, index, points) for index, each in enumerate(material.sweeps)]
    kinds = list(TITLES)
    return sorted(parts, key=lambda part: (part.urgency, kinds.index(part.verdict.kind), part.name))


def page_html(material: ReportMaterial, parts: Sequence[CircuitPart]) -> str:
    """Return the page. Raises UsageError where what draws is not installed."""
    library = vl_convert().javascript_bundle(vl_version=chart_specs.VEGA_LITE)
    estimates = [estimate_of(part.reported.row) for part in parts]
    axis = forest_axis(estimates)
    script, style = _resource("page.js"), _resource("page.css")
    tally = Counter(part.verdict.kind for part in parts)
    left_out: dict[str, list[str]] = {}
    for name, reason in material.comparison.left_out.items():
        left_out.setdefault(reason, []).append(name)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            parts=list(zip(parts, [forest_row(each, axis) for each in estimates], strict=True)),
            title=_title(parts),
            worrying=sum(bool(part.concerns) for part in parts),
            axis=axis,
            forest_width=WIDTH,
            material=material,
            comparison=material.comparison,
            left_out=left_out,
            kinds=[kind for kind in TITLES if kind in tally],
            tally=tally,
            titles=TITLES,
            shared=_shared_facts(parts),
            listed=sum(len(part.rows) for part in parts) <= _LISTED,
            most_reasons=_MOST_REASONS if len(parts) <= _FEW else _FEWER_REASONS,
            policy=_policy([script, library], style),
            script=Markup(script),  # noqa: S704 - our own file
            style=Markup(style),  # noqa: S704 - our own file
            library=_packed(library),
            values=_packed(_json(_drawn(parts))),
            version=__version__,
            generator=GENERATOR,
        )
    )


def _shared_facts(parts: Sequence[CircuitPart]) -> list[Fact]:
    """Return the facts that are the same of all sweeps, where there are several."""
    if len(parts) < 2:
        return []
    return [fact for fact in parts[0].facts if all(fact in part.facts for part in parts)]


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(resources.path("templates", "report")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters.update(
        shown=shown,
        brief=brief,
        exact=exact,
        claimed=claimed,
        change_note=_change_note,
        diff_kind=_diff_kind,
        outstanding=_outstanding,
    )
    return environment


def _title(parts: Sequence[CircuitPart]) -> str:
    if len(parts) == 1:
        return parts[0].name
    circuits = len({part.name for part in parts})
    return f"{len(parts)} sweeps of {circuits} circuit{'s' if circuits != 1 else ''}"


def _change_note(part: CircuitPart) -> str:
    """Return what `apply` would do with the best trial."""
    proposal = part.reported.proposal
    if part.reported.row.best is None:
        return "Nothing would change: no trial can be applied."
    if proposal.unknown is not None:
        return f"The change is unknown: {proposal.unknown}."
    if proposal.circuit is None:
        return "sweepgen apply would change nothing, for the findings under Remarks."
    if proposal.refused:
        return "sweepgen apply refuses to write this, for the errors under Remarks."
    if not proposal.circuit.changes:
        return "Nothing would change: the circuit has these values already."
    count = len(proposal.circuit.changes)
    return f"sweepgen apply would change {count} value{'s' if count > 1 else ''} and nothing else."


def _outstanding(found: Importance | None) -> str:
    """Return which hyperparameters mattered more than chance, as a sentence."""
    if found is None:
        return "Importance is not estimated: too few trials completed."
    names = found.standing_out
    chance = f"shuffled metrics reach {100 * found.chance:.0f} % in 5 of 100 shuffles"
    if not names:
        return f"No hyperparameter mattered more than chance: {chance}."
    return f"{', '.join(names)} mattered more than chance: {chance}."


def _diff_kind(line: str) -> str:
    if line.startswith(("---", "+++", "@@")):
        return "head"
    return {"+": "add", "-": "del"}.get(line[:1], "same")


def _finalized(value: Any) -> Any:
    """Return what is written into the page: text of others cleaned, our own markup as it is."""
    return clean(value) if type(value) is str else value


def _resource(name: str) -> str:
    with open(resources.path("templates", "report", name), encoding="utf-8") as file:
        return file.read()


def _policy(scripts: Sequence[str], style: str) -> str:
    """Return the content security policy: nothing is loaded, and only these scripts and this style count."""
    allowed = " ".join(f"'{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src '{_hash(style)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _packed(text: str) -> Markup:
    return Markup(base64.b64encode(zlib.compress(text.encode(), 9)).decode())  # noqa: S704 - letters and digits


def _json(data: Any) -> str:
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def _drawn(parts: Sequence[CircuitPart]) -> dict[str, Any]:
    """Return the values and the specifications of all charts; a specification that several share is there once."""
    specs: dict[str, int] = {}
    sweeps = {}
    for part in parts:
        charts = [
            [
                chart.kind,
                clean(chart.title),
                clean(chart.text),
                specs.setdefault(_json(chart.spec), len(specs)),
            ]
            for chart in part.charts.charts
        ]
        metric = clean(part.reported.row.metric)
        sweeps[part.anchor] = {
            "metric": metric,
            "names": [clean(name) for name in part.charts.names],
            "charts": charts,
            "data": part.charts.data,
        }
    looks = {name: configuration(dark=name == "dark") for name in ("light", "dark")}
    return {"looks": looks, "specs": [json.loads(each) for each in specs], "sweeps": sweeps}
