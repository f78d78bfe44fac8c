"""What the names in a script's files mean, and which calls run which function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.project.python_code import CallSite, Code, Module, NameBinding, Scope
from sweepgen.project.python_syntax import constant, keyword, last_name, parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEPTH = 14
"""How many names, calls and operators are followed one behind the other."""
BUDGET = 60_000
"""Expressions that are looked at in one script; beyond it, everything is unknown."""


class Referent(NamedTuple):
    """What a name means: something of a library, or a function, class, instance or module of the code."""

    kind: str
    dotted: str = ""
    scope: Scope | None = None


UNKNOWN = Referent("unknown")


class Names:
    """Follows names through a script's files."""

    def __init__(self, code: Code, find_module: Callable[[int, str, Module], Module | None]) -> None:
        self.code = code
        self.find_module = find_module
        self.spent = 0
        self._referents: dict[int, tuple[Referent, ...]] = {}
        self._importing: set[tuple[Scope, str]] = set()

    def over(self, depth: int) -> bool:
        """Count one more expression, and return whether that is deep enough, or enough in all."""
        self.spent += 1
        return depth > DEPTH or self.spent > BUDGET

    def refer(self, expression: ast.expr | None, scope: Scope, depth: int = 0) -> tuple[Referent, ...]:
        """Return all that an expression may mean; `UNKNOWN` among it where that is not all."""
        if expression is None or self.over(depth):
            return (UNKNOWN,)
        known = self._referents.get(id(expression))
        if known is None:
            self._referents[id(expression)] = (UNKNOWN,)  # a name that is made of itself
            known = tuple(dict.fromkeys(self._refer(expression, scope, depth + 1)))
            self._referents[id(expression)] = known
        return known

    def _refer(self, node: ast.expr, scope: Scope, depth: int) -> Iterable[Referent]:
        if isinstance(node, ast.Name):
            return self._name(node.id, scope, depth)
        if isinstance(node, ast.Attribute):
            return [
                found
                for base in self.refer(node.value, scope, depth)
                for found in self._attribute(base, node.attr, depth)
            ]
        if isinstance(node, ast.Call):
            return [
                found
                for callee in self.refer(node.func, scope, depth)
                for found in self._result(callee, node, depth)
            ]
        if isinstance(node, ast.Subscript):
            key = constant(node.slice)
            return [
                Referent("library", f"{base.dotted}[{key}]") if base.kind == "library" else UNKNOWN
                for base in self.refer(node.value, scope, depth)
            ]
        if isinstance(node, ast.IfExp):
            return [*self.refer(node.body, scope, depth), *self.refer(node.orelse, scope, depth)]
        if isinstance(node, ast.BoolOp):
            return [found for value in node.values for found in self.refer(value, scope, depth)]
        if isinstance(node, (ast.Await, ast.NamedExpr)):
            return self.refer(node.value, scope, depth)
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            return [Referent("library", "builtins.str()")]
        return [UNKNOWN]

    def _name(self, name: str, scope: Scope, depth: int) -> list[Referent]:
        found: list[Referent] = []
        bindings = self.bindings(name, scope)
        if bindings is None:
            return [Referent("library", f"builtins.{name}")] if not scope.module.stars else [UNKNOWN]
        for binding in bindings:
            found += self._bound(binding, scope, name, depth)
        return found

    def _bound(self, binding: NameBinding, scope: Scope, name: str, depth: int) -> Iterable[Referent]:
        if binding.kind in ("function", "class"):
            return [Referent(binding.kind, scope=binding.scope)]
        if binding.kind == "import":
            return self._imported(binding, scope.module, depth)
        if binding.kind == "value" and binding.scope is not None:
            return self.refer(binding.expression, binding.scope, depth)
        if binding.kind == "parameter" and binding.scope is not None:
            return self._parameter_referents(binding.scope, name, depth)
        return [UNKNOWN]

    def _imported(self, binding: NameBinding, module: Module, depth: int) -> Iterable[Referent]:
        local = self.find_module(binding.level, binding.module, module)
        if local is None and binding.attribute is not None:
            local = self.find_module(
                binding.level, f"{binding.module}.{binding.attribute}".strip("."), module
            )
            if local is not None:
                return [Referent("module", scope=local.scope)]
        if local is not None:
            if binding.attribute is None:
                return [Referent("module", scope=local.scope)]
            return self._imported_from(local, binding.attribute, depth)
        if binding.level:
            return [UNKNOWN]
        dotted = f"{binding.module}.{binding.attribute}" if binding.attribute else binding.module
        return [Referent("library", dotted)]

    def _imported_from(self, module: Module, name: str, depth: int) -> Iterable[Referent]:
        key = (module.scope, name)
        if key in self._importing:  # two files that import it from each other
            return [UNKNOWN]
        self._importing.add(key)
        found = list(self._attribute(Referent("module", scope=module.scope), name, depth))
        self._importing.discard(key)
        return found

    def bindings(self, name: str, scope: Scope) -> list[NameBinding] | None:
        """Return how a name gets its value where it is; None where nothing binds it."""
        if name.startswith("self."):
            return scope.bindings.get(name)
        current: Scope | None = scope
        while current is not None:
            if name in current.bindings and (current.kind != "class" or current is scope):
                return current.bindings[name]
            current = current.parent
        for level, module in scope.module.stars:
            local = self.find_module(level, module, scope.module)
            if local is not None and name in local.scope.bindings:
                return local.scope.bindings[name]
        return None

    def _attribute(self, base: Referent, name: str, depth: int) -> Iterable[Referent]:
        if base.kind == "library":
            return [Referent("library", f"{base.dotted}.{name}")]
        if base.scope is None or self.over(depth):
            return [UNKNOWN]
        if base.kind == "module":
            if name in base.scope.bindings:
                return self._name(name, base.scope, depth)
            local = self.find_module(1, name, base.scope.module)
            return [Referent("module", scope=local.scope)] if local is not None else [UNKNOWN]
        if base.kind not in ("class", "instance"):
            return [UNKNOWN]
        for key in (name, f"self.{name}"):
            if key in base.scope.bindings:
                found: list[Referent] = []
                for binding in base.scope.bindings[key]:
                    found += self._bound(binding, base.scope, name, depth)
                return found
        return [
            found
            for above in self.bases(base.scope, depth)
            for found in self._attribute(_instance(above), name, depth + 1)
        ] or [UNKNOWN]

    def bases(self, scope: Scope, depth: int = 0) -> list[Referent]:
        """Return what a class is derived from."""
        node = scope.node
        parents = node.bases if isinstance(node, ast.ClassDef) else []
        return [found for one in parents for found in self.refer(one, scope.parent or scope, depth + 1)]

    def _result(self, callee: Referent, node: ast.Call, depth: int) -> Iterable[Referent]:
        if callee.kind == "library":
            if callee.dotted.endswith(".get") and node.args:
                return [Referent("library", f"{callee.dotted[:-4]}[{constant(node.args[0])}]")]
            return [Referent("library", f"{callee.dotted}()")]
        if callee.scope is not None and callee.kind == "class":
            return [Referent("instance", scope=callee.scope)]
        if callee.scope is not None and callee.kind == "function":
            return [
                found for one in callee.scope.returns for found in self.refer(one, callee.scope, depth)
            ] or [UNKNOWN]
        return [UNKNOWN]

    def _parameter_referents(self, function: Scope, name: str, depth: int) -> Iterable[Referent]:
        node = function.node
        if function.method and _first(node) == name and function.parent is not None:
            return [Referent("instance", scope=function.parent)]
        found: list[Referent] = []
        for one in parameters(node) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else ():
            if one.arg == name and isinstance(one.annotation, (ast.Name, ast.Attribute)):
                found = [
                    _instance(above)
                    for above in self.refer(one.annotation, function.parent or function, depth)
                    if above.kind in ("library", "class")
                    and not above.dotted.startswith(("builtins.", "typing."))
                ]
        if found:
            return found
        arguments = self.arguments(function, name, depth)
        if arguments is None:
            return [UNKNOWN]
        return [one for value, scope in arguments for one in self.refer(value, scope, depth)]

    # Calls

    def calls_of(self, function: Scope, depth: int = 0) -> list[CallSite]:
        """Return the calls that run a function, or may."""
        name = function.name
        if name == "__init__" and function.parent is not None:
            name = function.parent.name
        found = []
        for site in self.code.calls_by_name.get(name, ()):
            referents = self.refer(site.node.func, site.scope, depth + 1)
            if any(one.kind == "unknown" or one.scope in (function, function.parent) for one in referents):
                found.append(site)
        return found

    def arguments(self, function: Scope, name: str, depth: int) -> list[tuple[ast.expr, Scope]] | None:
        """Return what a function is given as one of its parameters; None where that cannot be known."""
        used_as = f".{function.name}" if function.method else function.name
        if self.over(depth) or not function.name or used_as in self.code.handed_on:
            return None
        node = function.node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        if any(last_name(one) not in ("staticmethod", "classmethod") for one in node.decorator_list):
            return None  # what a decorator hands over is elsewhere: click's values, Hydra's
        if any(one is not None and one.arg == name for one in (node.args.vararg, node.args.kwarg)):
            return None
        sites = self.calls_of(function, depth)
        default = _default(node, name)
        found = []
        for site in sites:
            value = _argument(site.node, node, name, bound=function.method)
            if value is not None:
                found.append((value, site.scope))
            elif default is None or any(one.arg is None for one in site.node.keywords):
                return None
            else:
                found.append((default, function.parent or function))
        return found or None

    def bindings_of(self, name: str, scope: Scope) -> list[NameBinding] | None:
        """Return the bindings of a name, or of `self.x`, seen from a scope."""
        if not name.startswith("self."):
            return self.bindings(name, scope)
        current: Scope | None = scope
        while current is not None and current.kind != "class":
            current = current.parent
        if current is None:
            return None
        return current.bindings.get(name) or current.bindings.get(name.removeprefix("self."))


def _instance(referent: Referent) -> Referent:
    if referent.kind == "library":
        return Referent("library", f"{referent.dotted}()")
    return Referent("instance", scope=referent.scope) if referent.kind == "class" else referent


def _first(node: ast.AST) -> str | None:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    names = [*node.args.posonlyargs, *node.args.args]
    return names[0].arg if names else None


def _default(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> ast.expr | None:
    positional = [*node.args.posonlyargs, *node.args.args]
    with_default = positional[len(positional) - len(node.args.defaults) :]
    for argument, default in zip(with_default, node.args.defaults, strict=True):
        if argument.arg == name:
            return default
    for argument, other in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.arg == name:
            return other
    return None


def _argument(
    call: ast.Call, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, *, bound: bool
) -> ast.expr | None:
    given = keyword(call, name)
    if given is not None:
        return given
    positional = [one.arg for one in (*node.args.posonlyargs, *node.args.args)][1 if bound else 0 :]
    if name not in positional:
        return None
    index = positional.index(name)
    if any(isinstance(one, ast.Starred) for one in call.args[: index + 1]):
        return ast.Constant(None)  # nothing that is known
    return call.args[index] if index < len(call.args) else None
