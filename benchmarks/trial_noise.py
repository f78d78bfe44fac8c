"""How much of a sweep of the LSTM is luck: the noise of training seeds beside the spread of configurations.

Twelve draws of the example's search space are trained under 8 seeds each. Noise is the standard deviation over seeds
within a configuration, pooled over the configurations; spread is the standard deviation of the configurations' means.
Both are of the logarithm of val_loss, scored by the last epoch, as the trial did up to 1.0.0, and by the model that is
kept, as it does now: from the same trainings, so that nothing but the score differs.
"""

from __future__ import annotations

import math
import statistics

from lstm_trainings import CONFIGURATIONS, Training, Trainings, parser

SEEDS = 8


def noise_and_spread(losses: list[list[float]]) -> tuple[float, float]:
    """Return the pooled deviation within the rows, and the deviation of the rows' means; of logarithms."""
    logarithms = [[math.log(loss) for loss in row] for row in losses]
    noise = math.sqrt(statistics.mean(statistics.variance(row) for row in logarithms))
    return noise, statistics.stdev(statistics.mean(row) for row in logarithms)


def main() -> None:
    """Measure, and print the table."""
    trainings = Trainings(parser(__doc__).parse_args())
    table = [[Training(number, seed) for seed in range(SEEDS)] for number in range(1, CONFIGURATIONS + 1)]
    trainings.make([training for row in table for training in row])
    print("| scored by | noise of 8 seeds | spread of 12 configurations | ratio | at most | met |")
    print("| --- | --- | --- | --- | --- | --- |")
    for index, name in enumerate(("last epoch, as up to 1.0.0", "best epoch, which is kept")):
        losses = [[trainings.scores[training][index] for training in row] for row in table]
        noise, spread = noise_and_spread(losses)
        met = "yes" if noise / spread <= 0.5 else "NO"
        print(f"| {name} | {noise:.2f} | {spread:.2f} | {noise / spread:.2f} | 0.5 | {met} |")


if __name__ == "__main__":
    main()
