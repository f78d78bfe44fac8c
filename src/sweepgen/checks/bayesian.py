"""SG2xx: what HyperDrive's own client asked of a search space under Bayesian sampling."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sweepgen.project.distributions import Choice, QUniform
from sweepgen.rules.rule import Basis, Example, Rule, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sweepgen.findings import Finding
    from sweepgen.project.loaded_spec import LoadedSpec

CLIENT = "azureml-train-core 1.62.0, azureml/train/hyperdrive/sampling.py, BayesianParameterSampling"
MOST_STEPS = 100_000


@warning(
    "SG213",
    "Step not supported by Bayesian sampling",
    name="bayesian-step",
    why="HyperDrive's own client refused bounds and steps that are not whole under Bayesian sampling, and more than"
    " 100,000 steps. The v2 pages are silent, and the loader passes both.",
    source=CLIENT,
    basis=Basis.V1,
    bad=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  lstm_units: {type: choice, values: [32, 64]}
  learning_rate: {type: quniform, min_value: 0, max_value: 300000, q: 2}
limits: {max_trials: 60}
"""
    ),
    good=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  lstm_units: {type: choice, values: [32, 64]}
  learning_rate: {type: uniform, min_value: 0.01, max_value: 0.2}
limits: {max_trials: 60}
"""
    ),
).needing("sampling.algorithm", "search_space")
def countable_steps(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report quniform with bounds or steps that are not whole, or with too many steps."""
    if loaded.sampling.algorithm != "bayesian":
        return
    for parameter in loaded.parameters():
        distribution = parameter.distribution
        if not isinstance(distribution, QUniform) or distribution.q <= 0:
            continue
        low, high, q = distribution.min_value, distribution.max_value, distribution.q
        broken = next((key for key in ("min_value", "max_value", "q") if not _whole(distribution, key)), None)
        if broken is not None:
            yield rule.finding(
                loaded.place(*parameter.path, broken),
                f"{parameter.name}: under Bayesian sampling the numbers of quniform must be whole, as in HyperDrive:"
                f" {broken} is {getattr(distribution, broken)}",
                f"{{type: uniform, min_value: {low}, max_value: {high}}}, or {loaded.wording.algorithm('random')}",
            )
        elif (steps := (Decimal(repr(high)) - Decimal(repr(low))) / Decimal(repr(q))) > MOST_STEPS:
            yield rule.finding(
                loaded.place(*parameter.path, "q"),
                f"{parameter.name} has {int(steps)} steps: Bayesian sampling takes {MOST_STEPS} in HyperDrive",
                "a larger q, or uniform",
            )


def _whole(distribution: Any, key: str) -> bool:
    return float(getattr(distribution, key)).is_integer()


@warning(
    "SG214",
    "Conditional space with Bayesian sampling",
    name="bayesian-conditional-space",
    why="HyperDrive's own client took only numbers and text as the values of a choice under Bayesian sampling. The v2"
    " pages are silent, and the loader passes mappings.",
    source=CLIENT,
    basis=Basis.V1,
    bad=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  learning_rate: {type: uniform, min_value: 0.001, max_value: 0.01}
  model:
    type: choice
    values: [{units: {type: choice, values: [32, 64]}}, {units: {type: choice, values: [128, 256]}}]
limits: {max_trials: 60}
""",
        component="inputs:\n  model: {type: string, default: a}\n"
        "command: >-\n"
        "  python train.py --circuit-config ${{inputs.circuit_config}} --training-data ${{inputs.training_data}}\n"
        "  --lstm-units ${{inputs.lstm_units}} --learning-rate ${{inputs.learning_rate}}\n"
        "  --epochs ${{inputs.epochs}} --batch-size ${{inputs.batch_size}} --model ${{inputs.model}}\n"
        "  --trained-model ${{outputs.trained_model}} --metrics ${{outputs.metrics}}\n",
    ),
    good=Example(
        spec="""\
sampling: {algorithm: bayesian}
search_space:
  learning_rate: {type: uniform, min_value: 0.001, max_value: 0.01}
  lstm_units: {type: choice, values: [32, 64, 128]}
limits: {max_trials: 60}
"""
    ),
).needing("sampling.algorithm", "search_space")
def conditional_space(rule: Rule, loaded: LoadedSpec) -> Iterator[Finding]:
    """Report the first mapping among the values of each choice."""
    if loaded.sampling.algorithm != "bayesian":
        return
    for parameter in loaded.parameters():
        distribution = parameter.distribution
        values = distribution.values if isinstance(distribution, Choice) and not parameter.nested else []
        index = next((index for index, value in enumerate(values) if isinstance(value, dict)), None)
        if index is not None:
            yield rule.finding(
                loaded.place(*parameter.path, "values", index),
                f"{parameter.name}: under Bayesian sampling the values of a choice must be numbers or text",
                f"{loaded.wording.algorithm('random')}, or a sweep for each of the spaces",
            )
