"""yaml-language-server, which VS Code and most other editors run, asked over its own protocol.

It is looked for, as ajv is, in the node_modules folder that SWEEPGEN_NODE_MODULES names:
`npm install --prefix /tmp/editor yaml-language-server ajv`, then SWEEPGEN_NODE_MODULES=/tmp/editor/node_modules.
"""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

MODULES = os.environ.get("SWEEPGEN_NODE_MODULES", "")
SERVER = Path(MODULES, "yaml-language-server/bin/yaml-language-server")
NODE = shutil.which("node")

needs_server = pytest.mark.skipif(
    not (NODE and MODULES and SERVER.is_file()),
    reason="needs node, and yaml-language-server in SWEEPGEN_NODE_MODULES",
)
needs_ajv = pytest.mark.skipif(
    not (NODE and MODULES and Path(MODULES, "ajv").is_dir()),
    reason="needs node, and ajv in SWEEPGEN_NODE_MODULES",
)
CAPABILITIES = {
    "workspace": {"configuration": True},
    "textDocument": {
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
        "hover": {"contentFormat": ["markdown"]},
        "publishDiagnostics": {},
    },
}
ANSWER_SECONDS = 60


class LanguageServer:
    """One running server; `schemas` has the pattern of files by the address of their schema."""

    def __init__(self, schemas=()):
        settings = {"schemas": dict(schemas), "schemaStore": {"enable": False}}
        self._settings = {"yaml": {"completion": True, "hover": True, "validate": True, **settings}}
        self._process = subprocess.Popen(
            [NODE, str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._messages = queue.Queue()
        self._asked = 0
        self._diagnostics = {}
        self._configured = False
        threading.Thread(target=self._read, daemon=True).start()
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": CAPABILITIES})
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": self._settings})
        while not self._configured:  # what is opened before is judged without the schemas, and again after
            self._handle(self._messages.get(timeout=ANSWER_SECONDS))
        self._ask("textDocument/hover", _at(Path("/nothing.yaml"), ""))

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def diagnostics(self, files):
        """Return what is said of each text, by its path: the text from each fault's beginning, and the message."""
        for path, text in files.items():
            self._open(path, text)
        found = {}
        for path, text in files.items():
            while _address(path) not in self._diagnostics:
                self._handle(self._messages.get(timeout=ANSWER_SECONDS))
            told = self._diagnostics[_address(path)]
            found[path] = [(_from(text, each["range"]["start"]), each["message"]) for each in told]
        return found

    def completions(self, path, text):
        """Return what is offered at the | in a text, by its label, as the whole text that it makes."""
        before, after = text.split("|")
        items = self._at("completion", path, before, after)["items"]
        return {item["label"]: _inserted(before, item, after) for item in items}

    def hover(self, path, text):
        """Return what is shown at the | in a text."""
        return self._at("hover", path, *text.split("|"))["contents"]["value"]

    def _at(self, what, path, before, after):
        self._open(path, before + after)
        return self._ask(f"textDocument/{what}", _at(path, before))

    def _open(self, path, text):
        document = {"uri": _address(path), "languageId": "yaml", "version": 1, "text": text}
        self._diagnostics.pop(_address(path), None)
        self._notify("textDocument/didOpen", {"textDocument": document})

    def _ask(self, method, params):
        self._asked += 1
        asked = self._asked
        self._send({"id": asked, "method": method, "params": params})
        while True:
            message = self._messages.get(timeout=ANSWER_SECONDS)
            if message.get("id") == asked and "method" not in message:
                return message["result"]
            self._handle(message)

    def _handle(self, message):
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message and method is not None:
            self._configured |= method == "workspace/configuration"
            asked = message["params"]["items"] if method == "workspace/configuration" else []
            self._send(
                {"id": message["id"], "result": [self._settings.get(each["section"]) for each in asked]}
            )

    def _notify(self, method, params):
        self._send({"method": method, "params": params})

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self):
        output = self._process.stdout
        while True:
            length = None
            while line := output.readline().strip():
                name, _, value = line.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
            if length is None:
                return
            self._messages.put(json.loads(output.read(length)))


def _address(path):
    return Path(path).as_uri()


def _at(path, before):
    position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
    return {"textDocument": {"uri": _address(path)}, "position": position}


def _from(text, start):
    return text.split("\n")[start["line"]][start["character"] :]


def _inserted(before, item, after):
    """Return a text with a completion in it: what is chosen in a snippet is taken as it stands."""
    snippet = item.get("textEdit", {}).get("newText", item["insertText"])
    indent = re.search(r"[ ]*\Z", before[before.rfind("\n") + 1 :]).group()
    plain = re.sub(r"\$\{\d+:((?:\\.|[^}\\])*)\}|\$\{?\d+\}?", lambda match: match[1] or "", snippet)
    plain = re.sub(r"\\([\\$}])", r"\1", plain)
    return before + plain.replace("\n", f"\n{indent}") + after
