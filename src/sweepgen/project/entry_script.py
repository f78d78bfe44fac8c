"""What the trial's Python code logs and takes, read as syntax and never run."""

from __future__ import annotations

import ast
import os
import re
import warnings
from typing import NamedTuple

from sweepgen.documents.files import UnreadableError, read_bytes

SCRIPT_LIMIT = 2_000_000
"""Bytes of one Python file; the parser's memory grows some hundredfold of it."""
FILES_LIMIT = 200
"""Python files that are followed from the entry script."""

_MANY_METRICS = frozenset(("log_metrics", "log_dict"))
_LENIENT = frozenset(("parse_known_args", "parse_known_intermixed_args", "add_subparsers"))
_OTHER_PARSERS = frozenset(("option", "ArgumentParser"))
_OWNERS_OF_LOG = frozenset(("run", "self", "experiment"))
_LOOPS = (ast.For, ast.While, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SCOPES = (*_LOOPS, *_FUNCTIONS, ast.ClassDef, ast.Lambda)


class Context(NamedTuple):
    """Where a statement stands: the function around it, and whether it runs again and again within that."""

    function: str | None
    repeated: bool


class MetricCall(NamedTuple):
    """One call that logs a metric: a literal name, or a pattern where part of the name is computed."""

    name: str | None
    pattern: re.Pattern[str] | None
    context: Context


class Remark(NamedTuple):
    """A call that a trial should not make, with its place."""

    what: str
    file: str
    line: int
    column: int


class ScriptReading(NamedTuple):
    """What the entry script and the modules beside it do, as far as syntax tells."""

    metrics: tuple[MetricCall, ...]
    open_ended: bool
    flags: frozenset[str] | None
    remarks: tuple[Remark, ...]
    broken: tuple[tuple[str, int, str], ...]
    repeated_functions: frozenset[str]

    def may_log(self, metric: str) -> bool:
        """Whether some call logs `metric`, or could, as far as can be told."""
        return self.open_ended or any(
            call.name == metric or (call.pattern is not None and call.pattern.fullmatch(metric))
            for call in self.metrics
        )

    def logs_once(self, metric: str) -> bool:
        """Whether every call that logs `metric` plainly runs once, so that there is only one value."""
        calls = [call for call in self.metrics if call.name == metric]
        return bool(calls) and not self.open_ended and not any(map(self._repeats, calls))

    def _repeats(self, call: MetricCall) -> bool:
        return call.context.repeated or call.context.function in self.repeated_functions


def read_script(script: str, root: str) -> ScriptReading:
    """Read a script and the local modules that it imports, directly or not.

    `root` is the code folder, against which imports are resolved, as Python does when it starts there.
    """
    queue, seen = [script], {os.path.normpath(script)}
    metrics: list[MetricCall] = []
    remarks: list[Remark] = []
    broken: list[tuple[str, int, str]] = []
    flags: set[str] | None = set()
    functions: set[str] = set()
    uses: list[tuple[str, Context, bool]] = []
    open_ended = False
    while queue and len(seen) <= FILES_LIMIT:
        path = queue.pop(0)
        tree = _parse(path, broken)
        if tree is None:
            open_ended = True
            continue
        visitor = _Visitor(path)
        visitor.visit_all(tree)
        metrics += visitor.metrics
        remarks += visitor.remarks
        functions |= visitor.functions
        uses += visitor.uses
        open_ended = open_ended or visitor.open_ended
        flags = None if flags is None or visitor.flags is None else flags | visitor.flags
        for found in _local_modules(visitor.imports, os.path.dirname(path), root):
            if found not in seen:
                seen.add(found)
                queue.append(found)
    known = frozenset(flags) if flags else None
    repeated = _repeated_functions(functions, uses)
    return ScriptReading(tuple(metrics), open_ended, known, tuple(remarks), tuple(broken), repeated)


def _repeated_functions(functions: set[str], uses: list[tuple[str, Context, bool]]) -> frozenset[str]:
    """Return the functions that may run more than once: called in a loop, handed on, or never plainly called."""
    called = {name for name, _, is_call in uses if is_call}
    repeated = {name for name, context, is_call in uses if context.repeated or not is_call}
    repeated |= functions - called
    grown = True
    while grown:
        more = {name for name, context, _ in uses if context.function in repeated} - repeated
        repeated |= more
        grown = bool(more)
    return frozenset(repeated)


def _parse(path: str, broken: list[tuple[str, int, str]]) -> ast.Module | None:
    try:
        content = read_bytes(path)
    except (UnreadableError, OverflowError):
        return None
    if len(content) > SCRIPT_LIMIT:
        return None
    try:
        with warnings.catch_warnings():  # an odd escape in a team's script is not for us to print
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except SyntaxError as fault:
        broken.append((path, fault.lineno or 1, fault.msg))
    except (ValueError, RecursionError, MemoryError):  # null bytes; nesting that no person wrote
        broken.append((path, 1, "it cannot be parsed"))
    return None


def _local_modules(imports: list[tuple[int, str]], folder: str, root: str) -> list[str]:
    found = []
    for level, name in imports:
        bases = [folder, root] if level == 0 else [os.path.join(folder, *[".."] * (level - 1))]
        for base in bases:
            stem = os.path.normpath(os.path.join(base, *name.split("."))) if name else base
            for candidate in (f"{stem}.py", os.path.join(stem, "__init__.py")):
                if os.path.isfile(candidate):
                    found.append(os.path.normpath(candidate))
    return found


class _Visitor:
    """Walks one module, knowing whether what it sees runs once or again and again."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.metrics: list[MetricCall] = []
        self.remarks: list[Remark] = []
        self.imports: list[tuple[int, str]] = []
        self.flags: set[str] | None = set()
        self.open_ended = False
        self.functions: set[str] = set()
        self.uses: list[tuple[str, Context, bool]] = []
        self._constants: dict[str, str] = {}
        self._imported: set[str] = set()

    def visit_all(self, tree: ast.Module) -> None:
        """Walk the module, with its constants known first."""
        for statement in tree.body:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            if isinstance(statement, ast.AnnAssign):
                target = statement.target
            value = getattr(statement, "value", None)
            if (
                isinstance(target, ast.Name)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
            ):
                self._constants[target.id] = value.value
        # A list instead of recursion: code may nest deeper than Python's stack.
        stack: list[tuple[ast.AST, Context, bool]] = [(tree, Context(None, repeated=False), False)]
        while stack:
            node, context, is_callee = stack.pop()
            if isinstance(node, ast.Name):
                self.uses.append((node.id, context, is_callee))
                continue
            self._visit(node, context)
            inside = self._inside(node, context)
            called = node.func if isinstance(node, ast.Call) else None
            for child in ast.iter_child_nodes(node):
                if child._fields and not isinstance(
                    child, ast.Constant
                ):  # Load, Add and the like hold nothing
                    stack.append((child, inside, child is called))

    def _inside(self, node: ast.AST, context: Context) -> Context:
        if not isinstance(node, _SCOPES):
            return context
        if isinstance(node, _LOOPS):
            return Context(context.function, repeated=True)
        if isinstance(node, _FUNCTIONS) and context == Context(None, repeated=False):
            self.functions.add(node.name)
            return Context(node.name, repeated=False)
        return Context(context.function, repeated=True)  # a method or a callback: whoever calls it

    def _visit(self, node: ast.AST, context: Context) -> None:
        if isinstance(node, ast.Import):
            self.imports += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            self.imports.append((node.level, module))
            self.imports += [(node.level, f"{module}.{alias.name}".strip(".")) for alias in node.names]
            if module.split(".")[0] == "mlflow":
                self._imported |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Call):
            self._call(node, context)

    def _call(self, node: ast.Call, context: Context) -> None:
        name, owner = _callee(node.func)
        if name == "add_argument":
            self._argument(node)
        elif name in _LENIENT or (name in _OTHER_PARSERS and owner not in (None, "argparse")):
            self.flags = None
        elif "autolog" in name or ("callback" in name.lower() and "mlflow" in name.lower()):
            self.open_ended = True
        elif (name == "log" and owner in _OWNERS_OF_LOG) or name == "log_metric":
            self._metric(node, context, many=False)
        elif name in _MANY_METRICS:
            self._metric(node, context, many=True)
        elif name == "log_batch":
            self.open_ended = True
        elif name in ("set_experiment", "register_model") and (owner == "mlflow" or name in self._imported):
            self.remarks.append(Remark(name, self.path, node.lineno, node.col_offset + 1))
        for keyword in node.keywords:
            if keyword.arg == "registered_model_name" and not _is_none(keyword.value):
                value = keyword.value
                remark = Remark("registered_model_name", self.path, value.lineno, value.col_offset + 1)
                self.remarks.append(remark)

    def _argument(self, node: ast.Call) -> None:
        for argument in node.args:
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                self.flags = None
            elif self.flags is not None:
                self.flags.add(argument.value)

    def _metric(self, node: ast.Call, context: Context, *, many: bool) -> None:
        argument = node.args[0] if node.args else None
        for keyword in node.keywords:
            if keyword.arg in ("key", "name", "metrics", "dictionary"):
                argument = keyword.value
        if argument is None or isinstance(argument, ast.Starred):
            self.open_ended = True
        elif not many:
            self._name(argument, context)
        elif isinstance(argument, ast.Dict) and all(key is not None for key in argument.keys):
            for key in argument.keys:
                self._name(key, context)  # type: ignore[arg-type]
        else:
            self.open_ended = True

    def _name(self, expression: ast.expr, context: Context) -> None:
        pattern = None
        name = self._text(expression)
        if name is None:
            if not isinstance(expression, ast.JoinedStr):
                self.open_ended = True
                return
            parts = (self._text(part) for part in expression.values)
            pattern = re.compile(
                "".join(".*" if part is None else re.escape(part) for part in parts), re.DOTALL
            )
        self.metrics.append(MetricCall(name, pattern, context))

    def _text(self, expression: ast.expr) -> str | None:
        if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
            return expression.value
        return self._constants.get(expression.id) if isinstance(expression, ast.Name) else None


def _callee(function: ast.expr) -> tuple[str, str | None]:
    if isinstance(function, ast.Attribute):
        owner = function.value
        if isinstance(owner, ast.Attribute):
            return function.attr, owner.attr if owner.attr != "mlflow" else "mlflow"
        if isinstance(owner, ast.Call):
            return function.attr, _callee(owner.func)[0]
        return function.attr, owner.id if isinstance(owner, ast.Name) else None
    return (function.id, None) if isinstance(function, ast.Name) else ("", None)


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None
