"""A service on this machine that answers the Azure SDK as Azure Machine Learning does, and keeps what it was sent."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import re
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SUBSCRIPTION, GROUP, WORKSPACE = "00000000-0000-0000-0000-000000000001", "plants", "dev-ml"
SCOPE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    f"/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
)


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


class Service:
    """The service; `stored` holds what lies at each path, `calls` every request as (method, path, body)."""

    def __init__(self, folder):
        self.stored = {}
        self.calls = []
        self.faults = []
        self.lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                service.handle(self, body)

            do_GET = do_PUT = do_POST = do_PATCH = do_HEAD = do_DELETE = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.certificate = certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
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
        if status == "cut":
            request.connection.shutdown(2)
            request.close_connection = True
            return
        if isinstance(status, float):
            time.sleep(status)
            status = None
        if status is not None:
            content = {"error": {"code": "UserError", "message": f"the service says {status}"}}
        else:
            status, content = self.route(request.command, path, data, parse_qs(split.query))
        self.reply(request, status, content)

    def route(self, method, path, data, query):
        below = path.removeprefix(SCOPE)
        if "/blob" in path:
            return (404, None) if method == "HEAD" else (200 if "comp" in query else 201, None)
        if below == "":
            urls = {
                "mlFlowTrackingUri": f"azureml://localhost/mlflow/v1.0{SCOPE}",
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
            return 200, stored
        if method == "GET" and below in self.stored:
            return 200, self.stored[below]
        return 404, {"error": {"code": "NotFound", "message": f"{below} was not found"}}

    def reply(self, request, status, content):
        body = json.dumps(content).encode() if content is not None else b""
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        if status == 429:
            request.send_header("Retry-After", "0")
        request.send_header("ETag", '"1"')
        request.send_header("Last-Modified", "Tue, 24 Nov 2026 12:00:00 GMT")
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)
