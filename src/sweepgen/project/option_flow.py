"""Whether the value of an option goes anywhere in a script: followed by its name, never run.

Two answers are sure: every use was seen, and each of them ends (it is printed, logged, kept under a name that nothing
reads). Whatever else happens to it, by a call that is not known or a branch that it decides, may be what it is for.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from sweepgen.project.python_syntax import constant, keyword, last_name

if TYPE_CHECKING:
    from sweepgen.project.options import Option
    from sweepgen.project.python_code import Scope
    from sweepgen.project.python_names import Referent
    from sweepgen.project.python_values import Values

_PARSES = frozenset(
    ("parse_args", "parse_known_args", "parse_intermixed_args", "parse_known_intermixed_args")
)
_LOOKS_UP = frozenset(("get", "getattr", "pop", "__getitem__"))
_SAME = frozenset(
    f"builtins.{name}"
    for name in (
        "int",
        "float",
        "str",
        "repr",
        "abs",
        "bool",
        "format",
        "round",
        "vars",
        "dict",
        "list",
        "tuple",
    )
)
"""What hands its argument on."""
_ENDS = frozenset(
    (
        *(
            "builtins.print",
            "builtins.isinstance",
            "builtins.type",
            "builtins.len",
            "builtins.id",
            "pprint.pprint",
        ),
        *("mlflow.log_param", "mlflow.log_params", "mlflow.set_tag", "mlflow.set_tags", "mlflow.log_dict"),
        *("mlflow.log_text", "json.dump", "warnings.warn"),
    )
)
"""What shows or keeps its argument, and draws nothing by it."""
_EXPRESSIONS = (
    ast.BinOp,
    ast.BoolOp,
    ast.UnaryOp,
    ast.Compare,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.IfExp,
    ast.Await,
)


class _MayReachError(Exception):
    """A use whose end was not seen."""


class OptionFlow:
    """Follows one option through all files of a script."""

    def __init__(self, values: Values, option: Option) -> None:
        self._values = values
        self._code = values.code
        self._names = {_destination(values, option)}
        self._results: set[str] = set()
        self._namespaces: set[str] = set()
        self._namespace_results: set[str] = set(_PARSES)
        self._parents: dict[int, ast.AST] = {}
        self._scopes: dict[int, Scope] = {id(site.node): site.scope for site in self._code.calls}
        self._nodes: list[ast.AST] = []
        for module in self._code.modules.values():
            for node in ast.walk(module.tree):
                self._nodes.append(node)
                for child in ast.iter_child_nodes(node):
                    self._parents[id(child)] = node

    def ends(self) -> bool:
        """Whether every use was seen, and none of them could seed anything."""
        if {"locals", "globals"} & self._code.calls_by_name.keys():
            return False
        known = -1
        try:
            while known != self._known():
                known = self._known()
                for node in self._nodes:
                    if self._is_value(node):
                        self._follow(node, whole=False)
                    elif self._is_namespace(node):
                        self._follow(node, whole=True)
        except _MayReachError:
            return False
        return True

    def _known(self) -> int:
        return sum(map(len, (self._names, self._results, self._namespaces, self._namespace_results)))

    def _is_value(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return isinstance(node.ctx, ast.Load) and node.id in self._names
        if isinstance(node, ast.Attribute):
            return isinstance(node.ctx, ast.Load) and node.attr in self._names
        if isinstance(node, ast.Call):
            return last_name(node.func) in self._results
        if isinstance(node, ast.Constant) and node.value in self._names:
            parent = self._parents.get(id(node))
            return isinstance(parent, ast.Subscript) or (
                isinstance(parent, ast.Call) and last_name(parent.func) in _LOOKS_UP
            )
        return False

    def _is_namespace(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return isinstance(node.ctx, ast.Load) and node.id in self._namespaces
        if isinstance(node, ast.Attribute):
            return isinstance(node.ctx, ast.Load) and node.attr in self._namespaces
        return isinstance(node, ast.Call) and last_name(node.func) in self._namespace_results

    def _follow(self, node: ast.AST, *, whole: bool) -> None:
        """Follow a value, or with `whole` the namespace that holds it, outwards until it ends or gets a name."""
        following: ast.AST | None = node
        while following is not None:
            following = self._outwards(following, whole=whole)

    def _outwards(self, node: ast.AST, *, whole: bool) -> ast.AST | None:
        """Return what a value is a part of; None where it ends there."""
        parent = self._parents.get(id(node))
        if isinstance(parent, ast.Attribute):
            return parent if not whole or parent.attr == "__dict__" else None  # its own attribute is a value
        if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load):
            return None if whole and isinstance(parent.slice, ast.Constant) else parent
        argument = node
        if isinstance(parent, ast.keyword):
            argument, parent = parent, self._parents.get(id(parent))
        if isinstance(parent, ast.Call):
            return parent if node is parent.func or not self._ends_in(parent, argument, whole=whole) else None
        if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self._named(parent, node, whole=whole)
        elif isinstance(parent, ast.Return):
            self._returned(parent, whole=whole)
        elif isinstance(parent, _EXPRESSIONS):
            return parent
        elif parent is not None and not isinstance(parent, ast.Expr):
            raise _MayReachError
        return None

    def _ends_in(self, call: ast.Call, argument: ast.AST, *, whole: bool) -> bool:
        """Whether a value ends in a call; else the call hands it on. What a local function is given gets its name."""
        scope = self._scopes.get(id(call))
        referents = self._values.refer(call.func, scope) if scope is not None else []
        if last_name(call.func) in _LOOKS_UP and isinstance(argument, ast.Constant):
            return False
        if not referents or isinstance(argument, ast.Starred):
            raise _MayReachError
        ends = True
        for referent in referents:
            if referent.kind == "function" and referent.scope is not None:
                self._given(call, argument, referent, whole=whole)
            elif referent.kind != "library":
                raise _MayReachError
            elif referent.dotted in _SAME:
                ends = False
            elif referent.dotted not in _ENDS and not referent.dotted.startswith("logging."):
                raise _MayReachError
        return ends

    def _given(self, call: ast.Call, argument: ast.AST, referent: Referent, *, whole: bool) -> None:
        function = referent.scope.node if referent.scope is not None else None
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function.decorator_list:
            raise _MayReachError
        if isinstance(argument, ast.keyword):
            name = argument.arg
        else:
            given = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
            index = next((place for place, one in enumerate(call.args) if one is argument), len(given))
            index += 1 if referent.scope is not None and referent.scope.method else 0
            starred = any(isinstance(one, ast.Starred) for one in call.args)
            name = given[index] if index < len(given) and not starred else None
        if name is None or function.args.kwarg is not None:
            raise _MayReachError
        (self._namespaces if whole else self._names).add(name)

    def _named(
        self,
        statement: ast.Assign | ast.AnnAssign | ast.AugAssign,
        value: ast.AST,
        *,
        whole: bool,
    ) -> None:
        if statement.value is not value:
            raise _MayReachError
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        waiting = list(targets)
        known = self._namespaces if whole else self._names
        while waiting:
            target = waiting.pop()
            if isinstance(target, (ast.Tuple, ast.List)):
                waiting += target.elts
            elif isinstance(target, (ast.Name, ast.Attribute)):
                known.add(last_name(target))
            else:
                raise _MayReachError

    def _returned(self, statement: ast.AST, *, whole: bool) -> None:
        node = self._parents.get(id(statement))
        while node is not None and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node = self._parents.get(id(node))
        if node is None or node.decorator_list:
            raise _MayReachError
        (self._namespace_results if whole else self._results).add(node.name)


def _destination(values: Values, option: Option) -> str:
    """Return the name under which the script finds an option."""
    for site in values.code.calls_by_name.get("add_argument", ()):
        if site.scope.module.path == option.file and site.node.lineno == option.line:
            given = constant(keyword(site.node, "dest"))
            if isinstance(given, str):
                return given
    flag = next((flag for flag in option.flags if flag.startswith("--")), option.flags[0])
    return flag.lstrip("-").replace("-", "_")
