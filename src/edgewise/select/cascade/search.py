"""Which models, which thresholds: an exhaustive search over cascades on a quantile grid, from histograms alone.

For a cascade of s stages every image falls into one cell of an (s-1)-dimensional histogram: how many thresholds of
each stage its confidence reaches. Cumulative sums over the cells give accuracy and time of all threshold combinations
at once, so the images are looked at once per cascade and not once per combination.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.rightness import right_in_top

MAX_STAGES = 4
_CANDIDATES = 8  # models that subsets are made of
_QUANTILES = 101
_ALWAYS_ESCALATE = 2.0  # above every confidence
_CHUNK_VALUES = 2_000_000  # probabilities of one model held at once


@dataclass(frozen=True)
class Found:
    """A cascade and how it did on the trials that it was searched on."""

    stages: tuple[int, ...]  # model indices, cheapest first
    thresholds: tuple[float, ...]
    average: bool
    right: int  # images answered right
    mean_ms: float  # preprocessing and inference of the models run, per image


@dataclass(frozen=True, eq=False)
class Evidence:
    """For each answer that a stage can give: how sure it is and whether it is right.

    The key names the models whose probabilities are averaged: (i,) is model i alone, (i, j) the mean of i and j.
    """

    confidence: Mapping[tuple[int, ...], np.ndarray]  # float32 [n]
    right: Mapping[tuple[int, ...], np.ndarray]  # bool [n]

    def of_stages(self, stages: tuple[int, ...], average: bool) -> list[tuple[int, ...]]:
        """The keys of a cascade's stages."""
        return [stages[: i + 1] if average else (model,) for i, model in enumerate(stages)]


def gather_evidence(
    logits: Sequence[np.ndarray],
    labels: np.ndarray,
    temperatures: Sequence[float],
    keys: Sequence[tuple[int, ...]],
    top_k: int,
) -> Evidence:
    """Confidence and rightness of each key, some rows at a time. `logits`: m arrays float [n, classes]."""
    confidence = {key: np.empty(len(labels), np.float32) for key in keys}
    right = {key: np.empty(len(labels), bool) for key in keys}
    needed = sorted({model for key in keys for model in key})
    chunk = max(1, _CHUNK_VALUES // logits[0].shape[1])
    for start in range(0, len(labels), chunk):
        rows = slice(start, start + chunk)
        single = {model: softmax(logits[model][rows], temperatures[model]) for model in needed}
        for key in keys:
            total = single[key[0]]
            for model in key[1:]:
                total = total + single[model]
            answer = total / np.float32(len(key)) if len(key) > 1 else total
            confidence[key][rows] = answer.max(axis=1)
            right[key][rows] = right_in_top(answer, labels[rows], top_k)
    return Evidence(confidence, right)


def search(
    logits: Sequence[np.ndarray],
    labels: np.ndarray,
    times_ms: np.ndarray,
    temperatures: Sequence[float],
    *,
    top_k: int = 1,
    max_mean_ms: float | None = None,
    average: tuple[bool, ...] = (False, True),
    max_stages: int = 3,
    standard_errors: float = 1.0,
) -> Found:
    """The best cascade of up to `max_stages` models, one of a single model included.

    With `max_mean_ms`: the most accurate one whose mean time is within it; else the fastest one that is as accurate as
    the best single model by a margin of so many `standard_errors` of their paired difference. Of equals, the faster
    (the more accurate), then the one with fewer stages.
    `logits`: m arrays float [n, classes]; `times_ms`: float [m], rising. The budget covers preprocessing and inference
    of the models run; decoding and deciding are not in it.
    Raises `UsageError` when no cascade is fast enough.
    Reading: without the margin, the fastest of thousands of combinations that just reach the best model on these images
    is one that was lucky on them, and falls short on others; one standard error is the usual rule against that.
    Thresholds are tried at 101 quantiles of a stage's confidence, and at "always escalate". Of more than
    eight models, the eight that spread most evenly over the accuracy-time front are combined.
    """
    cheapest = float(times_ms.min())
    if max_mean_ms is not None and not cheapest <= max_mean_ms < np.inf:
        raise UsageError(
            f"No cascade answers in {max_mean_ms:g} ms on average: the cheapest model alone takes {cheapest:.3g} ms.",
            f"The nearest feasible budget is {cheapest:.4g} ms.",
        )
    singles = gather_evidence(logits, labels, temperatures, [(model,) for model in range(len(logits))], top_k)
    right = np.asarray([int(singles.right[(model,)].sum()) for model in range(len(logits))])
    subsets = [c for s in range(1, max_stages + 1) for c in combinations(_candidates(right, times_ms), s)]
    means = [subset for subset in subsets if len(subset) > 1] if True in average else []
    averaged = gather_evidence(logits, labels, temperatures, means, top_k)
    evidence = Evidence({**singles.confidence, **averaged.confidence}, {**singles.right, **averaged.right})
    goal = _Goal(singles.right[(int(right.argmax()),)], standard_errors)
    best: Found | None = None
    for stages in subsets:
        for averaging in average if len(stages) > 1 else (False,):
            keys = evidence.of_stages(stages, averaging)
            for found in _best_thresholds(evidence, keys, stages, averaging, times_ms, max_mean_ms, goal):
                if best is None or _rank(found, max_mean_ms) > _rank(best, max_mean_ms):
                    best = found
    assert best is not None, "a single model is always a candidate"
    return best


@dataclass(frozen=True, eq=False)
class _Goal:
    """To be as accurate as the best single model, by a margin that the luck of the search cannot make up alone."""

    right: np.ndarray  # bool [n]: the best single model's
    standard_errors: float

    def reached(self, right_counts: np.ndarray, bins: list[np.ndarray], right: list[np.ndarray]) -> np.ndarray:
        """bool like `right_counts`: the paired gain is at least so many standard errors.

        On images where both are right or both are wrong nothing is gained; d others give the gain a variance of d.
        """
        both, _ = _all_combinations(
            bins, list(right_counts.shape), [r & self.right for r in right], np.zeros(len(right))
        )
        best = int(self.right.sum())
        disagreements = right_counts + best - 2 * both
        return right_counts - best >= self.standard_errors * np.sqrt(disagreements)


def _rank(found: Found, max_mean_ms: float | None) -> tuple[float, float, int]:
    if max_mean_ms is None:
        return (-found.mean_ms, found.right, -len(found.stages))
    return (found.right, -found.mean_ms, -len(found.stages))


def _candidates(right: np.ndarray, times_ms: np.ndarray) -> list[int]:
    """Models to combine: all, or of many an even spread over those that no cheaper one matches.

    The cheapest and the most accurate are always among them.
    """
    if len(right) <= _CANDIDATES:
        return list(range(len(right)))
    front: list[int] = []
    for model in np.lexsort((-right, times_ms)):
        if not front or right[model] > right[front[-1]]:
            front.append(int(model))
    spread = np.linspace(0, len(front) - 1, min(len(front), _CANDIDATES)).round().astype(int)
    return [front[position] for position in spread]


def _best_thresholds(
    evidence: Evidence,
    keys: list[tuple[int, ...]],
    stages: tuple[int, ...],
    average: bool,
    times_ms: np.ndarray,
    max_mean_ms: float | None,
    goal: _Goal,
) -> Iterator[Found]:
    """The best combination of thresholds of one cascade, if any is feasible."""
    grids = [_grid(evidence.confidence[key]) for key in keys[:-1]]
    bins = [np.searchsorted(g, evidence.confidence[k], side="right") for g, k in zip(grids, keys[:-1], strict=True)]
    right = [evidence.right[key] for key in keys]
    right_counts, mean_ms = _all_combinations(bins, [len(grid) for grid in grids], right, times_ms[list(stages)])
    if max_mean_ms is None:
        feasible = goal.reached(right_counts, bins, right)
        order = (-right_counts.ravel(), mean_ms.ravel())
    else:
        feasible = mean_ms <= max_mean_ms
        order = (mean_ms.ravel(), -right_counts.ravel())
    allowed = np.flatnonzero(feasible.ravel())
    if len(allowed) == 0:
        return
    winner = allowed[np.lexsort((order[0][allowed], order[1][allowed]))[0]]
    position = np.unravel_index(winner, right_counts.shape)
    thresholds = tuple(float(grid[int(i)]) for grid, i in zip(grids, position, strict=True))
    yield Found(stages, thresholds, average, int(right_counts[position]), float(mean_ms[position]))


def _grid(confidence: np.ndarray) -> np.ndarray:
    """Thresholds worth trying, rising, without the lowest, which would never escalate.

    Each lies half way between two values that occur: on one of them, the rounding of that very image would decide.
    """
    occurring = np.unique(confidence).astype(np.float64)
    values = np.unique(np.quantile(confidence, np.linspace(0, 1, _QUANTILES), method="higher"))
    place = np.searchsorted(occurring, values[1:])
    return np.append((occurring[place] + occurring[place - 1]) / 2, _ALWAYS_ESCALATE)


def _all_combinations(
    bins: list[np.ndarray], grid_sizes: list[int], right: list[np.ndarray], times_ms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Images answered right and mean ms, for every combination of thresholds: arrays [G1, ..., G(s-1)].

    `bins[i]` int [n] is how many thresholds of stage i are reached: threshold j is iff the bin is above j.
    """
    images, last = len(right[0]), len(right) - 1
    counts = np.zeros(grid_sizes)
    mean_ms = np.zeros(grid_sizes)
    for stage, right_here in enumerate(right):
        reached = _histogram(bins[:stage], grid_sizes[:stage], None, images)
        mean_ms += times_ms[stage] * _spread(_under(reached, stage), grid_sizes) / images
        answered = bins[: stage + 1] if stage < last else bins
        table = _histogram(answered, grid_sizes[: len(answered)], right_here, images)
        table = _under(table, stage)
        if stage < last:
            table = table.sum(axis=-1, keepdims=True) - np.cumsum(table, axis=-1)
            table = table[..., :-1]
        counts += _spread(table, grid_sizes)
    return counts.round().astype(np.int64), mean_ms


def _histogram(bins: list[np.ndarray], sizes: list[int], weights: np.ndarray | None, images: int) -> np.ndarray:
    """Images (or the sum of `weights`) in each cell; stage i has `sizes[i] + 1` cells."""
    shape = tuple(size + 1 for size in sizes)
    if not bins:
        return np.asarray(float(images if weights is None else weights.sum()))
    cells = np.ravel_multi_index(tuple(bins), shape)
    return np.bincount(cells, weights=weights, minlength=int(np.prod(shape))).astype(np.float64).reshape(shape)


def _under(table: np.ndarray, axes: int) -> np.ndarray:
    """Along the first `axes` axes: the sum over all cells that stay under each threshold."""
    for axis in range(axes):
        table = np.cumsum(table, axis=axis)
        table = np.take(table, np.arange(table.shape[axis] - 1), axis=axis)
    return table


def _spread(table: np.ndarray, sizes: list[int]) -> np.ndarray:
    """The same figures for every threshold of the later stages, on which they do not depend."""
    return np.broadcast_to(table.reshape(table.shape + (1,) * (len(sizes) - table.ndim)), sizes)
