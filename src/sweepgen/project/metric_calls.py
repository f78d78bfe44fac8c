"""The calls of a script that log metrics: under which names, and to which run."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from sweepgen.project.logging_libraries import LIGHTNING, is_known
from sweepgen.project.python_code import CHILD_RUN, FIRST_NESTED, NO_RUN, OWN_RUN, CallSite, Context, Scope
from sweepgen.project.python_names import Referent
from sweepgen.project.python_syntax import constant, keyword, last_name
from sweepgen.project.python_values import ANY, Template, Values, joined, pattern_of

LOGGING = frozenset(
    (
        *("log", "log_metric", "log_metrics", "log_dict", "log_row", "log_list", "log_batch", "log_table"),
        *("log_accuracy_table", "log_residuals", "log_confusion_matrix", "log_predictions"),
        *("eval_and_log_metrics", "add_scalar"),
    )
)
"""The last names of calls that may log metrics."""
_OWN_IDS = (
    "active_run()",
    "start_run()",
    "MLFLOW_RUN_ID",
    "AZUREML_RUN_ID",
    "get_context().id",
    "last_active_run()",
)
_OTHER_IDS = (
    "create_run()",
    "parentRunId",
    "rootRunId",
    ".parent",
    "search_runs()",
    "get_parent_run()",
    "ROOT_RUN_ID",
)
_LIGHTNING_ENDINGS = ("", "_step", "_epoch")


class MetricCall(NamedTuple):
    """One name under which a call logs a metric: `name` where it is plain, else `pattern`.

    `own` says whether it goes to the trial's own run: True, False, or None where it cannot be known. `is_event`: it is
    written to an event file of TensorBoard, from where nothing but autologging brings it into a run.
    """

    name: str | None
    pattern: re.Pattern[str]
    context: Context
    own: bool | None
    file: str
    line: int
    is_event: bool = False

    def fits(self, metric: str) -> bool:
        """Whether the call may log a metric of this name."""
        return self.pattern.fullmatch(metric) is not None

    @property
    def shown(self) -> str:
        """The name, with … for each part that is not known."""
        parts = self.pattern.pattern.split(".*")
        return "…".join(re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in parts)

    @property
    def open(self) -> bool:
        """Whether nothing at all is known of the name."""
        return self.pattern.pattern == ".*"


class MetricCalls:
    """Finds them in a script's code."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.code = values.code
        self._runs: dict[str, int] = {}

    def find(self) -> list[MetricCall]:
        """Return every name that a call of the code logs, or may."""
        found: list[MetricCall] = []
        for site in self.code.calls:
            if site.name in LOGGING or isinstance(site.node.func, ast.Name) or _of_self(site.node.func):
                for referent in self.values.refer(site.node.func, site.scope):
                    found += self._of_call(site, referent)
        return list(dict.fromkeys(found))

    def _of_call(self, site: CallSite, referent: Referent) -> list[MetricCall]:
        if referent.kind == "library":
            return self._of_library(site, referent.dotted)
        if referent.kind in ("function", "class", "instance", "module"):
            return []  # what it does is in its own body
        if site.name not in LOGGING or site.name == "add_scalar":
            return []
        return self._of_unknown(site)

    def _of_library(self, site: CallSite, dotted: str) -> list[MetricCall]:
        root, name = dotted.split(".", maxsplit=1)[0], dotted.rsplit(".", 1)[-1]
        if name not in LOGGING:
            return []
        client = "Client()" in dotted or "lient." in dotted
        if name == "add_scalar" and root not in ("torch", "tensorboardX", "tensorboard"):
            return []
        if root == "mlflow" and name in ("log_metric", "log_metrics"):
            return self._of_client(site, name) if client else self._fluent(site, name)
        if root == "mlflow" and name == "log_batch":
            return self._batch(site)
        if root == "mlflow" and name == "eval_and_log_metrics":
            prefix = self.values.texts(keyword(site.node, "prefix"), site.scope)
            return self._made(site, [joined(one, ANY) for one in prefix], True)
        if root == "azureml" and name.startswith("log"):
            own = ".parent" not in dotted
            return self._made(site, self._first(site, "name"), own)
        if root in LIGHTNING and ("Module()" in dotted or "Logger" in dotted or name == "log_dict"):
            many = name in ("log_dict", "log_metrics")
            names = self._many(site, 0) if many else self._first(site, "name")
            return self._made(
                site, [joined(one, (end,)) for one in names for end in _LIGHTNING_ENDINGS], None
            )
        if root == "accelerate" and name == "log":
            return self._made(site, self._many(site, 0), None)
        if root == "transformers" and name == "log":
            return self._made(site, self._many(site, 0), None)
        if name == "add_scalar":
            return [call._replace(is_event=True) for call in self._made(site, self._first(site, "tag"), None)]
        return [] if is_known(root) else self._of_unknown(site)

    def _fluent(self, site: CallSite, name: str) -> list[MetricCall]:
        run_id = keyword(site.node, "run_id")
        own = self._owned(site) if run_id is None else self._own_id(run_id, site.scope)
        names = self._first(site, "key") if name == "log_metric" else self._many(site, 0)
        return self._made(site, names, own)

    def _of_client(self, site: CallSite, name: str) -> list[MetricCall]:
        node = site.node
        run_id = keyword(node, "run_id") or (node.args[0] if node.args else None)
        own = self._own_id(run_id, site.scope)
        if name == "log_metrics":
            return self._made(site, self._many(site, 1), own)
        key = keyword(node, "key")
        if key is None:
            position = 0 if keyword(node, "run_id") is not None else 1
            key = node.args[position] if position < len(node.args) else None
        return self._made(site, self.values.texts(key, site.scope), own)

    def _batch(self, site: CallSite) -> list[MetricCall]:
        node = site.node
        own = self._own_id(keyword(node, "run_id") or (node.args[0] if node.args else None), site.scope)
        metrics = keyword(node, "metrics") or (node.args[1] if len(node.args) > 1 else None)
        if metrics is None:
            return []
        names: set[Template] = set()
        rows = metrics.elts if isinstance(metrics, (ast.List, ast.Tuple)) else [metrics]
        for row in rows:
            made = row.elt if isinstance(row, (ast.ListComp, ast.GeneratorExp)) else row
            if isinstance(made, ast.Call) and last_name(made.func) == "Metric":
                key = keyword(made, "key") or (made.args[0] if made.args else None)
                names |= self.values.texts(key, site.scope)
            else:
                names.add(ANY)
        return self._made(site, names, own)

    def _of_unknown(self, site: CallSite) -> list[MetricCall]:
        """Return what a call of something that cannot be known may log."""
        if site.name in ("log_metrics", "log_dict"):
            many = self._many(site, 0)
            if len(site.node.args) > 1:
                many |= self._many(site, 1)
            return self._made(site, many, None)
        if site.name == "log_batch":
            return self._made(site, [ANY], None)
        first = site.node.args[0] if site.node.args else None
        if site.name == "log" and isinstance(first, ast.Dict):
            return self._made(site, self._many(site, 0), None)
        if site.name == "log" and len(site.node.args) + len(site.node.keywords) < 2:
            if first is None or isinstance(first, (ast.Constant, ast.BinOp, ast.JoinedStr)):
                return []  # a logarithm, or a line of a log
            return self._made(site, self._many(site, 0), None)
        names = set(self._first(site, "name", "key"))
        if site.name == "log_metric" and len(site.node.args) > 2:
            names |= self.values.texts(site.node.args[1], site.scope)
        return self._made(site, names, None)

    def _first(self, site: CallSite, *keywords: str) -> frozenset[Template]:
        node = site.node
        given = next((one.value for one in node.keywords if one.arg in (*keywords, "key", "name")), None)
        if given is None and node.args and not isinstance(node.args[0], ast.Starred):
            given = node.args[0]
        return self.values.texts(given, site.scope)

    def _many(self, site: CallSite, position: int) -> frozenset[Template]:
        node = site.node
        given = keyword(node, "metrics") or keyword(node, "dictionary") or keyword(node, "values")
        if given is None and position < len(node.args):
            given = node.args[position]
        return self.values.keys(given, site.scope)

    def _made(self, site: CallSite, names: object, own: bool | None) -> list[MetricCall]:
        found = []
        for template in names if isinstance(names, (frozenset, set, list)) else ():
            plain = template[0] if len(template) == 1 else None
            path, line = site.scope.module.path, site.node.lineno
            found.append(MetricCall(plain, pattern_of(template), site.context, own, path, line))
        return sorted(found, key=lambda call: call.pattern.pattern)

    # Runs

    def _owned(self, site: CallSite) -> bool | None:
        run = site.context.run
        if run == NO_RUN and site.scope.kind == "function":
            run = self.run_of(_named(site.scope))
        elif run == FIRST_NESTED and site.scope.kind == "function":
            run = CHILD_RUN if self.run_of(_named(site.scope)) in (OWN_RUN, CHILD_RUN) else OWN_RUN
        return run != CHILD_RUN

    def run_of(self, function: Scope | None) -> int:
        """Return the run that holds all calls of a function, and so its body."""
        if function is None:
            return NO_RUN
        key = f"{function.module.path}:{function.name}:{getattr(function.node, 'lineno', 0)}"
        if key not in self._runs:
            self._runs[key] = NO_RUN  # a function that calls itself
            sites = self.values.calls_of(function) if len(self._runs) < 60 else []
            runs = set()
            for site in sites:
                inside = _named(site.scope)
                if site.context.run == FIRST_NESTED:
                    runs.add(CHILD_RUN if self.run_of(inside) in (OWN_RUN, CHILD_RUN) else OWN_RUN)
                else:
                    runs.add(site.context.run if site.context.run != NO_RUN else self.run_of(inside))
            handed_on = function.name in self.code.handed_on or f".{function.name}" in self.code.handed_on
            self._runs[key] = runs.pop() if len(runs) == 1 and not handed_on else NO_RUN
        return self._runs[key]

    def _own_id(self, expression: ast.expr | None, scope: Scope) -> bool | None:
        if expression is None:
            return None
        if isinstance(constant(expression), str):
            return False
        answers: set[bool | None] = set()
        for referent in self.values.refer(expression, scope):
            dotted = referent.dotted
            if referent.kind != "library" or (dotted.startswith("builtins.") and "Id" not in dotted):
                answers.add(False if dotted == "builtins.str()" else None)
            elif any(part in dotted for part in _OTHER_IDS):
                answers.add(False)
            else:
                answers.add(True if any(part in dotted for part in _OWN_IDS) else None)
        return answers.pop() if len(answers) == 1 else None


def _of_self(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and last_name(function.value) in ("self", "cls")


def _named(scope: Scope | None) -> Scope | None:
    while scope is not None and (scope.kind != "function" or not scope.name):
        scope = scope.parent
    return scope
