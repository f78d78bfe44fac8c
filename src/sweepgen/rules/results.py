"""SG7xx: sweep results, and what apply writes of them into circuits.yaml."""

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
    why="Without a finite primary metric no best trial can be chosen. 1.797e308, which some services return for"
    " infinity, counts as infinite.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: completed, hyperparameters: {batch_size: 32}, metrics: {val_loss: NaN}}"),
    good=_GOOD,
)
NO_CIRCUIT = error(
    "SG703",
    "Circuit of the results not in circuits.yaml",
    name="unknown-circuit",
    why="There is no entry to write to; sweepgen does not add circuits.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT77}, spec: null}"),
    good=_GOOD,
)
CIRCUIT_TWICE = error(
    "SG704",
    "Circuit of the results in circuits.yaml twice",
    name="ambiguous-circuit",
    why="It is undefined which of the two entries production reads.",
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
    why="The sweep cannot have sampled it: the results belong to another sweep, or were edited.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace("batch_size: 32", "batch_size: 48")),
    good=_GOOD,
)
WRONG_TYPE = error(
    "SG706",
    "Value does not fit the type in circuits.yaml",
    name="value-type-mismatch",
    why='Azure ML returns text and floats: 64.0 and "64" are the integer 64, but 64.5 is not, and whatever reads'
    " circuits.yaml would fail on it.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace("learning_rate: 0.002", "learning_rate: fast")),
    good=_trials(_TRIAL.replace("batch_size: 32", "batch_size: '32.0'")),
)
OTHER_CIRCUIT = error(
    "SG707",
    "Results of a circuit that the spec does not select",
    name="circuit-not-selected",
    why="The results belong to another sweep, or the spec changed since.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {circuit: {plant_id: PLANT001, circuit_id: CIRCUIT02}}"),
    good=_GOOD,
)
NOT_BETTER = error(
    "SG708",
    "Best trial does not beat the baseline",
    name="no-improvement",
    why="The circuit's present hyperparameters did as well on the same data: the change would gain nothing. --force"
    " applies it anyway, --improved-only leaves the circuit out.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="baseline: {metrics: {val_loss: 0.1}}"),
    good=_GOOD,
)
NO_BASELINE = warning(
    "SG709",
    "Results without a baseline",
    name="missing-baseline",
    why="Without a baseline on the same data, the gain is unknown. A baseline that is NaN, infinite, or 1.797e308,"
    " which some services return for infinity, failed and cannot be compared with: that is an error of `apply`,"
    " which --force turns into a warning.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="baseline: null"),
    good=_GOOD,
)
TIE = advice(
    "SG710",
    "Tied best trials",
    name="tied-trials",
    why="The one that finished first is used: later ones may only repeat it, and some services report the best value"
    " so far for every later trial.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL, _TRIAL.replace("s_0", "s_1").replace("batch_size: 32", "batch_size: 16")),
    good=_GOOD,
)
BEST_LOGGED = advice(
    "SG734",
    "Another winner by best value logged",
    name="ranking-dependent-winner",
    why="sweepgen ranks a trial by the last value that it logged, which is that of its saved model; Azure ML's"
    " client and studio rank it by its best value. They differ if a trial got worse after its best epoch and saved"
    " the last one.",
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
    why="An anchor, an alias or a merge key shares the value between circuits: changing it for one changes it for"
    " all.",
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
    why="sweepgen does not choose between two results of one circuit.",
    source=RESULTS,
    basis=Basis.OWN,
    mend="Name one of the two results files only; `sweepgen compare` shows which is better.",
    no_example="It takes two results files in one call.",
)
NO_SPACE = warning(
    "SG713",
    "Unknown search space",
    name="unknown-search-space",
    why="Neither the results nor a readable spec contain the search space, so values cannot be checked against it.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="sweep: {spec: null, search_space: null}"),
    good=_GOOD,
)
INCOMPLETE = error(
    "SG714",
    "Best trial without a swept parameter",
    name="incomplete-best-trial",
    why="The circuit would keep its present value, and it is unknown whether the trial's other values were trained"
    " with it. --force applies it anyway; if nothing else changes, it is a warning.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials(_TRIAL.replace(", batch_size: 32", "")),
    good=_GOOD,
)
UNREAD_BEST = error(
    "SG737",
    "Best trial with unreadable hyperparameters",
    name="unreadable-best-trial",
    why="There is nothing to write back, and it is unknown whether the circuit already has the best values. `pull`"
    " names trials whose hyperparameters the service does not return (SG724).",
    source=RESULTS,
    basis=Basis.OWN,
    bad=_trials("{id: s_0, status: completed, hyperparameters: {}, metrics: {val_loss: 0.2}}"),
    good=_GOOD,
)
UNREADABLE = error(
    "SG715",
    "Unreadable trial",
    name="unreadable-trial",
    why="Two trials have the same id, or the hyperparameters are neither a mapping nor the JSON text of one: it is"
    " unknown what was trained.",
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
    why="The circuit changed since the sweep: the best trial was compared with values that it no longer has. --force"
    " applies it anyway.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="baseline: {hyperparameters: {learning_rate: 0.009}}"),
    good=_GOOD,
)
NEVER_TRAINED = error(
    "SG760",
    "Combination never trained",
    name="untrained-combination",
    why="An input was fixed for the run (--set epochs=3), or the baseline had another value than the circuit:"
    " together with the circuit's value, the best trial's values were never trained, and its gain does not apply.",
    source=RESULTS,
    basis=Basis.OWN,
    bad=Example(results="sweep: {inputs: {epochs: 3}}"),
    good=Example(results="sweep: {inputs: {epochs: 50}}"),
)
FIXED_INPUT = warning(
    "SG761",
    "Input fixed for the run",
    name="fixed-run-input",
    why="Data, a seed or another input that was set by hand differs from what production trains with: the results do"
    " not show whether the gain holds there.",
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
    why="Trained again beside the circuit's present hyperparameters, with the same fresh seeds, the winner is not"
    " better: the sweep picked it by luck. Judged by the pairs, whatever verdict the file contains. --force applies"
    " it anyway, --improved-only leaves the circuit out.",
    source=RESULTS,
    basis=Basis.OWN,
    mend="Keep the circuit's values; more repeats may decide an undecided one; --force applies it anyway.",
    bad=Example(results=_CONFIRMED.format(winner="s_0", first=0.37, second=0.33)),
    good=_GAIN,
)
UNCONFIRMED = warning(
    "SG763",
    "Best trial not confirmed",
    name="unconfirmed-winner",
    why="Where there is nothing to gain, the best of n trials still beats one baseline run in n of n + 1 sweeps, by"
    " luck. Training winner and baseline with the same fresh seeds separates a gain from luck.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results="confirmation: null"),
    good=_GAIN,
)
CONFIRMATION_REQUIRED = error(
    "SG764",
    "Required confirmation missing",
    name="confirmation-required",
    why="`require_confirmation` requires a confirmation with fresh seeds before hyperparameters are written back.",
    source=RESULTS,
    basis=Basis.OWN,
    mend="Run `sweepgen confirm RESULTS`.",
    no_example="It takes a configuration with require_confirmation.",
)
CONFIRMS_ANOTHER = warning(
    "SG765",
    "Confirmation that does not count",
    name="invalid-confirmation",
    why="It belongs to another winner, to other values, to a baseline that the circuit no longer has, or to another"
    " metric than `confirm` in the spec (by default the primary metric), or pairs are missing: stopping as soon as"
    " the pairs look good finds a gain everywhere.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=Example(results=_CONFIRMED.format(winner="s_7", first=0.29, second=0.285)),
    good=_GAIN,
)
POLICY_ENDED_MOST = advice(
    "SG733",
    "Early termination ended most trials",
    name="policy-ended-most",
    why="Best trial, common range and default rest on the few trials that ran to their end; it is unknown whether"
    " any of the others would have become better later.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    mend="Raise delay_evaluation or the slack of early_termination, then sweep again.",
    no_example="It takes the command compare.",
)
LEFT_OUT = advice(
    "SG717",
    "Circuit left out by --improved-only",
    name="circuit-left-out",
    why="Its best trial does not beat its baseline, there is no baseline, or its gain is not confirmed.",
    source=RESULTS,
    basis=Basis.OWN,
    mend="Nothing, if the circuit is to keep its values. Otherwise sweep or confirm it again, or apply its"
    " results without --improved-only.",
    no_example="It takes the option --improved-only.",
)
GOES_ON = warning(
    "SG720",
    "Results of an unfinished sweep",
    name="unfinished-results",
    why="A better trial may have finished since, and the baseline may not have ended. Fetch the results again with"
    " the same command.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    bad=_trials(_TRIAL, _TRIAL.replace("s_0", "s_1").replace("status: completed", "status: running")),
    good=_GOOD,
)
OTHER_METRIC = advice(
    "SG732",
    "Sweeps of one circuit with different metrics",
    name="mixed-objectives",
    why="Sweeps that optimise different metrics cannot be ranked; the circuit is left out of edges, gains and common"
    " values.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    mend="Compare the sweeps of one metric at a time.",
    no_example="It takes two results files in one call.",
)
TRIAL_FAILED = warning(
    "SG718",
    "Failed trial",
    name="trial-failed",
    why="It would fail in Azure ML too, at a cost. The sweep continues without it.",
    source=RESULTS,
    basis=Basis.PRACTICE,
    mend="Run the trial alone with the command in the hint, correct the script, then run the sweep with"
    " --resume --retry.",
    no_example="It takes a trial that fails while it runs.",
)
WITHOUT_SLACK = warning(
    "SG736",
    "Trials ended by slack_factor at a metric not above 0",
    name="slack-factor-ended-trials",
    why="slack_factor is a share of the best value. With a negative best value, the documented bound is better than"
    " the best trial itself, and every trial is ended; at 0 there is no slack. What Azure ML does is not documented;"
    " a local run follows the formula.",
    source="https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters#bandit-policy",
    basis=Basis.PRACTICE,
    mend="Use slack_amount, in the unit of the metric.",
    no_example="It takes a sweep that runs, with a metric that is not above 0.",
)
STOPPED = error(
    "SG719",
    "Sweep ended before its last trial",
    name="sweep-interrupted",
    why="The first trials all failed, so the remaining ones would fail too; or the sweep timed out.",
    source=RESULTS,
    basis=Basis.OWN,
    mend="Correct what made the trials fail, or raise limits.timeout, then run again with --resume.",
    no_example="It takes a sweep that runs, and fails or times out.",
)
