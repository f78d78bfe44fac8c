"""SG7xx: sweep results, and their way back into circuits.yaml."""

from __future__ import annotations

from sweepgen.rules.rule import Basis, Example, advice, error, warning

RESULTS = "docs/results.md"
_TRIAL = (
    "{id: s_0, status: completed, hyperparameters: {learning_rate: 0.002, batch_size: 32},"
    " metrics: {val_loss: 0.2}}"
)
_GOOD = Example(results=f"trials: [{_TRIAL}]")


def _trials(*rows: str) -> Example:
    return Example(results=f"trials: [{', '.join(rows)}]")


NO_TRIAL = error(
    "SG701",
    "No completed trial",
    name="no-completed-trial",
    why="There is nothing to write back: a trial that failed, was canceled or was ended early has no final result.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: failed, hyperparameters: {batch_size: 32}, metrics: null}"),
    good=_GOOD,
)
NO_METRIC = error(
    "SG702",
    "No finite primary metric",
    name="no-finite-metric",
    why="Which trial is best cannot be told where the metric is missing, null, NaN or infinite. 1.797e308, as which"
    " some services hand infinity back, is infinite too.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: completed, hyperparameters: {batch_size: 32}, metrics: {val_loss: NaN}}"),
    good=_GOOD,
)
NO_CIRCUIT = error(
    "SG703",
    "Circuit of the results not in circuits.yaml",
    name="unknown-circuit",
    why="There is no entry to write to; sweepgen adds none.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT77}, spec: null}"),
    good=_GOOD,
)
CIRCUIT_TWICE = error(
    "SG704",
    "Circuit of the results in circuits.yaml twice",
    name="ambiguous-circuit",
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
    "Value outside the search space",
    name="outside-search-space",
    why="It is not what the sweep sampled: results of another sweep, or edited by hand.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace("batch_size: 32", "batch_size: 48")),
    good=_GOOD,
)
WRONG_TYPE = error(
    "SG706",
    "Value does not fit the type in circuits.yaml",
    name="value-type-mismatch",
    why='Azure ML hands back text and floats: 64.0 and "64" are the whole number 64, but 64.5 is none, and whatever'
    " reads circuits.yaml would fail on it.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace("learning_rate: 0.002", "learning_rate: fast")),
    good=_trials(_TRIAL.replace("batch_size: 32", "batch_size: '32.0'")),
)
OTHER_CIRCUIT = error(
    "SG707",
    "Results of a circuit that the spec does not select",
    name="circuit-not-selected",
    why="They are another sweep's, or the spec was changed since: nobody reviewed that tuning.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT02}}"),
    good=_GOOD,
)
NOT_BETTER = error(
    "SG708",
    "Best trial does not beat the baseline",
    name="no-improvement",
    why="The present hyperparameters were trained on the same data and did as well: a change would be for its own sake."
    " --force applies it all the same, --improved-only leaves the circuit out.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="baseline: {metrics: {val_loss: 0.1}}"),
    good=_GOOD,
)
NO_BASELINE = warning(
    "SG709",
    "Results without a baseline",
    name="missing-baseline",
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
    "Tied best trials",
    name="tied-trials",
    why="The one that finished first is taken: later ones may only repeat it, and some services report a sweep's"
    " running best as every later trial's own.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL, _TRIAL.replace("s_0", "s_1").replace("batch_size: 32", "batch_size: 16")),
    good=_GOOD,
)
BEST_LOGGED = advice(
    "SG734",
    "Another winner by best value logged",
    name="ranking-dependent-winner",
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
    "Value that cannot be changed alone",
    name="shared-value",
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
    "Two results of one circuit",
    name="duplicate-results",
    why="Which of the two is to be applied is for a person to say.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes two results files in one call.",
)
NO_SPACE = warning(
    "SG713",
    "Unknown search space",
    name="unknown-search-space",
    why="Neither the results nor a spec that can be read say what was swept, so values cannot be held to it.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="sweep: {spec: null, search_space: null}"),
    good=_GOOD,
)
INCOMPLETE = error(
    "SG714",
    "Best trial without a swept parameter",
    name="incomplete-best-trial",
    why="It would keep its present value, and nobody knows whether the trial's other values were trained beside it."
    " --force applies it all the same; where nothing else changes it is a warning.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace(", batch_size: 32", "")),
    good=_GOOD,
)
UNREAD_BEST = error(
    "SG737",
    "Best trial with unreadable hyperparameters",
    name="unreadable-best-trial",
    why="There is nothing to write back, and whether the circuit has the best values already is not known. `pull` names"
    " trials whose hyperparameters the service does not hand over (SG724).",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: completed, hyperparameters: {}, metrics: {val_loss: 0.2}}"),
    good=_GOOD,
)
UNREADABLE = error(
    "SG715",
    "Unreadable trial",
    name="unreadable-trial",
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
    "Baseline with other hyperparameters than circuits.yaml",
    name="outdated-baseline",
    why="The circuit was changed since the sweep: the best trial was compared with what is no longer there, and whether"
    " it beats what is there now was never tried. --force applies it all the same.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="baseline: {hyperparameters: {learning_rate: 0.009}}"),
    good=_GOOD,
)
NEVER_TRAINED = error(
    "SG760",
    "Combination never trained",
    name="untrained-combination",
    why="An input was fixed for the run (--set epochs=3), or the baseline had another value than the circuit has:"
    " written beside it, the best trial's values make a model that no trial was, and its gain is not theirs.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {inputs: {epochs: 3}}"),
    good=Example(results="sweep: {inputs: {epochs: 50}}"),
)
FIXED_INPUT = warning(
    "SG761",
    "Input fixed for the run",
    name="fixed-run-input",
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
    "Confirmation without a gain",
    name="no-confirmed-gain",
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
    "Best trial not confirmed",
    name="unconfirmed-winner",
    why="The best of n trials beats one baseline run in n of n + 1 sweeps where there is nothing to gain, since it was"
    " picked for its luck. Fresh seeds, the same for winner and baseline, tell a gain from luck.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="confirmation: null"),
    good=_GAIN,
)
CONFIRMATION_REQUIRED = error(
    "SG764",
    "Required confirmation missing",
    name="confirmation-required",
    why="`require_confirmation` asks for fresh seeds before hyperparameters are written back, and there are none.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes a configuration with require_confirmation.",
)
CONFIRMS_ANOTHER = warning(
    "SG765",
    "Confirmation that does not count",
    name="invalid-confirmation",
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
    "Early termination ended most trials",
    name="policy-ended-most",
    why="What is best, the common range and the default rest on the few trials that were let go on to their end; which"
    " of the others would have been better later, nobody knows.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    no_example="It takes the command compare.",
)
LEFT_OUT = advice(
    "SG717",
    "Circuit left out by --improved-only",
    name="circuit-left-out",
    why="Its best trial does not beat its baseline, there is no baseline to beat, or its gain is not confirmed.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes the option --improved-only.",
)
GOES_ON = warning(
    "SG720",
    "Results of an unfinished sweep",
    name="unfinished-results",
    why="A better trial may have come since they were written, and the baseline may not have ended. The command that"
    " fetched them fetches them anew.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=_trials(_TRIAL, _TRIAL.replace("s_0", "s_1").replace("status: completed", "status: running")),
    good=_GOOD,
)
OTHER_METRIC = advice(
    "SG732",
    "Sweeps of one circuit with different metrics",
    name="mixed-objectives",
    why="Which of them reached more cannot be told, so neither its edges nor its gain nor its share in a default are.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    no_example="It takes two results files in one call.",
)
TRIAL_FAILED = warning(
    "SG718",
    "Failed trial",
    name="trial-failed",
    why="It would fail in the cloud too, and cost money there. The sweep goes on without it.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    no_example="It takes a trial that fails while it runs.",
)
WITHOUT_SLACK = warning(
    "SG736",
    "Trials ended by slack_factor at a metric not above 0",
    name="slack-factor-ended-trials",
    why="slack_factor is a share of the best value. Where that is below 0, the documented bound is better than the best"
    " itself, and every trial ends; at 0 nothing is tolerated. What Azure ML does then is not documented: a run on this"
    " machine keeps to the formula.",
    source="https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#bandit-policy",
    basis=Basis.PRACTICE,
    no_example="It takes a sweep that runs, with a metric that is not above 0.",
)
STOPPED = error(
    "SG719",
    "Sweep ended before its last trial",
    name="sweep-interrupted",
    why="The first trials all failed, so the others would too; or the sweep's timeout was over.",
    source=RESULTS,
    basis=Basis.OWN,
    no_example="It takes a sweep that runs, and fails or goes on for too long.",
)
