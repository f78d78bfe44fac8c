"""What the texts and mappings of a script can be, read from its syntax."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from sweepgen.project.python_names import Names
from sweepgen.project.python_syntax import last_name, parameters, self_attribute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sweepgen.project.python_code import CallSite, Code, Module, NameBinding, Scope

ALTERNATIVES = 120

Template = tuple["str | None", ...]
"""A text in pieces; None is a piece that is not known."""
ANY: Template = (None,)
_FIELD = re.compile(r"\{[^{}]*\}|%\(?[^%\s]*?[sdfgr]")
_KEEPS_MAPPING = frozenset(
    (
        *(
            "print",
            "len",
            "str",
            "repr",
            "sorted",
            "list",
            "dict",
            "tuple",
            "set",
            "max",
            "min",
            "sum",
            "any",
            "all",
        ),
        *("enumerate", "zip", "map", "bool", "isinstance", "deepcopy", "items", "append", "format", "write"),
        *("dumps", "dump", "pformat", "pprint", "info", "debug", "warning", "DataFrame", "Series"),
        *("log", "log_metrics", "log_dict"),
    )
)
"""Calls that take a mapping and add nothing to it."""


def pattern_of(template: Template) -> re.Pattern[str]:
    """Return a template as a regular expression."""
    return re.compile("".join(".*" if part is None else re.escape(part) for part in template), re.DOTALL)


def joined(left: Template, right: Template) -> Template:
    """Return two texts, one behind the other, with neighbouring pieces as one."""
    pieces: list[str | None] = list(left)
    for piece in right:
        if piece is None:
            if not pieces or pieces[-1] is not None:
                pieces.append(None)
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return tuple(pieces)


class Values(Names):
    """Follows texts and mappings through a script's files."""

    def __init__(self, code: Code, find_module: Callable[[int, str, Module], Module | None]) -> None:
        super().__init__(code, find_module)
        self._known: dict[tuple[str, int], frozenset[Template]] = {}

    # Texts

    def texts(self, expression: ast.expr | None, scope: Scope, depth: int = 0) -> frozenset[Template]:
        """Return all texts that an expression may be; `ANY` among them where that is not all."""
        found = self._memo("text", expression, scope, depth, self._texts)
        return found if found or depth else frozenset((ANY,))

    def keys(self, expression: ast.expr | None, scope: Scope, depth: int = 0) -> frozenset[Template]:
        """Return all keys that a mapping may have; `ANY` among them where that is not all."""
        return self._memo("keys", expression, scope, depth, self._keys)

    def elements(self, expression: ast.expr | None, scope: Scope, depth: int = 0) -> frozenset[Template]:
        """Return the texts that a loop over an expression goes through."""
        return self._memo("item", expression, scope, depth, self._elements)

    def _memo(
        self,
        what: str,
        expression: ast.expr | None,
        scope: Scope,
        depth: int,
        make: Callable[[ast.expr, Scope, int], Iterable[Template]],
    ) -> frozenset[Template]:
        if expression is None or self.over(depth):
            return frozenset((ANY,))
        key = (what, id(expression))
        if key not in self._known:
            self._known[key] = frozenset()  # what is made of itself adds nothing new
            found = frozenset(make(expression, scope, depth + 1))
            self._known[key] = found if len(found) <= ALTERNATIVES else frozenset((ANY,))
        return self._known[key]

    def _texts(self, node: ast.expr, scope: Scope, depth: int) -> Iterable[Template]:
        if isinstance(node, ast.Constant):
            return [(str(node.value),)] if isinstance(node.value, (str, int)) else [ANY]
        if isinstance(node, ast.JoinedStr):
            return self._concatenated(node.values, scope, depth)
        if isinstance(node, ast.FormattedValue):
            plain = node.format_spec is None and node.conversion in (-1, ord("s"))
            return self.texts(node.value, scope, depth) if plain else [ANY]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._concatenated([node.left, node.right], scope, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return self._filled(node.left, values, scope, depth)
        if isinstance(node, ast.Name) or self_attribute(node) is not None:
            return self._bound_values(node, scope, depth, self.texts)
        if isinstance(node, ast.Call):
            return self._called_text(node, scope, depth)
        if isinstance(node, ast.Attribute):
            return self._named_constant(node, scope, depth)
        if isinstance(node, ast.Subscript):
            return self._subscript(node, scope, depth)
        return self._either(node, scope, depth, self.texts)

    def _either(
        self,
        node: ast.expr,
        scope: Scope,
        depth: int,
        follow: Callable[[ast.expr | None, Scope, int], frozenset[Template]],
    ) -> Iterable[Template]:
        if isinstance(node, ast.IfExp):
            return follow(node.body, scope, depth) | follow(node.orelse, scope, depth)
        if isinstance(node, ast.BoolOp):
            return frozenset().union(*(follow(value, scope, depth) for value in node.values))
        if isinstance(node, (ast.NamedExpr, ast.Await)):
            return follow(node.value, scope, depth)
        return [ANY]

    def _concatenated(self, parts: list[ast.expr], scope: Scope, depth: int) -> Iterable[Template]:
        found: set[Template] = {()}
        for part in parts:
            further = self.texts(part, scope, depth)
            found = {joined(left, right) for left in found for right in further}
            if len(found) > ALTERNATIVES:
                return [ANY]
        return found

    def _filled(self, text: ast.expr, values: list[ast.expr], scope: Scope, depth: int) -> Iterable[Template]:
        found: list[Template] = []
        for template in self.texts(text, scope, depth):
            if len(template) != 1 or not isinstance(template[0], str):
                return [ANY]
            pieces = _FIELD.split(template[0])
            if len(pieces) - 1 != len(values):
                found.append(joined((), tuple(one for piece in pieces for one in (piece, None))[:-1]))
                continue
            options: set[Template] = {(pieces[0],)}
            for piece, value in zip(pieces[1:], values, strict=True):
                given = self.texts(value, scope, depth)
                options = {joined(joined(left, one), (piece,)) for left in options for one in given}
            found += options
        return found

    def _called_text(self, node: ast.Call, scope: Scope, depth: int) -> Iterable[Template]:
        if isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name == "format" and not node.keywords:
                return self._filled(node.func.value, node.args, scope, depth)
            if name in ("lower", "upper", "strip", "title") and not node.args:
                texts = self.texts(node.func.value, scope, depth)
                return [
                    (getattr(one[0], name)(),) if len(one) == 1 and isinstance(one[0], str) else ANY
                    for one in texts
                ]
            if name == "join" and node.args and isinstance(node.args[0], (ast.List, ast.Tuple)):
                between = self.texts(node.func.value, scope, depth)
                parts = node.args[0].elts
                if len(between) == 1 and not any(isinstance(one, ast.Starred) for one in parts):
                    glue = ast.Constant("".join(piece or "" for piece in next(iter(between))))
                    spread = [one for part in parts for one in (part, glue)][:-1]
                    return self._concatenated(spread, scope, depth)
        if last_name(node.func) == "str" and len(node.args) == 1:
            return self.texts(node.args[0], scope, depth)
        return self._returned(node, scope, depth, self.texts)

    def _returned(
        self,
        node: ast.Call,
        scope: Scope,
        depth: int,
        follow: Callable[[ast.expr | None, Scope, int], frozenset[Template]],
    ) -> Iterable[Template]:
        found: set[Template] = set()
        for callee in self.refer(node.func, scope, depth):
            if callee.kind != "function" or callee.scope is None or not callee.scope.returns:
                return [ANY]
            for one in callee.scope.returns:
                found |= follow(one, callee.scope, depth)
        return found

    def _named_constant(self, node: ast.Attribute, scope: Scope, depth: int) -> Iterable[Template]:
        if node.attr in ("value", "name") and isinstance(node.value, ast.Attribute):
            node = node.value  # a member of an enumeration
        found: set[Template] = set()
        for base in self.refer(node.value, scope, depth):
            bound = base.scope.bindings.get(node.attr) if base.scope is not None else None
            if bound is None or base.scope is None:
                return [ANY]
            for one in bound:
                found |= self.texts(one.expression, base.scope, depth) if one.kind == "value" else {ANY}
        return found or [ANY]

    def _subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> Iterable[Template]:
        found: set[Template] = set()
        for value, _ in self._literals(node.value, scope):
            if isinstance(value, ast.Dict):
                found |= frozenset().union(*(self.texts(one, scope, depth) for one in value.values))
            else:
                found |= self.elements(value, scope, depth)
        return found or [ANY]

    def _literals(self, node: ast.expr, scope: Scope) -> list[tuple[ast.expr, Scope]]:
        """Return the literal collections that a name means; none where one of them is not a literal."""
        kinds = (ast.Dict, ast.List, ast.Tuple)
        if isinstance(node, kinds):
            return [(node, scope)]
        name = node.id if isinstance(node, ast.Name) else None
        bindings = self.bindings(name, scope) if name is not None and name not in self.code.grown else None
        found: list[tuple[ast.expr, Scope]] = []
        for one in bindings or ():
            if one.kind != "value" or not isinstance(one.expression, kinds) or one.scope is None:
                return []
            found.append((one.expression, one.scope))
        return found

    def _bound_values(
        self,
        node: ast.expr,
        scope: Scope,
        depth: int,
        follow: Callable[[ast.expr | None, Scope, int], frozenset[Template]],
    ) -> Iterable[Template]:
        name = node.id if isinstance(node, ast.Name) else self_attribute(node)
        bindings = self.bindings_of(name or "", scope)
        if not bindings:
            return [ANY]
        found: set[Template] = set()
        for one in bindings:
            found |= self._bound_value(one, scope, name or "", depth, follow)
        return found

    def _bound_value(
        self,
        binding: NameBinding,
        scope: Scope,
        name: str,
        depth: int,
        follow: Callable[[ast.expr | None, Scope, int], frozenset[Template]],
    ) -> frozenset[Template]:
        unknown = frozenset((ANY,))
        if binding.kind == "import":
            local = self.find_module(binding.level, binding.module, scope.module)
            if local is None or binding.attribute is None:
                return unknown
            found = local.scope.bindings.get(binding.attribute)
            return (
                frozenset().union(
                    *(
                        self._bound_value(one, local.scope, binding.attribute, depth + 1, follow)
                        for one in found
                    )
                )
                if found and not self.over(depth)
                else unknown
            )
        if binding.scope is None:
            return unknown
        if binding.kind == "value":
            return follow(binding.expression, binding.scope, depth)
        if binding.kind == "item" and follow == self.texts:
            return self._looped(binding, binding.scope, depth)
        if binding.kind == "element":
            return self._unpacked(binding, binding.scope, depth, follow)
        if binding.kind == "parameter":
            arguments = self.arguments(binding.scope, name, depth)
            if arguments is not None:
                return frozenset().union(*(follow(value, where, depth) for value, where in arguments))
        return unknown

    def _unpacked(
        self,
        binding: NameBinding,
        scope: Scope,
        depth: int,
        follow: Callable[[ast.expr | None, Scope, int], frozenset[Template]],
    ) -> frozenset[Template]:
        """Return what one of the values of `a, b = …` may be."""
        value, index = binding.expression, binding.position or 0
        sources = [(value, scope)]
        if isinstance(value, ast.Call):
            sources = [
                (one, callee.scope)
                for callee in self.refer(value.func, scope, depth)
                if callee.kind == "function" and callee.scope is not None
                for one in callee.scope.returns
            ]
        found: set[Template] = set()
        for one, where in sources:
            if not isinstance(one, ast.Tuple) or index >= len(one.elts):
                return frozenset((ANY,))
            found |= follow(one.elts[index], where, depth)
        return frozenset(found or (ANY,))

    def _looped(self, binding: NameBinding, scope: Scope, depth: int) -> frozenset[Template]:
        iterated, index = binding.expression, binding.position
        if isinstance(iterated, ast.Call):
            name = last_name(iterated.func)
            if name == "items" and isinstance(iterated.func, ast.Attribute):
                return self.keys(iterated.func.value, scope, depth) if index == 0 else frozenset((ANY,))
            if name == "enumerate" and iterated.args and index == 1:
                return self.elements(iterated.args[0], scope, depth)
            if name == "zip" and index is not None and index < len(iterated.args):
                return self.elements(iterated.args[index], scope, depth)
        if index is None:
            return self.elements(iterated, scope, depth)
        found: set[Template] = set()
        for value, where in self._literals(iterated, scope) if iterated is not None else ():
            for row in getattr(value, "elts", ()):
                if not isinstance(row, (ast.Tuple, ast.List)) or index >= len(row.elts):
                    return frozenset((ANY,))
                found |= self.texts(row.elts[index], where, depth)
        return frozenset(found or (ANY,))

    def _elements(self, node: ast.expr, scope: Scope, depth: int) -> Iterable[Template]:
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            if any(isinstance(one, ast.Starred) for one in node.elts):
                return [ANY]
            return frozenset().union(*(self.texts(one, scope, depth) for one in node.elts))
        if isinstance(node, ast.Dict):
            return self.keys(node, scope, depth)
        if isinstance(node, ast.Call):
            name = last_name(node.func)
            if name == "keys" and isinstance(node.func, ast.Attribute):
                return self.keys(node.func.value, scope, depth)
            if name in ("sorted", "list", "set", "tuple") and node.args:
                return self.elements(node.args[0], scope, depth)
            return [ANY]
        if isinstance(node, ast.Name):
            literals = self._literals(node, scope)
            if literals:
                return frozenset().union(*(self.elements(one, where, depth) for one, where in literals))
            return self.keys(node, scope, depth)
        return [ANY]

    # Mappings

    def _keys(self, node: ast.expr, scope: Scope, depth: int) -> Iterable[Template]:
        if isinstance(node, ast.Dict):
            found: set[Template] = set()
            for key, value in zip(node.keys, node.values, strict=True):
                found |= self.keys(value, scope, depth) if key is None else self.texts(key, scope, depth)
            return found
        if isinstance(node, ast.DictComp):
            return self.texts(node.key, scope, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self.keys(node.left, scope, depth) | self.keys(node.right, scope, depth)
        if isinstance(node, ast.Call):
            return self._called_keys(node, scope, depth)
        if isinstance(node, ast.Name) or self_attribute(node) is not None:
            return {*self._bound_values(node, scope, depth, self.keys), *self._stored(node, scope, depth)}
        return self._either(node, scope, depth, self.keys)

    def _called_keys(self, node: ast.Call, scope: Scope, depth: int) -> Iterable[Template]:
        name = last_name(node.func)
        if name == "dict" or name in ("OrderedDict", "defaultdict"):
            found: set[Template] = set()
            for one in node.keywords:
                found |= {(one.arg,)} if one.arg is not None else self.keys(one.value, scope, depth)
            for argument in node.args if name != "defaultdict" else ():
                found |= set(self._pairs(argument, scope, depth))
            return found
        if name == "copy" and isinstance(node.func, ast.Attribute) and not node.args:
            return self.keys(node.func.value, scope, depth)
        if name == "deepcopy" and node.args:
            return self.keys(node.args[0], scope, depth)
        return self._returned(node, scope, depth, self.keys)

    def _pairs(self, node: ast.expr, scope: Scope, depth: int) -> Iterable[Template]:
        if isinstance(node, ast.Call) and last_name(node.func) == "zip" and node.args:
            return self.elements(node.args[0], scope, depth)
        if isinstance(node, (ast.List, ast.Tuple)):
            rows = [one for one in node.elts if isinstance(one, ast.Tuple) and one.elts]
            if len(rows) == len(node.elts):
                return frozenset().union(*(self.texts(row.elts[0], scope, depth) for row in rows))
            return [ANY]
        return self.keys(node, scope, depth)

    def _stored(self, node: ast.expr, scope: Scope, depth: int) -> Iterable[Template]:
        """Return the keys that are added to a mapping by name, here or where it is handed to."""
        found: set[Template] = set()
        for store in self.code.stores.get(
            node.id if isinstance(node, ast.Name) else f".{last_name(node)}", ()
        ):
            if isinstance(node, ast.Name) and not self._same_name(node.id, scope, store.scope):
                continue
            if store.other is not None:
                found |= set(self._pairs(store.other, store.scope, depth))
            else:
                found |= self.texts(store.key, store.scope, depth)
        if isinstance(node, ast.Name):
            found |= self._filled_elsewhere(node.id, scope, depth)
        return found

    def _same_name(self, name: str, scope: Scope, other: Scope) -> bool:
        """Whether a name means the same in two scopes; what another module imports may be the same too."""
        there = self.bindings(name, other)
        return there is self.bindings(name, scope) or any(one.kind == "import" for one in there or ())

    def _filled_elsewhere(self, name: str, scope: Scope, depth: int) -> set[Template]:
        found: set[Template] = set()
        for site in self.code.calls:
            if site.scope is not scope or site.name in _KEEPS_MAPPING:
                continue
            for position, argument in enumerate(site.node.args):
                if isinstance(argument, ast.Name) and argument.id == name:
                    found |= self._added_by(site, position, depth)
        return found

    def _added_by(self, site: CallSite, position: int, depth: int) -> set[Template]:
        found: set[Template] = set()
        for callee in self.refer(site.node.func, site.scope, depth):
            if callee.kind == "function" and callee.scope is not None and not self.over(depth):
                node = callee.scope.node
                names = parameters(node) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
                index = position + (1 if callee.scope.method else 0)
                if index < len(names):
                    parameter = ast.Name(names[index].arg)
                    found |= set(self._stored(parameter, callee.scope, depth + 1))
            elif callee.kind == "unknown" and not self.code.functions.get(site.name):
                found.add(ANY)
        return found
