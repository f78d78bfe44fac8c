"""The tuning spec: what a data scientist writes, field by field.

The models hold types and forms only. What a value may be (ranges, what goes with what) is the rules'
business, so that one fault never hides another; `json_schema_extra` gives editors the same bounds, where the rule
cannot be silenced.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Union, get_args

from sweepgen.documents.sections import Field, Form, Section, Shown, Tagged
from sweepgen.project import forms
from sweepgen.project.distributions import Distribution, Number, Value

NAME_FORM = r"^[a-z][a-z0-9_]*$"
LONGEST_NAME, LONGEST_VERSION, LONGEST_DURATION = 255, 60, 12
VERSION_FORM = r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$"
DURATION_FORM = r"^0*[1-9][0-9]*[smhd]?$"
SHM_SIZE_FORM = r"^0*[1-9][0-9]*[bBkKmMgG]$"

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
"""The units of a duration, the longest first."""


def _name(value: str) -> str:
    if not re.fullmatch(NAME_FORM, value) or len(value) > LONGEST_NAME:
        raise ValueError(
            "must start with a small letter and hold only small letters, digits and underscores, at most 255"
        )
    return value


def _version(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(VERSION_FORM, value) or len(value) > LONGEST_VERSION:
        raise ValueError("must be MAJOR.MINOR.PATCH, such as 1.0.0")
    return value


def _duration(value: int | str) -> int | str:
    text = str(value)
    if not re.fullmatch(DURATION_FORM, text) or len(text) > LONGEST_DURATION:
        raise ValueError("must be a duration above 0, such as 90s, 45m, 12h or 2d")
    return value


def seconds(duration: int | str) -> int:
    """Return a duration of the spec (`43200`, `"90s"`, `"45m"`, `"12h"`, `"2d"`) in seconds."""
    text = str(duration)
    return int(text[:-1]) * SECONDS[text[-1]] if text[-1] in SECONDS else int(text)


Version = Annotated[str, Form(_version, before=True)]
_VERSION = Field(
    examples=["1.0.0"], json_schema_extra={"pattern": VERSION_FORM, "maxLength": LONGEST_VERSION}
)
Duration = Annotated[
    Union[int, str],
    Form(_duration),
    Field(
        json_schema_extra={
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": 10**LONGEST_DURATION - 1},
                {"type": "string", "pattern": DURATION_FORM, "maxLength": LONGEST_DURATION},
            ]
        }
    ),
]


_Pattern = Annotated[str, Field(json_schema_extra={"pattern": forms.PATTERN})]


class CircuitSelection(Section):
    """Which circuits are tuned, and what a trial is handed for each."""

    source: str = Field(examples=["config/circuits.yaml"], json_schema_extra={"pattern": forms.PATH})
    """The master file with all circuits: what is tuned, and what results are written back to."""
    select: Union[_Pattern, Annotated[list[_Pattern], Field(json_schema_extra={"minItems": 1})]] = Field(
        examples=["PLANT001/CIRCUIT01", ["PLANT001/*", "PLANT002/*"]]
    )
    """One circuit as PLANT/CIRCUIT, or a list; globs are allowed."""
    config: Union[str, None] = Field(
        default=None,
        examples=["config/circuits/{plant_id}_{circuit_id}.yaml"],
        json_schema_extra=forms.all_of(forms.PATH, forms.PLACEHOLDERS),
    )
    """The file for one circuit that the trial is handed; compile keeps it in step with the source."""
    training_data: Union[str, None] = Field(
        default=None,
        examples=["azureml:sensor_training_data_{plant_id}_{circuit_id}:1"],
        json_schema_extra=forms.DATA,
    )
    """The data asset of a circuit, with its version; any field of the circuit may be used in {}."""

    @property
    def patterns(self) -> list[str]:
        """What `select` asks for, always as a list."""
        return [self.select] if isinstance(self.select, str) else self.select


DEFAULT_OUTPUTS = {"best_model": "trained_model", "tuning_metrics": "metrics"}
"""The outputs of the compiled component that are bound where the trial has them."""


class TrialReference(Section):
    """The command component that every trial runs."""

    component: str = Field(
        examples=["components/train-lstm-model/component.yaml"], json_schema_extra={"pattern": forms.PATH}
    )
    """The component's YAML file, relative to the spec."""
    inputs: dict[str, Union[Value, dict[str, Any]]] = Field(default={}, examples=[{"dropout": 0.2}])
    """What fills inputs that are not swept, in sweep and baseline alike: a value or the path of data, for all
    circuits; `${{circuit.config}}`, `${{circuit.training_data}}` or `${{circuit.FIELD}}`; or text with fields in {}."""
    outputs: dict[str, str] = Field(default={}, examples=[DEFAULT_OUTPUTS])
    """Outputs of the compiled component, each with the output of the trial that feeds it."""


UNSEEDED = ("grid", "bayesian")
"""The algorithms that draw nothing that a seed could repeat."""
GREATEST_WHOLE = 2**31 - 1
"""The greatest seed, interval or delay: they are numbers of 32 bits."""


_UNSEEDED_CONDITION = {
    "if": {
        "properties": {"algorithm": {"enum": list(UNSEEDED)}},
        "required": ["algorithm"],
    },
    "then": {"properties": {"seed": False}},
}


class Sampling(Section, json_schema_extra=_UNSEEDED_CONDITION):
    """How the values of a trial are picked."""

    algorithm: Literal["random", "sobol", "grid", "bayesian"] = Field(examples=["random"])
    """random for a first look, sobol for an even spread, bayesian for a narrow space (it learns from earlier trials),
    grid for every combination of choices."""
    seed: Union[int, None] = Field(
        default=None, examples=[42], json_schema_extra={"minimum": 0, "maximum": GREATEST_WHOLE}
    )
    """Repeats the same draw; random and sobol only, and only with target: sweep_job."""


class Objective(Section):
    """What makes one trial better than another."""

    primary_metric: str = Field(examples=["val_loss"])
    """The metric's name, exactly as the trial logs it."""
    goal: Literal["minimize", "maximize"] = Field(examples=["minimize"])
    """minimize where less of it is better (a loss, an error), maximize where more is (a score)."""


_INTERVAL = Field(default=1, json_schema_extra={"minimum": 1, "maximum": GREATEST_WHOLE})
_DELAY = Field(default=0, json_schema_extra={"minimum": 0, "maximum": GREATEST_WHOLE})


_ONE_SLACK = {
    "if": {"properties": {"slack_factor": True}, "required": ["slack_factor"]},
    "then": {"properties": {"slack_amount": False}},
    "else": {
        "if": {"properties": {"slack_amount": True}, "required": ["slack_amount"]},
        "else": {"properties": {"slack_factor": True}, "required": ["slack_factor"]},
    },
}


class Bandit(Section, json_schema_extra=_ONE_SLACK):
    """Ends a trial whose best falls too far behind the best of all trials: by slack_factor or by slack_amount."""

    type: Literal["bandit"]
    evaluation_interval: int = _INTERVAL
    """How many loggings of the primary metric lie between two judgements."""
    delay_evaluation: int = _DELAY
    """How many loggings pass before the first judgement."""
    slack_factor: Union[Number, None] = Field(
        default=None, examples=[0.1], json_schema_extra={"exclusiveMinimum": 0}
    )
    """The distance to the best that is tolerated, as a ratio: 0.1 is a tenth. In the place of slack_amount."""
    slack_amount: Union[Number, None] = Field(
        default=None, examples=[0.05], json_schema_extra={"exclusiveMinimum": 0}
    )
    """The distance to the best that is tolerated, in the metric's own unit. In the place of slack_factor."""


class MedianStopping(Section):
    """Ends a trial that is worse than the median of the running averages of all trials."""

    type: Literal["median_stopping"]
    evaluation_interval: int = _INTERVAL
    """How many loggings of the primary metric lie between two judgements."""
    delay_evaluation: int = _DELAY
    """How many loggings pass before the first judgement."""


class TruncationSelection(Section):
    """Ends the worst share of the trials at every judgement."""

    type: Literal["truncation_selection"]
    evaluation_interval: int = _INTERVAL
    """How many loggings of the primary metric lie between two judgements."""
    delay_evaluation: int = _DELAY
    """How many loggings pass before the first judgement."""
    truncation_percentage: int = Field(examples=[20], json_schema_extra={"minimum": 1, "maximum": 99})
    """The share of the trials to end, in percent, 1 to 99."""


Policy = Annotated[Union[Bandit, MedianStopping, TruncationSelection], Tagged("type")]


FEWEST_REPEATS = 2
MOST_REPEATS = 100
"""Fresh seeds of a confirmation: two trainings each, so that a pipeline of them stays within what Azure ML takes."""

MOST_TRIALS = 1000
"""Trials of a sweep, at the most: https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters"""


class Limits(Section):
    """How much a sweep may take."""

    max_trials: int = Field(examples=[20], json_schema_extra={"minimum": 1, "maximum": MOST_TRIALS})
    """Trials in all, 1 to 1000: Azure ML's max_total_trials."""
    max_concurrent_trials: int = Field(examples=[3], json_schema_extra={"minimum": 1, "maximum": MOST_TRIALS})
    """Trials at the same time, 1 to 1000."""
    timeout: Duration = Field(examples=["12h"])
    """How long the whole sweep may take: seconds, or 90s, 45m, 12h, 2d."""
    trial_timeout: Union[Duration, None] = Field(default=None, examples=["45m"])
    """How long one trial may take; only with target: sweep_job."""


class Resources(Section):
    """What a trial runs on, as Azure ML has it."""

    instance_count: Union[int, None] = Field(default=None, examples=[1], json_schema_extra={"minimum": 1})
    """Nodes for each trial."""
    instance_type: Union[str, None] = Field(default=None, examples=["Standard_D4s_v3"])
    """The size of a node, for serverless compute."""
    properties: Union[dict[str, Any], None] = None
    """Further settings of the compute target."""
    locations: Union[list[str], None] = Field(default=None, examples=[["westeurope"]])
    """Regions to run in, for serverless compute."""
    shm_size: Union[str, None] = Field(
        default=None, examples=["2g"], json_schema_extra={"pattern": SHM_SIZE_FORM}
    )
    """Shared memory of the container: a whole number with b, k, m or g."""
    max_instance_count: Union[int, None] = Field(default=None, examples=[2], json_schema_extra={"minimum": 1})
    """The most nodes that a trial may take."""
    docker_args: Union[str, list[str], None] = Field(default=None, examples=["--ipc=host"])
    """Further arguments of docker run."""


def _in_any_case(names: Any) -> Shown:
    """Return the schema of a field that takes the names of a Literal in capital letters too, and without `_`."""
    known = get_args(names)
    return Shown(
        {
            "type": "string",
            "anyOf": [
                {"type": "string", "enum": list(known)},
                {"pattern": f"^(?:{forms.in_any_case(known).replace('_', '_?')})$"},
            ],
        }
    )


def _named_in_any_case(names: Any) -> Form:
    """Return the form that reads the names of a Literal as Azure's loader does: `UserIdentity` is `user_identity`."""
    known = {name.replace("_", ""): name for name in get_args(names)}

    def named(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        small = value.lower()
        return small if small in known.values() else known.get(small, value)

    return Form(named, before=True)


# Azure's loader takes these in any case, and its pages write them both ways.
_Tiers = Literal["spot", "basic", "standard", "premium", "null"]
_Priorities = Literal["low", "medium", "high"]
_Identities = Literal["user_identity", "managed", "managed_identity", "aml_token"]
JobTier = Annotated[_Tiers, _named_in_any_case(_Tiers), _in_any_case(_Tiers)]
Priority = Annotated[_Priorities, _named_in_any_case(_Priorities), _in_any_case(_Priorities)]
IDENTITY_FORM = _named_in_any_case(_Identities)
IdentityType = Annotated[_Identities, IDENTITY_FORM, _in_any_case(_Identities)]


class QueueSettings(Section):
    """How jobs queue on serverless or virtual-cluster compute, as Azure ML has it: in capital letters or small ones."""

    job_tier: Union[JobTier, None] = None
    """The tier that the job runs at."""
    priority: Union[Priority, None] = None
    """The priority within the queue."""


class Identity(Section):
    """Who a job is when it reads data, as Azure ML has it: in capital letters or small ones."""

    type: IdentityType = Field(examples=["user_identity"])
    """user_identity: who submits it; managed, or managed_identity: an identity of the compute; aml_token: the
    workspace's token."""
    client_id: Union[str, None] = None
    """The client id of a managed identity."""
    object_id: Union[str, None] = None
    """The object id of a managed identity."""
    msi_resource_id: Union[str, None] = None
    """The resource id of a managed identity."""


class JobSettings(Section):
    """How the job of a circuit is called; any field of the circuit, and {name}, may be used in {}."""

    display_name: Union[str, None] = Field(default=None, examples=["HPO_{plant_id}_{circuit_id}"])
    """The name that Azure ML Studio shows."""
    experiment_name: Union[str, None] = Field(
        default=None, examples=["hyperparameter-tuning-{plant_id}-{circuit_id}"]
    )
    """The experiment that the job belongs to."""
    tags: dict[str, str] = Field(default={}, examples=[{"team": "forecasting"}])
    """Tags of the job, text to text."""


class ConfirmSettings(Section):
    """How a winner is confirmed before it is written back: trained again beside the baseline, under fresh seeds."""

    repeats: int = Field(default=5, json_schema_extra={"minimum": FEWEST_REPEATS, "maximum": MOST_REPEATS})
    """Fresh seeds, the same for winner and baseline."""
    seed_input: str = "seed"
    """The trial's whole-number input that makes one training differ from the next."""
    metric: Union[str, None] = Field(default=None, examples=["test_loss"])
    """The metric that is judged, by the objective's goal; left out, the primary metric."""
    level: Number = Field(default=0.9, json_schema_extra={"exclusiveMinimum": 0, "exclusiveMaximum": 1})
    """The level of the interval of the gain."""
    min_gain: Number = Field(default=0, json_schema_extra={"minimum": 0, "exclusiveMaximum": 1})
    """The least gain that counts, as a share of the baseline: 0.02 asks for 2 %."""


class HistoryRow(Section):
    """One version of the component."""

    version: Version = _VERSION
    """The version that the row is about."""
    changes: str = Field(examples=["First release"])
    """What changed, in a sentence."""


class Spec(Section):
    """A sweepgen tuning spec: what one Azure ML sweep tunes, how, and within which limits."""

    name: Annotated[str, Form(_name)] = Field(
        examples=["hyperparameter_tuning_pipeline"],
        json_schema_extra={"pattern": NAME_FORM, "maxLength": LONGEST_NAME},
    )
    """The name of the compiled component: small letters, digits and underscores."""
    version: Version = _VERSION
    """The version of the compiled component, MAJOR.MINOR.PATCH. A registered version never changes."""
    display_name: Union[str, None] = Field(default=None, examples=["Hyperparameter Tuning Pipeline"])
    """The name that Azure ML Studio shows."""
    description: Union[str, None] = Field(default=None, examples=["Tunes the model of one circuit"])
    """What the sweep is for."""
    tags: dict[str, str] = Field(default={}, examples=[{"model_type": "lstm"}])
    """Tags of the component, text to text."""
    circuit: CircuitSelection
    trial: TrialReference
    search_space: dict[str, Distribution] = Field(
        examples=[{"learning_rate": {"type": "loguniform", "min_value": 0.0001, "max_value": 0.01}}],
        json_schema_extra={"minProperties": 1},
    )
    """What is swept: the trial's inputs by name, each with its distribution."""
    sampling: Sampling
    objective: Objective
    early_termination: Union[Policy, None] = Field(
        default=None,
        examples=[{"type": "bandit", "evaluation_interval": 5, "slack_factor": 0.1, "delay_evaluation": 10}],
    )
    """When a trial that does badly is ended early."""
    limits: Limits
    compute: Union[str, None] = Field(
        default=None, examples=["azureml:cpu-cluster"], json_schema_extra={"pattern": forms.COMPUTE}
    )
    """The compute target that trials run on; left out, they run serverless, on resources.instance_type."""
    identity: Union[Identity, None] = None
    resources: Union[Resources, None] = None
    queue_settings: Union[QueueSettings, None] = None
    job: Union[JobSettings, None] = None
    confirm: Union[ConfirmSettings, None] = None
    """How a winner is confirmed before it is written back; left out, with 5 seeds of the input `seed`."""
    baseline: bool = True
    """Whether the pipeline also trains the circuit's present hyperparameters, to compare with."""
    target: Literal["pipeline", "sweep_job"] = "pipeline"
    """pipeline: a pipeline component with a job for each circuit; sweep_job: a standalone sweep job for each."""
    history: list[HistoryRow] = Field(default=[])
    """What changed in each version; shown in the component's README."""


def sweep_hours(trials: int, concurrent: int, trial_minutes: int) -> float:
    """Return the hours of a sweep: full waves of concurrent trials, each as long as one trial."""
    waves = -(-max(trials, 1) // max(concurrent, 1))
    return waves * trial_minutes / 60


def about_hours(hours: float) -> str:
    """Return an estimate as text: `about 1 hour`, `about 3.5 hours`."""
    number = f"{hours:.3g}"
    return f"about {number} {'hour' if number == '1' else 'hours'}"
