"""The conformal predictor on one page: Vovk, Gammerman and Shafer 2005, 3.1, inductive (4.1), in plain Python."""

from collections.abc import Sequence
from math import inf, sqrt

from edgewise.reference.premodel import Rows, minmax, squared_distance


def p_values(
    known: Rows,
    labels: Sequence[int],
    apart: Rows,
    apart_labels: Sequence[int],
    classes: int,
    query: Sequence[float],
    k: int,
) -> list[float]:
    """How often a true class looks at least as strange as each class does for `query`.

    `known` and `labels` say what is near; `apart` and `apart_labels`, which are not among them, say what is strange.
    """
    usual = [strangeness(known, labels, row, label, k) for row, label in zip(apart, apart_labels, strict=True)]
    found: list[float] = []
    for label in range(classes):
        own = strangeness(known, labels, query, label, k)
        found.append((sum(other >= own for other in usual) + 1) / (len(usual) + 1))
    return found


def strangeness(known: Rows, labels: Sequence[int], query: Sequence[float], label: int, k: int) -> float:
    """Mean distance to the k nearest of the class over the mean distance to the k nearest of all others."""
    lowest = [min(column) for column in zip(*known, strict=True)]
    highest = [max(column) for column in zip(*known, strict=True)]
    scaled = minmax(query, lowest, highest)
    same: list[float] = []
    other: list[float] = []
    for row, own in zip(known, labels, strict=True):
        distance = sqrt(squared_distance(minmax(row, lowest, highest), scaled))
        (same if own == label else other).append(distance)
    near, far = mean_of_nearest(same, k), mean_of_nearest(other, k)
    if near == far:
        return 1.0
    return inf if far == 0 else near / far


def mean_of_nearest(distances: Sequence[float], k: int) -> float:
    """Of fewer than k all count; of none the mean is infinite."""
    nearest = sorted(distances)[:k]
    total = 0.0
    for one in nearest:  # sum() of Python 3.12 and later rounds otherwise, which breaks ties
        total += one
    return total / len(nearest) if nearest else inf
