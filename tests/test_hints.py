"""Hints that are a literal edit: followed, the finding is gone and no other comes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from loader_mutations import FILES
from rule_project import CIRCUITS, SPEC, laid_over, write_example, write_project
from sweep_mutations import TRIAL, mutant
from sweepgen import validate
from sweepgen.checks.catalogue import RULES
from sweepgen.checks.checker import Checker
from sweepgen.documents.nodes import Mapping, Sequence
from sweepgen.documents.yaml_reader import read_yaml
from sweepgen.findings import Severity
from sweepgen.importing.file_check import check_file
from sweepgen.rules.rule import Example

_MORE = re.compile(r", or .*|, if .*| if .*| \(.*|: azure-ai-ml .*|, and .*")
"""What a hint says behind the edit."""


def edit_of(hint):
    """Return what a hint does literally, and the words that it does it with; None where it is no literal edit."""
    for form, kind in (
        (r'did you mean "(.+)"\?', "rename"),
        (r"write it under ([\w.]+): (.+)", "move"),
        (r"(?:in \S+, )?under ([\w.]+), write (.+)", "add"),
        (r"remove the quotes: (.+)", "write"),
        (r"write (.+)", "write"),
        (r"for .+, write (.+)", "write"),
        (r"add (\w+: .+?)(?: to .+)?", "add here"),
        (r"rename it to (\w+)", "rename"),
        (
            r"(remove (?:it\b|the repeated|the second|[\w-]+(?:: \S+)?(?:$| from |, or |, and write))).*",
            "remove",
        ),
    ):
        found = re.fullmatch(form, hint or "")
        if found is not None:
            return kind, [
                _MORE.sub("", part, count=1) if kind != "rename" else part for part in found.groups()
            ]
    return None


def path_of(node, place):
    """Return the path of the key or value that begins at a place, and whether it is the key."""
    at = (place.line, place.column)
    if isinstance(node, Mapping):
        for name, entry in node.entries.items():
            if (entry.key.line, entry.key.column) == at:
                return (name,), True
            found = path_of(entry.value, place)
            if found is not None:
                return (name, *found[0]), found[1]
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            found = path_of(item, place)
            if found is not None:
                return (index, *found[0]), found[1]
    return ((), False) if (node.line, node.column) == at and not isinstance(node, Mapping) else None


def inside(data, path):
    for step in path:
        data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
    return data


def followed(text, finding):
    """Return a YAML text with a finding's hint done as it is written; None where the hint is no literal edit."""
    edit = edit_of(finding.hint)
    document = read_yaml(text, finding.file)
    if edit is None or document.root is None:
        return None
    kind, words = edit
    data = yaml.safe_load(text)
    found = path_of(document.root, finding.place)
    if found is None and kind in (
        "write",
        "rename",
    ):  # a part of a text, such as a placeholder of the command
        return replaced(text, finding.place, words[0])
    path, at_key = found or ((), True)
    holder = inside(data, path[:-1])
    written = holder[path[-1]] if path else None
    if kind == "add here":
        inside(data, path if isinstance(written, dict) else path[:-1]).update(yaml.safe_load(words[0]))
    elif kind == "rename" and not at_key and "${{" in str(written):
        (wrong,) = re.findall(r'"(.+)"', finding.message)
        holder[path[-1]] = written.replace(wrong, words[0])
    elif kind == "rename" and at_key:
        kept = {words[0] if key == path[-1] else key: value for key, value in holder.items()}
        holder.clear()
        holder.update(kept)
    elif kind == "rename":
        holder[path[-1]] = words[0]
    elif kind == "remove":
        del holder[path[-1]]
    elif kind in ("move", "add"):
        if kind == "move":
            del holder[path[-1]]
        inside(data, words[0].split(".")).update(yaml.safe_load(words[1]))
    else:
        several = re.fullmatch(r"\w+: \S+(, \w+: \S+)+", words[0])
        written = yaml.safe_load(f"{{{words[0]}}}" if several else words[0])
        if not isinstance(written, dict) or words[0].startswith("{"):
            holder[path[-1]] = written
        else:
            entry(data, path, at_key, next(iter(written))).update(written)
    return yaml.safe_dump(data, sort_keys=False)


def replaced(text, place, new):
    """Return a text with what is at a place replaced."""
    lines = text.splitlines(keepends=True)
    line = lines[place.line - 1]
    lines[place.line - 1] = line[: place.column - 1] + new + line[place.end_column - 1 :]
    return "".join(lines)


def entry(data, path, at_key, name):
    """Return the mapping that `name: value` is written into: the nearest that has it, else the one at the place."""
    if path == ("metric",):  # an unknown key that is written otherwise
        del data["metric"]
        return data
    for depth in range(len(path), -1, -1):
        holder = inside(data, path[:depth])
        if isinstance(holder, dict) and name in holder:
            return holder
    here = inside(data, path)
    if isinstance(here, dict):
        return here
    if at_key:
        del inside(data, path[:-1])[path[-1]]
    return inside(data, path[:-1])


def follow(name):
    """Follow the hints of all files of a spec; return what is left, and how many were followed."""
    count = 0
    findings = checked(name)
    for _ in range(6):
        code = next((each.code for each in findings if rewritten(each, name) is not None), None)
        if code is None:
            return findings, count
        before, found = {each.code for each in findings}, findings
        for _ in range(12):
            first = next((each for each in found if each.code == code and rewritten(each, name)), None)
            if first is None:
                break
            path, text = rewritten(first, name)
            Path(path).write_text(text, encoding="utf-8")
            count += 1
            found = checked(name)
            assert (first.code, first.message) not in [(each.code, each.message) for each in found], first
        new = [each for each in found if each.code not in before and each.severity is not Severity.ADVICE]
        assert {each.code for each in new} <= BROUGHT_TO_LIGHT.get(code, set()), (code, new)
        findings = found
    raise AssertionError("hints lead in a circle")


def checked(name):
    """Return what is found in a spec, or in a hand-written sweep."""
    return check_file(name, Checker()).findings


def rewritten(finding, spec):
    """Return the file that a hint is about with its text afterwards; None where it is no literal edit."""
    path = spec if re.match(r"in \S+, under ", finding.hint or "") else finding.file
    text = followed(Path(path).read_text(encoding="utf-8"), finding)
    return (path, text) if text is not None else None


BROUGHT_TO_LIGHT = {"SG201": {"SG306"}, "SG011": {"SG012"}}
"""What could not be judged before: the size of a grid, and parameters under a name of another tool."""
LITERAL = [
    code
    for code, rule in RULES.items()
    if rule.bad != Example() and rule.compare is None and code[:3] != "SG7" and code not in ("SG550", "SG601")
]
NOT_LITERAL = [
    "SG001",
    "SG002",
    "SG003",
    "SG004",
    "SG005",
    "SG006",
    "SG007",
    "SG008",
    "SG009",
    "SG012",
    "SG014",
    "SG015",
    "SG016",
    "SG017",
    "SG018",
    "SG057",
    "SG101",
    "SG103",
    "SG106",
    "SG107",
    "SG109",
    "SG113",
    "SG203",
    "SG211",
    "SG212",
    "SG214",
    "SG313",
    "SG401",
    "SG405",
    "SG411",
    "SG412",
    "SG413",
    "SG414",
    "SG416",
    "SG417",
    "SG419",
    "SG421",
    "SG423",
    "SG433",
    "SG440",
    "SG441",
    "SG442",
    "SG443",
    "SG444",
    "SG445",
    "SG446",
    "SG501",
    "SG502",
    "SG503",
    "SG504",
    "SG505",
    "SG512",
    "SG513",
    "SG570",
    "SG571",
    "SG572",
    "SG574",
    "SG575",
    "SG805",
    "SG806",
    "SG807",
    "SG808",
    "SG817",
    "SG818",
    "SG821",
    "SG822",
    "SG903",
    "SG909",
    "SG990",
]
"""What a person has to decide, or to do in Python."""


@pytest.mark.parametrize("code", [code for code in LITERAL if code not in NOT_LITERAL])
def test_the_hint_of_the_bad_example_mends_it(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = write_example(tmp_path, RULES[code].bad).name
    left, count = follow("sweep.yaml" if RULES[code].bad.azureml is not None else spec)
    assert count
    assert code not in {each.code for each in left}


def adapted(**sections):
    """Return the spec of the small project with sections in other words; None leaves one out."""
    spec = {**yaml.safe_load(SPEC), **sections}
    return yaml.safe_dump({key: value for key, value in spec.items() if value is not None}, sort_keys=False)


def swept(written):
    return adapted(
        search_space={"learning_rate": written, "batch_size": {"type": "choice", "values": [16, 32]}}
    )


def without(section, key, **others):
    kept = {name: value for name, value in yaml.safe_load(SPEC)[section].items() if name != key}
    return adapted(**{section: {**kept, **others}})


BOUNDS = {"min_value": 0.0001, "max_value": 0.01}
SPELLINGS = {
    "W&B: log_uniform_values": swept({"distribution": "log_uniform_values", "min": 0.0001, "max": 0.01}),
    "W&B: logarithms": swept({"distribution": "log_uniform", "min": -9.2, "max": -4.6}),
    "W&B: values alone": swept({"values": [0.001, 0.01]}),
    "W&B: min and max alone": swept({"min": 0.02, "max": 0.1}),
    "W&B: q": swept({"distribution": "q_uniform", "min": 2, "max": 10, "q": 2}),
    "W&B: a metric": adapted(objective=None, metric={"name": "val_loss", "goal": "minimize"}),
    "W&B: a method": adapted(sampling=None, method="random"),
    "W&B: parameters": adapted(
        search_space=None,
        parameters={"learning_rate": {"distribution": "log_uniform_values", "min": 0.0001, "max": 0.01}},
    ),
    "Optuna: log": swept({"type": "float", "low": 0.0001, "high": 0.01, "log": True}),
    "Optuna: categorical": swept({"type": "categorical", "choices": [0.001, 0.01]}),
    "Optuna: a direction": without("objective", "goal", direction="minimize"),
    "Optuna: trials": without("limits", "max_trials", n_trials=4),
    "Ray: lower and upper": swept({"type": "loguniform", "lower": 0.0001, "upper": 0.01}),
    "Ray: grid_search": swept({"grid_search": [0.001, 0.01]}),
    "Ray: a mode": without("objective", "goal", mode="min"),
    "NNI": swept({"_type": "loguniform", "_value": [0.0001, 0.01]}),
    "Azure ML v1: a list": swept(["uniform", [0.02, 0.1]]),
    "Azure ML v1: limits": without("limits", "max_trials", max_total_runs=4),
    "Azure ML v1: limits at the top": adapted(
        limits={"max_concurrent_trials": 2, "timeout": "2d"}, max_total_runs=4
    ),
    "Azure ML v1: a metric": without("objective", "primary_metric", primary_metric_name="val_loss"),
    "Azure ML v1: an algorithm": adapted(sampling={"algorithm": "RandomParameterSampling"}),
    "Azure ML v1: a policy": adapted(
        early_termination={"type": "MedianStoppingPolicy", "evaluation_interval": 5}
    ),
    "Azure ML v2: sampling_algorithm": adapted(sampling=None, sampling_algorithm="random"),
    "Azure ML v2: max_total_trials": without("limits", "max_trials", max_total_trials=4),
    "a preview of Azure ML v2: minutes": without("limits", "timeout", timeout_minutes=90),
    "Ray: a call": swept("tune.loguniform(1e-4, 1e-2)"),
    "Ray: a call with a list": swept("tune.choice([0.001, 0.01])"),
    "Optuna: a call": swept("trial.suggest_float('lr', 1e-4, 1e-2, log=True)"),
    "Optuna: a method as a key": swept({"suggest_float": [0.02, 0.1]}),
    "Hyperopt: a call": swept("hp.uniform('lr', 0.02, 0.1)"),
    "Katib": swept({"parameterType": "double", "feasibleSpace": {"min": "0.02", "max": "0.1"}}),
    "Katib: a list": swept({"parameterType": "discrete", "feasibleSpace": {"list": ["0.01", "0.1"]}}),
    "Katib: trials": adapted(limits={"maxTrialCount": 4, "parallelTrialCount": 2, "timeout": "2d"}),
    "Azure ML v1: the sampling": adapted(sampling=None, hyperparameter_sampling="RandomParameterSampling"),
    "no type": swept(BOUNDS),
    "a list of values": swept([0.001, 0.01]),
    "a section as one word": adapted(sampling="random", trial="component.yaml"),
    "a misspelt goal": adapted(objective={"primary_metric": "val_loss", "goal": "min"}),
    "a key in another section": adapted(max_trials=4, limits={"max_concurrent_trials": 2, "timeout": "2d"}),
}
VALUES = {
    "version: 0.1": SPEC.replace("version: 1.0.0", "version: 0.1"),
    'version: "0.1"': SPEC.replace("version: 1.0.0", 'version: "0.1"'),
    "version: 1": SPEC.replace("version: 1.0.0", "version: 1"),
    "version: v1.2.3-rc1": SPEC.replace("version: 1.0.0", "version: v1.2.3-rc1"),
    "version: 1.10": SPEC.replace("version: 1.0.0", "version: 1.10"),
    "a name with capitals": SPEC.replace("name: tuning", "name: My-Tuning"),
    "a number as a name": SPEC.replace("name: tuning", "name: 2024"),
    "words in a timeout": SPEC.replace("2d", "12 hours"),
    "two units in a timeout": SPEC.replace("2d", "1h30m"),
    "a clock in a timeout": SPEC.replace("2d", '"12:30:00"'),
    "a fraction of an hour": SPEC.replace("2d", "1.5h"),
    "quotes around a number": SPEC.replace("max_trials: 4", 'max_trials: "4"'),
    "a fraction of a trial": SPEC.replace("max_trials: 4", "max_trials: 4.0"),
    "a number as a tag": SPEC + "tags: {team: 7}\n",
    "yes for true": SPEC + "baseline: 'yes'\n",
    "a date as a version": SPEC.replace("version: 1.0.0", "version: 2024-01-31"),
    "a duration of ISO 8601": SPEC.replace("2d", "PT12H"),
    "a decimal comma": SPEC.replace("min_value: 0.0001", 'min_value: "0,0001"'),
    "a fraction": SPEC.replace("min_value: 0.0001", "min_value: 1/10000"),
    "a power": SPEC.replace("min_value: 0.0001", "min_value: 10**-4"),
    "a range of Python": SPEC.replace("values: [16, 32]", 'values: "range(16, 48, 16)"'),
    "a tuple of Python": SPEC.replace("values: [16, 32]", 'values: "(16, 32)"'),
    "braces for brackets": SPEC.replace("values: [16, 32]", "values: {16, 32}"),
    "a share for a percentage": SPEC
    + "early_termination: {type: truncation_selection, evaluation_interval: 5, truncation_percentage: 0.2}\n",
    "a percentage for a share": SPEC
    + "early_termination: {type: bandit, evaluation_interval: 5, slack_factor: 10%}\n",
    "a placeholder without quotes": SPEC + "job: {display_name: {plant_id}}\n",
    "numbers with spaces": SPEC.replace("values: [16, 32]", "values: 16 32"),
    "a word for a number": SPEC.replace("max_trials: 4", "max_trials: few"),
    "no time at all": SPEC.replace("2d", "0"),
    "an objective in words": SPEC.replace("{primary_metric: val_loss, goal: minimize}", "minimize val_loss"),
    "a policy in a word": SPEC + "early_termination: hyperband\n",
    "a section as a list": SPEC.replace("{algorithm: random}", "[random]"),
    "a history in words": SPEC + "history: the first\n",
    "circuits as a mapping": SPEC.replace("PLANT001/CIRCUIT01", "{plant: PLANT001, circuit: CIRCUIT01}"),
    "a name of the jobs": SPEC + "job: {name: HPO}\n",
    "a cluster in a section": SPEC.replace("compute: azureml:cpu-cluster", "compute: {target: cpu-cluster}"),
}
FITTING = {
    "Bayesian sampling of a whole number": "sampling: {algorithm: bayesian}\nlimits: {max_trials: 40}\nsearch_space:\n  lstm_units: {type: qloguniform, min_value: 16, max_value: 128, q: 16}",
    "Bayesian sampling of randint": "sampling: {algorithm: bayesian}\nlimits: {max_trials: 40}\nsearch_space:\n  epochs: {type: randint, upper: 50}",
    "Bayesian sampling of a normal": "sampling: {algorithm: bayesian}\nlimits: {max_trials: 40}\nsearch_space:\n  learning_rate: {type: normal, mu: 0.5, sigma: 0.1}",
    "uniform for a whole number": "search_space:\n  lstm_units: {type: uniform, min_value: 16, max_value: 128}",
    "loguniform for a whole number": "search_space:\n  epochs: {type: loguniform, min_value: 10, max_value: 100}",
    "beyond what the input takes": "search_space:\n  lstm_units: {type: quniform, min_value: 0, max_value: 2048, q: 16}",
    "a grid of whole numbers": "sampling: {algorithm: grid}\nlimits: {max_trials: 8}\nsearch_space:\n  lstm_units: {type: quniform, min_value: 16, max_value: 128, q: 16}",
    "a logarithm of 0": "search_space:\n  learning_rate: {type: loguniform, min_value: 0, max_value: 0.1}",
}


@pytest.mark.parametrize("spec", [*SPELLINGS.values(), *VALUES.values()], ids=[*SPELLINGS, *VALUES])
def test_what_is_nearly_right_is_mended_by_its_hints(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left, count = follow(write_project(tmp_path, spec=spec).name)
    assert count
    assert [each for each in left if each.severity is not Severity.ADVICE] == []


@pytest.mark.parametrize(
    ("word", "kind"),
    [("truncation", "truncation_selection"), ("median", "median_stopping"), ("bandit", "bandit")],
)
def test_a_policy_in_a_word_is_the_one_that_it_names(word, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = write_project(tmp_path, spec=f"{SPEC}early_termination: {word}\n").name
    (finding,) = [each for each in validate(name).findings if each.severity is Severity.ERROR]
    assert f"{{type: {kind}, " in finding.hint


@pytest.mark.parametrize("spec", FITTING.values(), ids=FITTING)
def test_a_range_that_does_not_fit_comes_with_one_that_does(spec, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    left, count = follow(write_project(tmp_path, spec=laid_over(SPEC, spec)).name)
    assert 1 <= count <= 3
    assert [each for each in left if each.severity is not Severity.ADVICE] == []


@pytest.mark.parametrize(
    ("sampling", "trials", "concurrent"),
    [("random", 4, 10), ("random", 2, 30), ("bayesian", 30, 40)],
)
def test_of_two_findings_on_one_number_both_name_the_same(
    sampling, trials, concurrent, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    spec = adapted(
        sampling={"algorithm": sampling},
        search_space={"learning_rate": {"type": "uniform", "min_value": 0.02, "max_value": 0.1}},
        limits={"max_trials": trials, "max_concurrent_trials": concurrent, "timeout": "2d"},
    )
    write_project(tmp_path, spec=spec)
    about = [each for each in Checker().check("t.tuning.yaml").findings if each.code in ("SG302", "SG902")]
    assert len(about) == 2
    assert len({re.search(r"\d+", each.hint)[0] for each in about}) == 1
    assert followed(spec, about[0]) == followed(spec, about[1])
    Path("t.tuning.yaml").write_text(followed(spec, about[0]))
    assert not {"SG302", "SG902"} & {each.code for each in Checker().check("t.tuning.yaml").findings}


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("pump tuning", "write experiment_name: pump-tuning"),
        ("a/{plant_id}", 'write experiment_name: "a-{plant_id}"'),
        ("x.y", None),
        ("{model_name}", None),
        ("{note}", "name fields of letters, digits, _ and - alone, such as {plant_id}"),
    ],
)
def test_an_experiment_comes_with_a_name_that_the_service_takes(written, hint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    circuits = CIRCUITS.replace("    cutoff_date", "    note: two words\n    cutoff_date")
    write_project(tmp_path, spec=adapted(job={"experiment_name": written}), circuits=circuits)
    found = [each for each in Checker().check("t.tuning.yaml").findings if each.code == "SG314"]
    assert [each.hint for each in found] == ([hint] if hint is not None else [])


BY_HAND = {
    "SG805": ('timeout: "${{parent.inputs.seconds}}"', "timeout: 43200"),
    "SG806": ('max_value: "${{parent.inputs.most}}"', "max_value: 0.1"),
    "SG807": ('primary_metric: "${{parent.inputs.metric}}"', "primary_metric: val_loss"),
    "SG808": ("    identity: {type: user_identity}\n", ""),
    "SG818": ("min_value: low", "min_value: 0.001"),
}
"""What a person does whom a hint sends to a value, or to another place."""


@pytest.mark.parametrize("code", BY_HAND)
def test_what_a_hint_asks_a_person_to_do_mends_it(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_example(tmp_path, RULES[code].bad)
    path = Path("sweep.yaml")
    assert BY_HAND[code][0] in path.read_text()
    path.write_text(path.read_text().replace(*BY_HAND[code]))
    assert code not in {each.code for each in checked(path.name)}


@pytest.mark.parametrize("seed", range(0, 120, 5))
def test_the_hints_of_a_hand_written_sweep_lead_in_no_circle(seed, tmp_path, monkeypatch):
    """Whatever is wrong with a sweep: what was mended by its hint comes back by that of no other."""
    monkeypatch.chdir(tmp_path)
    for name, text in {**FILES, "trial/component.yaml": TRIAL, "sweep.yaml": mutant(seed)}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    mended, stuck = set(), set()
    for _ in range(12):
        found = {
            (each.code, each.message): each for each in checked("sweep.yaml") if each.file == "sweep.yaml"
        }
        assert not mended & set(found)
        tried = next(
            (name for name, each in found.items() if name not in stuck and edit_of(each.hint) is not None),
            None,
        )
        if tried is None:
            return
        stuck.add(tried)
        before = path.read_text()
        try:
            path.write_text(followed(before, found[tried]))
        except (
            yaml.YAMLError,
            IndexError,
            ValueError,
        ):  # what YAML 1.1 cannot read, or a hint in other words
            continue
        if tried in {(each.code, each.message) for each in checked("sweep.yaml")}:
            path.write_text(before)
        else:
            mended.add(tried)
    raise AssertionError("there is no end to the hints")


@pytest.mark.parametrize(
    ("bounds", "hint"),
    [
        ("min_value: 0.0001, max_value: 0.01", "write min_value: -9.21034, max_value: -4.60517"),
        ("min_value: 1, max_value: 5", "use the natural logarithms of the least and the greatest value"),
        (
            "min_value: 0, max_value: 1.60944",
            "use the natural logarithms of the least and the greatest value",
        ),
    ],
)
def test_logarithms_that_look_like_values_are_not_named(bounds, hint, tmp_path, monkeypatch):
    """Nor does a hint name bounds that the same rule finds again."""
    monkeypatch.chdir(tmp_path)
    write_example(tmp_path, RULES["SG801"].bad)
    path = Path("sweep.yaml")
    path.write_text(path.read_text().replace("min_value: 0.0001, max_value: 0.01", bounds))
    (found,) = [each for each in checked("sweep.yaml") if each.code == "SG801"]
    assert found.hint.endswith(hint)
