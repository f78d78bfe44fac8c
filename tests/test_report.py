"""The page that a reviewer opens: its figures, its safety, its size, and how a real browser shows it."""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

import pytest
import yaml

import sweepgen
from report_pages import Dom, browser, draw_all, opened, sweep, write
from rule_project import RESULTS, SPEC, write_project
from sweepgen.cli import main
from sweepgen.report_page.importance import importance_of
from sweepgen.report_page.trial_rows import TrialRow

pytest.importorskip("vl_convert")
ROOT = Path(__file__).parent.parent
SEED = ROOT / "examples/seed/results/PLANT001_CIRCUIT01.json"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compared(capsys, *paths):
    capsys.readouterr()
    main(["compare", "--format", "json", *paths])
    return json.loads(capsys.readouterr().out)


def test_every_figure_is_that_of_compare(folder, capsys):
    sweeps = [
        sweep(0),
        sweep(1, confirmed=0.1),
        sweep(2, confirmed=-0.1),
        sweep(3, confirmed=0.01),
        sweep(4, failed=True),
    ]
    paths = write(folder, *sweeps)
    assert main(["report", *paths]) == 1  # of one no trial completed
    dom = Dom((folder / "report.html").read_text())
    rows = compared(capsys, *paths)["sweeps"]
    assert [row["circuit"] for row in rows] == [f"PLANT000/CIRCUIT0{number}" for number in range(5)]
    for row in rows:
        values = dom.values[row["file"]]
        for name in ("best", "baseline", "gain"):
            assert [float(each) for each in values.get(name, ())] == (
                [] if row[name] is None else [row[name]]
            )
        assert values.get("trial", []) == ([row["trial"]] if row["trial"] else [])
        counts = {name: int(values[name][0]) for name in row["trials"] if name in values}
        assert counts == {name: count for name, count in row["trials"].items() if count}
        assert values.get("value", []) == [repr(value) for value in row["hyperparameters"].values()]
        confirmation = row["confirmation"]
        if confirmation is not None:
            assert float(values["mean_gain"][0]) == confirmation["mean_gain"]
            assert [float(values["low"][0]), float(values["high"][0])] == confirmation["interval"]
            assert int(values["wins"][0]) == confirmation["wins"]
            assert float(values["level"][0]) == confirmation["level"]
        else:
            assert "mean_gain" not in values


def test_the_verdict_comes_first_and_what_needs_a_person_above_the_rest(folder):
    sweeps = [
        sweep(0),
        sweep(1, confirmed=0.1),
        sweep(2, confirmed=-0.1),
        sweep(3, confirmed=0.0),
        sweep(4, failed=True),
    ]
    text = sweepgen.report(*write(folder, *sweeps)).html
    order = [text.index(f">PLANT000/CIRCUIT0{number}</bdi></a>") for number in (2, 3)]
    assert order == sorted(order)
    first = text[text.index("<tbody>") : text.index("<article")]
    assert first.index("CIRCUIT02") == min(first.index(f"CIRCUIT0{number}") for number in range(5))
    for title in ("Confirmed loss", "Confirmed gain", "Not told apart", "Not confirmed", "No result"):
        assert title in text


def test_the_same_results_give_the_same_bytes(folder):
    paths = write(folder, sweep(0, confirmed=0.1), sweep(1))
    for kind in ("html", "svg", "png"):
        assert main(["report", *paths, "-o", f"one.{kind}"]) == 0
        assert main(["report", *paths, "-o", "two", "--format", kind]) == 0
        one = (folder / f"one.{kind}").read_bytes()
        assert one == (folder / "two").read_bytes()
        assert one.startswith({"html": b"<!doctype html>", "svg": b"<svg", "png": b"\x89PNG"}[kind])
        (folder / "two").unlink()


def test_only_a_report_is_replaced(folder, capsys):
    (path,) = write(folder, sweep(0))
    before = (folder / "r000.json").read_bytes()
    for name in (path, "r000.json"):
        assert main(["report", path, "-o", name]) == 2
    (folder / "notes.html").write_text("<!doctype html><title>mine</title>")
    assert main(["report", path, "-o", "notes.html"]) == 2
    assert "is not a report in HTML" in capsys.readouterr().err
    assert main(["report", path, "-o", "-"]) == 2
    assert (folder / "r000.json").read_bytes() == before
    assert main(["report", path]) == 0
    assert main(["report", path]) == 0


def test_a_folder_is_answered_with_the_files_to_name(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert f"{tmp_path}: it is a folder: name its files, such as {tmp_path}/*.json" in capsys.readouterr().err


def test_findings_go_to_standard_error(folder, capsys):
    paths = write(folder, sweep(0), sweep(1, failed=True))
    (folder / "broken.json").write_text(
        '{"schema": "sweepgen/results/v1", "sweep": {"name": 3}, "trials": []}'
    )
    assert main(["report", *paths, "broken.json"]) == 1
    out, err = capsys.readouterr()
    assert out == "written report.html\n"
    assert "SG701" in err
    assert "broken.json" in err
    page = (folder / "report.html").read_text()
    assert "Files left out of this page" in page
    assert main(["report", "broken.json", "-o", "none.html"]) == 1
    assert not (folder / "none.html").exists()
    assert main(["report", "missing.json"]) == 2


def test_without_the_extra_it_says_what_to_install(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    paths = write(folder, sweep(0))
    assert main(["report", *paths]) == 2
    assert "pip install 'sweepgen[report]'" in capsys.readouterr().err
    with pytest.raises(sweepgen.UsageError, match="extra report"):
        sweepgen.report(*paths)


def test_a_notebook_shows_verdict_and_charts_without_a_script(folder):
    shown = sweepgen.report(*write(folder, sweep(0, confirmed=0.1)))._repr_html_()
    assert "PLANT000/CIRCUIT00: ▲ Confirmed gain" in shown
    assert shown.count("data:image/svg+xml") == 7
    assert "<script" not in shown


EVIL = "<script>document.title='run'</script><img src=x onerror=alert(1)>\"'\u202eabc\x00\x1b[31m</script>{{7*7}}"


def hostile(which):  # noqa: PLR0912 - one branch a case
    data = sweep(0, 8)
    rows = data["trials"]
    if which == "one trial":
        return sweep(0, 1)
    if which == "a thousand trials":
        return sweep(0, 1000, confirmed=0.05)
    if which == "all failed":
        return sweep(0, 6, failed=True)
    if which == "no trial":
        data["trials"] = []
    if which == "NaN everywhere":
        for row in [*rows, data["baseline"]]:
            row["metrics"] = {"val_loss": "NaN"}
            row["history"] = {"val_loss": [[1, "NaN"], [2, None]]}
    if which == "one value only":
        for row in [*rows, data["baseline"]]:
            row["status"], row["metrics"], row["history"] = (
                "completed",
                {"val_loss": 0.0},
                {"val_loss": [[0, 0.0]]},
            )
            row["hyperparameters"] = {"units": 32, "learning_rate": 0.001, "dropout": 0.0}
    if which == "huge and tiny":
        for index, row in enumerate(rows):
            row["status"], row["metrics"] = "completed", {"val_loss": 10.0 ** (40 * index - 150)}
            row.pop("history", None)
    if which == "names":
        data = sweep(0, 8, metric=EVIL)
        data["sweep"]["search_space"] = {
            EVIL: {"type": "choice", "values": [EVIL, "b"]},
            **data["sweep"]["search_space"],
        }
        data["sweep"]["name"] = data["sweep"]["component"] = EVIL
        data["sweep"]["url"] = "javascript:alert(1)"
        data["sweep"]["inputs"] = {EVIL: EVIL}
        for row in data["trials"]:
            row["id"] += EVIL
            row["reason"] = EVIL
            row["hyperparameters"][EVIL] = EVIL
    if which == "no order":
        for index, row in enumerate(rows):
            row["hyperparameters"] = {
                "model": {"kind": "a", "depth": index},
                "units": "many" if index % 2 else None,
            }
        data["sweep"].pop("search_space")
    return data


CASES = (
    "one trial", "a thousand trials", "all failed", "no trial", "NaN everywhere", "one value only", "huge and tiny",
    "names", "no order",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_hostile_results_break_no_page(folder, case):
    (folder / "r.json").write_text(json.dumps(hostile(case)))
    assert main(["report", "r.json"]) in (0, 1)
    text = (folder / "report.html").read_text()
    dom = Dom(text)
    assert [tag for tag, _ in dom.tags].count("script") == 3
    assert not [given for _, given in dom.tags if any(name.startswith("on") for name in given)]
    assert not [given for _, given in dom.tags if str(given.get("href", "")).startswith("javascript")]
    assert "\u202e" not in text
    assert "\x00" not in text
    if "trials" in case or case == "names":
        assert main(["report", "r.json", "-o", "r.svg"]) in (0, 1)


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
@pytest.mark.parametrize(
    "policy",
    [
        "{type: bandit, evaluation_interval: x, slack_factor: 0.1}",
        "{type: bandit, slack_factor: -1}",
        "{type: bandit}",
        "{type: truncation_selection}",
        "{type: truncation_selection, truncation_percentage: 500}",
        "{type: truncation_selection, truncation_percentage: -50}",
    ],
)
def test_a_faulty_policy_of_the_spec_breaks_no_page(tmp_path, monkeypatch, policy, goal):
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, spec=f"{SPEC}early_termination: {policy}\n")
    results = yaml.safe_load(RESULTS.replace("minimize", goal))
    results["trials"][0]["history"] = {"val_loss": [[1, 0.4], [2, 0.3], [3, 0.28]]}
    Path("r.yaml").write_text(yaml.safe_dump(results))
    assert main(["report", "r.yaml", "-o", "r.html"]) == 0
    assert "PLANT001/CIRCUIT01" in Path("r.html").read_text()


def rows_of(draw, trials, effect):
    found = []
    for number in range(trials):
        values = {
            "a": draw.uniform(0, 1),
            "b": draw.choice([1, 2, 3]),
            "c": draw.choice(["x", "y"]),
            "d": draw.random(),
        }
        metric = draw.gauss(0, 1) + effect * values["a"]
        found.append(
            TrialRow(
                number,
                str(number),
                str(number),
                "completed",
                metric,
                values,
                None,
                None,
                [],
                None,
                is_best=False,
            )
        )
    return found


def test_importance_is_told_from_chance():
    draw = random.Random(3)  # noqa: S311
    by_chance = [importance_of(rows_of(draw, 10, 0), "minimize") for _ in range(120)]
    assert sum(bool(found.standing_out) for found in by_chance) <= 12  # 5 in 100 are expected
    real = [importance_of(rows_of(draw, 20, 8), "minimize") for _ in range(20)]
    assert all(found.standing_out == ["a"] for found in real if found.standing_out)
    assert sum(bool(found.standing_out) for found in real) >= 18
    assert importance_of(rows_of(draw, 5, 8), "minimize") is None


@pytest.mark.slow
def test_a_fleet_fits_a_page(folder):
    paths = write(
        folder, *(sweep(number, 20, confirmed=0.1 if number % 3 else None) for number in range(200))
    )
    began = time.process_time()
    text = sweepgen.report(*paths).html
    assert time.process_time() - began < 10
    assert len(text.encode()) <= 1_500_000
    with browser() as started:
        (folder / "fleet.html").write_text(text)
        with opened(started, folder / "fleet.html") as (page, did):
            page.click("button:text('Best')")
            assert page.locator("#overview th[aria-sort=ascending]").count() == 1
            taken = page.evaluate(
                "() => { const start = performance.now(); document.querySelector('#overview th:nth-child(8) button')"
                ".click(); document.body.offsetHeight; return performance.now() - start }"
            )
            assert taken < 2000
            page.locator("summary").nth(3).click()
            page.wait_for_selector("table.trials tbody tr")
            assert page.locator("table.trials tbody tr").count() == 20
            assert did == []


@pytest.mark.slow
def test_a_browser_shows_it_and_nothing_runs_but_our_own(folder):
    with browser() as started:
        for case in ("names", "one trial", "a thousand trials", "no trial", "one value only"):
            (folder / "r.json").write_text(json.dumps(hostile(case)))
            main(["report", "r.json"])
            with opened(started, folder / "report.html", viewport={"width": 1280, "height": 900}) as (
                page,
                did,
            ):
                if case != "no trial":
                    draw_all(page)
                assert did == [], case
                assert page.title() != "run"
                assert page.locator("main img").count() == 0
                assert page.evaluate("document.documentElement.scrollWidth") <= 1280, case


@pytest.mark.slow
def test_keyboard_and_screen_reader_reach_everything(folder):
    paths = write(
        folder, *(sweep(number, confirmed=(None, 0.1, -0.1, 0.0)[number % 4]) for number in range(4))
    )
    main(["report", *paths])
    axe = Path(os.environ.get("SWEEPGEN_NODE_MODULES", "/tmp/axe/node_modules"), "axe-core/axe.min.js")  # noqa: S108
    with browser() as started:
        for width, scheme in ((375, "light"), (1280, "dark"), (2560, "light")):
            shape = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
            with opened(started, folder / "report.html", **shape) as (page, did):
                draw_all(page, 2)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                if axe.is_file():
                    page.evaluate(axe.read_text())
                    found = page.evaluate(
                        "axe.run().then(found => found.violations.map(each => [each.impact, each.id,"
                        " each.nodes.map(node => node.html).slice(0, 3)]))"
                    )
                    assert not found, found
                assert did == []
        with opened(started, folder / "report.html") as (page, _):
            reached = set()
            for _ in range(90):
                page.keyboard.press("Tab")
                reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
            wanted = page.evaluate(
                "[...document.querySelectorAll('#controls input, #controls button, #overview thead button, a[href],"
                " summary')].map(each => each.outerHTML.slice(0, 200))"
            )
            assert not set(wanted) - reached
            page.focus("#search")
            page.keyboard.type("loss")
            assert page.locator("#overview tbody tr:visible").count() == 1
            assert page.locator("#shown").inner_text().startswith("1 of 4")
            page.focus("#overview thead th:nth-child(7) button")
            page.keyboard.press("Enter")
            assert page.locator("#overview thead th:nth-child(7)").get_attribute("aria-sort") == "ascending"


@pytest.mark.slow
def test_without_javascript_the_tables_stand(folder):
    main(["report", *write(folder, sweep(0, confirmed=0.1), sweep(1))])
    with (
        browser() as started,
        opened(started, folder / "report.html", java_script_enabled=False) as (page, _),
    ):
        text = page.locator("main").inner_text()
        for part in (
            "Overview",
            "Confirmed gain",
            "Change to circuits.yaml",
            "How the trials ended, and why",
        ):
            assert part in text
        assert page.locator("table.trials tbody tr").count() == 24
        assert not page.locator("#controls").is_visible()
