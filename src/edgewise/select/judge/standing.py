"""What all contestants reach, and what a coin reaches in their time: over all images, and in every resample of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.criterion import Criterion
from edgewise.select.judge.bootstrap import resampled_means
from edgewise.select.judge.contestants import Contestant
from edgewise.select.judge.macro_f1 import Coins, Confusions, resampled_f1
from edgewise.select.judge.mixing import mixing_accuracies, mixing_accuracy, mixing_line

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Standing:
    """Figures of c contestants in b resamples, all of one set of resamples."""

    score: np.ndarray  # float64 [c]
    coin: np.ndarray  # float64 [c]: of random mixing, at the contestant's mean time
    scores: np.ndarray  # float64 [b, c]
    coins: np.ndarray  # float64 [b, c]
    line: Line  # the mixing line


def standing(
    contestants: Sequence[Contestant],
    labels: np.ndarray,
    decode_ms: float,
    criterion: Criterion,
    bootstrap: int,
    seed: int,
) -> Standing:
    """How `contestants`, the single models cheapest first among them, stand under a criterion.

    `labels`: int [n]; refusing takes `decode_ms`.
    """
    if criterion == "macro-f1":
        return _by_macro_f1(contestants, labels, decode_ms, bootstrap, seed)
    return _by_share(contestants, decode_ms, bootstrap, seed)


def _by_share(contestants: Sequence[Contestant], decode_ms: float, bootstrap: int, seed: int) -> Standing:
    """Shares of right answers, for which a coin's are straight lines between the models'."""
    singles = [place for place, one in enumerate(contestants) if one.kind == "single"]
    times_ms = np.array([decode_ms, *(contestants[place].time_ms[0] for place in singles)])
    right = np.column_stack([one.right for one in contestants])
    mean_ms = np.array([one.time_ms.mean() for one in contestants])
    score = right.mean(axis=0)
    line = mixing_line(times_ms, np.append(0.0, score[singles]))
    figures = np.column_stack([right, *(one.time_ms for one in contestants)])
    resampled = resampled_means(figures, bootstrap, seed)
    scores, times = resampled[:, : len(contestants)], resampled[:, len(contestants) :]
    points = np.column_stack([np.zeros(bootstrap), scores[:, singles]])
    coin = np.array([mixing_accuracy(line, time) for time in mean_ms.tolist()])
    return Standing(score, coin, scores, mixing_accuracies(times_ms, points, times), line)


def _by_macro_f1(
    contestants: Sequence[Contestant], labels: np.ndarray, decode_ms: float, bootstrap: int, seed: int
) -> Standing:
    """Macro F1, and that of the coin whose expected counts of hits and false calls are mixed."""
    confusions = Confusions(labels, [one.named for one in contestants])
    singles = [place for place, one in enumerate(contestants) if one.kind == "single"]
    times_ms = np.array([decode_ms, *(contestants[place].time_ms[0] for place in singles)])
    coins = Coins(confusions, singles, times_ms)
    time_ms = np.column_stack([one.time_ms for one in contestants])
    pairs = [coins.best(float(mean_ms)) for mean_ms in time_ms.mean(axis=0)]
    scores, tossed = resampled_f1(confusions, coins, pairs, time_ms, bootstrap, seed)
    return Standing(
        score=confusions.f1(),
        coin=np.array([pair.score for pair in pairs]),
        scores=scores,
        coins=tossed,
        line=coins.line(),
    )
