"""Results for reports, a page's DOM, and a real browser."""

from __future__ import annotations

import json
import math
import random
import shutil
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SPACE = {
    "units": {"type": "choice", "values": [32, 64, 128]},
    "learning_rate": {"type": "loguniform", "min_value": 0.0001, "max_value": 0.01},
    "dropout": {"type": "uniform", "min_value": 0.0, "max_value": 0.5},
}
VOID = {"meta", "link", "input", "br", "path", "circle", "rect"}


def sweep(  # noqa: PLR0913
    number=0, trials=12, *, confirmed=None, seed=1, metric="val_loss", failed=False
):
    """Return results of one circuit; `confirmed` is the gain that fresh seeds show, as a share."""
    draw = random.Random(f"{seed}-{number}")  # noqa: S311
    rows = []
    for index in range(trials):
        rate = 10 ** draw.uniform(-4, -2)
        value = (0.2 + 0.1 * abs(math.log10(rate) + 3)) * math.exp(draw.gauss(0, 0.05))
        status = (
            "failed"
            if failed or draw.random() < 0.1
            else "terminated"
            if draw.random() < 0.3
            else "completed"
        )
        row = {
            "id": f"job_{number}_{index}",
            "status": status,
            "hyperparameters": {
                "units": draw.choice([32, 64, 128]),
                "learning_rate": rate,
                "dropout": draw.uniform(0, 0.5),
            },
            "metrics": None if status == "failed" else {metric: value},
            "started_at": f"2026-01-31T{index // 6 % 24:02}:{index % 6 * 10:02}:00Z",
            "ended_at": f"2026-01-31T{index // 6 % 24:02}:{index % 6 * 10 + 8:02}:{draw.randint(0, 59):02}Z",
        }
        if status == "failed":
            row["reason"] = "exit status 1"
        else:
            steps = 20 if status == "completed" else draw.randint(5, 12)
            curve = [[step, value * (1 + 2 * math.exp(-step / 5))] for step in range(1, steps)]
            row["history"] = {metric: [*curve, [steps, value]]}
        rows.append(row)
    data = {
        "schema": "sweepgen/results/v1",
        "sweep": {
            "name": f"job_{number}",
            "component": "pump:1.0.0",
            "digest": f"sha256:{'ab' * 32}",
            "circuit": {"plant_id": f"PLANT{number // 10:03}", "circuit_id": f"CIRCUIT{number % 10:02}"},
            "objective": {"primary_metric": metric, "goal": "minimize"},
            "source": "azureml",
            "search_space": SPACE,
            "url": f"https://ml.azure.com/runs/job_{number}?token=hidden",
        },
        "baseline": {
            "id": f"job_{number}_baseline",
            "status": "completed",
            "hyperparameters": {"units": 64, "learning_rate": 0.005, "dropout": 0.2},
            "metrics": {metric: 0.27},
        },
        "trials": rows,
    }
    done = [row for row in rows if row["status"] == "completed"]
    if confirmed is not None and done:
        winner = min(done, key=lambda row: row["metrics"][metric])
        pairs = [(0.27 * math.exp(draw.gauss(0, 0.02)), math.exp(draw.gauss(0, 0.02))) for _ in range(5)]
        data["confirmation"] = {
            "metric": metric,
            "winner": winner["id"],
            "hyperparameters": winner["hyperparameters"],
            "pairs": [
                {"seed": index + 1, "baseline": base, "winner": base * (1 - confirmed) * noise}
                for index, (base, noise) in enumerate(pairs)
            ],
        }
    return data


def write(folder, *sweeps):
    """Write results to files of a folder and return their paths."""
    paths = []
    for index, data in enumerate(sweeps):
        paths.append(folder / f"r{index:03}.json")
        paths[-1].write_text(json.dumps(data))
    return [str(path) for path in paths]


class Dom(HTMLParser):
    """The texts and values of a page: `data` elements by the article that they are in, and every tag."""

    def __init__(self, text):
        super().__init__()
        self.values, self.tags, self.text = {}, [], []
        self._article = None
        self._silent = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, given))
        if tag == "article":
            self._article = self.values.setdefault(given["data-file"], {})
        if tag in ("script", "style"):
            self._silent += 1
        if tag == "data" and self._article is not None:
            self._article.setdefault(given.get("class", "value"), []).append(given["value"])

    def handle_endtag(self, tag):
        if tag == "article":
            self._article = None
        if tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data):
        if not self._silent:
            self.text.append(data)


@contextmanager
def browser():
    """Give a real browser; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=120_000)
        yield started
        started.close()


@contextmanager
def opened(started, path, **options):
    """Give a page of a file with what it did: requests, messages of its console, dialogs and faults."""
    context = started.new_context(**options)
    context.set_default_timeout(120_000)
    page = context.new_page()
    did = []
    page.on("request", lambda request: did.append(request.url) if request.url != path.as_uri() else None)
    page.on("console", lambda message: did.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda fault: did.append(str(fault)))
    page.on("dialog", lambda dialog: (did.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.goto(path.as_uri())
    yield page, did
    context.close()


def draw_all(page, most=None):
    """Scroll through a page until all its charts are drawn."""
    for place in page.query_selector_all("[data-sweep]")[:most]:
        place.scroll_into_view_if_needed()
        page.wait_for_function(
            "place => [...place.querySelectorAll('.chart')].every(each => 'drawn' in each.dataset)"
            " && place.querySelector('.chart')",
            arg=place,
        )
