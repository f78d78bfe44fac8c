"""Draws docs/report.png: the top of the page of the seed's example, as chromium shows it. `make picture` runs it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import sweepgen

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1280, 1560


def main() -> None:
    """Write the page to a temporary folder, and the picture of its top to docs."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as running:
        page = Path(folder, "report.html")
        sweepgen.report(ROOT / "examples/seed/results/PLANT001_CIRCUIT01.json", output=page)
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(page.as_uri())
        tab.wait_for_selector(".chart")
        tab.wait_for_function("!document.querySelector('.chart:not([data-drawn])')")
        tab.screenshot(path=ROOT / "docs/report.png")
        browser.close()


if __name__ == "__main__":
    main()
