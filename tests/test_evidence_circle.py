"""From a sweep to the merge on one machine: swept, confirmed, applied with its evidence, checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweepgen.cli import main
from test_confirm import project
from test_evidence import commit, git

__all__ = ["project"]


@pytest.mark.slow
def test_what_was_confirmed_here_is_applied_and_passes(project, monkeypatch, capsys):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.delenv("CI", raising=False)  # there, what is not committed is no one's work
    Path("sweepgen.toml").write_text('evidence = "evidence"\nrequire_confirmation = true\n')
    Path(".gitignore").write_text("sweepgen-runs/\nswept.json\n")
    git("init", "-qb", "main")
    commit("The first")
    assert (
        main(
            [
                "run",
                "t.tuning.yaml",
                "--circuit",
                "P/C",
                "--max-trials",
                "6",
                "--seed",
                "1",
                "-o",
                "swept.json",
            ]
        )
        == 0
    )
    assert main(["apply", "swept.json"]) == 1
    assert "SG764" in capsys.readouterr().out
    assert main(["confirm", "swept.json", "--local"]) == 0
    sweep = json.loads(Path("swept.json").read_text())["sweep"]
    assert (sweep["cutoff_date"], sweep["data"]) == ("2025-01-01", {"training_data": "./data"})
    capsys.readouterr()
    assert main(["apply", "swept.json", "--pr-body", "-"]) == 0
    text = capsys.readouterr().out
    assert "Confirmed: `loss` +" in text
    assert "5 of 5 seeds won" in text
    assert main(["evidence", "check"]) == 0
    assert "2 hyperparameters changed with their evidence" in capsys.readouterr().out
    commit("Tuned")
    assert main(["evidence", "check", "--base", "HEAD~1"]) == 0
    data = json.loads(Path("evidence/P_C.json").read_text())
    assert len(data["confirmation"]["pairs"]) == 5
    assert data["sweep"]["digest"].startswith("sha256:")
    script = Path("trial/src/train.py")
    script.write_text(script.read_text() + "# another training by now, under the same version\n")
    assert main(["evidence", "check", "--base", "HEAD~1"]) == 1
    assert "SG756" in capsys.readouterr().out
