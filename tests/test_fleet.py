"""Several circuits from one pool on this machine, and what shares a folder: real processes, real MLflow."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sweepgen
from sweepgen.cli import main
from sweepgen.project.sweep_progress import ENDED, RUNNING, WAITING, SweepProgress, TrialProgress
from test_run import (  # noqa: F401 - project is a fixture
    FAST,
    SPANS,
    alive,
    most_at_a_time,
    project,
    results,
    runs_left,
    script,
    spans,
    spec,
)

pytest.importorskip("mlflow")
pytest.importorskip("rich")
ENTRY = (
    '  - {{plant_id: {plant}, circuit_id: {circuit}, model_name: m, features: [a], cutoff_date: "2025-01-01",'
    " hyperparameters: {{rate: 0.05, units: 1}}}}\n"
)


@pytest.fixture
def fleet(project):  # noqa: F811 - the fixture
    circuits(("P", "A"), ("P", "B"), ("Q", "A"))
    spec(("select: P/C", 'select: "*/*"'), ("max_trials: 4", "max_trials: 2"))
    return project


def circuits(*names):
    entries = "".join(ENTRY.format(plant=plant, circuit=circuit) for plant, circuit in names)
    Path("circuits.yaml").write_text(f"circuits:\n{entries}")


def written(folder="results"):
    return sorted(path.name for path in Path(folder).glob("*.json"))


def statuses(path):
    return [trial["status"] for trial in results(path)["trials"]]


def test_every_circuit_runs_and_has_a_file_of_its_own(fleet, capsys):
    assert main(["run", "t.tuning.yaml", "--parallel", "2"]) == 0
    assert written() == ["P_A.json", "P_B.json", "Q_A.json"]
    assert all(statuses(f"results/{name}") == ["completed"] * 2 for name in written())
    out = capsys.readouterr().out
    assert "3 circuits, 6 trials, 2 at a time\n" in out
    assert "P/B: trial 1 completed, loss " in out
    assert out.count("\ncircuit  metric") == 1
    assert main(["compare", *(f"results/{name}" for name in written())]) == 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["P/A", "Q/*"], ["P_A.json", "Q_A.json"]),
        (["*/A"], ["P_A.json", "Q_A.json"]),
        (["P/[B]", "P/B"], ["P_B.json"]),
    ],
)
def test_circuits_are_named_by_several_names_and_globs(fleet, given, expected):
    options = [word for each in given for word in ("--circuit", each)]
    assert main(["run", "t.tuning.yaml", "--max-trials", "1", *options]) == 0
    assert written() == expected


def test_a_glob_that_stands_for_nothing_is_a_fault(fleet, capsys):
    assert main(["run", "t.tuning.yaml", "--circuit", "P/A", "--circuit", "R/*"]) == 2
    assert 'the spec does not select the circuit "R/*"' in capsys.readouterr().err
    assert not Path("results").exists()


def test_several_specs_run_from_one_pool(fleet, capsys):
    text = Path("t.tuning.yaml").read_text().replace("name: tiny", "name: other")
    Path("u.tuning.yaml").write_text(text.replace('"*/*"', "Q/A"))
    assert main(["run", "t.tuning.yaml", "u.tuning.yaml", "--max-trials", "1", "--circuit", "*/A"]) == 0
    assert written() == ["P_A.json", "other_Q_A.json", "tiny_Q_A.json"]
    assert results("results/other_Q_A.json")["sweep"]["component"] == "other:1.0.0"
    capsys.readouterr()
    assert main(["run", "t.tuning.yaml", "t.tuning.yaml", "--max-trials", "1"]) == 0
    assert written()[1:3] == ["P_B.json", "Q_A.json"]


def test_no_more_trials_at_a_time_than_the_pool_has(fleet):
    script(SPANS)
    assert main(["run", "t.tuning.yaml", "--parallel", "2"]) == 0
    found = spans()
    assert len(found) == 9
    assert most_at_a_time(found) == 2


def test_cores_bound_what_the_spec_asks_for_with_a_word(fleet, capsys, monkeypatch):
    monkeypatch.setattr("sweepgen.local.rehearsal._cores", lambda: 1)
    assert main(["run", "t.tuning.yaml", "--max-trials", "1"]) == 0
    word = "1 at a time (not 2: this machine has no more cores; --parallel N sets another number)"
    assert word in capsys.readouterr().out


def test_a_circuit_that_cannot_run_stops_no_other(fleet, capsys):
    spec(("training_data: ./data", "training_data: ./data/{circuit_id}"))
    for name in ("A", "B"):
        Path("data", name).mkdir()
        Path("data", name, "MLTable").write_text("paths:\n- folder: .\n\n")
    script(FAST + "log(args.rate, 0)\n")
    assert main(["run", "t.tuning.yaml", "--max-trials", "1"]) == 0
    Path("data/B/MLTable").unlink()
    Path("data/B").rmdir()
    capsys.readouterr()
    assert main(["run", "t.tuning.yaml", "--max-trials", "1", "-o", "again/"]) == 1
    out = capsys.readouterr().out
    assert "error[SG576 circuit-not-run]: P/B was not run: training_data: " in out
    assert written("again") == ["P_A.json", "Q_A.json"]


def test_a_circuit_that_cannot_go_on_stops_no_other(fleet, capsys):
    """Where its folder should be made is a file by the time it begins."""
    script(
        FAST
        + "log(args.rate, 0)\nimport glob, shutil\n"
        + "for each in glob.glob(str(pathlib.Path(args.data).parent / 'results/sweepgen-runs/*_P_B_*')):\n"
        + "    if os.path.isdir(each):\n        shutil.rmtree(each)\n        pathlib.Path(each).write_text('')\n"
    )
    assert main(["run", "t.tuning.yaml", "--parallel", "1"]) == 1
    out = capsys.readouterr().out
    assert re.search(r"error\[SG576 circuit-not-run\]: the sweep of P/B stopped: .*P_B", out)
    assert statuses("results/P_A.json") == statuses("results/Q_A.json") == ["completed"] * 2
    assert results("results/P_B.json")["trials"] == []


def test_a_fleet_goes_on_where_it_was(fleet, capsys):
    assert main(["run", "t.tuning.yaml", "--max-trials", "1", "--seed", "7"]) == 0
    names = [results(f"results/{name}")["sweep"]["name"] for name in written()]
    Path("results/Q_A.json").unlink()
    assert main(["run", "t.tuning.yaml", "--resume", "--seed", "7"]) == 0
    assert [results(f"results/{name}")["sweep"]["name"] for name in written()][:2] == names[:2]
    assert main(["run", "t.tuning.yaml", "--seed", "7", "-o", "whole/"]) == 0
    for name in written():
        drawn, whole = (
            [trial["hyperparameters"] for trial in results(f"{folder}/{name}")["trials"]]
            for folder in ("results", "whole")
        )
        assert drawn == whole
    capsys.readouterr()
    stores = len(list(Path("results/sweepgen-runs/mlruns").glob("*/*/meta.yaml")))
    assert main(["run", "t.tuning.yaml", "--resume"]) == 0  # nothing is left: nothing is opened
    assert len(list(Path("results/sweepgen-runs/mlruns").glob("*/*/meta.yaml"))) == stores


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "all.json"], "3 circuits need a file each: -o has to name a folder, not all.json"),
        (["--resume"], "results/P_A.json does not exist"),
        (["--parallel", "0"], "--parallel"),
    ],
)
def test_what_cannot_run_says_why(fleet, capsys, options, told):
    assert main(["run", "t.tuning.yaml", *options]) == 2
    assert told in capsys.readouterr().err
    assert not Path("results").exists()


def test_results_of_another_circuit_or_spec_are_never_replaced(fleet, capsys):
    one = ["run", "t.tuning.yaml", "--max-trials", "1", "-o", "one.json", "--circuit"]
    assert main([*one, "P/A"]) == 0
    before = Path("one.json").read_bytes()
    assert main([*one, "P/B"]) == 2
    assert (
        "one.json holds the results of P/A, not of P/B: name another file with -o" in capsys.readouterr().err
    )
    Path("u.tuning.yaml").write_text(Path("t.tuning.yaml").read_text())
    assert main(["run", "u.tuning.yaml", *one[2:], "P/A"]) == 2
    assert "one.json holds the results of another spec, t.tuning.yaml" in capsys.readouterr().err
    spec(("name: tiny", "name: tinier"))
    assert main([*one, "P/A"]) == 2
    assert "one.json holds the results of another spec, tiny:1.0.0" in capsys.readouterr().err
    assert Path("one.json").read_bytes() == before
    spec(("name: tinier", "name: tiny"), ("version: 1.0.0", "version: 1.0.1"))
    assert main([*one, "P/A"]) == 0


def test_earlier_results_are_kept_in_the_folder_of_their_sweep(fleet, capsys):
    one = ["run", "t.tuning.yaml", "--max-trials", "1", "--circuit", "P/A"]
    assert main(one) == 0
    first = results("results/P_A.json")
    assert main(one) == 0
    name = first["sweep"]["name"]
    assert (
        f"the earlier results are kept in results/sweepgen-runs/{name}/results.json"
        in capsys.readouterr().out
    )
    kept = results(f"results/sweepgen-runs/{name}/results.json")
    assert kept["trials"] == first["trials"]
    assert results("results/P_A.json")["sweep"]["name"] != name
    assert main(["apply", f"results/sweepgen-runs/{name}/results.json", "--dry-run", "--force"]) == 0


@pytest.mark.slow
def test_a_second_run_into_the_same_results_says_no(fleet, capsys):
    script(FAST + "log(args.rate, 0)\ntime.sleep(600 if pathlib.Path(args.data, 'slow').exists() else 0)\n")
    Path("data/slow").write_text("")
    command = [sys.executable, "-m", "sweepgen", "run", "t.tuning.yaml", "--circuit", "P/A"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not Path("results/P_A.json").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert main(["run", "t.tuning.yaml"]) == 2
        told = "results/P_A.json is in use by another run: wait until that ends, or name another file with -o"
        assert told in capsys.readouterr().err
        assert written() == ["P_A.json"]
        Path("data/slow").unlink()
        assert main(["run", "t.tuning.yaml", "--circuit", "P/B", "--max-trials", "1"]) == 0
    finally:
        first.kill()
        first.wait()


def test_sweeps_of_one_second_share_no_name(fleet):
    assert main(["run", "t.tuning.yaml", "--max-trials", "1"]) == 0
    names = [results(f"results/{name}")["sweep"]["name"] for name in written()]
    assert [re.sub(r"_\d{8}_\d{6}_[0-9a-f]{6}$", "", name) for name in names] == [
        "local_tiny_P_A",
        "local_tiny_P_B",
        "local_tiny_Q_A",
    ]
    assert len(set(names)) == 3


@pytest.mark.slow
def test_runs_at_once_into_one_folder_lose_nothing(project):  # noqa: F811
    runs_at_once = int(os.environ.get("SWEEPGEN_RUNS", "4"))
    circuits(*(("P", f"C{number:02d}") for number in range(runs_at_once)))
    spec(("select: P/C", 'select: "*/*"'))
    script(
        FAST
        + "log(args.rate, 0)\npathlib.Path(args.model, 'weights').write_text(args.config)\n"
        + "pathlib.Path(args.metrics).write_text('1')\n"
    )
    command = [sys.executable, "-m", "sweepgen", "run", "t.tuning.yaml", "--max-trials", "1", "--circuit"]
    runs = [
        subprocess.Popen(
            [*command, f"P/C{number:02d}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for number in range(runs_at_once)
    ]
    for each in runs:
        out, _ = each.communicate(timeout=600)
        assert each.returncode == 0, out
    assert len(written()) == runs_at_once
    for name in written():
        found = results(f"results/{name}")
        assert statuses(f"results/{name}") == ["completed"]
        folder = Path("results/sweepgen-runs", found["sweep"]["name"])
        for trial in ("baseline", "0"):
            assert (folder / trial / "log.txt").exists()
            assert (folder / trial / "run.sh").exists()
            assert f"P_{name[2:5]}" in (folder / trial / "outputs/model/weights").read_text()


HANGS = (
    FAST
    + """\
log(args.rate, 0)
if pathlib.Path(args.data, "slow").exists():
    import subprocess
    child = subprocess.Popen(["sleep", "7700"])
    for pid in (child.pid, os.getpid()):
        pathlib.Path(args.data, f"up-{pid}").write_text("")
    time.sleep(7700)
"""
)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_a_fleet_ends(fleet, number):
    script(HANGS)
    Path("temporary").mkdir()
    options = ["t.tuning.yaml", "--max-trials", "3", "--seed", "1", "--parallel", "3"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sweepgen", "run", *options],
        env={**os.environ, "TMPDIR": str(fleet / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None,  # noqa: PLW1509
    )
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and len(list(Path("data").glob("up-*"))) < 6:
        if Path("results/P_A.json").exists() and "completed" in statuses("results/P_A.json"):
            Path("data/slow").write_text("")
        time.sleep(0.05)
    pids = [int(path.name[3:]) for path in Path("data").glob("up-*")]
    assert len(pids) == 6
    process.send_signal(number)
    out, _ = process.communicate(timeout=120)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (runs_left() or any(map(alive, pids))):
        time.sleep(0.05)
    assert not any(map(alive, pids))
    assert runs_left() == []
    assert written() == ["P_A.json", "P_B.json", "Q_A.json"]
    assert not [path for path in Path("results").rglob("*") if ".sweepgen-" in path.name]
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert out.rstrip().endswith(f"sweepgen run --resume {' '.join(options)}")
        assert "SG70" not in out
    Path("data/slow").unlink()
    assert main(["run", "--resume", *options]) == 0
    assert main(["run", *options, "-o", "whole/"]) == 0
    for name in written():
        drawn, whole = (
            [trial["hyperparameters"] for trial in results(f"{folder}/{name}")["trials"]]
            for folder in ("results", "whole")
        )
        assert drawn == whole
        assert statuses(f"results/{name}") == ["completed"] * 3


def test_a_failure_names_the_users_file_and_shows_a_traceback_once(fleet, capsys):
    Path("trial/src/helper.py").write_text("def fail(units):\n    raise ValueError(f'{units} are wrong')\n")
    script(
        "import helper\ntime.sleep(0.1)\nif args.rate != 0.05:\n    helper.fail(args.rate)\n"
        + FAST
        + "log(1, 0)\n"
    )
    assert main(["run", "t.tuning.yaml", "--parallel", "1", "--circuit", "P/A"]) == 1
    out = capsys.readouterr().out
    assert 'File "trial/src/helper.py", line 2, in fail' in out
    assert "sweepgen-run-" not in out
    assert out.count("in fail\n") == 1
    assert re.search(r"    \| the traceback is that of local_tiny_P_A_\w+_0\n", out)


def rendered(sweeps, width, height):
    from rich.console import Console

    from sweepgen.reporters.live_view import table_of

    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    console.print(table_of(sweeps, width, height))
    return console.file.getvalue().splitlines()


def sweep(number, state, **more):
    return SweepProgress(f"PLANT001/CIRCUIT{number:02d}", "val_loss", state, 20, **more)


def test_the_view_of_a_fleet_fits_the_terminal():
    running = tuple(TrialProgress(f"trial {each}", 0.25, 12, 50, 61.0) for each in (7, 8))
    sweeps = [
        *(
            sweep(each, ENDED, completed=15, failed=2, ended_early=3, best=0.2, baseline=0.3, seconds=3700.0)
            for each in range(30)
        ),
        sweep(30, RUNNING, completed=6, canceled=1, baseline=0.3, seconds=90.0, left=120.0, running=running),
        *(sweep(each, WAITING) for each in range(31, 40)),
    ]
    lines = rendered(sweeps, 80, 21)
    assert len(lines) <= 22
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert re.search(r"PLANT001/CIRCUIT30 +7/20 +0\.3 +1 +1:30 +2:00", text)
    assert re.search(r"  trial 7 +epoch 12/50 +0\.25 +1:01", text)
    assert re.search(r"PLANT001/CIRCUIT31 +waiting", text)
    assert re.search(r"PLANT001/CIRCUIT29 +20/20 +0\.2 +0\.3 +2 +3 +1:01:40", text)
    hidden = re.search(r"… (\d+) ended, (\d+) waiting", text)
    assert sum(map(int, hidden.groups())) == 40 - text.count("PLANT001/")
    assert len(rendered(sweeps, 200, 60)) == 1 + 40 + 2


def test_canceled_trials_have_a_column_of_their_own(fleet):
    lines = rendered([sweep(1, RUNNING, canceled=2, failed=1)], 80, 20)
    assert lines[0].split()[-5:] == ["failed", "early", "canceled", "gone", "left"]
    assert lines[1].split()[-2:] == ["1", "2"]


def test_canceled_trials_are_no_failed_ones_in_the_comparison(fleet, capsys):
    assert main(["run", "t.tuning.yaml", "--circuit", "P/A"]) == 0
    found = results("results/P_A.json")
    found["trials"][1]["status"] = "canceled"
    Path("results/P_A.json").write_text(json.dumps(found))
    capsys.readouterr()
    assert main(["compare", "results/P_A.json"]) == 0
    head, row = capsys.readouterr().out.splitlines()[:2]
    assert re.split(" {2,}", head)[-4:] == ["done", "failed", "early", "canceled"]
    assert row.split()[-4:] == ["1", "0", "0", "1"]


def test_names_cannot_move_the_cursor():
    from sweepgen.reporters.live_view import table_of

    bad = SweepProgress("P/\x1b[2JC", "[red]loss", RUNNING, 2)
    from rich.console import Console

    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    console.print(table_of([bad], 80, 20))
    assert "\x1b[2J" not in console.file.getvalue()
    assert "[red]loss" in console.file.getvalue()


@pytest.mark.slow
def test_lines_are_plain_where_no_terminal_is(fleet):
    code = (
        "import sys\nfrom sweepgen.cli import main\nstatus = main(['run', 't.tuning.yaml', '--max-trials', '1'])\n"
        "assert 'rich' not in sys.modules\nsys.exit(status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout


def test_the_function_runs_one_circuit(fleet):
    with pytest.raises(sweepgen.UsageError, match="selects 3 circuits, name one of them: P/A, P/B, Q/A"):
        sweepgen.run_sweep("t.tuning.yaml", stream=io.StringIO())
    path = sweepgen.run_sweep("t.tuning.yaml", "P/B", max_trials=1, parallel=1, stream=io.StringIO())
    assert path == "results/P_B.json"
    assert json.loads(Path(path).read_text())["sweep"]["circuit"]["circuit_id"] == "B"
