"""The static-cost program on one page: try every allocation of models to images. Ding et al. 2025, "OCCAM"."""

from collections.abc import Sequence
from itertools import product


def allocate(p_right: Sequence[Sequence[float]], costs: Sequence[float], max_mean_cost: float) -> tuple[int, ...]:
    """The model of each image, so that most right answers are expected within the mean cost.

    `p_right`: for each image the probability that each model is right. Takes models ** images steps.
    """
    images = len(p_right)
    best: tuple[float, tuple[int, ...]] | None = None
    for choice in product(range(len(costs)), repeat=images):
        if sum(costs[model] for model in choice) > images * max_mean_cost + 1e-9:
            continue
        expected = sum(row[model] for row, model in zip(p_right, choice, strict=True))
        if best is None or expected > best[0]:
            best = (expected, choice)
    if best is None:
        raise ValueError("not even the cheapest model is within the budget")
    return best[1]
