"""Hostile projects drawn without hypothesis: bytes, lines, words, values, and files that grow in one place.

`make fuzz` takes them in turn with those of `fuzzing`. A project is all that a team has: specs, circuits, a trial,
results, evidence, a hand-written sweep, a record of what was submitted, an MLflow folder, settings.
"""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rule_project import CIRCUITS, COMPONENT, RESULTS, SCRIPT, SPEC, confirmation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

LARGEST = 95_000
"""Bytes of a project whose commands may not take a second."""
_RESULTS = yaml.safe_load(RESULTS)
_RESULTS["trials"][0]["history"] = {"val_loss": [[1, 0.4], [2, 0.3], [3, 0.28]]}
_RESULTS["confirmation"] = confirmation_of(_RESULTS["trials"][0])
_MORE = """\
display_name: A title
tags: {team: forecast}
early_termination: {type: bandit, evaluation_interval: 2, slack_factor: 0.1, delay_evaluation: 3}
job: {display_name: "HPO_{plant_id}", tags: {a: b}}
confirm: {repeats: 3, seed_input: epochs}
history: [{version: 1.0.0, changes: First}]
"""
_RUNS = {"a" * 32: None, "b" * 32: 0.001, "c" * 32: 0.002}
_META = (
    "artifact_uri: file:///tmp/a\nend_time: 1795728814477\nexperiment_id: '1'\nlifecycle_stage: active\nrun_id: {0}\n"
    "run_name: r\nsource_name: ''\nsource_type: 4\nstart_time: 1795728814014\nstatus: 3\ntags: []\nuser_id: root\n"
)
_HAND_WRITTEN = Path(__file__).parent.parent / "examples/imported/hand-written/pump_sweep.yml"
_ROW = {
    "job": "a" * 32,
    "circuit": "PLANT001/CIRCUIT01",
    "spec": "t.tuning.yaml",
    "component": "tuning:1.0.0",
    "digest": "sha256:0",
    "subscription_id": "s",
    "resource_group": "g",
    "workspace_name": "w",
}


def _mlflow_folder() -> dict[str, str]:
    files = {
        "mlruns/1/meta.yaml": "artifact_location: file:///tmp/a\nexperiment_id: '1'\nlifecycle_stage: active\nname: s\n"
    }
    for run, rate in _RUNS.items():
        files[f"mlruns/1/{run}/meta.yaml"] = _META.format(run)
        files[f"mlruns/1/{run}/tags/mlflow.user"] = "root"
        if rate is not None:
            files[f"mlruns/1/{run}/tags/mlflow.parentRunId"] = "a" * 32
            files[f"mlruns/1/{run}/params/learning_rate"] = str(rate)
            files[f"mlruns/1/{run}/params/batch_size"] = "16"
            files[f"mlruns/1/{run}/metrics/val_loss"] = "1795728814010 0.3 0\n1795728814020 0.28 1\n"
    return files


FILES: dict[str, str] = {
    "t.tuning.yaml": SPEC + _MORE,
    "second.tuning.yaml": SPEC.replace("name: tuning", "name: second") + "target: sweep_job\n",
    "circuits.yaml": "# all of them\n"
    + CIRCUITS
    + CIRCUITS.removeprefix("circuits:\n").replace("CIRCUIT01", "CIRCUIT02").replace("}", ", extra: &a [1]}"),
    "component.yaml": COMPONENT,
    "results.json": json.dumps(_RESULTS),
    "results.yaml": yaml.safe_dump(_RESULTS, sort_keys=False),
    "src/train.py": SCRIPT,
    "sweepgen.toml": "output = 'build'\nevidence = 'evidence'\nignore = ['SG901']\n[advice]\nfirst_trials = 20\n",
    "sweep.yml": _HAND_WRITTEN.read_text().replace("../src", "src"),
    "submitted.jsonl": f"{json.dumps(_ROW)}\n" * 2,
    "component.amlignore": "*.pyc\n",
    **_mlflow_folder(),
}
_RENAMED = {"component.amlignore": "src/.amlignore"}
FORMATS = ("text", "json", "github", "azure", "sarif")
_SHOWN = ("validate", "compile", "import", "apply", "compare", "version", "evidence")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("validate", "t.tuning.yaml"),
    ("validate", "--strict", "t.tuning.yaml", "circuits.yaml"),
    ("validate", "--no-cache", "second.tuning.yaml"),
    ("validate", "results.json"),
    ("validate", "results.yaml"),
    ("validate", "sweep.yml"),
    ("validate", "component.yaml"),
    ("validate", "--fix", "t.tuning.yaml", "circuits.yaml"),
    ("validate", "--unsafe-fixes", "--fix", "sweep.yml"),
    ("validate", "--fix", "--diff", "t.tuning.yaml", "results.yaml"),
    ("validate", "--sweeps-only", "sweep.yml", "t.tuning.yaml"),
    ("validate", "-"),
    ("validate", "."),
    ("compile", "t.tuning.yaml", "second.tuning.yaml"),
    ("compile", "--check", "t.tuning.yaml"),
    ("compile", "--diff", "second.tuning.yaml"),
    ("import", "sweep.yml", "-o", "imported.tuning.yaml"),
    ("import", "--as-written", "sweep.yml", "-o", "specs/"),
    ("apply", "--force", "results.json"),
    ("apply", "--diff", "results.yaml"),
    ("apply", "--improved-only", "--compile", "--pr-body", "-", "results.json"),
    ("apply", "--circuits", "circuits.yaml", "--pr-body", "body.md", "results.yaml"),
    ("compare", "results.json"),
    ("compare", "results.json", "results.yaml"),
    ("report", "results.json", "-o", "report.html"),
    ("report", "results.yaml", "-o", "report.svg"),
    ("init", "--component", "component.yaml", "--circuits", "circuits.yaml", "new"),
    ("init", "new"),
    ("pull", "submitted.jsonl", "--tracking-uri", "mlruns"),
    ("pull", "a" * 32, "--tracking-uri", "mlruns", "--spec", "t.tuning.yaml"),
    ("explain", "{}"),
    ("schema", "{}"),
    ("validate", "{}.tuning.yaml"),
    ("compare", "{}"),
    ("compile", "t.tuning.yaml", "--out", "{}"),
    ("apply", "results.json", "--circuits", "{}"),
)
GIT_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("version", "check"),
    ("version", "check", "--base", "HEAD", "t.tuning.yaml"),
    ("version", "check", "--base", "{}"),
    ("version", "bump", "-m", "{}"),
    ("version", "bump", "--level", "major", "--circuits", "t.tuning.yaml"),
    ("evidence", "check", "--base", "HEAD"),
    ("evidence", "check", "circuits.yaml"),
    ("validate",),
)
_LONG = ("x" * 4000, "9" * 4500, "-" * 500, "a " * 800, "\u00e9" * 900, "[" * 900, "${{" * 300)
WORDS = (
    *(
        "~",
        "yes",
        "No",
        "0o7",
        "0x1F",
        "1_000",
        "1e5",
        ".5",
        "1.",
        "+1",
        "-0",
        ".inf",
        "-.INF",
        ".NaN",
        "1:30",
    ),
    *("2025-01-01", "2025-13-45T99:99:99Z", "1e400", "123456789012345678901234567890", "0.1e-400", "0b102"),
    *(
        "*a",
        "&a 1",
        "<<: *a",
        "!!int x",
        "!!float '1'",
        "!!timestamp 2",
        "!!binary =",
        "!!set {a}",
        "!!omap [a]",
        "!x y",
    ),
    *(
        "!!python/object/apply:os.system ['x']",
        "!",
        "? a",
        "? [a]\n: b",
        "- - -",
        "{a: {b: {c: d}}}",
        "[,]",
        "'",
        '"',
    ),
    *(
        "|",
        ">+2",
        "%TAG ! x",
        "---",
        "...",
        "\t",
        "#",
        "@",
        "`",
        "null",
        "true",
        "{}",
        "[]",
        "''",
        '"\\ud800"',
        '"\\x00"',
    ),
    *(
        "##vso[task.complete]x",
        "##[error]x",
        "::error::x",
        "# \u200b#[group]x",
        "\u202eabc",
        "\x1b]0;x\x07",
        "\x9b31m",
    ),
    *(
        '"\\e[31m"',
        '"a\\n::set-output name=a::b"',
        '"##\\u200bvso[a]b"',
        '"\\u2028::error::x"',
        "\x7f",
        "a\x0bb",
        "\x85",
    ),
    *(
        "${{inputs.epochs}}",
        "${{circuit.plant_id}}",
        "$[[x]]",
        "${{ inputs . x }}",
        "{plant_id}",
        "{{",
        "}}",
        "{x!r:>99}",
    ),
    *(
        "azureml:a@latest",
        "azureml://datastores/a/paths/b",
        "https://u:p@h/x",
        "file:///dev/zero",
        "/proc/self/fd/0",
    ),
    *(
        "a/../" * 40,
        "a/" * 200,
        ".",
        "~root",
        "%s%s%n",
        "$(id)",
        "`id`",
        "; rm x",
        "--help",
        "-",
        "con",
        "a\\b",
    ),
    *(
        "choice",
        "loguniform",
        "bandit",
        "bayesian",
        "sweep",
        "pipeline",
        "command",
        "uri_file",
        "integer",
        "schema",
    ),
    *_LONG,
)
_CODECS = (
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "cp1252",
    "utf-7",
    "shift_jis",
)


def bytes_changed(draw: Random, content: bytes) -> bytes:
    """Return content with bytes flipped, put in, or gone."""
    held = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 8, 60))):
        place = draw.randrange(len(held) + 1)
        action = draw.randrange(4)
        if action == 0 and place < len(held):
            held[place] ^= 1 << draw.randrange(8)
        elif action == 1:
            held[place:place] = draw.randbytes(draw.choice((1, 2, 5)))
        elif action == 2:
            del held[place : place + draw.choice((1, 3, 40))]
        else:
            held[place:place] = draw.choice(
                (b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\xc2\x85")
            )
    return bytes(held)


def encoding_changed(draw: Random, content: bytes) -> bytes:
    """Return content in another encoding, or with other line ends."""
    if draw.random() < 0.4:
        ends = draw.choice((b"\r\n", b"\r", b"\n\n", b"\x0c\n", b" \n", b"\\\n", "\u2028".encode()))
        return content.replace(b"\n", ends, draw.choice((-1, 1, 5)))
    text = content.decode(errors="replace")
    name = draw.choice(_CODECS)
    made = text.encode(name, errors="replace")
    return codecs.BOM_UTF16_LE + made if name == "utf-16-be" and draw.random() < 0.3 else made


def lines_changed(draw: Random, content: bytes) -> bytes:
    """Return content with lines moved, doubled, gone, or at another depth."""
    lines = content.split(b"\n")
    for _ in range(draw.choice((1, 1, 2, 5))):
        start = draw.randrange(len(lines))
        end = min(len(lines), start + draw.choice((1, 1, 2, 6)))
        action = draw.randrange(6)
        if action == 0:
            del lines[start:end]
            lines = lines or [b""]
        elif action == 1:
            lines[end:end] = lines[start:end] * draw.choice((1, 2, 200))
        elif action == 2:
            block = lines[start:end]
            del lines[start:end]
            place = draw.randrange(len(lines) + 1)
            lines[place:place] = block
        elif action == 3:
            lines[start:end] = [b" " * draw.choice((1, 2, 4, 80)) + line for line in lines[start:end]]
        elif action == 4:
            lines[start:end] = [line.lstrip() for line in lines[start:end]]
        else:
            lines[start] += draw.choice(
                (b" # sweepgen: ignore[SG101]", b" # sweepgen: ignore", b" #\xc2\x85x", b" \t", b":")
            )
    return b"\n".join(lines)


def words_changed(draw: Random, content: bytes) -> bytes:
    """Return content with some of its words replaced."""
    text = content.decode(errors="surrogateescape")
    places = [found.span() for found in re.finditer(r"[\w.$-]+|[{}\[\]:,#]", text)]
    for start, end in sorted(draw.sample(places, min(len(places), draw.choice((1, 1, 2, 5)))), reverse=True):
        other = text[slice(*draw.choice(places))] if draw.random() < 0.3 else draw.choice(WORDS)
        text = text[:start] + other + text[end:]
    return text.encode(errors="surrogateescape")


def values_changed(draw: Random, content: bytes) -> bytes:
    """Return a document with values of another type, swapped, doubled, or under another key."""
    try:
        data = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, AttributeError, TypeError, RecursionError):
        return words_changed(draw, content)
    slots = list(_slots(data))
    for _ in range(draw.choice((1, 1, 2, 3)) if slots else 0):
        holder, key = draw.choice(slots)
        if key not in holder if isinstance(holder, dict) else key >= len(holder):
            continue
        holder[key] = _other_value(draw, holder[key], slots)
        if isinstance(holder, dict) and draw.random() < 0.2:
            holder[_other_key(draw, key)] = holder.pop(key)
    as_json = content[:1] == b"{" or draw.random() < 0.1
    try:
        text = (
            json.dumps(data, default=str) if as_json else yaml.safe_dump(data, sort_keys=False, width=10**6)
        )
    except (TypeError, ValueError, RecursionError, yaml.YAMLError):
        return content
    return text.encode(errors="surrogatepass")


def _slots(data: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(items):
        yield data, key
        if depth < 20:
            yield from _slots(value, depth + 1)


def _other_value(draw: Random, value: Any, slots: list[tuple[Any, Any]]) -> Any:
    action = draw.randrange(10)
    if action == 0:
        return [value]
    if action == 1:
        return {draw.choice(("type", "values", "a", 1, None, True)): value}
    if action == 2:
        return str(value)
    if action == 3:
        holder, key = draw.choice(slots)
        other = holder.get(key) if isinstance(holder, dict) else holder[key] if key < len(holder) else None
        return json.loads(json.dumps(other, default=str))
    if action == 4:
        return draw.choice(
            (None, True, 0, -1, 0.5, "", [], {}, float("nan"), float("-inf"), 10**25, 1e308, -(2**63))
        )
    if action == 5 and isinstance(value, (int, float)) and abs(value) < 1e300:
        return draw.choice((-value, value * 1e9, value / 3, int(value), float(value), f"{value}", value == 0))
    if action == 6 and isinstance(value, (list, dict)):
        return list(value)
    if action == 7 and isinstance(value, list) and value:
        return value * draw.choice((2, 3, 100))
    if action == 8 and isinstance(value, str):
        return draw.choice(
            (value.upper(), value[::-1], value * 50, value + "\n", f" {value}", value[:1], f"{value}\x00")
        )
    return draw.choice(WORDS)


def _other_key(draw: Random, key: Any) -> Any:
    text = str(key)
    return draw.choice(
        (text.upper(), text[:-1], text + "s", text.replace("_", "-"), draw.choice(WORDS), 1, None, True, 1.5)
    )


def spliced(draw: Random, content: bytes) -> bytes:
    """Return content with a piece of another file in it."""
    other = draw.choice(list(FILES.values())).encode()
    start, place = draw.randrange(len(other)), draw.randrange(len(content) + 1)
    return (
        content[:place]
        + other[start : start + draw.choice((5, 50, 400))]
        + content[place + draw.choice((0, 0, 50)) :]
    )


CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    bytes_changed,
    encoding_changed,
    lines_changed,
    words_changed,
    words_changed,
    values_changed,
    values_changed,
    values_changed,
    spliced,
)


def _many(form: str, count: int, first: str = "", last: str = "") -> str:
    return first + "".join(form.replace("@", str(number)) for number in range(count)) + last


def _nested(opening: str, closing: str, depth: int, inside: str = "1") -> str:
    return opening * depth + inside + closing * depth


_SPEC_HEAD, _SPEC_TAIL = SPEC.split("search_space:\n")
_SPEC_TAIL = _SPEC_TAIL[_SPEC_TAIL.index("sampling:") :]
GROWING: dict[str, tuple[str, Callable[[int], str]]] = {
    "unknown keys": ("t.tuning.yaml", lambda n: SPEC + _many("k@: 1\n", n)),
    "keys like known ones": ("t.tuning.yaml", lambda n: SPEC + _many("limitz@: 1\n", n)),
    "one key twice": ("t.tuning.yaml", lambda n: SPEC + "compute: a\n" * n),
    "parameters": (
        "t.tuning.yaml",
        lambda n: (
            f"{_SPEC_HEAD}search_space:\n{_many('  p@: {type: choice, values: [1]}' + chr(10), n)}{_SPEC_TAIL}"
        ),
    ),
    "values": (
        "t.tuning.yaml",
        lambda n: SPEC.replace("[16, 32]", _many("@,", n, "[", "]")),
    ),
    "equal values": ("t.tuning.yaml", lambda n: SPEC.replace("[16, 32]", f"[{'16,' * n}]")),
    "texts as values": ("t.tuning.yaml", lambda n: SPEC.replace("[16, 32]", _many("a@,", n, "[", "]"))),
    "conditional spaces": (
        "t.tuning.yaml",
        lambda n: SPEC.replace("[16, 32]", _many("{a: {type: choice, values: [@]}},", n, "[", "]")),
    ),
    "nested conditional spaces": (
        "t.tuning.yaml",
        lambda n: SPEC.replace("[16, 32]", _nested("[{a: {type: choice, values: ", "}}]", n, "[1]")),
    ),
    "tags": ("t.tuning.yaml", lambda n: SPEC + _many("  t@: v\n", n, "tags:\n")),
    "history": ("t.tuning.yaml", lambda n: SPEC + _many("- {version: 1.0.@, changes: a}\n", n, "history:\n")),
    "selections": (
        "t.tuning.yaml",
        lambda n: SPEC.replace("select: PLANT001/CIRCUIT01", _many("P@/*,", n, "select: [", "'*/*']")),
    ),
    "stars": ("t.tuning.yaml", lambda n: SPEC.replace("PLANT001/CIRCUIT01", f"'{'*A' * n}/*'")),
    "fields in a path": ("t.tuning.yaml", lambda n: SPEC.replace("config/{", "{plant_id}" * n + "/{")),
    "braces": ("t.tuning.yaml", lambda n: SPEC.replace("config/{", "{" * n + "/{")),
    "anchors": ("t.tuning.yaml", lambda n: SPEC + _many("  a@: &a@ 1\n", n, "tags:\n")),
    "aliases": ("t.tuning.yaml", lambda n: SPEC + "tags: &t {a: b}\nhistory: [" + "*t," * n + "]\n"),
    "aliases of aliases": (
        "t.tuning.yaml",
        lambda n: SPEC + "a0: &a0 [x, x]\n" + _many("b@: &b@ [*a0, *a0, *a0]\n", n),
    ),
    "a bomb": (
        "t.tuning.yaml",
        lambda n: (
            SPEC
            + "a0: &a0 [x]\n"
            + "".join(f"a{i + 1}: &a{i + 1} [{f'*a{i},' * 9}]\n" for i in range(min(n, 60)))
        ),
    ),
    "a bomb of merges": (
        "circuits.yaml",
        lambda n: (
            "a0: &a0 {x: 1}\n"
            + "".join(f"a{i + 1}: &a{i + 1} {{<<: [{f'*a{i},' * 9}]}}\n" for i in range(min(n, 60)))
            + CIRCUITS
        ),
    ),
    "merges": (
        "circuits.yaml",
        lambda n: "b: &b {hyperparameters: {a: 1}}\n" + CIRCUITS + "    <<: *b\n" * n,
    ),
    "a chain of merges": (
        "circuits.yaml",
        lambda n: (
            "a0: &a0 {k0: 1}\n"
            + "".join(f"a{i + 1}: &a{i + 1} {{<<: *a{i}, k{i + 1}: 1}}\n" for i in range(n))
            + CIRCUITS
        ),
    ),
    "circuits": (
        "circuits.yaml",
        lambda n: CIRCUITS + _many("  - {plant_id: P@, circuit_id: C@, hyperparameters: {epochs: 1}}\n", n),
    ),
    "one circuit many times": (
        "circuits.yaml",
        lambda n: CIRCUITS + CIRCUITS.removeprefix("circuits:\n") * n,
    ),
    "unknown hyperparameters": (
        "circuits.yaml",
        lambda n: CIRCUITS.replace("batch_size: 32", _many("h@: 1, ", n, last="batch_size: 32")),
    ),
    "empty circuits": ("circuits.yaml", lambda n: CIRCUITS + "  - {}\n" * n),
    "circuits that are none": ("circuits.yaml", lambda n: CIRCUITS + "  - 1\n" * n),
    "trials": ("results.json", lambda n: _with_trials(n, same=False)),
    "trials of one id": ("results.json", lambda n: _with_trials(n, same=True)),
    "trials in YAML": (
        "results.yaml",
        lambda n: (
            RESULTS
            + _many(
                "- {id: t@, status: completed, hyperparameters: {batch_size: 16}, metrics: {val_loss: 0.2}}\n",
                n,
            )
        ),
    ),
    "empty trials": ("results.json", lambda n: json.dumps({**_RESULTS, "trials": [{}] * n})),
    "trials that are none": ("results.yaml", lambda n: RESULTS + "- 1\n" * n),
    "metrics": (
        "results.json",
        lambda n: _first_trial(metrics={"val_loss": 0.2, **{f"m{i}": i for i in range(n)}}),
    ),
    "points": ("results.json", lambda n: _first_trial(history={"val_loss": [[i, 0.5] for i in range(n)]})),
    "points that are none": ("results.json", lambda n: _first_trial(history={"val_loss": ["x"] * n})),
    "tuned parameters": (
        "results.json",
        lambda n: _first_trial(hyperparameters={f"h{i}": i for i in range(n)}),
    ),
    "pairs": (
        "results.json",
        lambda n: _confirmed([{"seed": i, "baseline": 0.3, "winner": 0.2 + i % 7 / 100} for i in range(n)]),
    ),
    "pairs of one seed": (
        "results.json",
        lambda n: _confirmed([{"seed": 1, "baseline": 1, "winner": 2}] * n),
    ),
    "fields of results": (
        "results.json",
        lambda n: json.dumps({**_RESULTS, **{f"f{i}": 1 for i in range(n)}}),
    ),
    "inputs": (
        "component.yaml",
        lambda n: COMPONENT.replace("outputs:\n", _many("  i@: {type: string}\n", n, last="outputs:\n")),
    ),
    "outputs": (
        "component.yaml",
        lambda n: COMPONENT.replace("code:", _many("  o@: {type: uri_file}\n", n, last="code:")),
    ),
    "references": ("component.yaml", lambda n: COMPONENT + _many("  ${{inputs.x@}}", n) + "\n"),
    "references of one": ("component.yaml", lambda n: COMPONENT + "  ${{inputs.epochs}}" * n + "\n"),
    "spaces in a reference": ("component.yaml", lambda n: f"{COMPONENT}  ${{{{{' ' * n}x\n"),
    "open references": ("component.yaml", lambda n: COMPONENT + "  ${{inputs." * n + "\n"),
    "optional parts": ("component.yaml", lambda n: COMPONENT + "  $[[--a ${{inputs.epochs}}]]" * n + "\n"),
    "open optional parts": ("component.yaml", lambda n: COMPONENT + "  $[[" * n + "\n"),
    "options": ("component.yaml", lambda n: COMPONENT + _many("  --opt-@ 1", n) + "\n"),
    "quotes": ("component.yaml", lambda n: COMPONENT + "  '\"" * n + "\n"),
    "commands": ("component.yaml", lambda n: COMPONENT + "  && python train.py" * n + "\n"),
    "members of an enum": (
        "component.yaml",
        lambda n: COMPONENT.replace("default: 32", _many("@,", n, "default: 32, enum: [", "32]")),
    ),
    "swept parameters by hand": (
        "sweep.yml",
        lambda n: FILES["sweep.yml"].replace(
            "search_space:\n",
            _many("  p@: {type: uniform, min_value: 2, max_value: 1}\n", n, "search_space:\n"),
        ),
    ),
    "keys by hand": ("sweep.yml", lambda n: FILES["sweep.yml"] + _many("k@: 1\n", n)),
    "jobs by hand": (
        "sweep.yml",
        lambda n: (
            "type: pipeline\njobs:\n"
            + _many(
                "  j@: {type: sweep, trial: file:component.yaml, search_space: {epochs: {type: choice}}}\n", n
            )
        ),
    ),
    "comments": ("sweep.yml", lambda n: FILES["sweep.yml"] + "# a\n" * n),
    "ignores": ("t.tuning.yaml", lambda n: SPEC + "# sweepgen: ignore[SG101]\n" * n),
    "ignores of many": ("t.tuning.yaml", lambda n: f"{SPEC}# sweepgen: ignore[{'SG101,' * n}]\n"),
    "documents": ("t.tuning.yaml", lambda n: SPEC + "---\na: 1\n" * n),
    "brackets": ("t.tuning.yaml", lambda n: f"{SPEC}tags: {_nested('[', ']', n)}\n"),
    "mappings": ("circuits.yaml", lambda n: f"{CIRCUITS}x: {_nested('{a: ', '}', n)}\n"),
    "lists in lists": ("circuits.yaml", lambda n: f"{CIRCUITS}x:\n  {'- ' * n}1\n"),
    "brackets in JSON": ("results.json", lambda n: _nested("[", "]", n)),
    "objects in JSON": ("results.json", lambda n: _nested('{"a":', "}", n)),
    "digits": ("results.json", lambda n: f'{{"schema": "sweepgen/results/v1", "sweep": {"9" * n}}}'),
    "digits in a spec": ("t.tuning.yaml", lambda n: SPEC.replace("max_trials: 4", f"max_trials: {'9' * n}")),
    "digits of a fraction": ("t.tuning.yaml", lambda n: SPEC.replace("0.0001", f"0.{'9' * n}")),
    "digits of a version": ("t.tuning.yaml", lambda n: SPEC.replace("1.0.0", f"1.{'9' * n}.0")),
    "colons of a base": (
        "t.tuning.yaml",
        lambda n: SPEC.replace("max_trials: 4", f"max_trials: 1{':30' * n}"),
    ),
    "escapes": (
        "t.tuning.yaml",
        lambda n: f'{SPEC}description: "{chr(92)}x41"\n'.replace("\\x41", "\\x41" * n),
    ),
    "folded lines": ("t.tuning.yaml", lambda n: f"{SPEC}description: >\n" + "  a\n\n" * n),
    "a long line": ("t.tuning.yaml", lambda n: f"{SPEC}descripton: {'a ' * n}\n"),
    "wide letters": ("t.tuning.yaml", lambda n: f"{SPEC}descripton: {chr(0x1F4A5) * n}\n"),
    "open quotes": ("t.tuning.yaml", lambda n: SPEC + "a: 'b\n" * n),
    "tabs": ("t.tuning.yaml", lambda n: SPEC + "\ta: 1\n" * n),
    "question marks": ("t.tuning.yaml", lambda n: SPEC + "? " * n + "a\n"),
    "sums": ("src/train.py", lambda n: SCRIPT + "x = 1" + " + 1" * n + "\n"),
    "parentheses": ("src/train.py", lambda n: SCRIPT + f"x = {_nested('(', ')', n)}\n"),
    "attributes": ("src/train.py", lambda n: SCRIPT + "x = a" + ".b" * n + "\n"),
    "calls of calls": (
        "src/train.py",
        lambda n: SCRIPT + "def f(x): return x\n" + f"mlflow.log_metric({_nested('f(', ')', n)}, 1)\n",
    ),
    "names of names": (
        "src/train.py",
        lambda n: (
            SCRIPT
            + "x0 = 'a'\n"
            + "".join(f"x{i + 1} = x{i} + x{i}\n" for i in range(n))
            + f"mlflow.log_metric(x{n}, 1)\n"
        ),
    ),
    "one name many times": ("src/train.py", lambda n: SCRIPT + "x = 'a'\n" * n + "mlflow.log_metric(x, 1)\n"),
    "a text that grows": (
        "src/train.py",
        lambda n: SCRIPT + "x = 'a'\n" + "x = x + x\n" * n + "mlflow.log_metric(x, 1)\n",
    ),
    "logged metrics": ("src/train.py", lambda n: SCRIPT + _many("mlflow.log_metric('m@', 1)\n", n)),
    "functions": (
        "src/train.py",
        lambda n: SCRIPT + _many("def f@(a=1): return f@(a)\n", n) + _many("f@()\n", n // 2),
    ),
    "functions that call the next": (
        "src/train.py",
        lambda n: (
            SCRIPT
            + "".join(f"def f{i}(m): f{i + 1}(m)\n" for i in range(n))
            + f"def f{n}(m): mlflow.log_metric(m, 1)\nf0('val_loss')\n"
        ),
    ),
    "functions that call the next twice": (
        "src/train.py",
        lambda n: (
            SCRIPT
            + "".join(f"def f{i}(m): f{i + 1}(m); f{i + 1}(m + 'a')\n" for i in range(min(n, 300)))
            + f"def f{min(n, 300)}(m): mlflow.log_metric(m, 1)\nf0('val_loss')\n"
        ),
    ),
    "classes": (
        "src/train.py",
        lambda n: SCRIPT + "class C0: pass\n" + "".join(f"class C{i + 1}(C{i}): pass\n" for i in range(n)),
    ),
    "blocks": (
        "src/train.py",
        lambda n: SCRIPT + "".join(" " * i + "if x:\n" for i in range(min(n, 95))) + " " * 96 + "y\n",
    ),
    "branches": (
        "src/train.py",
        lambda n: (
            SCRIPT
            + "if x == 1: m = 'a'\n"
            + _many("elif x == @: m = 'a@'\n", n)
            + "mlflow.log_metric(m, 1)\n"
        ),
    ),
    "declared options": (
        "src/train.py",
        lambda n: (
            "import argparse\np = argparse.ArgumentParser()\n"
            + _many("p.add_argument('--o@', type=int)\n", n)
            + SCRIPT
        ),
    ),
    "imports": ("src/train.py", lambda n: _many("import m@\n", n) + SCRIPT),
    "stars of an import": (
        "src/train.py",
        lambda n: "from src.train import *\nfrom train import *\n" * n + SCRIPT,
    ),
    "unpacked values": (
        "src/train.py",
        lambda n: SCRIPT + "mlflow.log_metrics({" + _many("'a@': 1, ", n) + "})\n",
    ),
    "lambdas": ("src/train.py", lambda n: SCRIPT + "f = " + "lambda: " * n + "1\n"),
    "comprehensions": ("src/train.py", lambda n: SCRIPT + f"x = {_nested('[', ' for a in b]', n)}\n"),
    "texts in texts": (
        "src/train.py",
        lambda n: SCRIPT + "x = f'" + "{a}" * n + "'\nmlflow.log_metric(x, 1)\n",
    ),
    "parts of a path": ("src/train.py", lambda n: SCRIPT + "x = p" + " / 'a'" * n + "\n"),
    "ignored rules": ("sweepgen.toml", lambda n: _many("'SG@',", n, "ignore = [", "]\n")),
    "tables": ("sweepgen.toml", lambda n: _many("[t@]\na = 1\n", n)),
    "tables in tables": ("sweepgen.toml", lambda n: "[a" + ".a" * n + "]\n"),
    "brackets in settings": ("sweepgen.toml", lambda n: f"ignore = {_nested('[', ']', n)}\n"),
    "digits in settings": ("sweepgen.toml", lambda n: f"strict = {'9' * n}\n"),
    "rows": ("submitted.jsonl", lambda n: _many(json.dumps({**_ROW, "job": "j@"}) + "\n", n)),
    "rows that are none": ("submitted.jsonl", lambda n: json.dumps(_ROW) + "\n" + "{\n" * n),
    "brackets in a row": ("submitted.jsonl", lambda n: json.dumps(_ROW) + "\n" + _nested("[", "]", n)),
    "patterns": ("component.amlignore", lambda n: _many("*a@*\n", n)),
    "stars of a pattern": ("component.amlignore", lambda n: "*a" * n + "b\n"),
    "folders of a pattern": ("component.amlignore", lambda n: "**/" * n + "b\n"),
    "points in MLflow": (f"mlruns/1/{'b' * 32}/metrics/val_loss", lambda n: _many("17957288140@ 0.3 @\n", n)),
    "points in MLflow that are none": (f"mlruns/1/{'b' * 32}/metrics/val_loss", lambda n: "x\n" * n),
}
"""Files that grow in one place, by what there is more and more of: the project's file, and its text for a size."""


def _with_trials(count: int, *, same: bool) -> str:
    row = {"status": "completed", "hyperparameters": {"batch_size": 16}, "metrics": {"val_loss": 0.2}}
    return json.dumps({**_RESULTS, "trials": [{"id": "t" if same else f"t{i}", **row} for i in range(count)]})


def _first_trial(**over: Any) -> str:
    return json.dumps({**_RESULTS, "trials": [{**_RESULTS["trials"][0], **over}]})


def _confirmed(pairs: list[dict[str, Any]]) -> str:
    return json.dumps({**_RESULTS, "confirmation": {**_RESULTS["confirmation"], "pairs": pairs}})


def grown(draw: Random, name: str) -> tuple[str, bytes]:
    """Return the file that grows in one place, and its content: as large as it may be, or of any size below."""
    file, text_of = GROWING[name]
    one = max(1, (len(text_of(40).encode()) - len(text_of(20).encode())) // 20)
    most = max(3, LARGEST // one // 2 if "chain" in name else (LARGEST - 15_000) // one)
    size = draw.choice((most, most, most // 3, draw.randrange(1, most + 1), draw.randrange(1, 30)))
    content = text_of(size).encode(errors="surrogatepass")
    while len(content) > LARGEST - 12_000:  # later ones have longer numbers
        size = size * 3 // 4
        content = text_of(size).encode(errors="surrogatepass")
    return file, content


_GIT = (
    ["add", "-A"],
    ["commit", "-qam", "a"],
    ["checkout", "-qb", "work"],
    ["mv", "t.tuning.yaml", "\u202e\n##vso[a]b.tuning.yaml"],
    ["mv", "circuits.yaml", "-rf.yaml"],
    ["rm", "-q", "--cached", "component.yaml"],
    ["checkout", "-q", "--orphan", "new"],
    ["tag", "v1"],
    ["config", "core.autocrlf", "true"],
    ["config", "core.quotepath", "false"],
    ["update-index", "--assume-unchanged", "circuits.yaml"],
    ["rebase", "main"],
    ["reset", "-q", "--soft", "HEAD~1"],
    ["pack-refs", "--all"],
    ["worktree", "add", "-q", "other"],
    ["symbolic-ref", "HEAD", "refs/heads/none"],
    ["replace", "HEAD", "HEAD~1"],
)
_WRECKS = {
    ".git/HEAD": b"ref: refs/heads/\xff\n",
    ".git/index": b"DIRC\x00\x00",
    ".git/refs/heads/main": b"0" * 40,
    ".git/MERGE_HEAD": b"x",
    ".git/shallow": b"1" * 40 + b"\n",
    ".gitattributes": b"* filter=x text eol=crlf ident working-tree-encoding=UTF-16\n",
    ".gitignore": b"*\n!t.tuning.yaml\n",
    ".gitmodules": b'[submodule "src"]\n\tpath = src\n\turl = ./x\n',
}
ODD = ("folder", "pipe", "loop", "dangling", "closed", "device")
"""What may be in the place of a file."""


class Project:
    """The parts of an attempt: the command, files with their content, git commands, and what is no file."""

    def __init__(self, draw: Random) -> None:
        in_git = draw.random() < 0.02
        self.files = {name: text.encode() for name, text in FILES.items() if not name.startswith("mlruns")}
        self.command = _command(draw, GIT_COMMANDS if in_git else COMMANDS)
        self.git = [["init", "-qb", "main"], *draw.choices(_GIT, k=draw.randrange(7))] if in_git else []
        self.odd: dict[str, str] = {}
        if self.command[0] == "pull":
            self.files |= {name: text.encode() for name, text in FILES.items() if name.startswith("mlruns")}
        _disturb(draw, self)
        if in_git and draw.random() < 0.5:
            for name in draw.sample(list(_WRECKS), draw.choice((1, 1, 2))):
                self.files[name] = _WRECKS[name]
        for name, other in _RENAMED.items():
            if name in self.files:
                self.files[other] = self.files.pop(name)
        if "-" in self.command:
            name = draw.choice(("t.tuning.yaml", "results.json", "circuits.yaml", "sweep.yml"))
            self.files["-"] = self.files.get(name, b"")


def _command(draw: Random, commands: tuple[tuple[str, ...], ...]) -> list[str]:
    words = [word.replace("{}", draw.choice(WORDS).replace("\x00", "")) for word in draw.choice(commands)]
    if words[0] in _SHOWN and "--pr-body" not in words:
        words += ["--format", draw.choice(FORMATS)]
    return words


def _disturb(draw: Random, project: Project) -> None:
    """Change one file that the command reads, or some."""
    named = [
        name for name in FILES if name in project.command or (name in project.files and draw.random() < 0.15)
    ]
    chosen = named or [draw.choice(list(project.files))]
    if draw.random() < 0.25:
        file, content = grown(draw, draw.choice(list(GROWING)))
        project.files[file] = content
        others = {name: len(each) for name, each in project.files.items()}
        if sum(others.values()) > LARGEST:
            project.files = {
                name: each for name, each in project.files.items() if len(each) < 2000 or name == file
            }
        if draw.random() < 0.7:
            return
    for name in draw.sample(chosen, min(len(chosen), draw.choice((1, 1, 2)))):
        if name not in project.files:
            continue
        if draw.random() < 0.02:
            project.odd[name] = draw.choice(ODD)
            del project.files[name]
            continue
        for _ in range(draw.choice((1, 1, 1, 2, 4))):
            content = draw.choice(CHANGES)(draw, project.files[name])
            if len(content) < LARGEST - 25_000:
                project.files[name] = content
