"""The embedding router on one page: nearest neighbours estimate each model, in plain Python.

After Ding et al. 2025, "OCCAM"; the embedding is given, in whole steps of a coordinate.
"""

from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def route(
    points: Rows, worth: Rows, query: Sequence[float], k: int, prior: float, extra_ms: Sequence[float], price: float
) -> int:
    """The model to answer with: the one of the highest expected worth, less the price of the time it takes more.

    `points`: n rows of d coordinates; `worth`: for each of them what every model's answer was worth, 1 where right.
    """
    expected = expect(points, worth, query, k, prior)
    utilities = [value - price * ms for value, ms in zip(expected, extra_ms, strict=True)]
    return utilities.index(max(utilities))


def expect(points: Rows, worth: Rows, query: Sequence[float], k: int, prior: float) -> list[float]:
    """What each model is expected to be worth: its mean over the K nearest, and over all that are as near as the K-th.

    The mean over all training images is thought in as often as `prior` says.
    """
    distances = [sum((one - other) ** 2 for one, other in zip(point, query, strict=True)) for point in points]
    farthest = sorted(distances)[min(k, len(points)) - 1]
    near = [row for row, distance in zip(worth, distances, strict=True) if distance <= farthest]
    base = [sum(column) / len(worth) for column in zip(*worth, strict=True)]
    totals = [sum(column) for column in zip(*near, strict=True)]
    return [(total + prior * mean) / (len(near) + prior) for total, mean in zip(totals, base, strict=True)]
