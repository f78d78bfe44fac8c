"""What keeps a reading from being whole: libraries that may log by themselves, and code that runs unread."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from sweepgen.project.logging_libraries import is_known, may_log_by_itself
from sweepgen.project.python_syntax import constant, keyword, last_name

if TYPE_CHECKING:
    from sweepgen.project.python_code import CallSite, Code, Module, Scope
    from sweepgen.project.python_values import Values
    from sweepgen.project.script_files import ScriptFiles

_RUNS_CODE = frozenset(("exec", "eval", "__import__"))
_PROCESSES = re.compile(
    r"(subprocess\.(run|call|check_call|check_output|Popen)|os\.(system|popen|exec\w+|spawn\w+))\Z"
)
_PROCESS_CALL = re.compile(r"(run|call|check_call|check_output|Popen|system|popen|exec\w+|spawn\w+)\Z")
_HARMLESS_PROCESS = re.compile(
    r"(.*/)?(pip3?|nvidia-smi|ls|git|apt|apt-get|cp|mv|mkdir|rm|tar|unzip|wget|curl|du|df|find|ldconfig|chmod|free|az"
    r"|azcopy|which|cat|echo|hostname|lscpu|ps|env|ulimit|sudo apt\S*)\Z"
)


def unknown_libraries(files: ScriptFiles) -> list[str]:
    """Return the packages that the code uses and that may log by themselves, or are not here."""
    found = []
    for module in files.code.modules.values():
        for level, name in module.stars:
            if not files.local(level, name, module) and (level or not is_known(name.split(".")[0])):
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
                    if not files.local(binding.level, dotted.strip("."), module):
                        found.append(dotted)
    return found


def _scopes(code: Code, module: Module) -> list[Scope]:
    return [module.scope, *(scope for scope in code.scopes.values() if scope.module is module)]


def unknown_calls(code: Code, values: Values) -> list[str]:
    """Return the calls that run other code than what was read."""
    found = []
    for site in code.calls:
        name = site.name
        if (isinstance(site.node.func, ast.Name) and name in _RUNS_CODE) or name in (
            "import_module",
            "run_path",
            "run_module",
        ):
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
