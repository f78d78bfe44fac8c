"""`sweepgen init`: a new project, or a first spec for a component that is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sweepgen.cli.options import Parser
from sweepgen.cli.scaffold import SPEC, schema_line, start_project
from sweepgen.errors import UsageError
from sweepgen.resources import requirement
from sweepgen.version import __version__

if TYPE_CHECKING:
    import argparse


def run(arguments: list[str]) -> int:
    """Write a new project, or a spec for a component; nothing that is there already is touched."""
    options = parser().parse_args(arguments)
    if options.component is not None:
        return _draft(options)
    if options.circuits is not None:
        raise UsageError("--circuits goes with --component")
    started = start_project(options.folder)
    for place in started.written:
        print(f"written   {place}")
    for place in started.kept:
        print(f"kept      {place}: it already exists")
    if started.unignored:
        print(f"look at   .gitignore: runs also write {' '.join(started.unignored)}")
    package = requirement(__version__)
    if any(place.endswith(("sweepgen.yml", "azure-pipelines.yml")) for place in started.written):
        print(f"look at   SWEEPGEN in the CI files: it installs {package}", end="")
        print("" if " @ " in package else ", which a package index has to have; else write its address there")
    inside = "" if options.folder == "." else f"cd {options.folder} && "
    print(f"Next: {inside}sweepgen compile {SPEC}")
    return 0


def parser() -> Parser:
    """Return the command's parser."""
    parser = Parser(
        "init",
        "Start a project: a tuning spec, circuits.yaml, a trial, pre-commit and CI. With --component: a first spec for"
        " a trial that you have, and nothing else. Never overwrites.",
        "sweepgen init --component components/train/component.yaml --circuits config/circuits.yaml",
    )
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="where (default: here)")
    parser.add_argument(
        "--component", metavar="PATH", help="a command component: draft a spec that sweeps it"
    )
    parser.add_argument(
        "--circuits", metavar="FILE", help="the circuits file; default: config/circuits.yaml or circuits.yaml"
    )
    return parser


def _draft(options: argparse.Namespace) -> int:
    from sweepgen.documents.files import write_text  # noqa: PLC0415 - only for a draft
    from sweepgen.importing.component_draft import draft_spec  # noqa: PLC0415
    from sweepgen.project.loader import Loader  # noqa: PLC0415

    circuits = _circuits_named(options)
    draft = draft_spec(options.component, circuits, options.folder, Loader())
    path = os.path.normpath(os.path.join(options.folder, f"{draft.name}.tuning.yaml"))
    if os.path.lexists(path):
        raise UsageError(f"{path} already exists and is not replaced")
    write_text(path, schema_line(options.folder) + draft.text)
    print(f"written   {path}")
    for question in draft.questions:
        print(f"look at   {question}")
    print(f"Next: sweepgen validate {path}, then sweepgen compile {path}")
    return 0


def _circuits_named(options: argparse.Namespace) -> str:
    """Return the path of the circuits file. Raises UsageError, with what to write, where there is none."""
    below = _circuits_below(options.folder)
    if options.circuits is None and below is None:
        raise UsageError(f"no circuits file in config/circuits.yaml or circuits.yaml: {_NO_CIRCUITS}")
    if options.circuits is not None and not os.path.exists(options.circuits):
        hint = f"did you mean --circuits {below}?" if below is not None else _NO_CIRCUITS
        raise UsageError(f"--circuits: there is no {options.circuits}; {hint}")
    return str(options.circuits or below)


_NO_CIRCUITS = "name it with --circuits FILE; `sweepgen init DIR` writes an example to start from"


def _circuits_below(folder: str) -> str | None:
    paths = (
        os.path.normpath(os.path.join(folder, name)) for name in ("config/circuits.yaml", "circuits.yaml")
    )
    return next((path for path in paths if os.path.isfile(path)), None)
