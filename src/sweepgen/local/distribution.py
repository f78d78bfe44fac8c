"""What a component's `distribution` starts: its command, once for each process of one node.

The variables are those that Azure ML sets:
https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu. Here there is one node, whatever
`resources.instance_count` says; mpi's processes are started by this machine's own mpirun, and ray by the trial itself.
"""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from sweepgen.project.component import CommandComponent

_HOST = "127.0.0.1"
_ONE_MACHINE = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",  # containers have no other user
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",  # a node in Azure has more cores than this machine
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}


class TrialDistribution(NamedTuple):
    """How a trial is spread over processes: `kind` is Azure ML's type, empty where a trial is one process."""

    kind: str
    workers: int
    parameter_servers: int = 0

    @classmethod
    def of(cls, component: CommandComponent) -> TrialDistribution:
        """Return what a component declares. Raises UsageError where mpi is needed and is not on this machine."""
        declared = component.data.get("distribution")
        if not isinstance(declared, dict):
            return cls("", 1)
        kind = str(declared.get("type", "")).lower()
        if kind == "tensorflow":
            return cls(
                kind,
                _count(declared.get("worker_count"), 1),
                _count(declared.get("parameter_server_count"), 0),
            )
        workers = _count(declared.get("process_count_per_instance"), 1) if kind in ("pytorch", "mpi") else 1
        if kind == "mpi" and workers > 1 and shutil.which("mpirun") is None:
            raise UsageError(
                f"{component.file}: its {workers} processes are started by mpirun, which is not on this machine:"
                " install Open MPI"
            )
        return cls(kind, workers)

    def command(self, command: str, shell: str) -> str:
        """Return what is started, once in each of `environments`."""
        if self.kind == "mpi" and self.workers > 1:
            return f"mpirun -n {self.workers} {shlex.quote(shell)} -c {shlex.quote(command)}"
        return command

    def environments(self) -> list[dict[str, str]]:
        """Return the variables of each process, on ports that are free now."""
        if self.kind == "mpi":
            return [dict(_ONE_MACHINE)]
        if self.kind == "tensorflow":
            return self._clusters()
        if self.kind != "pytorch":
            return [{}]
        common = {
            "MASTER_ADDR": _HOST,
            "MASTER_PORT": str(_free_ports(1)[0]),
            "WORLD_SIZE": str(self.workers),
            "NODE_RANK": "0",
        }
        return [{**common, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(self.workers)]

    def _clusters(self) -> list[dict[str, str]]:
        counts = {"worker": self.workers, "ps": self.parameter_servers}
        ports = iter(_free_ports(sum(counts.values())))
        cluster = {
            kind: [f"{_HOST}:{next(ports)}" for _ in range(count)] for kind, count in counts.items() if count
        }
        tasks = [{"type": kind, "index": index} for kind in cluster for index in range(counts[kind])]
        return [
            {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task, "environment": "cloud"})}
            for task in tasks
        ]


def _count(value: Any, default: int) -> int:
    return value if isinstance(value, int) and value >= 0 else default


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on; all are held until all are found, so that they differ."""
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(count):
            held = stack.enter_context(socket.socket())
            held.bind((_HOST, 0))
            found.append(held.getsockname()[1])
        return found
