"""A golden's digest that changes is a change for every user, and has its words in the changelog."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
ANNOUNCED = json.loads((ROOT / "tests/reference/digests.json").read_text())
"""The words of the changelog that announce a set of digests, by that set."""


def digests():
    """Return the digests of all compiled examples as one short name."""
    found = []
    for folder in ("examples", "components"):
        for path in sorted(ROOT.joinpath(folder).rglob("*.yaml")):
            found += re.findall(r"sweepgen_digest: \"?(sha256:[0-9a-f]{64})", path.read_text())
    assert len(found) >= 4
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:12]


def test_digests_change_with_a_word_in_the_changelog():
    name = digests()
    assert name in ANNOUNCED, (
        f"the digests of compiled examples are {name} now: say so in CHANGELOG.md, and add {name} with those words to"
        " tests/reference/digests.json"
    )
    words = " ".join((ROOT / "CHANGELOG.md").read_text().split())
    assert ANNOUNCED[name] in words


def test_each_change_has_words_of_its_own():
    assert len(set(ANNOUNCED.values())) == len(ANNOUNCED)
