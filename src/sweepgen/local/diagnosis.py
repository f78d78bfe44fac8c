"""What the end of a trial's log means, in a sentence that says what to do."""

from __future__ import annotations

import re

_OF_THE_ENVIRONMENT = "mend the script, or install the versions of the component's environment"
_MEANINGS = (
    (
        r"No module named '?([\w.]+)",
        "the interpreter has no package {0}: install it, or name another interpreter with --python",
    ),
    (
        r"module '([\w.]+)' has no attribute '(\w+)'",
        "the {0} that is installed has no {1}: " + _OF_THE_ENVIRONMENT,
    ),
    (
        r"([\w.]+)\(\) got an unexpected keyword argument '(\w+)'",
        "{0}() takes no {1}: " + _OF_THE_ENVIRONMENT,
    ),
    (
        r"references untrusted types",
        "the MLflow that is installed saves no such scikit-learn model without skops_trusted_types: "
        + _OF_THE_ENVIRONMENT,
    ),
    (
        r"error: unrecognized arguments: (\S+)",
        "the command passes {0}, which the script does not take",
    ),
    (
        r"error: the following arguments are required: (.+)",
        "the command of the component does not pass {0}",
    ),
    (
        r"invalid int value: '(-?\d+\.0)'",
        "a stepped distribution passes {0}: use choice, or parse int(float(value)) in the trial",
    ),
    (
        r"error: argument ([\w-]+)[^:]*: (.+)",
        "the script rejects the value of {0}: {1}",
    ),
    (
        r"(?:active experiment ID does not match|Cannot start run with ID)",
        "the trial changes the MLflow experiment: it must log to the active run",
    ),
    (
        r"(?:MemoryError|ResourceExhaustedError|Unable to allocate|OOM when allocating)",
        "out of memory: try a smaller batch, or fewer trials at a time",
    ),
    (r"(?:can't open file|No such file or directory:?) ?'?([^'\n]+)'?", "{0} does not exist"),
    (r"error: (.+)", "{0}"),
)


def meaning(status: int, log: str) -> str:
    """Return what the end of a trial means, from its exit status (negative: the signal) and the end of its log."""
    if status in (-9, 137):
        return (
            "the system killed it, most likely out of memory: try a smaller batch, or fewer trials at a time"
        )
    if status < 0:
        return f"it was ended by signal {-status}"
    if status == 127:
        return "the command was not found"
    for pattern, message in _MEANINGS:
        found = None
        for found in re.finditer(pattern, log):  # noqa: B007 - the last one counts
            pass
        if found is not None:
            return message.format(*(group.strip() for group in found.groups()))
    raised = re.findall(r"^(\w[\w.]*(?:Error|Exception|Interrupt)\b.*)$", log, re.MULTILINE)
    return raised[-1].strip() if raised else f"it ended with exit status {status}"
