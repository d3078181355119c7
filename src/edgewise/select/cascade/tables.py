"""What every combination of thresholds of every cascade would give, from histograms.

For a cascade of s stages every image falls into one cell of an (s-1)-dimensional histogram: how many thresholds of
each stage its confidence reaches. Cumulative sums over the cells give worth and time of all threshold combinations at
once. A stage more changes only the images that reach it, so each cascade's tables are its beginning's, plus one
histogram: the images are looked at once per cascade and not once per combination.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class View:
    """One blend as the search sees it under one signal."""

    grid: np.ndarray  # float64 [g]: its thresholds, rising
    bins: np.ndarray  # int [n]: how many of them each image reaches: threshold j iff the bin is above j
    gains: np.ndarray  # float64 [c, n]: what ending here is worth, in each of c currencies


ViewOf = Callable[[tuple[int, ...]], View]  # the answer of the last of these stages


@dataclass(frozen=True, eq=False)
class Tables:
    """One order of stages: every combination of their thresholds."""

    stages: tuple[int, ...]
    worth: np.ndarray  # float64 [c, g1, ..., g(s-1)]: sums over the images of what their answers are worth
    mean_ms: np.ndarray  # float64 [g1, ..., g(s-1)]: of the models run


def all_tables(view_of: ViewOf, candidates: Sequence[int], times_ms: np.ndarray, max_stages: int) -> Iterator[Tables]:
    """The tables of every order of up to `max_stages` candidates, each after its own beginning."""
    for model in candidates:
        first = view_of((model,))
        alone = Tables((model,), first.gains.sum(axis=1), np.asarray(times_ms[model], np.float64))
        images = first.gains.shape[1]
        yield from _grown(alone, np.zeros(images, np.int64), view_of, candidates, times_ms, max_stages)


def _grown(
    tables: Tables,
    cells: np.ndarray,
    view_of: ViewOf,
    candidates: Sequence[int],
    times_ms: np.ndarray,
    max_stages: int,
) -> Iterator[Tables]:
    """`tables`, and those of all cascades that begin so. `cells` int64 [n]: the images' cells of the stages before."""
    yield tables
    if len(tables.stages) == max_stages:
        return
    last = view_of(tables.stages)
    shape = (*tables.mean_ms.shape, len(last.grid))
    cells = cells * (len(last.grid) + 1) + last.bins
    reached = _under(cells, None, shape)
    for model in candidates:
        if model in tables.stages:
            continue
        stages = (*tables.stages, model)
        gains = view_of(stages).gains - last.gains
        worth = np.stack([_under(cells, gain, shape) for gain in gains])
        longer = Tables(
            stages,
            tables.worth[..., None] + worth,
            tables.mean_ms[..., None] + times_ms[model] * reached / len(cells),
        )
        yield from _grown(longer, cells, view_of, candidates, times_ms, max_stages)


def _under(cells: np.ndarray, weights: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """float64 [g1, ..., gk]: images (or the sum of their `weights`) that stay under each combination of thresholds."""
    sizes = tuple(size + 1 for size in shape)
    table = np.bincount(cells, weights, minlength=int(np.prod(sizes))).astype(np.float64).reshape(sizes)
    for axis in range(table.ndim):
        np.cumsum(table, axis=axis, out=table)
    return table[tuple(slice(size) for size in shape)]
