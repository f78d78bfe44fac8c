"""Hand-written files imported, compiled, and held to what azure-ai-ml would have sent of the original.

    python tests/import_proof.py ../shared/corpus/sweeps [NNN ...]

prints each file with the differences of the two wire bodies, and those that no finding names.
"""
# ruff: noqa: BLE001, T201 - whatever the SDK raises is a refusal; what differs is shown

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from sweep_corpus import laid_out
from sweepgen.checks.checker import Checker
from sweepgen.compiler.rendered_files import RenderedFiles
from sweepgen.compiler.rendering import Renderer
from sweepgen.findings import Finding
from sweepgen.importing.imported_files import import_files
from sweepgen.importing.sweep_file import read_sweep_file
from wire_bodies import compiled_sweep, differences, sweeps_of, unnamed


def written_out(spec, folder):
    """Write what a spec compiles to, whatever its checks find in the trial's code, and return its first job."""
    checker = Checker()
    loaded, _ = checker.loader.load(spec, checker.settings_for(spec))
    jobs = []
    for file in RenderedFiles(loaded, loaded.settings.with_output(folder), Renderer()):
        assert not isinstance(file, Finding), file.message
        Path(file.path).parent.mkdir(parents=True, exist_ok=True)
        Path(file.path).write_text(file.text, encoding="utf-8")
        jobs += [file.path] if file.path.endswith(".job.yaml") else []
    return jobs[0]


def proof(path, *, as_written=False):
    """Return the differences between each sweep of a file and what its spec compiles to, and those without a name.

    Raises what azure-ai-ml raises where it does not load the file.
    """
    before = sweeps_of(path)
    checker = Checker()
    done = import_files([path], checker, as_written=as_written)
    assert len(done.specs) == len(before), [finding.message for finding in done.report]
    sweeps = read_sweep_file(checker.loader.document(path)).sweeps
    findings = [finding for finding in done.report if finding.code != "SG838"]
    found, without = [], []
    for number, (body, sweep, spec) in enumerate(zip(before.values(), sweeps, done.specs, strict=True)):
        different = list(differences(body, compiled_sweep(written_out(spec, f"build{number}"))))
        found += different
        without += unnamed(different, findings, sweep)
    return found, without


def missing_files(path):
    """Put an empty conda file or code folder where one is named and missing: azure-ai-ml looks for them."""
    root = next(folder for folder in Path(path).parents if folder.name == "x")
    for file in (*root.rglob("*.yml"), *root.rglob("*.yaml")):
        text = file.read_text(encoding="utf-8-sig")
        for key, named in re.findall(
            r"^\s*(conda_file|code):\s*[\"']?([./\w-]+)\s*[\"']?\s*$", text, re.MULTILINE
        ):
            target = Path(os.path.normpath(file.parent / named))
            if target.exists():
                continue
            (target if key == "code" else target.parent).mkdir(parents=True, exist_ok=True)
            if key == "conda_file":
                target.write_text("dependencies: [python=3.10]\n")


def main(corpus, *names):
    """Print the proof of each file of a corpus."""
    loaded = named = 0
    for folder in sorted(Path(corpus).iterdir()):
        if not folder.is_dir() or (names and folder.name not in names):
            continue
        with tempfile.TemporaryDirectory() as target:
            path = laid_out(folder, target)
            missing_files(path)
            os.chdir(path.parent)
            try:
                found, without = proof(path.name)
            except AssertionError as fault:
                loaded += 1
                print(folder.name, "FAILS", fault)
            except Exception as fault:
                print(folder.name, "azure-ai-ml refuses it:", " ".join(str(fault).split())[:100])
            else:
                loaded, named = loaded + 1, named + (not without)
                print(folder.name, "UNNAMED" if without else "differs, named" if found else "same", *without)
            os.chdir("/")
    print(f"{named} of {loaded} the same, or with every difference named")


if __name__ == "__main__":
    main(*sys.argv[1:])
