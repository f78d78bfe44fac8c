"""A service on this machine that answers the Azure SDK as Azure Machine Learning does, and keeps what it was sent."""

from __future__ import annotations

import base64
import copy
import datetime
import ipaddress
import json
import math
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

SUBSCRIPTION, GROUP, WORKSPACE = "00000000-0000-0000-0000-000000000001", "plants", "dev-ml"
SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
)

START = 1_767_225_600_000
"""2026-01-01 in milliseconds."""


def submitted():
    """Return the record of what was submitted."""
    return [json.loads(line) for line in Path("submitted.jsonl").read_text().splitlines()]


def trained(values):
    """Return the metrics of a trial: best near 0.002 and 128 units."""
    loss = abs(math.log(values["learning_rate"] / 0.002)) / 10 + abs(values["lstm_units"] - 128) / 1000
    return {"val_loss": 0.1 + loss, "mae": 0.3}


def certificate(folder):
    """Write a certificate for localhost and its key into `folder`, and return its path."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "service.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class Token:
    """A credential whose token looks like one of Microsoft's and opens nothing."""

    def get_token(self, *_, **__):
        from azure.core.credentials import AccessToken

        parts = (
            {"alg": "none"},
            {"aud": "https://ml.azure.com", "oid": "o", "tid": "t", "exp": int(time.time()) + 3600},
        )
        text = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return AccessToken(".".join([*text, "sig"]), int(time.time()) + 3600)


def drawn(space, random):
    """Draw a trial's hyperparameters from a search space as it is on the wire, and write them as Azure ML does."""
    values = {}
    for name, given in space.items():
        kind, numbers = (given["type"], given) if isinstance(given, dict) else (given[0], given[1])
        if isinstance(numbers, dict):
            numbers = (
                [numbers["values"]] if kind == "choice" else [numbers["min_value"], numbers["max_value"]]
            )
        if kind == "choice":
            value = random.choice(numbers[0])
        else:
            assert kind in ("loguniform", "uniform"), kind
            value = random.uniform(float(numbers[0]), float(numbers[1]))
            value = math.exp(value) if kind == "loguniform" else value
        values[name] = float(value) if isinstance(value, int) else value
    return values


class Service:
    """The service; `stored` holds what lies at each path, `calls` every request as (method, path, body).

    `runs` are those of run history and MLflow by their ids, `page` is how many come in one answer. With `trains`, a function from hyperparameters to the
    metrics of a trial, every job that is put runs at once: a few trials, the baseline, as many as it asks for.
    `certificate` is the path of one for localhost.
    """

    def __init__(self, certificate):
        self.stored = {}
        self.runs = {}
        self.trains = None
        self.page = 100
        self.calls = []
        self.faults = []
        self.lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = (
                -1
            )  # an answer in one packet: the second would wait for the first one's acknowledgement
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                service.handle(self, body)

            do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.certificate = certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def has_compute(self, name, nodes):
        scale = {"maxNodeCount": nodes, "minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT2M"}
        inner = {"vmSize": "STANDARD_DS3_V2", "vmPriority": "Dedicated", "scaleSettings": scale}
        properties = {"computeType": "AmlCompute", "provisioningState": "Succeeded", "properties": inner}
        self.stored[f"/computes/{name}"] = {
            "id": f"{SCOPE}/computes/{name}",
            "name": name,
            "location": "westeurope",
            "properties": properties,
        }

    def has_data(self, name, version):
        path = f"/data/{name}/versions/{version}"
        properties = {"dataType": "mltable", "dataUri": "azureml://datastores/d/paths/x", "isArchived": False}
        self.stored[path] = {"id": SCOPE + path, "name": version, "properties": properties}
        self.stored[f"/data/{name}"] = {
            "id": f"{SCOPE}/data/{name}",
            "name": name,
            "properties": {"dataType": "mltable", "latestVersion": version},
        }

    def environment(self):
        """Return what leads the SDK here, signed in by the real DefaultAzureCredential as a machine in Azure is."""
        return {
            "AZUREML_DEV_URL_MFE": self.url,
            "REQUESTS_CA_BUNDLE": str(self.certificate),
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
            "AZURE_RESOURCE_GROUP": GROUP,
            "AZUREML_WORKSPACE_NAME": WORKSPACE,
            "IDENTITY_ENDPOINT": f"{self.url}/identity",
            "IDENTITY_HEADER": "here",
        }

    def state(self):
        """Return a copy of what the service holds; `restore` takes it."""
        with self.lock:
            return copy.deepcopy((self.stored, self.runs, self.calls))

    def restore(self, state):
        with self.lock:
            self.stored, self.runs, self.calls = copy.deepcopy(state)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def handle(self, request, body):
        split = urlsplit(request.path)
        path = split.path
        if "/blob" not in path:
            path = re.sub(r"^.*?/subscriptions/", "/subscriptions/", path)
        data = json.loads(body) if body and "json" in (request.headers.get("Content-Type") or "") else body
        if "/api/2.0/mlflow/" in path:
            data = json.loads(body) if body else {}
        with self.lock:
            self.calls.append(
                (
                    request.command,
                    path.removeprefix(SCOPE) + (f"?{split.query}" if "hash" in split.query else ""),
                    data,
                )
            )
            fault = next(
                (f for f in self.faults if f[0] == request.command and re.search(f[1], path) and f[2]), None
            )
            status = fault[2].pop(0) if fault else None
        if status == "lost":  # done, and nobody hears of it
            self.route(request.command, path, data, parse_qs(split.query))
        if status in ("cut", "lost"):
            request.connection.shutdown(2)
            request.close_connection = True
            return
        if isinstance(status, float):
            time.sleep(status)
            status = None
        if isinstance(status, tuple):
            status, content = status
        elif isinstance(status, (dict, list, bytes)):  # an odd answer
            status, content = 200, status
        elif status is not None:
            content = {"error": {"code": "UserError", "message": f"the service says {status}"}}
        else:
            status, content = self.route(request.command, path, data, parse_qs(split.query))
        self.reply(request, status, content)

    def route(self, method, path, data, query):
        below = path.removeprefix(SCOPE)
        if path == "/identity":  # what a machine in Azure asks for its own token
            token = Token().get_token()
            return 200, {
                "access_token": token.token,
                "expires_on": str(token.expires_on),
                "token_type": "Bearer",
            }
        if path == "/discovery":
            return 200, {"api": self.url, "history": self.url}
        if below.startswith("/runs/"):
            return self.history(below, query)
        if "/api/2.0/mlflow/" in below:
            return self.mlflow(below.rpartition("/mlflow/")[2], data, query)
        if "/blob" in path:
            return (404, None) if method == "HEAD" else (200 if "comp" in query else 201, None)
        if below == "":
            urls = {
                "mlFlowTrackingUri": f"{self.url.replace('https', 'azureml')}/mlflow/v1.0{SCOPE}",
                "discoveryUrl": f"{self.url}/discovery",
            }
            return 200, {
                "id": SCOPE,
                "name": WORKSPACE,
                "location": "westeurope",
                "properties": {"workspaceId": "w", **urls},
            }
        if below == "/datastores/workspaceblobstore":
            store = {
                "datastoreType": "AzureBlob",
                "accountName": f"{self.url.removeprefix('https://')}/blob",
                "containerName": "container",
                "endpoint": "core.windows.net",
                "protocol": "https",
                "credentials": {"credentialsType": "Sas"},
                "isDefault": True,
            }
            return 200, {"id": SCOPE + below, "name": "workspaceblobstore", "properties": store}
        if below.endswith("/listSecrets"):
            return 200, {"secretsType": "Sas", "sasToken": "sig=x"}
        if below.endswith("/startPendingUpload"):
            uri = f"{self.url}/blob/container"
            credential = {"credentialType": "SAS", "sasUri": f"{uri}?sig=x"}
            reference = {"blobUri": uri, "storageAccountArmId": "", "credential": credential}
            return 200, {
                "pendingUploadId": "p",
                "pendingUploadType": "TemporaryBlobReference",
                "blobReferenceForConsumption": reference,
            }
        if method == "GET" and "hash" in query:
            return 200, {"value": []}
        if method == "PUT":
            stored = {**data, "id": SCOPE + below, "name": below.rpartition("/")[2]}
            if below.startswith("/jobs/"):
                stored["properties"] = {
                    **data["properties"],
                    "status": "Preparing",
                    "services": {
                        "Studio": {
                            "jobServiceType": "Studio",
                            "endpoint": f"https://ml.azure.com/runs/{stored['name']}",
                        }
                    },
                }
            self.stored[below] = stored
            if below.startswith("/jobs/") and self.trains is not None:
                self.run_job(stored)
            return 200, stored
        if method == "GET" and below in self.stored:
            return 200, self.stored[below]
        if method == "GET" and below.startswith("/jobs/") and below.removeprefix("/jobs/") in self.runs:
            name = below.removeprefix("/jobs/")  # a step: run history tells of it
            return 200, {"id": SCOPE + below, "name": name, "properties": None}
        return 404, {"error": {"code": "NotFound", "message": f"{below} was not found"}}

    def has_run(self, name, parent, display, status="Completed", *, tags=None, properties=None, **logged):
        """Lay down a run; `logged` are params, metrics, and start and end in milliseconds."""
        self.runs[name] = {
            "parent": parent,
            "display": display,
            "status": status,
            "tags": tags or {},
            "properties": properties or {},
            "params": {},
            "metrics": {},
            "start": START,
            "end": START + 60_000,
            **logged,
        }

    def has_sweep(
        self, job, trials, *, baseline=None, status="Completed", metric="val_loss", goal="minimize"
    ):
        """Lay down a pipeline's runs; `trials` and `baseline` are what has_run takes, without their places."""
        step = f"{job}-step"
        stored = self.stored.get(f"/jobs/{job}", {}).get("properties", {})
        if stored:
            stored["status"] = status
        self.has_run(job, None, stored.get("displayName", job), status, tags=stored.get("tags"))
        config = {
            "primary_metric_config": json.dumps({"name": metric, "goal": goal}),
            "runTemplate": "HyperDrive",
        }
        best = [
            (each["metrics"][metric], number)
            for number, each in enumerate(trials)
            if each.get("status", "Completed") == "Completed" and metric in each.get("metrics", {})
        ]
        if best:
            config["best_child_run_id"] = f"{step}_{(min if goal == 'minimize' else max)(best)[1]}"
        if stored.get("jobType") == "Sweep":
            step, own = job, self.runs[job]
            own["properties"] = stored["properties"] = {**config, "best_child_run_id": f"{job}_0"}
        else:
            self.has_run(step, job, "hyperparameter_sweep", status, properties=config)
        self.has_run(f"{step}_preparation", step, f"{step}_preparation")
        for number, each in enumerate(trials):
            self.has_run(f"{step}_{number}", step, f"{step}_{number}", **each)
        if baseline is not None:
            self.has_run(f"{job}-0b5e", job, "baseline", **baseline)

    def run_steps(self, job):
        """Run a pipeline of plain steps: `trains` gives each its metrics, or a word for how else it ended."""
        properties = job["properties"]
        properties["status"] = "Completed"
        self.has_run(
            job["name"], None, properties.get("displayName", job["name"]), tags=properties.get("tags")
        )
        for name, node in properties["jobs"].items():
            reached = self.trains({key: each["value"] for key, each in node["inputs"].items()})
            status, metrics = (reached, {}) if isinstance(reached, str) else ("Completed", reached)
            self.has_run(f"{job['name']}-{name}", job["name"], name, status, metrics=metrics)

    def run_job(self, job):
        properties = job["properties"]
        if properties.get("jobs"):
            self.run_steps(job)
            return
        random = Random(job["name"])
        if properties["jobType"] == "Sweep":
            space, total = properties["searchSpace"], properties["limits"]["maxTotalTrials"]
            present = None
        else:
            component = self.stored[properties["componentId"].removeprefix(SCOPE)]["properties"][
                "componentSpec"
            ]
            space = component["jobs"]["hyperparameter_sweep"]["search_space"]
            inputs = properties["inputs"]
            given = {name: each["value"] for name, each in inputs.items() if "value" in each}
            total = int(given.pop("max_trials", component["inputs"]["max_trials"]["default"]))
            present = (
                {name: text for name, text in given.items() if re.fullmatch(r"[0-9.e-]+", text)}
                if "baseline" in component["jobs"]
                else None
            )
        trials = []
        for number in range(total):
            values = drawn(space, random)
            named = {f"--{name}" if number % 2 else name: value for name, value in values.items()}
            trials.append(
                {
                    "tags": {"hyperparameters": json.dumps(named)},
                    "metrics": self.trains(values),
                    "params": {name: str(value) for name, value in values.items()},
                    "start": START + 60_000 * number,
                    "end": START + 60_000 * number + 45_500,
                }
            )
        baseline = present and {
            "params": {**present, "optimizer_name": "Adam"},
            "metrics": self.trains({name: float(value) for name, value in present.items()}),
        }
        self.has_sweep(job["name"], trials, baseline=baseline)

    def history(self, below, query):
        name, _, what = below.removeprefix("/runs/").partition("/")
        if name not in self.runs:
            return 404, {"error": {"code": "NotFound", "message": f"run {name} was not found"}}
        if not what:
            return 200, self.history_run(name)
        names = [each for each, run in self.runs.items() if run["parent"] == name]
        first = int(query.get("after", ["0"])[0])
        answer = {"value": [self.history_run(each) for each in names[first : first + self.page]]}
        if len(names) > first + self.page:
            answer["nextLink"] = f"{self.url}/history/v1.0{SCOPE}{below}?after={first + self.page}"
        return 200, answer

    def history_run(self, name):
        run = self.runs[name]
        return {
            "runId": name,
            "displayName": run["display"],
            "status": run["status"],
            "parentRunId": run["parent"],
            "tags": run["tags"],
            "properties": run["properties"],
            "experimentId": "e1",
            "runType": "azureml.HyperDrive" if "runTemplate" in run["properties"] else "azureml.StepRun",
        }

    def mlflow(self, call, data, query):
        if call == "runs/get":
            name = query["run_id"][0]
            if name not in self.runs:
                return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"run {name} was not found"}
            return 200, {"run": self.mlflow_run(name)}
        assert call == "runs/search", call
        parent = re.fullmatch(r"tags.mlflow.parentRunId = '(.*)'", data["filter"])[1]
        names = [each for each, run in self.runs.items() if run["parent"] == parent and run["start"]]
        first = int(data.get("page_token") or 0)
        size = min(int(data["max_results"]), self.page)
        answer = {"runs": [self.mlflow_run(each) for each in names[first : first + size]]}
        if len(names) > first + size:
            answer["next_page_token"] = str(first + size)
        return 200, answer

    def mlflow_run(self, name):
        run = self.runs[name]
        words = {"Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED"}
        info = {
            "run_id": name,
            "run_uuid": name,
            "run_name": run["display"],
            "experiment_id": "e1",
            "status": words.get(run["status"], "RUNNING"),
            "start_time": run["start"],
            "lifecycle_stage": "active",
            "artifact_uri": "",
        }
        if words.get(run["status"]):
            info["end_time"] = run["end"]
        tags = {**run["tags"], **run["properties"], "mlflow.runName": run["display"]}
        if run["parent"]:
            tags["mlflow.parentRunId"] = run["parent"]
        metrics = [
            {
                "key": key,
                "value": value if math.isfinite(value) else "NaN",
                "timestamp": run["end"],
                "step": 0,
            }
            for key, value in run["metrics"].items()
        ]
        data = {
            "metrics": metrics,
            "params": [{"key": key, "value": str(value)} for key, value in run["params"].items()],
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        return {"info": info, "data": data}

    def reply(self, request, status, content):
        if not isinstance(content, bytes):
            content = json.dumps(content).encode() if content is not None else b""
        body = content
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", '"1"')
        request.send_header("Last-Modified", "Tue, 24 Nov 2026 12:00:00 GMT")
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)
