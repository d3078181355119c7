"""Which models, in which order, with which quorums: every agreement cascade over a few models, counted by pattern.

How a cascade treats an image depends only on which models agree and which of them are right. Tens of thousands of
images show a few thousand such patterns, so each cascade is counted on those.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from edgewise.select.agreement.cascade import LastWord
from edgewise.select.agreement.poll import poll
from edgewise.select.judge.mixing import mixing_accuracy, mixing_line

MAX_MODELS = 8  # of which cascades are made; more have too many


@dataclass(frozen=True)
class Found:
    """A cascade and how it did on the images that it was searched on."""

    stages: tuple[int, ...]  # model indices, in the order in which they run
    quorums: tuple[int, ...]
    last: LastWord
    worth: float  # of right answers, per image
    mean_ms: float  # of the models run, per image


@dataclass(frozen=True, eq=False)
class Patterns:
    """p ways in which m models agree and are right, and what the images that show each are worth."""

    named: np.ndarray  # int64 [p, m]: the first model that names the same class
    right: np.ndarray  # bool [p, m]
    images: np.ndarray  # float64 [p]: share of images
    worth: np.ndarray  # float64 [p]: what right answers to them add to the mean worth

    @classmethod
    def count(cls, named: np.ndarray, right: np.ndarray, weights: np.ndarray) -> "Patterns":
        """From `named` int [n, m] and `right` bool [n, m] of at most 8 models, and `weights` float [n] of mean 1."""
        images, models = named.shape
        first = (named[:, :, None] == named[:, None, :]).argmax(axis=2)
        code = ((2 * first + right) * (2 * models) ** np.arange(models)).sum(axis=1)
        _, row, place = np.unique(code, return_index=True, return_inverse=True)
        return cls(first[row], right[row], np.bincount(place) / images, np.bincount(place, weights) / images)


def front(right: np.ndarray, times_ms: np.ndarray, at_most: int = MAX_MODELS) -> list[int]:
    """Models to combine, cheapest first: those that fall least short of random mixing at their own time.

    `right`: bool [n, m]; `times_ms`: float [m]. The corners of the mixing line fall short of nothing; of too many
    of them an even spread is taken, which includes the cheapest and the most accurate.
    """
    accuracy = right.mean(axis=0)
    line = mixing_line(times_ms, accuracy)
    short = [mixing_accuracy(line, float(time)) - own for time, own in zip(times_ms, accuracy, strict=True)]
    order = [int(model) for model in np.lexsort((-accuracy, times_ms))]
    corners = [order[[times_ms[model] for model in order].index(time)] for time, _ in line]
    if len(corners) > at_most:
        corners = [corners[place] for place in np.linspace(0, len(corners) - 1, at_most).round().astype(int)]
    others = sorted((model for model in order if model not in corners), key=lambda model: short[model])
    kept = {*corners, *others[: at_most - len(corners)]}
    return [model for model in order if model in kept]


def every_cascade(
    patterns: Patterns, trust: Sequence[float], times_ms: Sequence[float], max_stages: int
) -> Iterator[Found]:
    """All cascades of up to `max_stages` models, single models included.

    The first two run whatever they say, so of the two orders that with the cheaper one first stands for both.
    """
    models = range(patterns.named.shape[1])
    for model in models:
        yield Found((model,), (), "own", float(patterns.worth @ patterns.right[:, model]), float(times_ms[model]))
    everything = np.ones(len(patterns.images), bool)
    if max_stages > 1:
        for pair in combinations(sorted(models, key=lambda model: times_ms[model]), 2):
            start = _Prefix(pair, (), everything, 0.0, float(times_ms[pair[0]] + times_ms[pair[1]]))
            yield from _grown(patterns, start, trust, times_ms, max_stages)


@dataclass(frozen=True, eq=False)
class _Prefix:
    """The first stages of a cascade, and what has not been answered before the last of them votes."""

    stages: tuple[int, ...]
    quorums: tuple[int, ...]
    pending: np.ndarray  # bool [p]
    worth: float
    mean_ms: float


def _grown(
    patterns: Patterns, prefix: _Prefix, trust: Sequence[float], times_ms: Sequence[float], max_stages: int
) -> Iterator[Found]:
    """The cascade that ends here, with either last word, and all that go on."""
    rows, stages = np.flatnonzero(prefix.pending), prefix.stages
    winner, votes = poll(patterns.named[np.ix_(rows, np.asarray(stages))], [trust[model] for model in stages])
    worth = patterns.worth[rows]
    right = patterns.right[rows, np.asarray(stages)[winner]] * worth
    own = prefix.worth + float(patterns.right[rows, stages[-1]] @ worth)
    yield Found(stages, prefix.quorums, "own", own, prefix.mean_ms)
    yield Found(stages, prefix.quorums, "plurality", prefix.worth + float(right.sum()), prefix.mean_ms)
    if len(stages) == max_stages:
        return
    following = [model for model in range(len(trust)) if model not in stages]
    for quorum in range(2, len(stages) + 2):
        stops = votes >= quorum
        if quorum <= len(stages) and not stops.any():
            continue  # the same as going on whatever they say
        pending = prefix.pending.copy()
        pending[rows[stops]] = False
        share = float(patterns.images[pending].sum())
        for model in following if share else ():
            yield from _grown(
                patterns,
                _Prefix(
                    (*stages, model),
                    (*prefix.quorums, quorum),
                    pending,
                    prefix.worth + float(right[stops].sum()),
                    prefix.mean_ms + share * float(times_ms[model]),
                ),
                trust,
                times_ms,
                max_stages,
            )


def best_at(found: Sequence[Found], prices: Sequence[float]) -> list[Found]:
    """The cascade that is worth most at each price of time; of equals, the faster, then that with fewer models."""
    worth = np.asarray([one.worth for one in found])
    mean_ms = np.asarray([one.mean_ms for one in found])
    stages = np.asarray([len(one.stages) for one in found])
    best: list[Found] = []
    for price in prices:
        value = worth - price * mean_ms
        equal = np.flatnonzero(value >= value.max() - 1e-12)
        best.append(found[int(equal[np.lexsort((stages[equal], mean_ms[equal]))[0]])])
    return best
