"""What the trial's Python code logs and takes, read as syntax and never run.

Three answers are told apart: what was seen, what is not there, and what cannot be known. `launchers` says what a
command starts, `python_code` which files that is made of, `python_values` what names stand for, `metric_calls` and
`autologging` what is logged, `argument_parsers` which options are taken.
"""

from __future__ import annotations

import ast
import os
import re
from enum import Enum
from functools import cache
from typing import NamedTuple

from sweepgen.project.argument_parsers import OptionReader, OptionReading
from sweepgen.project.autologging import Autolog, Autologging
from sweepgen.project.launchers import Launch, Launches, read_launches
from sweepgen.project.logging_libraries import is_known, may_log_by_itself
from sweepgen.project.metric_calls import MetricCall, MetricCalls
from sweepgen.project.python_code import (
    FILES_LIMIT,
    CallSite,
    Code,
    Context,
    Module,
    constant,
    keyword,
    last_name,
    module_file,
    parse,
    parse_text,
    resolve,
)
from sweepgen.project.python_values import Values

_SYSTEM_METRIC = re.compile(r"system/.+")
_RUNS_CODE = frozenset(("exec", "eval", "__import__", "compile"))
_PROCESSES = re.compile(r"(subprocess\.(run|call|check_call|check_output|Popen)|os\.(system|popen|exec\w+|spawn\w+))\Z")
_PROCESS_CALL = re.compile(r"(run|call|check_call|check_output|Popen|system|popen|exec\w+|spawn\w+)\Z")
_HARMLESS_PROCESS = re.compile(
    r"(.*/)?(pip3?|nvidia-smi|ls|git|apt|apt-get|cp|mv|mkdir|rm|tar|unzip|wget|curl|du|df|find|ldconfig|chmod|free|az"
    r"|azcopy|which|cat|echo|hostname|lscpu|ps|env|ulimit|sudo apt\S*)\Z"
)


class Answer(Enum):
    """Whether a trial logs a metric."""

    LOGGED = "a call of the code logs it, or may"
    OTHER_RUN = "only to another run than the trial's own"
    UNLIKELY = "nothing that was seen logs it, and what logs by itself has other names"
    NEVER = "every path of logging was seen, and none logs it"
    UNKNOWN = "it cannot be known"


class Remark(NamedTuple):
    """A call that a trial should not make, with its place."""

    what: str
    file: str
    line: int
    column: int


class LaunchReading(NamedTuple):
    """One script that the command starts, with the options that it takes."""

    launch: Launch
    script: str
    options: OptionReading


class ScriptReading(NamedTuple):
    """What the scripts of a command and the modules beside them do, as far as syntax tells.

    `unknown` says what keeps the reading from being whole: a library or a file that may log, a process started.
    """

    metrics: tuple[MetricCall, ...]
    unknown: tuple[str, ...]
    autologs: tuple[Autolog, ...]
    starts: tuple[LaunchReading, ...]
    remarks: tuple[Remark, ...]
    broken: tuple[tuple[str, int, str], ...]
    repeated_functions: frozenset[str]

    def answer(self, metric: str) -> Answer:
        """Return whether the trial logs `metric` to its own run."""
        fitting = [call for call in self.metrics if call.fits(metric)]
        if any(call.own is not False for call in fitting) or _SYSTEM_METRIC.fullmatch(metric):
            return Answer.LOGGED
        if any(one.names is None or one.names.fullmatch(metric) for one in self.autologs):
            return Answer.LOGGED
        if fitting:
            plain = any(not call.open for call in fitting)
            return Answer.OTHER_RUN if plain or not self.unknown else Answer.UNKNOWN
        if self.unknown:
            return Answer.UNLIKELY if self._is_misspelt(metric) else Answer.UNKNOWN
        return Answer.UNLIKELY if self.autologs else Answer.NEVER

    def names(self) -> list[str]:
        """Return the names that are plainly logged, each once."""
        return list(dict.fromkeys(call.name for call in self.metrics if call.name is not None))

    def _is_misspelt(self, metric: str) -> bool:
        """Whether a name that is logged differs from `metric` in nothing but case and signs."""
        return bool(_letters(metric)) and any(_letters(name) == _letters(metric) for name in self.names())

    def logs_once(self, metric: str) -> bool:
        """Whether every call that logs `metric` plainly runs once, so that there is only one value."""
        fitting = [call for call in self.metrics if call.fits(metric)]
        if not fitting or self.unknown or self.autologs or any(call.name != metric for call in fitting):
            return False
        return not any(map(self._repeats, fitting))

    def _repeats(self, call: MetricCall) -> bool:
        return call.context.repeated or call.context.function in self.repeated_functions


class CommandReading(NamedTuple):
    """What a command starts, and what that does: `scripts` are those that are there, `missing` those that are not."""

    launches: Launches
    scripts: tuple[str, ...]
    missing: tuple[str, ...]
    unread: tuple[str, ...]
    reading: ScriptReading | None


def read_started(text: str, root: str) -> CommandReading:
    """Read all that a command starts. `root` is the code folder, in which it runs."""
    launches = read_launches(text, root)
    scripts: list[str] = []
    missing, unread = list(launches.missing), list(launches.unread)
    readings = []
    for launch in launches.python:
        path = _path(launch, root)
        if path is not None:
            scripts.append(path)
            readings.append(read_launch(launch, path, root))
        elif launch.script is None or os.path.isabs(launch.script):
            unread.append(launch.name)
        elif os.path.isdir(os.path.join(root, launch.folder)):
            missing.append(launch.script)
        else:
            unread.append(launch.name)
    if launches.makes_files:
        unread += missing
        missing = []
    reading = _together(readings, [*unread, *missing]) if readings else None
    return CommandReading(launches, tuple(scripts), tuple(missing), tuple(unread), reading)


def read_script(script: str, root: str) -> ScriptReading:
    """Read a script and the local modules that it imports, directly or not."""
    return read_launch(Launch(script, None, None, (), "", ()), script, root)


def _path(launch: Launch, root: str) -> str | None:
    """Return the file that a launch starts; None where it is not in the code."""
    if launch.text is not None:
        return os.path.join(root, "python -c")
    folder = os.path.join(root, launch.folder)
    if launch.script is not None:
        path = os.path.normpath(os.path.join(folder, launch.script))
        return path if not os.path.isabs(launch.script) and os.path.isfile(path) else None
    for base in (folder, *(os.path.join(root, one) for one in launch.paths)):
        stem = os.path.join(base, *(launch.module or "").split("."))
        for candidate in (os.path.join(stem, "__main__.py"), f"{stem}.py"):
            if os.path.isfile(candidate):
                return os.path.normpath(candidate)
    return None


def _together(readings: list[ScriptReading], unread: list[str]) -> ScriptReading:
    def all_of(field: str) -> tuple[object, ...]:
        return tuple(dict.fromkeys(one for reading in readings for one in getattr(reading, field)))

    starts = tuple(one for reading in readings for one in reading.starts)
    repeated = frozenset().union(*(reading.repeated_functions for reading in readings))
    merged = readings[0]._replace(starts=starts, repeated_functions=repeated)
    for field in ("metrics", "autologs", "remarks", "broken"):
        merged = merged._replace(**{field: all_of(field)})
    return merged._replace(unknown=(*(str(one) for one in all_of("unknown")), *unread))


class _Files:
    """Follows imports from the script on."""

    def __init__(self, launch: Launch, path: str, root: str) -> None:
        self.code = Code()
        self.broken: list[tuple[str, int, str]] = []
        self.unknown: list[str] = []
        starts = os.path.join(root, launch.folder)
        below = [os.path.join(root, one) for one in launch.paths]
        self.roots = list(dict.fromkeys(map(os.path.normpath, (os.path.dirname(path), starts, root, *below))))
        self.root, self.starts = root, starts
        self._modules: dict[tuple[int, str, str], Module | None] = {}
        self._listed: dict[str, frozenset[str]] = {}
        self.follow(launch, path)

    def follow(self, launch: Launch, path: str) -> None:
        queue = [(path, True)]
        seen = {path}
        while queue:
            current, certain = queue.pop(0)
            broken: list[tuple[str, int, str]] = []
            first = launch.text is not None and current == path
            tree = parse_text((launch.text or "").encode(), current, broken) if first else parse(current, broken)
            self.broken += broken if certain else []
            if tree is None:
                self.unknown.append(current)
                continue
            module = Module(current, tree, certain)
            before = len(self.code.calls)
            self.code.add(module)
            self._add_paths(module, self.code.calls[before:])
            for level, name, _, firm in module.imports:
                for found in self._local(level, name, module):
                    if found not in seen and len(seen) < FILES_LIMIT:
                        seen.add(found)
                        queue.append((found, certain and firm))
                    elif found not in seen:
                        self.unknown.append(found)

    def _bases(self, level: int, name: str, module: Module) -> tuple[str, list[str]]:
        """Return where an import is looked up: a module beside the importing one counts only for unknown names."""
        folder = os.path.dirname(module.path)
        if level == 0 and is_known(name.split(".")[0]):
            folder = self.roots[0]
        return folder, self.roots

    def _local(self, level: int, name: str, module: Module) -> list[str]:
        folder, roots = self._bases(level, name, module)
        if level == 0:  # most imports are of libraries: one listing of a folder answers them all
            first = name.split(".")[0]
            roots = [one for one in dict.fromkeys((folder, *roots)) if first in self._names(one)]
            return resolve(0, name, roots[0], roots) if roots else []
        return resolve(level, name, folder, roots)

    def _names(self, folder: str) -> frozenset[str]:
        if folder not in self._listed:
            try:
                names = os.listdir(folder)
            except OSError:
                names = []
            self._listed[folder] = frozenset(one.removesuffix(".py") for one in names)
        return self._listed[folder]

    def find(self, level: int, name: str, module: Module) -> Module | None:
        """Return the module of the code that an import names."""
        folder, roots = self._bases(level, name, module)
        key = (level, name, folder)
        if key not in self._modules:
            first = name.split(".")[0]
            near = level > 0 or any(first in self._names(one) for one in (folder, *roots))
            path = module_file(level, name, folder, roots) if near else None
            self._modules[key] = self.code.modules.get(path) if path is not None else None
        return self._modules[key]

    def _add_paths(self, module: Module, calls: list[CallSite]) -> None:
        """Follow literal additions to `sys.path` that stay inside the code."""
        for site in calls:
            node = site.node
            if site.name not in ("append", "insert", "extend"):
                continue
            if not isinstance(node.func, ast.Attribute) or last_name(node.func.value) != "path" or not node.args:
                continue
            added = _folder(node.args[-1], module.path)
            if added is None:
                continue
            path = os.path.normpath(os.path.join(self.starts, added))
            if os.path.isdir(path) and not os.path.relpath(path, self.root).startswith(".."):
                self.roots.append(path)


def _folder(expression: ast.expr, file: str, depth: int = 0) -> str | None:
    """Return the folder that an expression such as `os.path.join(os.path.dirname(__file__), "lib")` names."""
    if depth > 12:
        return None
    value = constant(expression)
    if isinstance(value, str):
        return value
    if isinstance(expression, ast.Name) and expression.id == "__file__":
        return os.path.abspath(file)
    if isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Div):
        parts = [_folder(one, file, depth + 1) for one in (expression.left, expression.right)]
        return os.path.join(*(one for one in parts if one is not None)) if None not in parts else None
    if isinstance(expression, ast.Attribute) and expression.attr == "parent":
        inner = _folder(expression.value, file, depth + 1)
        return os.path.dirname(inner) if inner is not None else None
    if not isinstance(expression, ast.Call):
        return None
    name = last_name(expression.func)
    if name in ("resolve", "absolute", "as_posix") and isinstance(expression.func, ast.Attribute):
        return _folder(expression.func.value, file, depth + 1)
    if name == "getcwd":
        return "."
    parts = [_folder(one, file, depth + 1) for one in expression.args]
    known = [one for one in parts if one is not None]
    if not known or len(known) != len(parts):
        return None
    if name == "dirname":
        return os.path.dirname(known[0])
    return os.path.join(*known) if name in ("join", "abspath", "str", "Path", "realpath", "normpath") else None


def read_launch(launch: Launch, path: str, root: str) -> ScriptReading:
    """Read what one start of Python runs."""
    files = _Files(launch, os.path.normpath(path), root)
    code = files.code
    values = Values(code, files.find)
    packages = {
        name.split(".")[0]
        for module in code.modules.values()
        for level, name, _, _ in module.imports
        if level == 0
    }
    unknown = [*files.unknown, *_unknown_libraries(files), *_unknown_calls(code, values)]
    metrics = MetricCalls(values).find()
    autologs = Autologging(values, packages).find()
    options = OptionReader(values, packages).read()
    if files.unknown:
        options.complete = False
    remarks = [remark for site in code.calls for remark in _remarks(site, values)]
    repeated = _repeated_functions(code)
    start = LaunchReading(launch, path, options)
    return ScriptReading(
        tuple(metrics),
        tuple(dict.fromkeys(unknown)),
        tuple(dict.fromkeys(autologs)),
        (start,),
        tuple(remarks),
        tuple(files.broken),
        repeated,
    )


def _unknown_libraries(files: _Files) -> list[str]:
    """Return the packages that the code uses and that may log by themselves, or are not here."""
    found = []
    for module in files.code.modules.values():
        for level, name in module.stars:
            if not files._local(level, name, module) and (level or not is_known(name.split(".")[0])):
                found.append(name or "a package")
        for scope in _scopes(files.code, module):
            for bound, bindings in scope.bindings.items():
                if bound not in module.used_names:
                    continue
                for binding in bindings:
                    if binding.kind != "import":
                        continue
                    dotted = f"{binding.module}.{binding.attribute}" if binding.attribute else binding.module
                    if binding.level == 0 and not may_log_by_itself(dotted):
                        continue
                    if not files._local(binding.level, dotted.strip("."), module):
                        found.append(dotted)
    return found


def _scopes(code: Code, module: Module) -> list:  # type: ignore[type-arg]
    return [module.scope, *(scope for scope in code.scopes.values() if scope.module is module)]


def _unknown_calls(code: Code, values: Values) -> list[str]:
    """Return the calls that run other code than what was read."""
    found = []
    for site in code.calls:
        name = site.name
        if isinstance(site.node.func, ast.Name) and name in _RUNS_CODE:
            found.append(f"{name}()")
        elif name in ("import_module", "run_path", "run_module"):
            found.append(f"{name}()")
        elif name in ("evaluate", "run") and any(
            one.dotted in ("mlflow.evaluate", "mlflow.models.evaluate", "mlflow.run", "mlflow.projects.run")
            for one in values.refer(site.node.func, site.scope)
        ):
            found.append(f"mlflow.{name}()")
        elif name == "getattr" and site.node.args and last_name(site.node.args[0]) == "mlflow":
            found.append("getattr(mlflow, …)")
        elif _starts_process(site, values):
            found.append(f"{name}()")
        found += _logging_handed_on(site, values)
    return found


def _logging_handed_on(site: CallSite, values: Values) -> list[str]:
    """Return `mlflow.log_metric` where it is handed to something that is not read, such as `map` or `partial`."""
    for argument in (*site.node.args, *(one.value for one in site.node.keywords)):
        if isinstance(argument, (ast.Name, ast.Attribute)):
            name = last_name(argument)
            if not name.startswith("log_metric") and name != "mlflow":
                continue
            if any(one.dotted.startswith("mlflow") for one in values.refer(argument, site.scope)):
                callees = values.refer(site.node.func, site.scope)
                if any(one.kind not in ("function", "class") for one in callees):
                    return [f"{site.name}({name})"]
    return []


def _starts_process(site: CallSite, values: Values) -> bool:
    if not _PROCESS_CALL.match(site.name):
        return False
    if not any(_PROCESSES.match(one.dotted) for one in values.refer(site.node.func, site.scope)):
        return False
    given = site.node.args[0] if site.node.args else keyword(site.node, "args")
    words = given.elts if isinstance(given, (ast.List, ast.Tuple)) else [given]
    first = next(iter(values.texts(words[0], site.scope)), (None,))
    text = first[0]
    if isinstance(words[0], ast.Attribute) and words[0].attr == "executable" and len(words) > 2:
        return not (constant(words[1]) == "-m" and constant(words[2]) in ("pip", "nltk.downloader", "spacy"))
    if text is None or not text.split():
        return True
    return not _HARMLESS_PROCESS.match(text.split()[0])


def _remarks(site: CallSite, values: Values) -> list[Remark]:
    node, path = site.node, site.scope.module.path
    found = []
    if site.name in ("set_experiment", "register_model"):
        referents = values.refer(node.func, site.scope)
        if any(one.kind == "library" and one.dotted.startswith("mlflow.") for one in referents):
            found.append(Remark(site.name, path, node.lineno, node.col_offset + 1))
    for one in node.keywords:
        if one.arg == "registered_model_name" and not (
            isinstance(one.value, ast.Constant) and one.value.value is None
        ):
            found.append(Remark("registered_model_name", path, one.value.lineno, one.value.col_offset + 1))
    return found


def _repeated_functions(code: Code) -> frozenset[str]:
    """Return the functions that may run more than once: called in a loop, handed on, or never plainly called."""
    called = {name for name, _, is_call in code.uses if is_call}
    repeated = {name for name, context, is_call in code.uses if context.repeated or not is_call}
    repeated |= code.outer_functions - called
    grown = True
    while grown:
        more = {name for name, context, _ in code.uses if _within(context, repeated)} - repeated
        repeated |= more
        grown = bool(more)
    return frozenset(repeated)


def _within(context: Context, functions: set[str]) -> bool:
    return context.function in functions


@cache
def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()
