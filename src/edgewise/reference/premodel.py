"""The premodel on one page: Taylor et al. 2018, 3.1-3.3, in plain Python."""

from collections.abc import Sequence

Rows = Sequence[Sequence[float]]


def premodel(training: Rows, labels: Sequence[int], levels: int, query: Sequence[float], k: int = 5) -> int:
    """The level that the chain names for `query`, or `levels` when none says yes: all models will fail.

    `training`: n rows of d features; `labels`: n numbers in 0..levels, the fastest model that is right on the row.
    """
    lowest = [min(column) for column in zip(*training, strict=True)]
    highest = [max(column) for column in zip(*training, strict=True)]
    points = [minmax(row, lowest, highest) for row in training]
    scaled = minmax(query, lowest, highest)

    # One search serves all levels: sorted() is stable, so equally near points stay in training order.
    neighbours = sorted(range(len(points)), key=lambda row: squared_distance(points[row], scaled))[:k]

    for level in range(levels):
        yes = sum(labels[row] == level for row in neighbours)
        if yes > len(neighbours) / 2:
            return level
    return levels


def minmax(row: Sequence[float], lowest: Sequence[float], highest: Sequence[float]) -> list[float]:
    """Scale by the training range; a feature that never varied there tells nothing and becomes 0."""
    scaled: list[float] = []
    for value, low, high in zip(row, lowest, highest, strict=True):
        scaled.append(0.0 if low == high else (value - low) / (high - low))
    return scaled


def squared_distance(left: Sequence[float], right: Sequence[float]) -> float:
    """Euclidean distance squared, which ranks alike."""
    total = 0.0
    for one, other in zip(left, right, strict=True):
        difference = one - other
        total += difference * difference
    return total
