"""A trial that is written into its sweep, as a component file of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sweepgen.compiler.lowering import SCHEMAS, relative
from sweepgen.documents.nodes import Mapping, Scalar
from sweepgen.importing.sweep_source import entries
from sweepgen.importing.sweep_trial import literal_type, type_given
from sweepgen.importing.yaml_page import Styled, YamlPage, plain_of
from sweepgen.project.component import DATA_TYPES, DECLARING, LITERAL_TYPES
from sweepgen.project.distributions import Choice
from sweepgen.project.expressions import reference
from sweepgen.project.loader_values import loaded_value
from sweepgen.project.names import is_remote
from sweepgen.rules import importing as rules

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType

    from sweepgen.importing.spec_draft import SpecDraft
    from sweepgen.project.distributions import Distribution

_OF_A_STANDALONE = ("code", "command", "environment", "environment_variables", "distribution", "resources")
_SEARCHED = re.compile(r"\$\{\{\s*search_space\.([A-Za-z0-9_]+)\s*\}\}")
_NAMED = r"\s*((?:search_space|inputs|outputs)\.[A-Za-z0-9_]+)\s*"
_NO_PLACEHOLDER = re.compile(rf"(?<![{{$])\$?\{{{_NAMED}\}}(?!\}})|(?<![{{$])\{{\{{{_NAMED}\}}\}}")
_OUTPUT = re.compile(r"\$\{\{\s*outputs\.([A-Za-z0-9_]+)\s*\}\}")
_INPUT = re.compile(r"\$\{\{\s*inputs\.([A-Za-z0-9_]+)\s*\}\}")


class InlineTrial:
    """The component file of a trial that is written into its sweep; it is written into `folder`."""

    def __init__(self, draft: SpecDraft, name: str, folder: str) -> None:
        self.page = YamlPage()
        self._draft = draft
        self._source = draft.source
        self._folder = folder
        self._name = name
        node = draft.source.sweep.trial.node
        assert isinstance(node, Mapping)  # noqa: S101 - an inline trial is one
        self._node = node

    def write(self, space: MappingType[str, Distribution]) -> None:
        """Write the component: what is swept becomes inputs of it, beside those that the job gives."""
        root = self.page.root
        if self._source.sweep.standalone:
            root["$schema"] = SCHEMAS + "commandComponent.schema.json"
            root["type"] = "command"
            root["name"] = self._name
            inputs = self._job_inputs()
            inputs.update(
                (name, {"type": _type_of(distribution)})
                for name, distribution in space.items()
                if name not in inputs
            )
            self._write_keys(_OF_A_STANDALONE)
            root["inputs"] = inputs
            self._write_outputs()
        else:
            if "name" not in self._node.entries:
                root["name"] = self._name
            self._write_keys(tuple(self._node.entries))
            self._declare_swept(space)
            if not self._draft.as_written:
                self._declare_given("inputs", _INPUT)
                self._declare_given("outputs", _OUTPUT)
        self._write_command(space)
        code = plain_of(self.page.root.get("code"))
        if self._source.fetched and code is not None:
            message = f"the trial's code is the copy in the workspace, {code}"
            self._draft.report(
                rules.OTHERWISE, ("trial",), message, "write code: and the folder that you have it in"
            )

    def _write_keys(self, known: tuple[str, ...]) -> None:
        text = self._source.text
        for key, entry in self._node.entries.items():
            if key not in known:
                self._draft.leave_out(("trial", key), "Azure ML takes no such key of an inline trial")
                continue
            text.take(self.page, self.page.root, key, entry.key)
            text.carry(self.page, self.page.root, key, entry.value)
        self._move_paths()

    def _move_paths(self) -> None:
        """Write local paths as they are seen from the component's folder."""
        root = self.page.root
        if "code" in root:
            root["code"] = self._moved(root["code"])
        environment = root.get("environment")
        if isinstance(environment, dict):
            if "conda_file" in environment:
                environment["conda_file"] = self._moved(self._as_path(environment["conda_file"]))
            build = environment.get("build")
            if isinstance(build, dict) and "path" in build:
                build["path"] = self._moved(build["path"])
        else:
            text = plain_of(environment)
            if isinstance(text, str) and text.startswith("file:"):
                root["environment"] = f"file:{plain_of(self._moved(text.removeprefix('file:')))}"
        includes = root.get("additional_includes")
        if isinstance(includes, list):
            for index, item in enumerate(includes):
                includes[index] = self._moved(item)

    def _as_path(self, part: Any) -> Any:
        """Return a conda file without the `file:` that azure-ai-ml takes for a part of its name."""
        text = plain_of(part)
        if not isinstance(text, str) or not text.startswith("file:"):
            return part
        message = "environment.conda_file takes a path without file:"
        path = text.removeprefix("file:")
        where = ("trial", "environment", "conda_file")
        self._draft.report(rules.MENDED, where, message, f"write conda_file: {path}")
        return path

    def _moved(self, part: Any) -> Any:
        text = plain_of(part)
        if not isinstance(text, str) or not text or is_remote(text) or text.startswith("git+"):
            return part
        moved = relative(os.path.join(self._source.folder, text), self._folder)
        same = os.path.normpath(text) == os.path.normpath(moved)
        return part if same and not os.path.isabs(text) else moved

    def _job_inputs(self) -> dict[str, Any]:
        """Return the declarations of what a standalone job gives its trial, and what its command takes besides."""
        declared: dict[str, Any] = {}
        for name, entry in entries(self._source.node.get("inputs")).items():
            value = loaded_value(entry.value) if isinstance(entry.value, Scalar) else None
            if isinstance(entry.value, Scalar):
                declared[name] = {"type": literal_type(value)}
            else:
                kind = self._source.sweep.value("inputs", name, "type")
                given = entry.value.get("value") if isinstance(entry.value, Mapping) else None
                if kind is None and isinstance(given, Scalar):
                    kind = literal_type(loaded_value(given))
                known = kind in DATA_TYPES or kind in LITERAL_TYPES
                declared[name] = {"type": kind if known else "uri_folder"}
        return declared

    def _write_outputs(self) -> None:
        outputs: dict[str, Any] = {}
        for name, entry in entries(self._source.node.get("outputs")).items():
            outputs[name] = {"type": "uri_folder"}
            if isinstance(entry.value, Mapping):
                for key in DECLARING:
                    if (inner := entry.value.get(key)) is not None:
                        outputs[name][key] = plain_of(self._source.text.style.part(inner))
            self._source.text.take(self.page, outputs, name, entry.key)
        if outputs:
            self.page.root["outputs"] = outputs

    def _declare_swept(self, space: MappingType[str, Distribution]) -> None:
        """Declare what is swept and not declared, where the command takes it."""
        inputs = self.page.root.setdefault("inputs", {})
        command = str(plain_of(self.page.root.get("command")))
        taken = set(_SEARCHED.findall(command)) | set(_INPUT.findall(command))
        for name, distribution in space.items():
            if isinstance(inputs, dict) and name not in inputs and name in taken:
                inputs[name] = {"type": _type_of(distribution)}

    def _declare_given(self, section: str, reference_to: re.Pattern[str]) -> None:
        """Declare what the node gives and the command takes, as a job's trial has it without a declaration."""
        declared = self.page.root.get(section, {})
        command = _with_placeholders(str(plain_of(self.page.root.get("command"))))
        for name, entry in entries(self._source.node.get(section)).items():
            if (
                not isinstance(declared, dict)
                or name in declared
                or name not in reference_to.findall(command)
            ):
                continue
            declared[name] = {"type": type_given(self._source.sweep, entry.value)}
            self.page.root[section] = declared
            message = (
                f"{section}.{name} is not declared in the trial, and Azure ML silently ignores it;"
                f" the trial's component declares it as {declared[name]['type']}"
            )
            self._draft.report(rules.MENDED, ("trial",), message, at_key=True)

    def _write_command(self, space: MappingType[str, Distribution]) -> None:
        """Write the command with the component's own expressions."""
        command = self.page.root.get("command")
        text = plain_of(command)
        if not isinstance(text, str):
            return
        mended = _with_placeholders(text)
        found = _NO_PLACEHOLDER.search(text)
        if found is not None:
            single = found.group(1) is not None
            why = (
                "is outdated syntax, which azure-ai-ml converts to"
                if single and self._source.sweep.standalone
                else "is plain text to Azure ML, unlike"
            )
            message = f"{found.group(0)} in the command {why} {_with_placeholders(found.group(0))}"
            self._draft.report(rules.MENDED, ("trial", "command"), message)
        own = self._component_command(text)
        if not self._source.sweep.standalone and own != mended:
            message = "a component's command has ${{inputs.x}}, not ${{search_space.x}}"
            self._draft.report(rules.MENDED, ("trial", "command"), message)
        if self._source.sweep.standalone:
            swapped = [name for name in _INPUT.findall(mended) if name in space and not self._given(name)]
            if swapped:
                message = f"{swapped[0]} is swept: in a sweep job's command it is ${{{{search_space.{swapped[0]}}}}}"
                self._draft.report(rules.MENDED, ("trial", "command"), message)
        if isinstance(command, Styled):
            self.page.root["command"] = command.replaced(self._component_command)
        else:
            self.page.root["command"] = own
        if found is not None:
            how = "with single braces" if found.group(1) is not None else "without dollar signs"
            self.page.above(self.page.root, "command", f"was: {how}")

    @staticmethod
    def _component_command(text: str) -> str:
        """Return a piece of a command with the expressions that a component has."""
        return _SEARCHED.sub(lambda match: reference("inputs", match[1]), _with_placeholders(text))

    def _given(self, name: str) -> bool:
        return name in entries(self._source.node.get("inputs"))


def _with_placeholders(text: str) -> str:
    """Return a command with `${{…}}` where there are other braces around what it means."""
    return _NO_PLACEHOLDER.sub(lambda match: f"${{{{{match[1] or match[2]}}}}}", text)


def _type_of(distribution: Distribution) -> str:
    """Return the type of the input that takes what a distribution samples."""
    if isinstance(distribution, Choice):
        kinds = {type(value) for value in distribution.values}
        if kinds <= {int}:
            return "integer"
        return "number" if kinds <= {int, float} else "string"
    return "integer" if distribution.type == "randint" else "number"
