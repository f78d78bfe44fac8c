"""A team's monorepo of hand-written sweeps in the shapes of public ones: seven in ten are standalone jobs."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = 40
SWEEPS = 5
"""Of each project: its standalone jobs, and one or two pipelines."""
SCHEMA = "https://azuremlschemas.azureedge.net/latest"
CLASSIFIER = '''\
"""Train the classifier of {name}: one trial of a sweep."""

from __future__ import annotations

import argparse
from pathlib import Path

import mlflow
import mlflow.sklearn
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "{name}_label"
FOLDS = {folds}


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of Parquet files")
    parser.add_argument("--model", type=Path, required=True, help="where the model is written")
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
{options}
    return parser.parse_args()


def load(folder: Path) -> tuple[pd.DataFrame, pd.Series]:
    frames = [pd.read_parquet(path) for path in sorted(folder.glob("*.parquet"))]
    if not frames:
        raise SystemExit(f"no Parquet file in {{folder}}")
    frame = pd.concat(frames).dropna(subset=[LABEL])
    return frame.drop(columns=[LABEL]), frame[LABEL]


def build(args: argparse.Namespace, trees: int) -> GradientBoostingClassifier:
    known = GradientBoostingClassifier().get_params()
    given = {{key: value for key, value in vars(args).items() if key in known}}
    return make_pipeline(StandardScaler(), GradientBoostingClassifier(n_estimators=trees, **given))


def folds(features: pd.DataFrame, labels: pd.Series, seed: int):
    splits = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for train, held in splits.split(features, labels):
        yield features.iloc[train], labels.iloc[train], features.iloc[held], labels.iloc[held]


def score(model, features: pd.DataFrame, labels: pd.Series) -> dict[str, float]:
    predicted = model.predict(features)
    return {{
        "val_accuracy": accuracy_score(labels, predicted),
        "val_f1": f1_score(labels, predicted, average="macro"),
        "val_auc": roc_auc_score(labels, model.predict_proba(features)[:, 1]),
    }}


def main() -> None:
    args = parse_args()
    features, labels = load(args.data)
    train, held, train_labels, held_labels = train_test_split(
        features, labels, test_size=0.2, random_state=args.seed, stratify=labels
    )
    mlflow.log_params({{key: str(value) for key, value in vars(args).items()}})
    model = None
    for epoch in range(1, args.epochs + 1):
        model = build(args, trees=10 * epoch)
        model.fit(train, train_labels)
        scores = score(model, held, held_labels)
        mlflow.log_metric("val_accuracy", scores["val_accuracy"], step=epoch)
        mlflow.log_metric("val_f1", scores["val_f1"], step=epoch)
        mlflow.log_metric("val_auc", scores["val_auc"], step=epoch)
    mlflow.sklearn.save_model(model, str(args.model))


if __name__ == "__main__":
    main()
'''
CONDA = """\
name: {name}
channels: [conda-forge]
dependencies:
  - python=3.10
  - pip=24.0
  - pip:
      - mlflow==2.14.1
      - azureml-mlflow==1.57.0
      - pandas==2.2.2
      - pyarrow==16.1.0
      - {library}
"""
COMMAND_COMPONENT = """\
$schema: {schema}/commandComponent.schema.json
type: command
name: {name}
display_name: {name}
version: 1.0.{minor}
description: >-
  {text}
inputs:
{inputs}
outputs:
{outputs}
code: ../src
environment:
  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest
  conda_file: ../environment/conda.yml
command: >-
  {command}
"""
STANDALONE = """\
$schema: {schema}/sweepJob.schema.json
type: sweep
display_name: {name} {number}
experiment_name: {name}-sweep
description: Round {number} of the search for {name}
tags:
  team: {team}
  round: "{number}"

# {remark}
trial:
  code: ../src
  command: >-
    {command}
  environment:
    image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest
    conda_file: ../environment/conda.yml

inputs:
{inputs}
outputs:
{outputs}
compute: azureml:{team}-cluster

sampling_algorithm: {sampling}
search_space:
{space}
objective:
  primary_metric: {metric}
  goal: {goal}
limits:
  max_total_trials: {trials}
  max_concurrent_trials: {together}
  timeout: {timeout}
{termination}"""
PIPELINE_HEAD = """\
$schema: {schema}/pipelineJob.schema.json
type: pipeline
display_name: {name} pipeline
experiment_name: {name}-pipeline
description: Prepares the data of {name}, tunes, and evaluates the best model
settings:
  default_compute: azureml:{team}-cluster
inputs:
  raw_data:
    type: uri_folder
    path: azureml:{name}_raw@latest
  months: {months}
outputs:
  best_model:
    type: mlflow_model
jobs:
  prepare:
    type: command
    component: ../components/prepare.yml
    inputs:
      raw_data: ${{{{parent.inputs.raw_data}}}}
      months: ${{{{parent.inputs.months}}}}
    outputs:
      prepared:
        type: uri_folder
"""
COMPONENT_HEAD = """\
$schema: {schema}/pipelineComponent.schema.json
type: pipeline
name: {name}_tuning
version: 1.0.{minor}
display_name: {name} tuning
description: Tunes {name}, to be called by the release pipeline
inputs:
  data:
    type: uri_folder
outputs:
  best_model:
    type: mlflow_model
jobs:
"""
NODE = """\
  tune:
    type: sweep
    trial:{trial}
    inputs:
{inputs}
    outputs:
      model: ${{{{parent.outputs.best_model}}}}
    sampling_algorithm: {sampling}
    search_space:
{space}
    objective:
      primary_metric: {metric}
      goal: {goal}
    limits:
      max_total_trials: {trials}
      max_concurrent_trials: {together}
      timeout: {timeout}
"""
EVALUATE = """\
  evaluate:
    type: command
    component: ../components/evaluate.yml
    inputs:
      data: ${{parent.jobs.prepare.outputs.prepared}}
      model: ${{parent.jobs.tune.outputs.model}}
    outputs:
      scores:
        type: uri_folder
"""
BANDIT = """\
early_termination:
  type: bandit
  slack_factor: 0.1
  evaluation_interval: 2
  delay_evaluation: 10
"""
CLASSIFIED = {
    "learning_rate": ("number", "{type: loguniform, min_value: -6.9, max_value: -1.2}"),
    "max_depth": ("integer", "{type: choice, values: [2, 3, 4, 6]}"),
    "subsample": ("number", "{type: uniform, min_value: 0.5, max_value: 1.0}"),
    "min_samples_leaf": ("integer", "{type: choice, values: [1, 5, 20]}"),
    "max_features": ("number", "{type: uniform, min_value: 0.3, max_value: 1.0}"),
    "min_weight_fraction_leaf": ("number", "{type: uniform, min_value: 0.0, max_value: 0.1}"),
}
FORECAST = {
    "lstm_units": ("integer", "{type: choice, values: [32, 64, 128, 256]}"),
    "learning_rate": ("number", "{type: loguniform, min_value: -9.2, max_value: -4.6}"),
    "batch_size": ("integer", "{type: choice, values: [16, 32, 64]}"),
    "dropout": ("number", "{type: uniform, min_value: 0.0, max_value: 0.5}"),
}


class Project:
    """A folder of one model: its trial's code and components, and the sweeps over it."""

    def __init__(self, root: Path, number: int) -> None:
        self.chance = random.Random(number)  # noqa: S311 - the same files each time
        self.number = number
        self.name = f"{self.chance.choice(('churn', 'pump', 'quality', 'demand', 'fraud'))}_{number:02d}"
        self.team = self.chance.choice(("forecasting", "vision", "maintenance"))
        self.forecasts = number % 3 == 0
        space = FORECAST if self.forecasts else CLASSIFIED
        count = self.chance.randint(2, len(space))
        self.space = {key: space[key] for key in sorted(self.chance.sample(sorted(space), count))}
        self.folder = root / self.team / self.name
        for folder in ("src", "components", "environment", "sweeps", "pipelines"):
            (self.folder / folder).mkdir(parents=True)

    def write(self) -> list[Path]:
        """Write all files, and return those with sweeps."""
        self._write_code()
        self._write_components()
        pipelines = [self._write_pipeline()]
        if self.number % 2:
            pipelines.append(self._write_component())
        return [*(self._write_standalone(each) for each in range(SWEEPS - len(pipelines))), *pipelines]

    def _write_code(self) -> None:
        if self.forecasts:
            for path in sorted((ROOT / "components/train-lstm-model/src").glob("*.py")):
                (self.folder / "src" / path.name).write_text(f"# {self.name}\n{path.read_text()}")
            library = "tensorflow==2.16.1"
        else:
            options = "\n".join(
                f'    parser.add_argument("--{key}", type={"int" if kind == "integer" else "float"}, required=True)'
                for key, (kind, _) in self.space.items()
            )
            folds = self.chance.randint(3, 9)
            text = CLASSIFIER.format(name=self.name, folds=folds, options=options)
            (self.folder / "src/train.py").write_text(text)
            library = "scikit-learn==1.5.0"
        for script, option in (("prepare.py", "months"), ("evaluate.py", "model")):
            text = f'import argparse\n\nparser = argparse.ArgumentParser("{self.name}")\n'
            (self.folder / "src" / script).write_text(f'{text}parser.add_argument("--{option}")\n')
        text = CONDA.format(name=self.name, library=library)
        (self.folder / "environment/conda.yml").write_text(text)

    def _write_components(self) -> None:
        data = "  data:\n    type: uri_folder\n    description: Parquet files of the months asked for"
        declared = "".join(
            f"\n  {key}:\n    type: {kind}\n    description: Of the model, swept"
            for key, (kind, _) in self.space.items()
        )
        model = "  model:\n    type: mlflow_model"
        steps = {
            "train": (self._data() + declared + self._fixed_inputs(), model, self._command("inputs", " ")),
            "prepare": (
                "  raw_data:\n    type: uri_folder\n  months:\n    type: integer\n    default: 12",
                "  prepared:\n    type: uri_folder",
                "python prepare.py ${{inputs.raw_data}} --months ${{inputs.months}} ${{outputs.prepared}}",
            ),
            "evaluate": (
                f"{data}\n{model}",
                "  scores:\n    type: uri_folder",
                "python evaluate.py ${{inputs.data}} --model ${{inputs.model}} ${{outputs.scores}}",
            ),
        }
        for step, (inputs, outputs, command) in steps.items():
            text = COMMAND_COMPONENT.format(
                schema=SCHEMA,
                name=f"{self.name}_{step}",
                minor=self.number,
                text=f"The step {step} of {self.name}, owned by {self.team}",
                inputs=inputs,
                outputs=outputs,
                command=command,
            )
            (self.folder / f"components/{step}.yml").write_text(text)

    def _data(self) -> str:
        config = "  config:\n    type: uri_file\n" if self.forecasts else ""
        return f"{config}  data:\n    type: uri_folder"

    def _fixed_inputs(self) -> str:
        return "\n  epochs:\n    type: integer\n    default: 50\n  seed:\n    type: integer\n    default: 0"

    def _command(self, swept: str, indent: str) -> str:
        words = ["python train.py"]
        if self.forecasts:
            words += ["--circuit-config ${{inputs.config}}", "--training-data ${{inputs.data}}"]
            words += ["--trained-model ${{outputs.model}}"]
        else:
            words += ["--data ${{inputs.data}}", "--model ${{outputs.model}}"]
        words += ["--epochs ${{inputs.epochs}}", "--seed ${{inputs.seed}}"]
        for key in self.space:
            option = key.replace("_", "-") if self.forecasts else key
            words.append(f"--{option} ${{{{{swept}.{key}}}}}")
        return f"\n {indent}".join(words)

    def _settings(self, indent: str) -> dict[str, object]:
        trials = self.chance.choice((10, 12, 16, 20))
        return {
            "schema": SCHEMA,
            "name": self.name,
            "team": self.team,
            "minor": self.number,
            "months": self.chance.randint(6, 36),
            "sampling": "random",
            "metric": "val_loss" if self.forecasts else self.chance.choice(("val_accuracy", "val_f1")),
            "goal": "minimize" if self.forecasts else "maximize",
            "trials": trials,
            "together": self.chance.choice((2, 2, 3, 4)),
            "timeout": self.chance.choice((36000, 43200, 86400)),
            "space": "\n".join(
                line
                for key, (_, distribution) in self.space.items()
                for line in _in_block(key, distribution, indent)
            ),
        }

    def _write_standalone(self, number: int) -> Path:
        data = f"  data:\n    type: uri_folder\n    path: azureml:{self.name}_prepared:{number + 1}\n"
        if self.forecasts:
            data += f"  config:\n    type: uri_file\n    path: azureml:{self.name}_config:1\n"
        settings = self._settings("  ")
        stops = self.chance.random() < 0.5
        text = STANDALONE.format(
            **settings,
            number=number + 1,
            remark=f"the {self.team} team runs this each quarter",
            command=self._command("search_space", "   "),
            inputs=f"{data}  epochs: 60\n  seed: {number}",
            outputs="  model:\n    type: mlflow_model",
            termination=BANDIT if stops else "",
        )
        return self._written(f"sweeps/round_{number + 1}.yml", text)

    def _write_pipeline(self) -> Path:
        settings = self._settings("      ")
        inputs = "      data: ${{parent.jobs.prepare.outputs.prepared}}\n      epochs: 80"
        if self.forecasts:
            inputs += f"\n      config:\n        type: uri_file\n        path: azureml:{self.name}_config:1"
        node = NODE.format(trial=" ../components/train.yml", inputs=inputs, **settings)
        return self._written("pipelines/tune.yml", PIPELINE_HEAD.format(**settings) + node + EVALUATE)

    def _write_component(self) -> Path:
        settings = self._settings("      ")
        inputs = "      data: ${{parent.inputs.data}}\n      epochs: 40"
        if self.forecasts:
            inputs += f"\n      config:\n        type: uri_file\n        path: azureml:{self.name}_config:1"
        trial = (self.folder / "components/train.yml").read_text().partition("version:")[2].partition("\n")[2]
        trial = "\n      type: command\n" + "".join(f"      {line}\n" for line in trial.splitlines())
        node = NODE.format(trial=trial.rstrip("\n"), inputs=inputs, **settings)
        return self._written("pipelines/tuning_component.yml", COMPONENT_HEAD.format(**settings) + node)

    def _written(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path


def _in_block(key: str, distribution: str, indent: str) -> list[str]:
    """Return a distribution as most people write it: a line for each key."""
    pairs = distribution.strip("{}").replace(", m", "\nm").replace(", v", "\nv").split("\n")
    return [f"{indent}{key}:", *(f"{indent}  {pair}" for pair in pairs)]


def monorepo(folder: Path) -> list[str]:
    """Write 40 projects with 200 distinct sweep files into `folder`, and return those files' paths from there."""
    shutil.rmtree(folder, ignore_errors=True)
    files = [path for number in range(PROJECTS) for path in Project(folder, number).write()]
    return [path.relative_to(folder).as_posix() for path in files]
