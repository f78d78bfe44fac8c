"""Rules on what only the service knows: SG060 to SG062, SG350, SG351, SG550, SG650."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, error, warning

SUBMITTING = "docs/azure.md"
_IN_A_WORKSPACE = "It takes a workspace, which is not part of a project's files."

REFUSED = error(
    "SG060",
    "Request rejected by the service",
    name="rejected-request",
    why="The other circuits and jobs are not affected. Run the same command again to submit, or fetch, what is"
    " missing.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    mend="Follow the service's own message (access, quota, a name), then run the same command again.",
    no_example="It takes a service that rejects a request.",
)
NOT_KEPT = error(
    "SG061",
    "Record or results not written",
    name="unwritable-record",
    why="The file belongs to another sweep, or the disk is full or read-only. The other jobs are not affected.",
    source=SUBMITTING,
    basis=Basis.OWN,
    mend="Free the disk, or write to another file with -o, then run the same command again.",
    no_example="It takes a disk that is full, or another sweep's results where these belong.",
)
CUT_OFF = warning(
    "SG062",
    "Unreadable line in a record",
    name="unreadable-record",
    why="The line was cut off by a killed process or a full disk. Its job still exists in the workspace: when the"
    " sweep is submitted again, the job is found and recorded.",
    source=SUBMITTING,
    basis=Basis.PRACTICE,
    mend="Remove the line.",
    no_example="It takes a record whose line was cut off.",
)
NO_COMPUTE = error(
    "SG350",
    "Unknown compute",
    name="unknown-compute",
    why="The job is accepted, and fails when its first trial starts.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    mend="Write the name of a compute of the workspace (`az ml compute list`), or create it.",
    no_example=_IN_A_WORKSPACE,
)
SMALL_COMPUTE = warning(
    "SG351",
    "More concurrent trials than nodes",
    name="too-few-nodes",
    why="The remaining trials wait in the queue while the sweep's timeout is running. Each trial takes as many nodes"
    " as resources.instance_count.",
    source=SUBMITTING,
    basis=Basis.PRACTICE,
    mend="Lower limits.max_concurrent_trials to what the compute can run at once, or raise its maximum number"
    " of nodes.",
    no_example=_IN_A_WORKSPACE,
)
NO_DATA = error(
    "SG550",
    "Training data not found",
    name="missing-data",
    why="The job fails at once, after its component was registered: the workspace has no such data asset, or the"
    " path does not exist on this machine.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    mend="Correct the path or the name and version of the data, or register it (`az ml data create`).",
    bad=Example(spec="circuit: {training_data: ./data}"),
    good=Example(spec='circuit: {training_data: "azureml:data_{plant_id}_{circuit_id}:1"}'),
)
OTHER_CONTENT = error(
    "SG650",
    "Version registered with other content",
    name="version-registered",
    why="A registered version never changes: the job would silently run the old component.",
    source=SUBMITTING,
    basis=Basis.SERVICE,
    mend="Run `sweepgen version bump SPEC`, then submit again.",
    no_example=_IN_A_WORKSPACE,
)
