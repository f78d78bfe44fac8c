"""Secrets in files that are committed and compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweepgen.documents.nodes import Mapping, Scalar
from sweepgen.rules.rule import Basis, Example, Rule, error
from sweepgen.secrets import kind_of_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.documents.nodes import Node
    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

_SHORTEST = 12
"""Characters of the shortest value that holds a secret of a known kind."""
_MENDS = {
    "a SAS URL": "register a data asset in a datastore that holds the credential, and name it: azureml:NAME:VERSION",
    "an account key": "let the trial authenticate with the job's identity, or read the key from a key vault",
    "a URL with a password": "let the trial read the password from a key vault",
    "a private key": "let the trial read the key from a key vault",
    "a token": "let the trial read the token from a key vault, or authenticate with the job's identity",
}


@error(
    "SG018",
    "Hard-coded secret",
    name="hard-coded-secret",
    why="Values of a spec, a component or circuits.yaml are compiled into committed files, and Azure ML shows them"
    " to everyone who can see the job: a SAS URL, a key, a token or a password gives all of them access.",
    source="docs/spec.md",
    basis=Basis.PRACTICE,
    bad=Example(
        spec="description: 'https://plant.blob.core.windows.net/data?sp=r&sig=Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMDA%3D'"
    ),
    good=Example(
        spec="description: 'https://plant.blob.core.windows.net/data?sv=2024-11-04&sig=<signature>'"
    ),
).checked_by
def secret_in_file(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report values that hold a secret, in the spec, its component and its circuits file."""
    roots: dict[str, Node] = {loaded.file.file: loaded.file.root}
    if loaded.component_file is not None:
        roots.setdefault(loaded.component_file.file, loaded.component_file.root)
    if loaded.circuits_file is not None:
        roots.setdefault(loaded.circuits_file.file, loaded.circuits_file.root)
    for file, root in roots.items():
        texts = list(_texts(root))
        if kind_of_secret("\n".join(node.text for node in texts)) is None:
            continue
        for node in texts:
            kind = kind_of_secret(node.text)
            if kind is not None:
                message = f"{kind} in a file that is committed or submitted"
                yield rule.finding(node.place(file), message, f"{_MENDS[kind]}; then revoke this one")


def _texts(root: Node) -> Iterator[Scalar]:
    """Yield each value and key once, however many aliases point to it."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Scalar):
            if len(node.text) >= _SHORTEST:
                yield node
        elif isinstance(node, Mapping):
            for key, value in node.entries.values():
                waiting += (value, key)
        else:
            waiting += node.items
