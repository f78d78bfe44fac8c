"""The command line: one module for each command, one handler for every fault."""

from __future__ import annotations

import os
import sys

from sweepgen.version import __version__

USAGE = """\
Compile tuning specs to Azure ML sweeps that are right before submission.
usage: sweepgen COMMAND [ARGUMENTS]     (details: sweepgen COMMAND --help)

  init [DIR]           start a project: spec, circuits, trial, hooks, CI
  validate FILE...     check specs, circuits files and sweep results
  import FILE...       bring hand-written Azure ML sweeps over to specs
  compile SPEC...      write component, jobs and circuit configurations
  run SPEC...          run the same sweeps on this machine
  sample-data FILE DIR make sensor readings for circuits, to try a run with
  confirm RESULTS...   train winner and baseline again under fresh seeds
  submit SPEC...       submit compiled sweeps to Azure ML
  watch JOB...         follow sweeps in Azure ML until they end
  pull JOB...          fetch a sweep's results from Azure ML or MLflow
  version check|bump   check that versions rise with changes; raise them
  apply RESULTS...     write the best hyperparameters into circuits.yaml
  evidence check       check that changed hyperparameters have evidence
  compare RESULTS...   compare sweeps in one table
  report RESULTS...    write one page with plots that anybody can open
  schema NAME          print the JSON Schema of a spec, circuits.yaml or results
  rules                list every rule
  explain RULE         a rule with its reason, examples and source
  completion SHELL     print the completion script of bash, zsh or fish
  --version, --help    print the version, or this
Exit status: 0 nothing wrong, 1 findings, 2 could not run.
"""
COMMANDS = (
    "init",
    "validate",
    "import",
    "compile",
    "run",
    "sample-data",
    "confirm",
    "submit",
    "watch",
    "pull",
    "version",
    "apply",
    "evidence",
    "compare",
    "report",
    "schema",
    "rules",
    "explain",
    "completion",
)

LONG = frozenset({"import", "run", "confirm", "submit", "watch", "pull"})
"""Those that may run for hours."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0 nothing wrong, 1 findings, 2 could not run.

    Without `arguments` it is the process's own command, and a short one ends the process at once.
    """
    given = sys.argv[1:] if arguments is None else arguments
    _open_streams()
    status = _status(given)
    if arguments is None and not set(given[:1]) & LONG and not _is_measured():
        # Taking down what was imported would be a fifth of the time of a short command.
        os._exit(status)
    return status


def _open_streams() -> None:
    """Open what the caller has closed, as in `sweepgen rules >&-`, so that no file of ours takes its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open until the end


def _is_measured() -> bool:
    """Whether a profile or the coverage of this process is taken, which is written when it ends."""
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    tools = monitoring is not None and any(monitoring.get_tool(number) for number in range(6))
    return tools or sys.gettrace() is not None or sys.getprofile() is not None


def _status(given: list[str]) -> int:
    try:
        if _is_answered(given):
            sys.stdout.flush()
            return 0
        from sweepgen.terminal import guarded_output  # noqa: PLC0415 - for what others wrote

        with guarded_output():
            return _ended(given)
    except BrokenPipeError:  # the reader of the output has gone: `sweepgen rules | head`
        _drop_unwritable()
        return 1
    except OSError as fault:  # the disk to which the output goes is full
        if os.environ.get("SWEEPGEN_TRACEBACK"):
            raise
        _drop_unwritable()
        try:
            print(f"sweepgen: the output cannot be written: {fault.strerror}", file=sys.stderr)
        except OSError:  # standard error is the one that cannot
            _drop_unwritable()
        return 2
    except KeyboardInterrupt:
        return 130


def _drop_unwritable() -> None:
    """Drop what a stream does not take, now and from here on."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            stream.flush()


def _is_answered(given: list[str]) -> bool:
    """Answer what takes no module but the command line's own and the cache's; return whether it is that."""
    if given in (["--version"], ["-V"]):
        print(f"sweepgen {__version__}")
    elif given[:1] == ["validate"] and len(given) > 1 and not any(name.startswith("-") for name in given):
        from sweepgen.cache.verdicts import are_all_right  # noqa: PLC0415
        from sweepgen.reporters.counts import nothing_wrong  # noqa: PLC0415

        files = list(dict.fromkeys(given[1:]))
        if not are_all_right(files):
            return False
        print(nothing_wrong(len(files)))
    else:
        return False
    return True


def _ended(given: list[str]) -> int:
    """Run a command and print its fault, whichever it is."""
    from sweepgen.errors import SweepgenError  # noqa: PLC0415
    from sweepgen.terminal import OutputError, printable  # noqa: PLC0415

    try:
        return _run(given)
    except (BrokenPipeError, OutputError):
        raise
    except SweepgenError as fault:
        print(f"sweepgen: {printable(str(fault))}", file=sys.stderr)
        return 2
    except Exception as fault:
        if os.environ.get("SWEEPGEN_TRACEBACK"):
            raise
        message = f"{type(fault).__name__}: {fault}".splitlines()[0]
        print(
            f"sweepgen: this is a bug ({printable(message)}); SWEEPGEN_TRACEBACK=1 shows where",
            file=sys.stderr,
        )
        return 2


def _run(given: list[str]) -> int:
    command = given[0] if given else "--help"
    if command in ("--help", "-h", "help"):
        print(USAGE, end="")
        return 0 if given else 2
    if command not in COMMANDS:
        from sweepgen.suggest import did_you_mean  # noqa: PLC0415

        hint = did_you_mean(command, COMMANDS)
        print(f'sweepgen: there is no command "{command}"{f"; {hint}" if hint else ""}', file=sys.stderr)
        return 2
    try:
        os.getcwd()
    except FileNotFoundError:
        print("sweepgen: the working folder is gone: change to another one", file=sys.stderr)
        return 2
    import gc  # noqa: PLC0415 - what is answered above makes none

    # The others end before their garbage would matter, and a large circuits.yaml is millions of objects.
    if command not in LONG:
        gc.disable()
    # Plugins of other packages have no say in our models, and looking for them takes 20 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from importlib import import_module  # noqa: PLC0415 - only the command that runs is imported

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    module = import_module(f"sweepgen.cli.{command.replace('-', '_')}")
    status: int = module.run(given[1:])
    return status
