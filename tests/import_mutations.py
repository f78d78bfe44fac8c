"""Hand-written sweeps mutated at random: whatever is wrong with one gives findings, and nothing but findings.

    python tests/import_mutations.py ../shared/corpus/sweeps 10000 [first seed]

prints every file that an import could not read its way through, that it said nothing of, or that took over a second.
"""
# ruff: noqa: BLE001, S311, T201 - any exception is a fault; mutants are drawn, and shown

from __future__ import annotations

import copy
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import yaml

from sweepgen.checks.checker import Checker
from sweepgen.errors import SweepgenError
from sweepgen.importing.imported_files import import_files

ODD = (
    *(
        None,
        True,
        False,
        0,
        -1,
        3.5,
        10**30,
        -800,
        800,
        "",
        "x",
        "\0",
        "é\u2028",
        "a: b",
        "{x}",
        "{{y}}",
        "../..",
        "1e-3",
    ),
    *(
        "${{parent.inputs.x}}",
        "${{parent.jobs.a.outputs.b}}",
        "${{inputs.a}}",
        "azureml:x:1",
        "/subscriptions/a",
        "loguniform",
    ),
    *(
        [],
        {},
        [1],
        [{}],
        {"a": 1},
        {"type": "choice"},
        ["uniform", [0, 1]],
        {"path": "x"},
        {"path": None},
        {"type": 5},
    ),
    {"type": "loguniform", "min_value": 0, "max_value": 1},
)
KEYS = ("type", "trial", "search_space", "inputs", "x", "name", "values", "self")


def mutated(text, rng):
    """Return a text with one to three changes: of its values, or of its lines."""
    if rng.random() < 0.6:
        data = yaml.safe_load(text)
        for _ in range(rng.randint(1, 3)):
            _mutate_value(data, rng)
        return yaml.safe_dump(data, sort_keys=False, default_flow_style=rng.choice([False, None, True]))
    lines = text.split("\n")
    for _ in range(rng.randint(1, 3)):
        _mutate_line(lines, rng)
    return "\n".join(lines)


def _paths(node, path=()):
    yield path
    for key, item in (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    ):
        yield from _paths(item, (*path, key))


def _mutate_value(data, rng):
    paths = [path for path in _paths(data) if path]
    if not paths:
        return
    *way, last = rng.choice(paths)
    holder = data
    for step in way:
        holder = holder[step]
    chance = rng.random()
    if chance < 0.3:
        del holder[last]
    elif chance < 0.8:
        holder[last] = copy.deepcopy(rng.choice(ODD))
    elif isinstance(holder, dict):
        holder[rng.choice(KEYS)] = holder.pop(last)
    else:
        holder.append(copy.deepcopy(holder[last]))


def _mutate_line(lines, rng):
    number, chance = rng.randrange(len(lines)), rng.random()
    line = lines[number]
    if chance < 0.3 and len(lines) > 1:
        del lines[number]
    elif chance < 0.5:
        lines[number] = f"  {line}"
    elif chance < 0.6:
        lines.insert(number, "<<<<<<< HEAD")
    elif chance < 0.7:
        lines[number] = f"{line}  # c: [ \" '"
    elif chance < 0.8:
        lines[number] = line.replace(":", "", 1)
    elif line:
        at = rng.randrange(len(line))
        lines[number] = line[:at] + rng.choice("{}[]#:-\"'|>&*!%@`\t") + line[at + 1 :]


def faults_of(texts, *, count, first=0, seconds=None):
    """Return what went wrong with `count` mutants of some texts in the working folder."""
    faults = []
    for seed in range(first, first + count):
        rng = random.Random(seed)
        text = mutated(rng.choice(texts), rng)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "mutant.yml")
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
            start = time.process_time()
            try:
                done = import_files([str(path)], Checker(), as_written=rng.random() < 0.3, write=False)
                if not done.specs and not done.report.errors:
                    faults.append(f"{seed}: nothing is imported, and nothing said")
            except SweepgenError as fault:
                faults.append(f"{seed}: {fault}")
            except Exception as fault:
                faults.append(f"{seed}: {type(fault).__name__}: {fault}")
            took = time.process_time() - start
            if seconds is not None and took > seconds:
                faults.append(f"{seed}: {took:.2f} s")
    return faults


def main(corpus, count, first="0"):
    """Mutate the files of a corpus, and our own compiled ones."""
    root = Path(__file__).parent.parent
    files = [
        *sorted(Path(corpus).glob("*/sweep.yml")),
        *root.glob("examples/*/jobs/*.yaml"),
        *root.glob("**/component.yaml"),
    ]
    texts = []
    for file in files:
        text = file.read_text(encoding="utf-8-sig")
        try:
            yaml.safe_load(text)
        except yaml.YAMLError:
            continue
        texts.append(text)
    os.chdir(root)
    faults = faults_of(texts, count=int(count), first=int(first), seconds=1)
    print("\n".join([*faults, f"{len(faults)} faults in {count} mutants"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
