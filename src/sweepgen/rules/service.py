"""Rules of what only the service can tell: SG060 to SG062, SG350, SG351, SG550, SG650."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, error, warning

SUBMITTING = "docs/azure.md"
_IN_A_WORKSPACE = "It takes a workspace: what that has stands in no file of a project."

REFUSED = error(
    "SG060",
    "Request rejected by the service",
    name="rejected-request",
    why="Nothing can be said of what was not looked at, and what was not submitted does not run. Other circuits and"
    " jobs go their way; the same command again submits, or fetches, what is missing.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    no_example="It takes a service that refuses a call.",
)
NOT_KEPT = error(
    "SG061",
    "Record or results not written",
    name="unwritable-record",
    why="What lies there is another sweep's, or the disk does not take it. Other jobs go their way.",
    source=SUBMITTING,
    basis=Basis.OWN,
    no_example="It takes a disk that is full, or another sweep's results where these belong.",
)
CUT_OFF = warning(
    "SG062",
    "Unreadable line in a record",
    name="unreadable-record",
    why="A run that was killed, or a full disk, cuts a line off. Its job is in the workspace all the same: submitted"
    " again, the sweep is found there and put on record.",
    source=SUBMITTING,
    basis=Basis.PRACTICE,
    no_example="It takes a record whose line was cut off.",
)
NO_COMPUTE = error(
    "SG350",
    "Unknown compute",
    name="unknown-compute",
    why="The job is accepted, and fails when its first trial starts.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    no_example=_IN_A_WORKSPACE,
)
SMALL_COMPUTE = warning(
    "SG351",
    "More concurrent trials than nodes",
    name="too-few-nodes",
    why="The others wait in the queue, and the sweep's timeout counts while they do. A trial takes as many nodes as"
    " resources.instance_count says.",
    source=SUBMITTING,
    basis=Basis.PRACTICE,
    no_example=_IN_A_WORKSPACE,
)
NO_DATA = error(
    "SG550",
    "Training data not found",
    name="missing-data",
    why="The job fails at once, after its component was registered: a data asset that the workspace does not have, or a"
    " path where this machine has nothing to upload.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    bad=Example(spec="circuit: {training_data: ./data}"),
    good=Example(spec='circuit: {training_data: "azureml:data_{plant_id}_{circuit_id}:1"}'),
)
OTHER_CONTENT = error(
    "SG650",
    "Version registered with other content",
    name="version-registered",
    why="Registered versions never change: the job would run the old component without a word.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    no_example=_IN_A_WORKSPACE,
)
