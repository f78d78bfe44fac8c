"""What sweepgen is for, in half a minute: `make demo`.

Works on a copy in a temporary folder; nothing of the checkout is changed. The report of the sweep stays behind.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = "examples/seed/hyperparameter_tuning_pipeline.tuning.yaml"
RESULTS = "examples/seed/results/PLANT001_CIRCUIT01.json"
PAGE = Path(tempfile.gettempdir(), "sweepgen-demo.html")
"""The one file that stays."""
SWEEPGEN = [sys.executable, "-m", "sweepgen"]


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def run(*arguments: str, expect: int = 0) -> None:
    """Show a command and run it; anything but the expected exit status ends the demo."""
    print(f"$ sweepgen {' '.join(arguments)}", flush=True)
    status = subprocess.run([*SWEEPGEN, *arguments], check=False).returncode
    if status != expect:
        raise SystemExit(f"demo: exit status {status}, expected {expect}")


def commit() -> None:
    """Commit what is here, in a repository of its own."""
    names = ["-c", "user.name=demo", "-c", "user.email=demo@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Demo"]):
        subprocess.run(["git", *names, *command], check=True)  # noqa: S607 - the user's own git


def main() -> None:
    """Break a spec, see what is found, mend it, compile it; compare and apply what the sweep found, bump."""
    with tempfile.TemporaryDirectory(prefix="sweepgen-demo-") as folder:
        for name in ("examples/seed", "components/train-lstm-model"):
            shutil.copytree(ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        os.chdir(folder)
        spec = Path(SPEC)
        right = spec.read_text()

        say("A sweep as it is often written by hand: four faults, none of which Azure's loader sees")
        wrong = right.replace("min_value: 0.0001, max_value: 0.01", "min_value: -9.2, max_value: -4.6")
        wrong = wrong.replace("primary_metric: val_loss", "primary_metric: validation_loss")
        wrong = wrong.replace("delay_evaluation: 10", "delay_evaluation: 200")
        wrong = wrong.replace("  batch_size: {type", "  batchsize: {type")
        spec.write_text(wrong)
        run("validate", SPEC, expect=1)

        say("The same sweep, mended: compiled to a component, a job and the circuit's configuration")
        spec.write_text(right)
        run("validate", SPEC)
        run("compile", SPEC)
        component = Path("components/hyperparameter-tuning-pipeline/component.yaml")
        lines = component.read_text().splitlines()
        start = next(index for index, line in enumerate(lines) if "search_space:" in line)
        say(f"{component}: the search space, with the logarithms that Azure ML draws from")
        indent = len(lines[start]) - len(lines[start].lstrip())
        below = itertools.takewhile(lambda line: line[: indent + 1].isspace(), lines[start + 1 :])
        print("\n".join([lines[start], *below]))
        say("The job of PLANT001/CIRCUIT01: its present hyperparameters feed the baseline")
        print(Path("examples/seed/jobs/PLANT001_CIRCUIT01.job.yaml").read_text())
        say("In step: what is on disk is what the spec says")
        run("compile", "--check", SPEC)

        say(
            "The sweep has run (eight trials and the baseline, recorded when the trial really ran): what did it find?"
        )
        run("compare", RESULTS)
        say("The same as one page that anybody can open: verdict, plots, the change itself")
        run("report", RESULTS, "-o", str(PAGE))
        say("Apply: the best trial's values into circuits.yaml, and not one byte besides")
        run("apply", RESULTS, "--diff")
        run("apply", RESULTS, "--compile", "--pr-body", "pull-request.md")
        say("The text for the pull request")
        print(Path("pull-request.md").read_text())
        say("Applied twice is applied once, and what was compiled is in step again")
        run("apply", RESULTS)
        run("compile", "--check", SPEC)

        say(
            "A component that changes without a new version would silently run the old one: the check stops it"
        )
        commit()
        spec.write_text(right.replace("[16, 32, 64]", "[8, 16, 32]"))
        run("version", "check", SPEC, "--base", "HEAD", expect=1)
        run("version", "bump", SPEC, "--base", "HEAD", "-m", "Smaller batches")
        run("version", "check", SPEC, "--base", "HEAD")
        rehearse()


def rehearse() -> None:
    """Run a small sweep on this machine, where the packages for it are installed."""
    missing = [name for name in ("mlflow", "optuna", "tensorflow") if importlib.util.find_spec(name) is None]
    if missing:
        say("The same sweep on this machine: left out, it needs the extra lstm (make test installs it)")
        return
    say("The same sweep on this machine: data, the baseline and three short trials")
    config, data = "examples/seed/config/circuits.yaml", "examples/seed/data"
    run("sample-data", config, data, "--days", "40")
    run("run", SPEC, "--max-trials", "3", "--seed", "1", "--set", "epochs=2", "-o", "rehearsal.json")
    say(
        "It shows that the sweep runs, and no more: what was never trained with the circuit's epochs is not applied"
    )
    run("apply", "rehearsal.json", "--force", "--dry-run", expect=1)


if __name__ == "__main__":
    main()
