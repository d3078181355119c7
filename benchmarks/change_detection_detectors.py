"""All detectors that `change_detection.py` compares, on one stream: how near to an alarm each is at every input."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from change_detection_streams import Inputs

from edgewise.personal.audits import AuditTest, bound_on_mean
from edgewise.personal.cusum import Cusum, Of
from edgewise.personal.ranks import RankTest

ALPHAS = (0.2, 0.1, 0.05, 0.02, 0.01)
KINDS: tuple[Of, ...] = ("scores", "rejections")
APART = (20_000, 390_000)  # the second: one in 20 streams of 20,000
REJECTED, LAST = 0.05, 20
ENOUGH = 1e6  # money; no alpha here asks for more

Paths = dict[str, np.ndarray]


@dataclass
class Detectors:
    """All detectors of one stream, calibrated; each gives a path that alarms where it reaches a threshold."""

    ranks: RankTest
    audits: dict[float, AuditTest]
    sums: dict[Of, Cusum]
    limits: dict[str, float]
    rejected_over: float
    last: np.ndarray = field(default_factory=lambda: np.zeros(LAST, bool))

    @classmethod
    def calibrated(cls, known: Inputs, seed: int) -> "Detectors":
        sums = {of: Cusum.begin(known.scores, APART[0], of, seed) for of in KINDS}
        return cls(
            RankTest.begin(known.scores, seed),
            {alpha: AuditTest.begin(bound_on_mean(known.outside, alpha / 4)) for alpha in ALPHAS},
            sums,
            {f"{of}, {apart}": Cusum.begin(known.scores, apart, of, seed).limit for of in KINDS for apart in APART},
            float(np.quantile(known.scores, 1 - REJECTED, method="higher")),
        )

    def after(self, inputs: Inputs) -> tuple["Detectors", Paths]:
        """The detectors after these inputs, and of each the most that its path has been, from the first input on.

        A path with a comma in its name has its threshold set, and alarms at 1.
        """
        paths: Paths = {}
        ranks, paths["ranks"] = _money(self.ranks, inputs.scores, np.ones(len(inputs.scores), bool))
        audits: dict[float, AuditTest] = {}
        for alpha, test in self.audits.items():
            audits[alpha], money = _money(test, inputs.outside, inputs.audited)
            # As `ChangeDetector` divides alpha.
            paths[f"ranks, {alpha:g}"], paths[f"audits, {alpha:g}"] = paths["ranks"] * alpha / 2, money * alpha / 4
            paths[f"both, {alpha:g}"] = np.maximum(paths[f"ranks, {alpha:g}"], paths[f"audits, {alpha:g}"])
        sums: dict[Of, Cusum] = {}
        for of, found in self.sums.items():
            sums[of], paths[f"cusum of {of}"] = _heights(found, inputs.scores)
        for name, limit in self.limits.items():
            paths[f"cusum of {name}"] = paths[f"cusum of {name.split(',')[0]}"] / limit
        rejected = np.concatenate([self.last, inputs.scores > self.rejected_over])
        total = np.concatenate([[0], np.cumsum(rejected)])
        paths[f"k of the last {LAST}"] = (total[LAST + 1 :] - total[1:-LAST]).astype(float)
        highest = {name: np.maximum.accumulate(path).astype(np.float32) for name, path in paths.items()}
        return Detectors(ranks, audits, sums, self.limits, self.rejected_over, rejected[-LAST:]), highest


def _money(test: Any, values: np.ndarray, told: np.ndarray) -> tuple[Any, np.ndarray]:
    """Money after each input; once it is enough for every alpha it is taken to stay."""
    path = np.full(len(values), ENOUGH)
    for place, (value, is_told) in enumerate(zip(values.tolist(), told.tolist(), strict=True)):
        test = test.update(value) if is_told else test
        path[place] = test.money.money
        if path[place] >= ENOUGH:
            break
    return test, path


def _heights(begun: Cusum, scores: np.ndarray) -> tuple[Cusum, np.ndarray]:
    """Page's sum after each input, without end."""
    sums = begun.height + np.cumsum(begun.steps(scores))
    heights = sums - np.minimum(np.minimum.accumulate(sums), 0.0)
    return Cusum(begun.of, begun.middle, begun.unit, begun.limit, float(heights[-1]), 0, None), heights
