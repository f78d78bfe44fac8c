"""The options that a script's own parser takes: argparse, click, Typer, dataclasses of Hugging Face's parser."""

from __future__ import annotations

import ast
import re

from sweepgen.project.options import Option, OptionReading
from sweepgen.project.python_code import CallSite, Code, Scope
from sweepgen.project.python_syntax import constant, keyword, last_name
from sweepgen.project.python_values import Values

_NO_VALUE = frozenset(
    (
        "store_true",
        "store_false",
        "store_const",
        "append_const",
        "count",
        "help",
        "version",
        "BooleanOptionalAction",
    )
)
_TYPES = {"int": "int", "float": "float", "str": "str", "bool": "bool", "Path": "str", "pathlib.Path": "str"}
_NAMED = (ast.Name, ast.Attribute)
_LIKE_PARSER = re.compile(r"pars|^p$|^ap$|arg")
_LENIENT = frozenset(("parse_known_args", "parse_known_intermixed_args"))
_OTHER_PARSERS = frozenset(
    (
        *(
            "fire",
            "hydra",
            "jsonargparse",
            "tap",
            "simple_parsing",
            "docopt",
            "configargparse",
            "absl",
            "tyro",
        ),
        *("omegaconf", "cyclopts", "argh", "plac", "defopt", "gin", "sacred", "datargs"),
    )
)
_HARMLESS_WITH_PARSER = frozenset(("print", "isinstance", "type", "id", "repr", "str", "vars", "hasattr"))


class OptionReader:
    """Reads the declarations of options in a script's code."""

    def __init__(self, values: Values, packages: set[str]) -> None:
        self.values = values
        self.code: Code = values.code
        self.packages = packages
        self.found = OptionReading()
        self._parsed = False

    def read(self) -> OptionReading:
        """Return the options of all parsers in the code."""
        if self.packages & _OTHER_PARSERS:
            self.found.complete = False
        for site in self.code.calls:
            self._call(site)
        for scope in list(self.code.scopes.values()):
            if scope.kind == "function":
                self._decorated(scope)
        if not self._parsed:
            self.found.complete = False
        if self._hands_on() or self._touches_argv():
            self.found.complete = False
        return self.found

    def _call(self, site: CallSite) -> None:
        name = site.name
        if name == "add_argument":
            self._argument(site)
        elif name in _LENIENT:
            self.found.lenient = True
            self._parsed = True
        elif name in ("parse_args", "parse_intermixed_args"):
            self._parsed = True
            if site.node.args and not self._of_command_line(site):
                self.found.complete = False
        elif name == "add_subparsers":
            self.found.complete = False
        elif name in ("parse_args_into_dataclasses", "HfArgumentParser"):
            self._dataclasses(site)
        elif name.endswith("ArgumentParser") or name in ("ArgParser", "LightningCLI", "Fire", "OptionParser"):
            self._parser(site)
        elif name == "run" and self._is(site, "typer.run") and site.node.args:
            for referent in self.values.refer(site.node.args[0], site.scope):
                if referent.scope is not None and referent.kind == "function":
                    self._typer(referent.scope)

    def _is(self, site: CallSite, dotted: str) -> bool:
        return any(one.dotted == dotted for one in self.values.refer(site.node.func, site.scope))

    def _parser(self, site: CallSite) -> None:
        referents = self.values.refer(site.node.func, site.scope)
        plain = all(one.dotted == "argparse.ArgumentParser" for one in referents)
        more = {"parents", "prefix_chars", "fromfile_prefix_chars", "parser_class"}
        given = {one.arg for one in site.node.keywords}
        if not plain or given & more or None in given:
            self.found.complete = False

    def _of_command_line(self, site: CallSite) -> bool:
        given = site.node.args[0]
        if isinstance(given, ast.Constant):
            return given.value is None
        if isinstance(given, ast.Subscript):
            return ast.dump(given.value).count("'argv'") == 1
        return isinstance(given, ast.Name) and given.id in (
            "argv",
            "args",
            "arguments",
            "raw_args",
            "cli_args",
        )

    def _argument(self, site: CallSite) -> None:
        node = site.node
        flags: list[list[str]] = []
        for argument in node.args:
            texts = self.values.texts(argument, site.scope)
            plain = [text[0] for text in texts if len(text) == 1 and text[0] is not None]
            if len(plain) != len(texts) or isinstance(argument, ast.Starred):
                self.found.complete = False
                return
            flags.append(sorted(plain))
        keywords = {one.arg: one.value for one in node.keywords}
        if not flags:
            self.found.complete = False
            return
        if None in keywords:  # **options: its names are known, its kind is not
            keywords = {"type": ast.Constant("?")}
        action = self._action(keywords.get("action"))
        if len(flags) > 1 and any(len(one) > 1 for one in flags):
            groups = [tuple(flag for one in flags for flag in one)]
        else:
            groups = [tuple(one[0] for one in flags)] if len(flags) > 1 else [(flag,) for flag in flags[0]]
        for group in groups:
            negated = [f"--no-{flag[2:]}" for flag in group if flag.startswith("--")]
            self.found.options.append(
                Option(
                    (*group, *negated) if action == "BooleanOptionalAction" else group,
                    self._type(keywords.get("type"), site.scope),
                    self._choices(keywords.get("choices"), site.scope),
                    self._values(action, keywords.get("nargs")),
                    site.scope.module.path,
                    node.lineno,
                    default=_literal(keywords.get("default")),
                )
            )

    def _action(self, given: ast.expr | None) -> str | None:
        if given is None:
            return "store"
        value = constant(given)
        if isinstance(value, str):
            return value
        return "BooleanOptionalAction" if last_name(given) == "BooleanOptionalAction" else None

    def _type(self, given: ast.expr | None, scope: Scope) -> str | None:
        if given is None:
            return "str"
        kinds = set()
        for referent in self.values.refer(given, scope):
            plain = referent.kind == "library"
            kinds.add(_TYPES.get(referent.dotted.removeprefix("builtins.")) if plain else None)
        return kinds.pop() if len(kinds) == 1 else None

    def _choices(self, given: ast.expr | None, scope: Scope) -> tuple[object, ...] | None:
        if given is None:
            return ()
        if isinstance(given, ast.Call) and last_name(given.func) == "range":
            ends = [end for end in map(constant, given.args) if isinstance(end, int)]
            if len(ends) != len(given.args) or len(ends) not in (1, 2, 3) or ends[2:] == [0]:
                return None
            numbers = range(*ends)
            return tuple(numbers) if len(numbers) <= 10_000 else None
        if isinstance(given, ast.Name):
            bindings = self.values.bindings(given.id, scope) or []
            if len(bindings) != 1 or bindings[0].kind != "value" or bindings[0].expression is None:
                return None
            if given.id in self.code.stores or given.id in self.code.grown:
                return None
            given = bindings[0].expression
        if not isinstance(given, (ast.List, ast.Tuple, ast.Set)):
            return None
        found = []
        for one in given.elts:
            value = constant(one)
            if value is None:
                texts = self.values.texts(one, scope)
                text = next(iter(texts)) if len(texts) == 1 else (None,)
                value = text[0] if len(text) == 1 else None
            if value is None:
                return None
            found.append(value)
        return tuple(found)

    def _values(self, action: str | None, nargs: ast.expr | None) -> int | str | None:
        if action in _NO_VALUE:
            return 0
        if action not in ("store", "append", "extend"):
            return None
        if nargs is None:
            return 1
        value = constant(nargs)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        return "many" if value in ("?", "*", "+") else None

    # click and Typer

    def _decorated(self, scope: Scope) -> None:
        node = scope.node
        for decorator in getattr(node, "decorator_list", ()):
            if not isinstance(decorator, ast.Call):
                continue
            for referent in self.values.refer(decorator.func, scope.parent or scope):
                dotted = referent.dotted
                if dotted in ("click.option", "click.argument"):
                    self._click(decorator, scope)
                elif dotted.startswith("typer.Typer().") and dotted.endswith(("command", "callback")):
                    self._typer(scope)
                elif dotted in ("click.command", "click.command()"):
                    settings = keyword(decorator, "context_settings")
                    self._parsed = True
                    self.found.lenient = self.found.lenient or settings is not None
                elif dotted.startswith("click."):
                    self.found.complete = False

    def _click(self, node: ast.Call, scope: Scope) -> None:
        texts = [constant(argument) for argument in node.args]
        if any(not isinstance(text, str) for text in texts):
            self.found.complete = False
            return
        flags = [flag for text in texts for flag in str(text).split("/") if flag.startswith("-")]
        on_off = any("/" in str(text) for text in texts)
        is_flag = constant(keyword(node, "is_flag"))
        default = constant(keyword(node, "default"))
        given = keyword(node, "type")
        kind = self._type(given, scope.parent or scope) if given is not None else None
        kind = {"bool": "flag text"}.get(kind or "", kind)
        if given is None and isinstance(default, (int, float)) and not isinstance(default, bool):
            kind = "int" if isinstance(default, int) else "float"
        choices: tuple[object, ...] | None = ()
        if isinstance(given, ast.Call) and last_name(given.func) == "Choice" and given.args:
            insensitive = constant(keyword(given, "case_sensitive")) is False
            choices = None if insensitive else self._choices(given.args[0], scope.parent or scope)
            kind = "str"
        nargs = constant(keyword(node, "nargs"))
        values: int | str | None = nargs if isinstance(nargs, int) and nargs > 0 else 1
        if is_flag is True or on_off or keyword(node, "count") is not None:
            values = 0
        elif keyword(node, "is_flag") is not None or keyword(node, "flag_value") is not None:
            values = None
        path = scope.module.path
        self.found.options.append(Option(tuple(flags), kind, choices, values, path, node.lineno, "click"))

    def _typer(self, scope: Scope) -> None:
        self._parsed = True
        node = scope.node
        if not isinstance(node, ast.FunctionDef):
            return
        arguments = [*node.args.posonlyargs, *node.args.args]
        defaults: list[ast.expr | None] = [None] * (len(arguments) - len(node.args.defaults))
        defaults += node.args.defaults
        pairs = [
            *zip(arguments, defaults, strict=True),
            *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            kind, choices, declared = self._annotation(argument.annotation, scope)
            declared = default if isinstance(default, ast.Call) else declared
            name = last_name(declared.func) if isinstance(declared, ast.Call) else ""
            flags = self._typer_flags(argument.arg, declared)
            if name == "Argument" or (default is None and not isinstance(declared, ast.Call)):
                flags = (argument.arg,)  # without a default it is positional
            values: int | str | None = None if kind is None else 1
            if kind == "bool":
                values = 0
                flags = (*flags, *(f"--no-{flag[2:]}" for flag in flags if flag.startswith("--")))
            option = Option(flags, kind, choices, values, scope.module.path, argument.lineno, "Typer")
            self.found.options.append(option)

    def _typer_flags(self, name: str, declared: ast.expr | None) -> tuple[str, ...]:
        given: list[str] = []
        if isinstance(declared, ast.Call):
            for one in declared.args:
                text = constant(one)
                if isinstance(text, str) and text.startswith("-"):
                    given += text.split("/")
        return tuple(given) or (f"--{name.replace('_', '-')}",)

    def _annotation(
        self, annotation: ast.expr | None, scope: Scope
    ) -> tuple[str | None, tuple[object, ...] | None, ast.expr | None]:
        """Return the type, the choices and what `Annotated` adds of an annotation."""
        declared = None
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return None, (), None
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice
            name = last_name(annotation.value)
            if name == "Annotated" and isinstance(inner, ast.Tuple) and inner.elts:
                declared = next((one for one in inner.elts[1:] if isinstance(one, ast.Call)), None)
                kind, choices, _ = self._annotation(inner.elts[0], scope)
                return kind, choices, declared
            if name == "Optional":
                return self._annotation(inner, scope)
            if name == "Literal":
                values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                texts = tuple(constant(one) for one in values)
                return (
                    ("str", texts, None) if all(isinstance(one, str) for one in texts) else (None, (), None)
                )
            return None, (), None
        if isinstance(annotation, ast.BinOp):
            sides = [annotation.left, annotation.right]
            kept = [one for one in sides if not (isinstance(one, ast.Constant) and one.value is None)]
            return self._annotation(kept[0], scope) if len(kept) == 1 else (None, (), None)
        outside = scope.parent or scope
        for referent in self.values.refer(annotation, outside) if annotation is not None else ():
            if referent.kind == "class" and referent.scope is not None:
                return "str", self._members(referent.scope), None
        return (self._type(annotation, outside) if annotation is not None else None), (), declared

    def _members(self, scope: Scope) -> tuple[object, ...] | None:
        bases = {last_name(one) for one in getattr(scope.node, "bases", ())}
        if not bases & {"Enum", "StrEnum"}:
            return None
        values = [
            constant(one.expression)
            for found in scope.bindings.values()
            for one in found
            if one.kind == "value"
        ]
        return tuple(values) if values and all(isinstance(value, str) for value in values) else None

    # Hugging Face

    def _dataclasses(self, site: CallSite) -> None:
        if site.name == "parse_args_into_dataclasses":
            self._parsed = True
            return
        given = site.node.args[0] if site.node.args else keyword(site.node, "dataclass_types")
        classes = given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]
        for one in classes:
            for referent in self.values.refer(one, site.scope):
                if referent.kind != "class" or referent.scope is None or self.values.bases(referent.scope):
                    self.found.complete = False
                if referent.kind == "class" and referent.scope is not None:
                    self._fields(referent.scope)

    def _fields(self, scope: Scope) -> None:
        for statement in getattr(scope.node, "body", ()):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            kind, choices, _ = self._annotation(statement.annotation, scope)
            name = statement.target.id
            flags: tuple[str, ...] = (f"--{name}", f"--{name.replace('_', '-')}")
            path = scope.module.path
            if kind == "bool":
                flags = (*flags, f"--no_{name}", f"--no-{name.replace('_', '-')}")
                self.found.options.append(
                    Option(flags, "flag text", (), "many", path, statement.lineno, "HF")
                )
            else:
                values = None if kind is None else 1
                self.found.options.append(Option(flags, kind, choices, values, path, statement.lineno, "HF"))

    # What escapes

    def _hands_on(self) -> bool:
        """Whether a parser is handed to code that is not read, which may add options to it."""
        for site in self.code.calls:
            if site.name in _HARMLESS_WITH_PARSER or site.name == "add_argument":
                continue
            for argument in (*site.node.args, *[one.value for one in site.node.keywords]):
                if not isinstance(argument, _NAMED) or not self._is_parser(argument, site.scope):
                    continue
                callees = self.values.refer(site.node.func, site.scope)
                if any(one.kind not in ("function", "class") for one in callees):
                    return True
        return False

    def _is_parser(self, expression: ast.Name | ast.Attribute, scope: Scope) -> bool:
        if not _LIKE_PARSER.search(last_name(expression)):
            return False
        dotted = {one.dotted for one in self.values.refer(expression, scope)}
        return any(
            re.fullmatch(r"argparse\.ArgumentParser\(\)(\.add_(mutually_exclusive|argument)_group\(\))?", one)
            for one in dotted
        )

    def _touches_argv(self) -> bool:
        """Whether the script changes `sys.argv` before its parser reads it."""
        return self.code.changes_argv or any(
            isinstance(site.node.func, ast.Attribute) and last_name(site.node.func.value) == "argv"
            for name in ("append", "remove", "extend", "insert", "pop")
            for site in self.code.calls_by_name.get(name, ())
        )


def _literal(given: ast.expr | None) -> int | float | str | bool | None:
    value = constant(given)
    return value if isinstance(value, (int, float, str)) else None
