"""The Python files that a script is made of, as syntax: which names mean what, and what is called where."""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sweepgen.project.python_syntax import (
    FunctionNode,
    constant,
    keyword,
    last_name,
    parameters,
    self_attribute,
)

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_LOOPS = (ast.For, ast.While, ast.AsyncFor, *_COMPREHENSIONS)
_TELLING = frozenset(
    (
        *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign, ast.Delete),
        *(ast.comprehension, ast.With, ast.AsyncWith, ast.Return, ast.Global, ast.Nonlocal, ast.Try, *_LOOPS),
    )
)
"""The nodes that bind a name, or change the scope of what is in them; the others only hold more nodes."""

_LEAVES = frozenset(
    ("ctx", "op", "ops", "names", "id", "attr", "arg", "level", "module", "type_comment", "kind")
)
"""The fields that hold text, operators or the names of an import, and no more nodes to look at."""

# Which run a statement's metrics go to, as far as the statements around it show.
NO_RUN, OWN_RUN, CHILD_RUN, FIRST_NESTED = range(4)
_FLUENT = frozenset(("log_param", "log_params", "log_metric", "log_metrics", "set_tag", "set_tags"))


class Context(NamedTuple):
    """The surroundings of a statement: the function around it, whether it runs again and again within that, its run."""

    function: str | None
    repeated: bool
    run: int = NO_RUN


class NameBinding(NamedTuple):
    """One way in which a name gets its value.

    `kind` is `value`, `element` (one of an unpacked value, at `position`), `item` (one of a loop's), `parameter`,
    `import`, `function` or `class`.
    """

    kind: str
    expression: ast.expr | None = None
    scope: Scope | None = None
    position: int | None = None
    module: str = ""
    attribute: str | None = None
    level: int = 0


class Store(NamedTuple):
    """What is added to a mapping after it was made: `m[key] = …`, or `m.update(other)`."""

    key: ast.expr | None
    other: ast.expr | None
    scope: Scope


@dataclass(eq=False)
class Scope:
    """A module, class or function with the names that are bound in it."""

    kind: str
    name: str
    node: ast.AST
    parent: Scope | None
    module: Module
    bindings: dict[str, list[NameBinding]] = field(default_factory=dict)
    returns: list[ast.expr] = field(default_factory=list)
    outer_names: dict[str, Scope] = field(default_factory=dict)
    """Names that are `global` or `nonlocal` here, with the scope that they belong to."""

    @property
    def method(self) -> bool:
        """Whether it is a function of a class that takes the instance first."""
        decorators = getattr(self.node, "decorator_list", ())
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in decorators)
        return (
            self.kind == "function" and self.parent is not None and self.parent.kind == "class" and not static
        )

    def bind(self, name: str, binding: NameBinding) -> None:
        """Add one way in which a name gets its value."""
        owner = self.outer_names.get(name, self)
        owner.bindings.setdefault(name, []).append(binding)


@dataclass(eq=False)
class Module:
    """One file."""

    path: str
    tree: ast.Module
    certain: bool
    scope: Scope = field(init=False)
    used_names: set[str] = field(default_factory=set)
    imports: list[tuple[int, str, ast.stmt, bool]] = field(default_factory=list)
    stars: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the scope of the module itself."""
        self.scope = Scope("module", "", self.tree, None, self)


class CallSite(NamedTuple):
    """One call; `name` is the last part of what is called."""

    node: ast.Call
    scope: Scope
    context: Context
    name: str


def class_of(scope: Scope | None) -> Scope | None:
    """Return the class around a scope."""
    while scope is not None and scope.kind != "class":
        scope = scope.parent
    return scope


@dataclass(eq=False)
class Code:
    """All files that a script is made of."""

    modules: dict[str, Module] = field(default_factory=dict)
    calls: list[CallSite] = field(default_factory=list)
    functions: dict[str, list[Scope]] = field(default_factory=dict)
    scopes: dict[int, Scope] = field(default_factory=dict)
    """Every function and class by the identity of its node."""
    outer_functions: set[str] = field(default_factory=set)
    """The functions that are in no other: how often they run follows from their calls."""
    handed_on: set[str] = field(default_factory=set)
    """Names of functions that are used otherwise than by calling them."""
    uses: list[tuple[str, Context, bool]] = field(default_factory=list)
    calls_by_name: dict[str, list[CallSite]] = field(default_factory=dict)
    stores: dict[str, list[Store]] = field(default_factory=dict)
    """What is added to mappings, by name: `m`, or `.m` where it is an attribute of anything."""
    grown: set[str] = field(default_factory=set)
    """Names of lists that something is added to after they are made."""
    changes_argv: bool = False
    """Whether something assigns to `sys.argv` or to a part of it."""

    def add(self, module: Module) -> None:
        """Walk one more file."""
        self.modules[module.path] = module
        first = len(self.calls)
        _Walk(self, module).walk()
        for site in self.calls[first:]:
            self.calls_by_name.setdefault(site.name, []).append(site)


class _Walk:
    """Walks one module, with a list instead of recursion: code may nest deeper than Python's stack."""

    def __init__(self, code: Code, module: Module) -> None:
        self.code = code
        self.module = module
        self.stack: list[tuple[Any, Scope, Context, bool]] = []

    def walk(self) -> None:
        self._children(self.module.tree, self.module.scope, Context(None, repeated=False), guarded=False)
        stack, calls = self.stack, self.code.calls
        while stack:
            node, scope, context, guarded = stack.pop()
            kind = type(node)  # as the parser made it; two in three nodes are names, attributes and calls
            if kind is ast.Name:
                self._used_name(node, context)
            elif kind is ast.Attribute:
                self._used_attribute(node)
                stack.append((node.value, scope, context, guarded))
            elif kind is ast.Call:
                calls.append(CallSite(node, scope, context, last_name(node.func)))
                self._callee(node, scope, context, guarded=guarded)
            else:
                self._visit(node, scope, context, guarded=guarded)

    def _children(self, node: ast.AST, scope: Scope, context: Context, *, guarded: bool) -> None:
        found: list[tuple[ast.AST, Scope, Context, bool]] = []
        for name in _fields_of(type(node)):  # type: ignore[arg-type]
            value = getattr(node, name, None)
            if type(value) is list:
                run = context.run
                statements = bool(value) and isinstance(value[0], ast.stmt)
                for child in value:
                    if isinstance(child, ast.AST) and type(child) is not ast.Constant:
                        standing = context if run == context.run else context._replace(run=run)
                        found.append((child, scope, standing, guarded))
                        run = _run_after(child, run) if statements else run
            elif isinstance(value, ast.AST) and type(value) is not ast.Constant:
                found.append((value, scope, context, guarded))
        found.reverse()
        self.stack += found

    def _visit(self, node: ast.AST, scope: Scope, context: Context, *, guarded: bool) -> None:
        if isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            self._function(node, scope, context)
            return
        if isinstance(node, ast.ClassDef):
            inner = self._open("class", node.name, node, scope)
            scope.bind(node.name, NameBinding("class", scope=inner))
            self._children(node, inner, Context(context.function, repeated=True), guarded=guarded)
            return
        if type(node) in _TELLING:
            self._bindings(node, scope, guarded=guarded)
            if isinstance(node, _LOOPS):
                context = context._replace(repeated=True)
            if isinstance(node, (ast.With, ast.AsyncWith)):
                context = context._replace(run=_run_within(node, context.run))
        self._children(node, scope, context, guarded=guarded or isinstance(node, ast.Try))

    def _used_name(self, node: ast.Name, context: Context) -> None:
        if isinstance(node.ctx, ast.Load):
            self.code.handed_on.add(node.id)
            self.module.used_names.add(node.id)
            self.code.uses.append((node.id, context, False))

    def _used_attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self.code.handed_on.add(f".{node.attr}")
            if isinstance(node.value, ast.Name) and node.value.id in self.module.scope.bindings:
                if any(one.kind == "import" for one in self.module.scope.bindings[node.value.id]):
                    self.code.handed_on.add(node.attr)

    def _callee(self, node: ast.Call, scope: Scope, context: Context, *, guarded: bool) -> None:
        if isinstance(node.func, ast.Name):
            self.module.used_names.add(node.func.id)
            self.code.uses.append((node.func.id, context, True))
        elif isinstance(node.func, ast.Attribute):
            self.stack.append((node.func.value, scope, context, guarded))
            self._stores(node, node.func, scope)
        else:
            self.stack.append((node.func, scope, context, guarded))
        for argument in node.args:
            self.stack.append((argument, scope, context, guarded))
        for one in node.keywords:
            self.stack.append((one.value, scope, context, guarded))

    def _stores(self, node: ast.Call, function: ast.Attribute, scope: Scope) -> None:
        """Note what `m.update(…)` and `m.setdefault(…)` add to a mapping, and lists that grow."""
        name = _mapping_name(function.value)
        if function.attr in ("append", "extend", "insert", "add"):
            self.code.grown.add(name)
        elif function.attr == "update":
            for other in node.args:
                self._store(function.value, Store(None, other, scope))
            for one in node.keywords:
                key = None if one.arg is None else ast.Constant(one.arg)
                self._store(function.value, Store(key, one.value if key is None else None, scope))
        elif function.attr == "setdefault" and node.args:
            self._store(function.value, Store(node.args[0], None, scope))

    def _store(self, mapping: ast.expr, store: Store) -> None:
        self.code.stores.setdefault(_mapping_name(mapping), []).append(store)

    def _open(self, kind: str, name: str, node: ast.AST, parent: Scope) -> Scope:
        inner = Scope(kind, name, node, parent, self.module)
        self.code.scopes[id(node)] = inner
        return inner

    def _function(self, node: FunctionNode, scope: Scope, context: Context) -> None:
        name = "" if isinstance(node, ast.Lambda) else node.name
        inner = self._open("function", name, node, scope)
        for argument in parameters(node):
            inner.bind(argument.arg, NameBinding("parameter", scope=inner))
        for default in (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)):
            self.stack.append((default, scope, context, False))
        within = Context(context.function, repeated=True)  # a method or a callback: called by others
        if isinstance(node, ast.Lambda):
            inner.returns.append(node.body)
            self.stack.append((node.body, inner, within, False))
            return
        scope.bind(name, NameBinding("function", scope=inner))
        self.code.functions.setdefault(name, []).append(inner)
        if context.function is None and not context.repeated:
            self.code.outer_functions.add(name)
            within = Context(name, repeated=False)
        for decorator in node.decorator_list:
            self.stack.append((decorator, scope, context, False))
        run = NO_RUN
        body: list[tuple[ast.AST, Scope, Context, bool]] = []
        for child in node.body:
            body.append((child, inner, within._replace(run=run), False))
            run = _run_after(child, run)
        self.stack += reversed(body)

    def _bindings(self, node: ast.AST, scope: Scope, *, guarded: bool) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, scope, guarded=guarded)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, scope)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self._assign(node.target, node.value, scope)
        elif isinstance(node, ast.AugAssign):
            self._augmented(node, scope)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._loop(node.target, node.iter, scope)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if item.optional_vars is not None:
                    self._assign(item.optional_vars, item.context_expr, scope)
        else:
            self._other(node, scope)

    def _other(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Return) and node.value is not None:
            scope.returns.append(node.value)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outer = scope.module.scope if isinstance(node, ast.Global) else scope.parent
            scope.outer_names.update(dict.fromkeys(node.names, outer or scope))
        elif isinstance(node, ast.Delete):
            self.code.changes_argv |= any(map(_is_argv, node.targets))

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        self.code.changes_argv |= _is_argv(node.target)
        name = _stored_name(node.target)
        if name is not None and isinstance(node.op, ast.BitOr):
            self._store(node.target, Store(None, node.value, scope))
        elif isinstance(node.target, ast.Name):
            scope.bind(node.target.id, NameBinding("item"))

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        self.code.changes_argv |= _is_argv(target)
        name = _stored_name(target)
        if name is not None:
            _owner(scope, name).bind(name, NameBinding("value", value, scope))
        elif isinstance(target, ast.Subscript):
            self._store(target.value, Store(target.slice, None, scope))
        elif isinstance(target, (ast.Tuple, ast.List)):
            for index, element in enumerate(target.elts):
                inner = _stored_name(element)
                if inner is not None:
                    _owner(scope, inner).bind(inner, NameBinding("element", value, scope, index))
                elif isinstance(element, ast.Subscript):
                    self._assign(element, value, scope)

    def _loop(self, target: ast.expr, iterated: ast.expr, scope: Scope) -> None:
        targets = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        for index, one in enumerate(targets):
            if isinstance(one, ast.Name):
                position = index if len(targets) > 1 else None
                scope.bind(one.id, NameBinding("item", iterated, scope, position))

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope, *, guarded: bool) -> None:
        firm = not guarded and scope.kind == "module"
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                scope.bind(alias.asname or whole, NameBinding("import", module=whole))
                self.module.imports.append((0, alias.name, node, firm))
            return
        module = node.module or ""
        self.module.imports.append((node.level, module, node, firm))
        for alias in node.names:
            if alias.name == "*":
                self.module.stars.append((node.level, module))
                continue
            binding = NameBinding("import", module=module, attribute=alias.name, level=node.level)
            scope.bind(alias.asname or alias.name, binding)
            self.module.imports.append((node.level, f"{module}.{alias.name}".strip("."), node, False))


@functools.cache
def _fields_of(kind: type[ast.AST]) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in _LEAVES)


def _is_argv(target: ast.expr) -> bool:
    inner = target.value if isinstance(target, ast.Subscript) else target
    return isinstance(inner, ast.Attribute) and inner.attr == "argv"


def _stored_name(target: ast.expr) -> str | None:
    return target.id if isinstance(target, ast.Name) else self_attribute(target)


def _mapping_name(expression: ast.expr) -> str:
    """Return the name of a mapping: `m`, or `.m` where it is an attribute of anything."""
    return expression.id if isinstance(expression, ast.Name) else f".{last_name(expression)}"


def _owner(scope: Scope, name: str) -> Scope:
    if not name.startswith("self."):
        return scope
    return class_of(scope) or scope


def _starts_run(expression: ast.AST | None) -> bool | None:
    """Return whether `start_run` is nested; None where it is another expression."""
    if not isinstance(expression, ast.Call) or last_name(expression.func) != "start_run":
        return None
    return constant(keyword(expression, "nested")) is True and keyword(expression, "run_id") is None


def _opened(nested: bool, run: int) -> int:
    if not nested:
        return OWN_RUN
    return FIRST_NESTED if run == NO_RUN else CHILD_RUN


def _run_within(node: ast.With | ast.AsyncWith, run: int) -> int:
    for item in node.items:
        nested = _starts_run(item.context_expr)
        if nested is not None:
            run = _opened(nested, run)
    return run


def _run_after(statement: ast.AST, run: int) -> int:
    """Return the run in which the statements after one are."""
    value = getattr(statement, "value", None) if isinstance(statement, (ast.Expr, ast.Assign)) else None
    if not isinstance(value, ast.Call):
        return run
    name = last_name(value.func)
    if name == "end_run":
        return OWN_RUN if run == CHILD_RUN else NO_RUN
    if name in _FLUENT and isinstance(value.func, ast.Attribute):
        return max(run, OWN_RUN) if last_name(value.func.value) == "mlflow" else run
    nested = _starts_run(value)
    return run if nested is None else _opened(nested, run)
