"""An Azure ML workspace: the one module that knows Azure's SDK.

Calls are repeated, with growing pauses, on 429, 5xx and cut connections: by azure-core, which every call goes through.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, TypeVar

from sweepgen.cloud.faults import MissingError, ServiceError, without_secrets
from sweepgen.cloud.runs import Run, status_of
from sweepgen.cloud.workspace_name import PARTS
from sweepgen.compiler.lowering import DIGEST_TAG
from sweepgen.errors import UsageError
from sweepgen.project.component import MAX_TRIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from azure.ai.ml import MLClient

Answer = TypeVar("Answer")
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 20, 120
"""How long a call waits, where the SDK's own default is five minutes for each."""
_REPEATED = ("HEAD", "GET", "PUT", "DELETE", "OPTIONS", "TRACE", "POST")
"""POST too, which azure-core leaves out: those that are made here ask for credentials and addresses."""
_MOST_CHILDREN = 1000
_COMPONENT = re.compile(r"([^/:]+)(?:/versions/|:)([^/:]+)\Z")


class Compute(NamedTuple):
    """A compute target; `nodes` is how many it has at the most, None where it is not given."""

    name: str
    nodes: int | None


class RegisteredComponent(NamedTuple):
    """A component in the workspace; `digest` is that of its tag, None where it has none."""

    id: str
    digest: str | None


class SubmittedJob(NamedTuple):
    """A job in the workspace."""

    name: str
    status: str
    url: str | None


def silence() -> None:
    """Keep back what the SDK logs and warns of by itself: what goes wrong is said by our findings."""
    warnings.filterwarnings("ignore", module="azure|marshmallow")
    warnings.filterwarnings("ignore", message="IProgress not found")  # of tqdm in a notebook: no bar is shown
    try:
        import azure.ai.ml  # noqa: F401, PLC0415 - it sets the level of its own logger when imported
    except ImportError:
        return
    for name in ("azure", "azure.ai.ml"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Quiet:
    """Keeps back standard error for as long as one of several threads asks for that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0
        self._kept: TextIO | None = None

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            self._asked += 1
            if self._asked == 1:
                self._kept, sys.stderr = sys.stderr, io.StringIO()
        try:
            yield
        finally:
            with self._lock:
                self._asked -= 1
                if self._asked == 0:
                    sys.stderr, self._kept = self._kept, None


quiet = _Quiet()
"""Keeps back what the SDK prints after every upload, progress shown or not: a colour and empty lines."""


def credential() -> Any:
    """Return the credential of the signed-in user: environment, managed identity, Azure CLI and so on."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - slow to import

    return DefaultAzureCredential()


def client(named: Mapping[str, str]) -> MLClient:
    """Return a client of the workspace that is named, by the parts of its name, for the signed-in user."""
    try:
        from azure.ai.ml import MLClient  # noqa: PLC0415 - takes a second
        from azure.core.pipeline.policies import RetryPolicy  # noqa: PLC0415
    except ImportError as fault:
        raise UsageError("Azure ML needs the extra azure: pip install 'sweepgen[azure]'") from fault

    class Patience(RetryPolicy[Any, Any]):
        """Repeats every kind of call."""

        def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
            options.setdefault("retry_on_methods", _REPEATED)
            return super().configure_retries(options)

    return MLClient(
        credential(),
        *(named[part] for part in PARTS),
        show_progress=False,
        enable_telemetry=False,
        retry_policy=Patience(),
        connection_timeout=SECONDS_TO_CONNECT,
        read_timeout=SECONDS_TO_ANSWER,
    )


class Workspace:
    """The workspace of a client.

    Its calls raise ServiceError, MissingError where something does not exist.
    """

    def __init__(self, client: MLClient) -> None:
        self._client = client
        self.name = str(client.workspace_name)
        self.parts = {
            "subscription_id": str(client.subscription_id),
            "resource_group": str(client.resource_group_name),
            "workspace_name": self.name,
        }

    def exists(self) -> None:
        """Look for the workspace itself. Raises MissingError where it does not exist."""

        def get() -> None:
            if not self._client.workspaces.get(self.name).name:
                raise ServiceError("a response that cannot be read (a workspace without a name)")

        self._called(get)

    def data(self, name: str, version: str | None, label: str | None) -> None:
        """Look for a data asset. Raises MissingError where that version does not exist."""
        self._called(lambda: self._client.data.get(name, version=version, label=label))

    def compute(self, name: str) -> Compute:
        """Return a compute target."""
        nodes: Any = self._called(lambda: getattr(self._client.compute.get(name), "max_instances", None))
        return Compute(name, nodes if isinstance(nodes, int) else None)

    def component(self, name: str, version: str) -> RegisteredComponent:
        """Return a registered component."""
        return self._called(lambda: _registered(self._client.components.get(name, version)))

    def register(self, path: str) -> RegisteredComponent:
        """Register the component of a file under its own name and version, and return it."""
        from azure.ai.ml import load_component  # noqa: PLC0415

        return self._called(
            lambda: _registered(self._client.components.create_or_update(load_component(path)))
        )

    def job(self, name: str) -> SubmittedJob:
        """Return a job."""
        return self._called(lambda: _submitted(self._client.jobs.get(name)))

    def definition(self, name: str) -> dict[str, Any]:
        """Return a job as the data of its YAML."""
        return self._called(lambda: _data(self._client.jobs.get(name)))

    def component_definition(self, reference: str) -> dict[str, Any]:
        """Return a registered component as the data of its YAML; `reference` is its id, or azureml:name:version."""
        match = _COMPONENT.search(reference)
        if match is None:
            raise ServiceError(f"{reference} is not a version of a component")
        return self._called(lambda: _data(self._client.components.get(match[1], match[2])))

    def submit(  # noqa: PLR0913 - a job is all of that
        self,
        path: str,
        name: str,
        component: str | None,
        *,
        tags: Mapping[str, str],
        max_trials: int | None = None,
        anew: bool = False,
    ) -> SubmittedJob:
        """Submit the job of a file under a name, with a component that is registered, and return it.

        `anew` keeps Azure ML from taking the steps of a pipeline over from an earlier job.
        """
        from azure.ai.ml import load_job  # noqa: PLC0415

        def put() -> SubmittedJob:
            limit = f"inputs.{MAX_TRIALS}" if component is not None else "limits.max_total_trials"
            given = [{limit: max_trials}] if max_trials is not None else []
            job: Any = load_job(path, params_override=given)
            job.name = name
            job.tags = {**(job.tags or {}), **tags}
            if component is not None:
                # With a path there, the SDK would register the component once more, as azureml_anonymous.
                job.component = component
                if anew:
                    job.settings.force_rerun = True
            return _submitted(self._client.jobs.create_or_update(job))

        return self._called(put)

    def tracking_uri(self) -> str:
        """Return where MLflow finds the runs of this workspace."""
        return self._called(lambda: str(self._client.workspaces.get(self.name).mlflow_tracking_uri))

    def run(self, name: str) -> Run:
        """Return a job as the run that it is; its component, where it has one, is the tag `component`."""

        def get() -> Run:
            found: Any = self._client.jobs.get(name)
            if found is None:
                raise ServiceError(f"{name} cannot be read: azure-ai-ml does not know its kind of job")
            run = _run(found)
            component = getattr(found, "component", None)
            return (
                run._replace(tags={**run.tags, "component": component}) if isinstance(component, str) else run
            )

        return self._called(get)

    def children(self, name: str) -> list[Run]:
        """Return the runs below a run, from run history: without parameters, metrics and times.

        Only the first page of them: azure-ai-ml 1.35.2 drops the link to the next.
        """

        def get() -> list[Run]:
            found = self._client.jobs.list(parent_job_name=name, max_results=_MOST_CHILDREN)
            return [_run(each) for each in found if each is not None]

        return self._called(get)

    def _called(self, call: Callable[[], Answer]) -> Answer:
        from azure.ai.ml.exceptions import MlException  # noqa: PLC0415
        from azure.core.exceptions import AzureError, ResourceNotFoundError  # noqa: PLC0415
        from marshmallow import ValidationError  # noqa: PLC0415

        try:
            return call()
        except ResourceNotFoundError as fault:
            raise MissingError(f"not in the workspace {self.name}: {without_secrets(fault)}") from fault
        except (MlException, ValidationError, OSError) as fault:  # found by the SDK itself, on this machine
            raise ServiceError(without_secrets(fault)) from fault
        except AzureError as fault:
            raise ServiceError(_sentence(fault)) from fault
        except ServiceError:
            raise
        except Exception as fault:
            # The SDK takes an answer apart without a look at its shape, and may raise anything where that is odd.
            message = f"{type(fault).__name__}: {without_secrets(fault)}"
            raise ServiceError(f"a response that cannot be read ({message})") from fault


def _data(entity: Any) -> dict[str, Any]:
    if entity is None:
        raise ServiceError("azure-ai-ml does not know its kind")
    data: dict[str, Any] = json.loads(json.dumps(entity._to_dict(), default=str))  # noqa: SLF001 - as dump() does
    return data


def _registered(component: Any) -> RegisteredComponent:
    digest = (component.tags or {}).get(DIGEST_TAG)
    return RegisteredComponent(str(component.id), str(digest) if digest is not None else None)


def _submitted(job: Any) -> SubmittedJob:
    if not isinstance(job.name, str) or not job.name:
        raise ServiceError("a response that cannot be read (a job without a name)")
    return SubmittedJob(job.name, _word(job.status), str(job.studio_url) if job.studio_url else None)


def _run(job: Any) -> Run:
    tags = {**(job.tags or {}), **(job.properties or {})}
    inputs = getattr(job, "inputs", None) or {}
    literal = {name: str(value) for name, each in inputs.items() if (value := _literal(each)) is not None}
    total = getattr(getattr(job, "limits", None), "max_total_trials", None)
    if isinstance(total, int):  # of a standalone sweep job
        literal.setdefault(MAX_TRIALS, str(total))
    return Run(
        id=str(job.name),
        name=str(job.display_name or job.name),
        status=status_of(_word(job.status)),
        tags={str(key): str(value) for key, value in tags.items()},
        params=literal,
        metrics={},
        url=getattr(job, "studio_url", None),
    )


def _word(status: Any) -> str:
    """Return a status as the service writes it; the SDK gives some as text, some as members of an enumeration."""
    return str(getattr(status, "value", status))


def _literal(value: Any) -> Any:
    """Return the value of a job's input that is not data; None for data."""
    try:
        given = getattr(value, "_data", value)
    except Exception:  # noqa: BLE001 - the SDK's inputs compute their attributes
        return None
    return given if isinstance(given, (str, int, float)) else None


_SENTENCES = {
    401: "the service rejected the credential (sign in with az login)",
    403: "permission denied (the role AzureML Data Scientist has it)",
    409: "it already exists, with other content",
    429: "the service throttled this call and all its retries",
}


def _sentence(fault: Any) -> str:
    status = getattr(fault, "status_code", None)
    message = _SENTENCES.get(status) if isinstance(status, int) else None
    if message is None and isinstance(status, int) and status >= 500:
        message = f"the service failed ({status}), and so did all retries"
    if message is None and status is None:
        message = "the service cannot be reached, or you are not signed in (az login)"
    return f"{message}: {without_secrets(fault)}" if message else without_secrets(fault)
