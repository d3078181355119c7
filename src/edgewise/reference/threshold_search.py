"""The search over cascades on one page: every order, every combination of thresholds, every image, in plain Python."""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product

Stages = tuple[int, ...]
Cell = tuple[int, ...]  # the place of each threshold in its grid
Answers = Callable[[Stages], Sequence[tuple[float, float]]]  # of the last stage: how sure, and worth what, per image
Grids = Callable[[Stages], Sequence[float]]  # thresholds to try for the last of these stages
Best = tuple[float, float, Stages, Cell]  # value, mean ms, and where


def best_cascade(answers: Answers, grids: Grids, times_ms: Sequence[float], price: float, max_stages: int) -> Best:
    """The cascade of the highest smoothed value (worth less price by time, per image); of equals, the fastest."""
    best: Best | None = None
    for stages in orders(len(times_ms), max_stages):
        surface = table(stages, answers, grids, times_ms)
        for cell in surface:
            worth, mean_ms = smoothed(surface, cell)
            value = worth - price * mean_ms
            if best is None or (value, -mean_ms) > (best[0], -best[1]):
                best = (value, mean_ms, stages, cell)
    if best is None:
        raise ValueError("a search needs one model at least")
    return best


def orders(models: int, max_stages: int) -> Iterator[Stages]:
    """Every order of every set of up to so many models."""
    for stages in range(1, max_stages + 1):
        yield from permutations(range(models), stages)


def table(stages: Stages, answers: Answers, grids: Grids, times_ms: Sequence[float]) -> dict[Cell, tuple[float, float]]:
    """Worth and time per image of every combination of thresholds, by walking the images."""
    tried = [grids(stages[: stage + 1]) for stage in range(len(stages) - 1)]
    given = [answers(stages[: stage + 1]) for stage in range(len(stages))]
    found: dict[Cell, tuple[float, float]] = {}
    for cell in product(*(range(len(grid)) for grid in tried)):
        worth, time_ms = 0.0, 0.0
        for image in range(len(given[0])):
            for stage, model in enumerate(stages):
                time_ms += times_ms[model]
                sure, worth_here = given[stage][image]
                if stage == len(stages) - 1 or sure >= tried[stage][cell[stage]]:
                    worth += worth_here
                    break
        found[cell] = (worth / len(given[0]), time_ms / len(given[0]))
    return found


def smoothed(surface: dict[Cell, tuple[float, float]], cell: Cell) -> tuple[float, float]:
    """A cell averaged with its neighbours, 1/4, 1/2, 1/4 along each axis; beyond an edge stands the edge itself."""
    worth, time_ms = 0.0, 0.0
    for offsets in product((-1, 0, 1), repeat=len(cell)):
        share = 1.0
        for offset in offsets:
            share *= 0.25 if offset else 0.5
        near = tuple(place + offset for place, offset in zip(cell, offsets, strict=True))
        last = [max(axis) for axis in zip(*surface, strict=True)]
        here = surface[tuple(min(max(place, 0), end) for place, end in zip(near, last, strict=True))]
        worth, time_ms = worth + share * here[0], time_ms + share * here[1]
    return worth, time_ms
