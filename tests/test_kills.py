"""Runs killed at any moment, as by a full memory: SWEEPGEN_KILLS says how often. The others are in test_interrupted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sweepgen.cloud.record import Record, RecordRow, rows_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
KILLS = int(os.environ.get("SWEEPGEN_KILLS", "0"))
ROWS = [
    RecordRow(
        f"job-{number}", "P/C", "t.tuning.yaml", "c:1.0.0", "sha256:0", "s", "g", "w", "https://a" * 40, None
    )
    for number in range(200)
]


def test_record_that_was_killed_is_whole_after_the_next_run(tmp_path):
    draw = random.Random(1)  # noqa: S311 - the same moments each time
    path, cut, moment = str(tmp_path / "submitted.jsonl"), 0, 0.01
    for _ in range(KILLS or 25):
        Path(path).unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            record = Record(path)
            for row in ROWS:
                record.keep(row)
            os._exit(0)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        rows, findings = rows_of(path) if os.path.exists(path) else ([], [])
        assert rows == ROWS[: len(rows)]
        assert len(findings) <= 1  # a line that was cut off
        cut += 0 < len(rows) < len(ROWS)
        moment *= draw.uniform(0.5, 1) if len(rows) == len(ROWS) else draw.uniform(1, 2)
        again = Record(path)
        for row in ROWS:
            again.keep(row)
        rows, findings = rows_of(path)
        assert rows == ROWS
        for finding in findings:  # cut off within the job's name: nobody can say which it was
            assert len(Path(path).read_text().splitlines()[finding.line - 1]) < len('{"job": "job-199",')
        assert os.listdir(tmp_path) == ["submitted.jsonl"]
    assert cut > 0


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    test_run = pytest.importorskip("test_run")
    monkeypatch.chdir(tmp_path)
    for folder in ("trial/src", "data", "temporary"):
        Path(folder).mkdir(parents=True)
    Path("data/MLTable").write_text("paths:\n- folder: .\n\n")
    Path("t.tuning.yaml").write_text(test_run.SPEC)
    Path("circuits.yaml").write_text(test_run.CIRCUITS)
    Path("trial/component.yaml").write_text(test_run.COMPONENT)
    body = "time.sleep(0.15)\nlog(args.rate, 0)\n"
    Path("trial/src/train.py").write_text(test_run.PARSER + test_run.FAST + test_run.NEVER + body)
    environment = {
        **os.environ,
        "TMPDIR": str(Path("temporary").absolute()),
        "MLFLOW_TRACKING_URI": f"file://{tmp_path}/mlruns",
    }
    return [
        sys.executable,
        "-m",
        "sweepgen",
        "run",
        "t.tuning.yaml",
        "--seed",
        "3",
        "-o",
        "results.json",
    ], environment


def reached():
    data = json.loads(Path("results.json").read_text())
    rows = [data["baseline"], *data["trials"]]
    return [(row["status"], row["hyperparameters"], row["metrics"]) for row in rows]


@pytest.mark.slow
def test_sweep_that_was_killed_ends_where_an_unbroken_one_would(sweep):
    command, environment = sweep
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    unbroken = reached()
    draw = random.Random(2)  # noqa: S311 - the same moments each time
    for _ in range(KILLS or 1):
        Path("results.json").unlink(missing_ok=True)
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 300
        while not Path("results.json").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(draw.uniform(0, 1.5))
        process.kill()
        process.wait()
        json.loads(Path("results.json").read_text())
        done = subprocess.run(
            [*command, "--resume"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert reached() == unbroken
        assert [path for path in Path().iterdir() if ".sweepgen-" in path.name] == []
        assert list(Path("temporary").glob("sweepgen-run-*")) == []
