"""Where schemas, templates and the starter trial are, and where the installed sweepgen itself came from."""

from __future__ import annotations

import os
import re
from functools import cache

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def requirement(version: str) -> str:
    """Return what pip installs to get this very sweepgen: the address that it came from, else its version.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    origin = _origin()
    url, vcs = str(origin.get("url", "")), origin.get("vcs_info")
    if isinstance(vcs, dict):
        return f"sweepgen @ {vcs.get('vcs', 'git')}+{url}@{vcs.get('commit_id', '')}"
    return f"sweepgen @ {url}" if url.startswith("https://") else f"sweepgen=={version}"


def home() -> tuple[str, str] | None:
    """Return the web address and the commit of the repository that sweepgen was installed from; None without one."""
    origin = _origin()
    vcs = origin.get("vcs_info")
    found = re.match(r"(https://)(?:[^/@]*@)?([^/?#]+/[^?#]+?)(?:\.git)?/?$", str(origin.get("url", "")))
    if found is None or not isinstance(vcs, dict) or not vcs.get("commit_id"):
        return None
    return f"{found[1]}{found[2]}", str(vcs["commit_id"])


def documentation(page: str) -> str | None:
    """Return the web address of a page of docs/, at the commit that is installed; None without one."""
    found = home()
    return f"{found[0]}/blob/{found[1]}/docs/{page}" if found is not None else None


def rule_page(code: str) -> str | None:
    """Return the web address of a rule's page; None without one."""
    return documentation(f"rules/{code}.md")


@cache
def _recorded_origin() -> str | None:
    """Return what pip recorded of where sweepgen came from."""
    from importlib import metadata  # noqa: PLC0415 - neither --help nor --version asks

    try:
        return metadata.distribution("sweepgen").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None


def _origin() -> dict[str, object]:
    import json  # noqa: PLC0415 - neither --help nor --version asks

    try:
        found = json.loads(_recorded_origin() or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def path(*parts: str) -> str:
    """Return the path of a resource, such as `path("schemas", "circuits.schema.json")`."""
    installed = os.path.join(_PACKAGE, "_resources")
    root = installed if os.path.isdir(installed) else os.path.dirname(os.path.dirname(_PACKAGE))
    return os.path.join(root, *parts)


SCHEMAS = {
    "spec": "tuning-spec.schema.json",
    "circuits": "circuits.schema.json",
    "results": "sweep-results.schema.json",
}
"""The file of each JSON Schema, in the folder `schemas`, by what it describes."""


def schema_name(kind: str) -> str:
    """Return the `$id` of a JSON Schema, wherever a copy of it is: it names the format, and is not an address."""
    return f"urn:sweepgen:schema:{SCHEMAS[kind].removesuffix('.schema.json')}"
