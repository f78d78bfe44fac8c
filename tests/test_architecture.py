"""The house as CONTRIBUTING describes it: rooms in one order, no circle, services behind one door."""

from __future__ import annotations

import ast
from pathlib import Path

from sweepgen.checks.catalogue import RULES

SOURCE = Path(__file__).parent.parent / "src" / "sweepgen"
STAGES = (
    "root",
    "rules",
    "documents",
    "project",
    "checks",
    "compiler",
    "results",
    "versions",
    "importing",
    "cache",
    "local",
    "reporters",
    "report_page",
    "cloud",
    "api",
    "cli",
)
"""The rooms, each of which imports only from those before it."""
ROOT = frozenset(
    (
        "__init__",
        "__main__",
        "api",
        "errors",
        "findings",
        "settings",
        "suggest",
        "terminal",
        "resources",
        "filesystem",
        "secrets",
        "version",
    )
)
LARGE_MODULES = {
    "sweepgen.api": "every public function with what it promises, in one place",
    "sweepgen.checks.versions": "every change of a component and the level that it asks for, as one list to read",
}
LARGE_FUNCTIONS: dict[str, str] = {}


def _modules():
    return {
        path.relative_to(SOURCE.parent)
        .with_suffix("")
        .as_posix()
        .replace("/", ".")
        .removesuffix(".__init__"): path
        for path in sorted(SOURCE.rglob("*.py"))
    }


MODULES = _modules()
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def _imports(name):
    """Yield every module of ours that a module imports, lazily or for its types only too."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "sweepgen")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sweepgen":
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module


GRAPH = {name: sorted({found for found in _imports(name) if found != name}) for name in MODULES}


def _stage(name):
    parts = name.split(".")
    if len(parts) == 1 or parts[1] == "__main__":
        return "cli"
    if parts[1] in STAGES:
        return parts[1]
    return "root"


def test_every_room_imports_only_from_the_rooms_above_it():
    wrong = [
        f"{name} imports {found}"
        for name, imports in GRAPH.items()
        for found in imports
        if name != "sweepgen" and STAGES.index(_stage(found)) > STAGES.index(_stage(name))
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_imports_in_a_circle():
    for start, imports in GRAPH.items():
        if start == "sweepgen":  # what it exports is imported when it is asked for
            continue
        seen, todo = set(), list(imports)
        while todo:
            name = todo.pop()
            assert name != start, f"{start} imports itself by way of others"
            if name not in seen and name != "sweepgen":
                seen.add(name)
                todo += GRAPH[name]


def test_the_root_holds_few_modules():
    found = {path.stem for path in SOURCE.glob("*.py")}
    assert found == ROOT
    assert len(found) <= 12


def _names_imported(name):
    """Return the packages of others that a module imports, by their first two names."""
    found = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {".".join(alias.name.split(".")[:2]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(".".join((node.module or "").split(".")[:2]))
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) == "import_module"
        ):
            found |= {
                ".".join(str(arg.value).split(".")[:2]) for arg in node.args if isinstance(arg, ast.Constant)
            }
    return found


def test_each_service_has_its_own_door():
    azure = {name for name in MODULES if any(each.split(".")[0] == "azure" for each in _names_imported(name))}
    assert azure == {"sweepgen.cloud.workspace"}
    mlflow = {
        name for name in MODULES if any(each.split(".")[0] == "mlflow" for each in _names_imported(name))
    }
    assert mlflow == {"sweepgen.cloud.mlflow_runs", "sweepgen.local.run_copier", "sweepgen.local.tracking"}


LOOKS = frozenset(
    (
        *(
            "os.path.exists",
            "os.path.lexists",
            "os.path.isfile",
            "os.path.isdir",
            "os.path.islink",
            "os.path.realpath",
        ),
        *(
            "os.path.getsize",
            "os.path.getmtime",
            "os.path.samefile",
            "os.path.expanduser",
            "os.path.expandvars",
        ),
        *(
            "os.stat",
            "os.lstat",
            "os.listdir",
            "os.scandir",
            "os.walk",
            "os.open",
            "os.access",
            "os.readlink",
        ),
        *(
            "os.getenv",
            "os.environ",
            "os.system",
            "open",
            "io.open",
            "glob.glob",
            "glob.iglob",
            "subprocess.run",
        ),
        *(
            "Path.exists",
            "Path.is_file",
            "Path.is_dir",
            "Path.read_text",
            "Path.read_bytes",
            "Path.iterdir",
            "time.time",
        ),
        *("datetime.now", "datetime.datetime.now", "datetime.date.today", "run_git", "Repository"),
    )
)
JUDGING = ("rules", "project", "checks", "importing")
MAY_LOOK = {
    "sweepgen.checks.fixes": "looks at what it writes; what is mended is not kept",
    "sweepgen.project.json_schema": "writes our own schemas",
    "sweepgen.project.loader_table": "reads a table of the package itself",
    "sweepgen.project.results": "sees what stands where results will be written; no check asks it",
    "sweepgen.importing.component_draft": "drafts a spec; no check asks it",
}
"""What of the rooms that judge files looks at the disk by itself, and why no verdict rests on it."""


def test_what_judges_files_looks_at_them_through_one_module():
    wrong = []
    for name, tree in TREES.items():
        parts = name.split(".")
        judging = len(parts) > 1 and (
            parts[1] in JUDGING or name in ("sweepgen.settings", "sweepgen.documents.sources")
        )
        if judging and name not in MAY_LOOK:
            wrong += [
                f"{name}:{node.lineno} {found}"
                for node in ast.walk(tree)
                if isinstance(node, (ast.Attribute, ast.Name)) and (found := ast.unparse(node)) in LOOKS
            ]
    assert not wrong, "look through sweepgen.filesystem, or unchanged verdicts go stale: " + ", ".join(wrong)


def test_commands_know_nothing_of_each_other():
    shared = {"sweepgen.cli", "sweepgen.cli.options", "sweepgen.cli.scaffold"}
    for name, imports in GRAPH.items():
        if name.startswith("sweepgen.cli.") and name not in shared:
            assert not [
                each for each in imports if each.startswith("sweepgen.cli.") and each not in shared
            ], name
        elif not name.startswith("sweepgen.cli") and name != "sweepgen.__main__":
            assert not [each for each in imports if each.startswith("sweepgen.cli")], name


def test_modules_and_functions_stay_small():
    large = {
        name: len(path.read_text(encoding="utf-8").splitlines())
        for name, path in MODULES.items()
        if len(path.read_text(encoding="utf-8").splitlines()) > 450
    }
    assert large.keys() == LARGE_MODULES.keys(), large
    functions = {
        f"{name}.{node.name}": node.end_lineno - node.lineno + 1
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= 60
    }
    assert functions.keys() == LARGE_FUNCTIONS.keys(), functions


def test_one_name_is_one_class():
    homes = {}
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(name)
    assert not {name: modules for name, modules in homes.items() if len(modules) > 1}


def test_every_rule_has_a_code_and_a_name_of_its_own():
    names, summaries = {}, {}
    for code, rule in RULES.items():
        assert rule.code == code
        assert names.setdefault(rule.name, code) == code
        assert summaries.setdefault(rule.summary, code) == code
