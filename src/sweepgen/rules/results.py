"""SG7xx: sweep results, and their way back into circuits.yaml."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, advice, error, warning

RESULTS = "docs/results.md"
CONFIRMING = "docs/confirming.md"
_TRIAL = (
    "{id: s_0, status: completed, hyperparameters: {learning_rate: 0.002, batch_size: 32},"
    " metrics: {val_loss: 0.2}}"
)
_GOOD = Example(results=f"trials: [{_TRIAL}]")


def _trials(*rows: str) -> Example:
    return Example(results=f"trials: [{', '.join(rows)}]")


NO_TRIAL = error(
    "SG701",
    "No trial of the sweep completed",
    why="There is nothing to write back: a trial that failed, was canceled or was ended early has no final result.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: failed, hyperparameters: {batch_size: 32}, metrics: null}"),
    good=_GOOD,
)
NO_METRIC = error(
    "SG702",
    "No completed trial has a finite primary metric",
    why="Which trial is best cannot be told where the metric is missing, null, NaN or infinite. 1.797e308, as which"
    " some services hand infinity back, is infinite too.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: completed, hyperparameters: {batch_size: 32}, metrics: {val_loss: NaN}}"),
    good=_GOOD,
)
NO_CIRCUIT = error(
    "SG703",
    "The circuit of the results is not in circuits.yaml",
    why="There is no entry to write to; sweepgen adds none.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT77}, spec: null}"),
    good=_GOOD,
)
CIRCUIT_TWICE = error(
    "SG704",
    "The circuit of the results stands in circuits.yaml twice",
    why="Which of the two entries production reads is anybody's guess.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(
        circuits="""\
circuits:
  - {plant_id: PLANT001, circuit_id: CIRCUIT01, model_name: a, hyperparameters: {batch_size: 16}}
  - {plant_id: PLANT001, circuit_id: CIRCUIT01, model_name: b, hyperparameters: {batch_size: 32}}
"""
    ),
    good=_GOOD,
)
OUTSIDE = error(
    "SG705",
    "A value that the search space cannot yield",
    why="It is not what the sweep sampled: results of another sweep, or edited by hand.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace("batch_size: 32", "batch_size: 48")),
    good=_GOOD,
)
WRONG_TYPE = error(
    "SG706",
    "A value that cannot be of the type that circuits.yaml has",
    why='Azure ML hands back text and floats: 64.0 and "64" are the whole number 64, but 64.5 is none, and whatever'
    " reads circuits.yaml would fail on it.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace("learning_rate: 0.002", "learning_rate: fast")),
    good=_trials(_TRIAL.replace("batch_size: 32", "batch_size: '32.0'")),
)
OTHER_CIRCUIT = error(
    "SG707",
    "Results of a circuit that their spec does not select",
    why="They are another sweep's, or the spec was changed since: nobody reviewed that tuning.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT02}}"),
    good=_GOOD,
)
NOT_BETTER = error(
    "SG708",
    "The best trial does not beat the baseline",
    why="The present hyperparameters were trained on the same data and did as well: a change would be for its own sake."
    " --force applies it all the same, --improved-only leaves the circuit out.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="baseline: {metrics: {val_loss: 0.1}}"),
    good=_GOOD,
)
NO_BASELINE = warning(
    "SG709",
    "Nothing to compare the best trial with",
    why="Without a baseline on the same data, nobody knows whether the circuit gains anything. A baseline that is NaN,"
    " infinite, or 1.797e308, as which some services hand infinity back, is none: it failed, and beating it says"
    " nothing. Such a baseline is an error of `apply`, which --force makes a warning.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="baseline: null"),
    good=_GOOD,
)
TIE = advice(
    "SG710",
    "Several trials share the best value",
    why="The one that finished first is taken: later ones may only repeat it, and some services report a sweep's"
    " running best as every later trial's own.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL, _TRIAL.replace("s_0", "s_1").replace("batch_size: 32", "batch_size: 16")),
    good=_GOOD,
)
BEST_LOGGED = advice(
    "SG734",
    "Another trial wins by the best value ever logged",
    why="sweepgen takes a trial by the last value that it logged, which is that of its saved model; Azure ML's own"
    " client and the studio take it by the best one. They differ where a trial got worse after its best epoch and saved"
    " its last one.",
    source="azureml-train-core 1.62.0, azureml/train/hyperdrive/run.py, get_children_sorted_by_primary_metric",
    basis=Basis.PRACTICE,
    bad=_trials(
        _TRIAL.replace("{val_loss: 0.2}", "{val_loss: 0.2}, history: {val_loss: [[0, 0.4], [1, 0.2]]}"),
        _TRIAL.replace("s_0", "s_1").replace(
            "{val_loss: 0.2}", "{val_loss: 0.5}, history: {val_loss: [[0, 0.1], [1, 0.5]]}"
        ),
    ),
    good=_trials(
        _TRIAL.replace("{val_loss: 0.2}", "{val_loss: 0.2}, history: {val_loss: [[0, 0.4], [1, 0.2]]}"),
        _TRIAL.replace("s_0", "s_1").replace(
            "{val_loss: 0.2}", "{val_loss: 0.5}, history: {val_loss: [[0, 0.3], [1, 0.5]]}"
        ),
    ),
)
NOT_IN_PLACE = error(
    "SG711",
    "A value that cannot be changed without changing another",
    why="An anchor, an alias or a merge key lets several circuits share it: a change for one is a change for all.",
    source="https://yaml.org/spec/1.2.2/#3222-anchors-and-aliases",
    basis=Basis.OWN,
    bad=Example(
        circuits="""\
shared: &shared {learning_rate: 0.001, batch_size: 32}
circuits:
  - {plant_id: PLANT001, circuit_id: CIRCUIT01, model_name: a, cutoff_date: "2025-11-01", hyperparameters: *shared}
"""
    ),
    good=_GOOD,
)
RESULTS_TWICE = error(
    "SG712",
    "Two results of one circuit in one call",
    why="Which of the two is to be applied is for a person to say.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes two results files in one call.",
)
NO_SPACE = warning(
    "SG713",
    "A search space that is not known",
    why="Neither the results nor a spec that can be read say what was swept, so values cannot be held to it.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="sweep: {spec: null, search_space: null}"),
    good=_GOOD,
)
INCOMPLETE = error(
    "SG714",
    "A swept parameter of which the best trial says nothing",
    why="It would keep its present value, and nobody knows whether the trial's other values were trained beside it."
    " --force applies it all the same; where nothing else changes it is a warning.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace(", batch_size: 32", "")),
    good=_GOOD,
)
UNREAD_BEST = error(
    "SG737",
    "A best trial whose hyperparameters cannot be read",
    why="There is nothing to write back, and whether the circuit has the best values already is not known. `pull` names"
    " trials whose hyperparameters the service does not hand over (SG724).",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: completed, hyperparameters: {}, metrics: {val_loss: 0.2}}"),
    good=_GOOD,
)
UNREADABLE = error(
    "SG715",
    "A trial that cannot be told",
    why="Two trials of one id, or hyperparameters that are neither a mapping nor the JSON text of one: what was trained"
    " cannot be known.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL, _TRIAL),
    good=_trials(
        '{id: s_0, status: completed, hyperparameters: \'{"--batch_size": 32.0, "--learning_rate": "0.002"}\','
        " metrics: {val_loss: 0.2}}"
    ),
)
OTHER_BASELINE = error(
    "SG716",
    "A baseline of other hyperparameters than circuits.yaml has now",
    why="The circuit was changed since the sweep: the best trial was compared with what is no longer there, and whether"
    " it beats what is there now was never tried. --force applies it all the same.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="baseline: {hyperparameters: {learning_rate: 0.009}}"),
    good=_GOOD,
)
NEVER_TRAINED = error(
    "SG760",
    "A combination that was never trained",
    why="An input was fixed for the run (--set epochs=3), or the baseline had another value than the circuit has:"
    " written beside it, the best trial's values make a model that no trial was, and its gain is not theirs.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {inputs: {epochs: 3}}"),
    good=Example(results="sweep: {inputs: {epochs: 50}}"),
)
FIXED_INPUT = warning(
    "SG761",
    "An input that was fixed for the run",
    why="Data, a seed or another input that was given by hand is not what the circuit is trained with in production:"
    " whether the gain holds there is not in the results.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="sweep: {inputs: {training_data: /data/sample}}"),
    good=_GOOD,
)
_CONFIRMED = (
    "confirmation: {{metric: val_loss, winner: {winner}, hyperparameters: {{learning_rate: 0.002, batch_size: 32}},"
    " pairs: [{{seed: 11, baseline: 0.33, winner: {first}}}, {{seed: 12, baseline: 0.32, winner: {second}}},"
    " {{seed: 13, baseline: 0.325, winner: 0.29}}]}}\n"
    f"trials: [{_TRIAL.replace('{', '{{').replace('}', '}}')}]"
)
_GAIN = Example(results=_CONFIRMED.format(winner="s_0", first=0.29, second=0.285))
NO_GAIN = error(
    "SG762",
    "A best trial whose confirmation is no gain",
    why="Trained again beside the circuit's present hyperparameters, under fresh seeds that were the same for both, it"
    " is not told apart from them, or loses: the sweep picked it for its luck. Judged by the pairs, whatever the file"
    " says of them. --force applies it all the same, --improved-only leaves the circuit out.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results=_CONFIRMED.format(winner="s_0", first=0.37, second=0.33)),
    good=_GAIN,
)
UNCONFIRMED = warning(
    "SG763",
    "A best trial that nobody has confirmed",
    why="The best of n trials beats one baseline run in n of n + 1 sweeps where there is nothing to gain, since it was"
    " picked for its luck. Fresh seeds, the same for winner and baseline, tell a gain from luck.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="confirmation: null"),
    good=_GAIN,
)
CONFIRMATION_REQUIRED = error(
    "SG764",
    "A change without the confirmation that the configuration requires",
    why="`require_confirmation` asks for fresh seeds before hyperparameters are written back, and there are none.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes a configuration with require_confirmation.",
)
CONFIRMS_ANOTHER = warning(
    "SG765",
    "A confirmation that does not count",
    why="It is of another winner, of other values than would be written, of a baseline that the circuit no longer has,"
    " by another metric than the spec's `confirm` names (left out, the primary metric),"
    " or not all of its pairs are there: whoever stops as soon as they look well finds gains everywhere.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results=_CONFIRMED.format(winner="s_7", first=0.29, second=0.285)),
    good=_GAIN,
)
POLICY_ENDED_MOST = advice(
    "SG733",
    "A policy that ended most trials",
    why="What is best, the common range and the default rest on the few trials that were let go on to their end; which"
    " of the others would have been better later, nobody knows.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    no_example="It takes the command compare.",
)
LEFT_OUT = advice(
    "SG717",
    "A circuit left out by --improved-only",
    why="Its best trial does not beat its baseline, there is no baseline to beat, or its gain is not confirmed.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes the option --improved-only.",
)
GOES_ON = warning(
    "SG720",
    "Results of a sweep that was going on",
    why="A better trial may have come since they were written, and the baseline may not have ended. The command that"
    " fetched them fetches them anew.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=_trials(_TRIAL, _TRIAL.replace("s_0", "s_1").replace("status: completed", "status: running")),
    good=_GOOD,
)
OTHER_METRIC = advice(
    "SG732",
    "Sweeps of one circuit by different metrics",
    why="Which of them reached more cannot be told, so neither its edges nor its gain nor its share in a default are.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    no_example="It takes two results files in one call.",
)
TRIAL_FAILED = warning(
    "SG718",
    "A trial that failed on this machine",
    why="It would fail in the cloud too, and cost money there. The sweep goes on without it.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    no_example="It takes a trial that fails while it runs.",
)
WITHOUT_SLACK = warning(
    "SG736",
    "A slack_factor that ended trials by a metric that is not above 0",
    why="slack_factor is a share of the best value. Where that is below 0, the documented bound is better than the best"
    " itself, and every trial ends; at 0 nothing is tolerated. What Azure ML does then is not documented: a run on this"
    " machine keeps to the formula.",
    source="https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#bandit-policy",
    basis=Basis.PRACTICE,
    no_example="It takes a sweep that runs, with a metric that is not above 0.",
)
STOPPED = error(
    "SG719",
    "A sweep that ended before its last trial",
    why="The first trials all failed, so the others would too; or the sweep's timeout was over.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes a sweep that runs, and fails or goes on for too long.",
)


def _pairs(*rows: str) -> Example:
    return Example(
        results="confirmation: {metric: val_loss, winner: s_0, hyperparameters: {learning_rate: 0.002, batch_size: 32},"
        f" pairs: [{', '.join(rows)}]}}"
    )


_GOOD_PAIRS = _pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 12, baseline: 0.32, winner: 0.3}")
PAIR_TWICE = error(
    "SG740",
    "A seed that a confirmation has twice",
    why="Under one seed a training comes out once: a pair that stands there again tells nothing new, and would make the"
    " gain look surer than it is.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 11, baseline: 0.32, winner: 0.28}"),
    good=_GOOD_PAIRS,
)
NO_SPEC = error(
    "SG741",
    "Results that name no spec to train by",
    why="Which component a winner is trained with, on which data and under which seed input, stands in the spec.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes the command confirm.",
)
NO_NEW_VALUES = advice(
    "SG742",
    "A winner with the values that the circuit has",
    why="Both would be the same training: there is nothing to confirm, and nothing to apply.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes the command confirm.",
)
NOT_TRAINABLE = error(
    "SG743",
    "A winner or a baseline that cannot be trained",
    why="The trial or the circuit was changed since the sweep: what won, or what it is compared with, does not fit any"
    " more.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes the command confirm.",
)
OTHER_COMPONENT = warning(
    "SG744",
    "A component that was changed since the sweep",
    why="Winner and baseline are trained with the component as it is now, both with the same: the comparison is right,"
    " but what won the sweep was another training.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    no_example="It takes the command confirm.",
)
SEED_UNUSED = warning(
    "SG745",
    "Repeats that come out alike to the last digit",
    why="The seed is not used: each repeat is the same training again, and tells nothing of the noise.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: 0.29}", "{seed: 12, baseline: 0.33, winner: 0.29}"),
    good=_GOOD_PAIRS,
)
PAIR_FAILED = warning(
    "SG746",
    "A pair of which a training failed",
    why="It is not counted. A winner that fails under some seeds is no better for it: the log says why it failed.",
    source=CONFIRMING,
    basis=Basis.PRACTICE,
    bad=_pairs("{seed: 11, baseline: 0.33, winner: null}", "{seed: 12, baseline: 0.32, winner: 0.3}"),
    good=_GOOD_PAIRS,
)
NOT_CONFIRMED = error(
    "SG747",
    "A confirmation that ended before its last pair",
    why="The first trainings all failed, so the others would too.",
    source=CONFIRMING,
    basis=Basis.OWN,
    no_example="It takes trainings that fail.",
)
