"""A sweep as it is kept in one of MLflow's stores."""

from __future__ import annotations

import os
import pathlib
import re
from typing import TYPE_CHECKING, Any

from sweepgen.documents.files import write_text
from sweepgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIAL_TAG = "sweepgen.trial"
"""The id that results have of a trial."""
_SWEEP_TAG = "sweepgen.sweep"
_PARENT_TAG = "mlflow.parentRunId"


class StoredSweep:
    """A sweep in one store: its experiment, its own run and those of its trials; those of an earlier call are taken up.

    `client` is MLflow's, of the store at `uri`. Raises UsageError where the experiment was deleted.
    """

    def __init__(
        self, client: Any, uri: str, experiment: str, sweep: str, artifacts: str | None = None
    ) -> None:
        self.client = client
        self.uri = uri
        found = client.get_experiment_by_name(experiment)
        if found is not None and found.lifecycle_stage == "deleted":
            raise UsageError(
                f"the experiment {experiment} was deleted: MLFLOW_TRACKING_URI={uri} mlflow experiments restore -x"
                f" {found.experiment_id} restores it"
            )
        self.experiment: str = (
            found.experiment_id
            if found
            else client.create_experiment(
                experiment, **({"artifact_location": artifacts} if artifacts else {})
            )
        )
        self._earlier: dict[str, str] = {}
        parents = self._search(f"tags.`{_SWEEP_TAG}` = '{sweep}'") if found else []
        if parents:
            self.parent: str = parents[0].info.run_id
            client.update_run(self.parent, "RUNNING")
            for each in self._search(f"tags.`{_PARENT_TAG}` = '{self.parent}'"):
                self._earlier[each.data.tags.get(TRIAL_TAG, "")] = each.info.run_id
                if each.info.status == "RUNNING":  # the run that started it was killed
                    client.set_terminated(each.info.run_id, "KILLED")
        else:
            self.parent = client.create_run(
                self.experiment, run_name=sweep, tags={_SWEEP_TAG: sweep}
            ).info.run_id

    def start(self, label: str, tags: Mapping[str, str]) -> str:
        """Begin the run of a trial and return its id; the run of the same trial that an earlier one left goes."""
        if (earlier := self._earlier.pop(tags[TRIAL_TAG], None)) is not None:
            self.client.delete_run(earlier)
        made = self.client.create_run(
            self.experiment, run_name=label, tags={_PARENT_TAG: self.parent, **tags}
        )
        run_id: str = made.info.run_id
        return run_id

    def note(self, metric: str, value: float, step: int, tags: Mapping[str, str]) -> None:
        """Log a value of the sweep's own run, and tags beside it."""
        self.client.log_metric(self.parent, metric, value, step=step)
        for key, text in tags.items():
            self.client.set_tag(self.parent, key, text)

    def _search(self, query: str) -> list[Any]:
        return list(self.client.search_runs([self.experiment], query, max_results=50_000))


def rename_run(folder: str, run_id: str, other: str) -> None:
    """Let a run of the store of files, in the folder of its experiment, have the id that it has elsewhere."""
    file = pathlib.Path(folder, run_id, "meta.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace(run_id, other), encoding="utf-8")
    os.rename(os.path.join(folder, run_id), os.path.join(folder, other))


def name_for_earlier_mlflow(folder: str, run_id: str) -> None:
    """Write a run's id under the key that MLflow 2 reads, too; MLflow 3 drops it whenever it writes the file."""
    file = os.path.join(folder, run_id, "meta.yaml")
    text = pathlib.Path(file).read_text(encoding="utf-8")
    if not re.search(r"^run_uuid:", text, re.MULTILINE):
        write_text(file, f"{text}run_uuid: {run_id}\n")
