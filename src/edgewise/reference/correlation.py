"""The correlation filter on one page: Taylor et al. 2018, 3.3, in plain Python."""

from collections.abc import Mapping, Sequence
from math import sqrt


def drop_correlated(columns: Mapping[str, Sequence[float]], threshold: float = 0.75) -> list[str]:
    """The names of the features that stay, in the order given."""
    inside = [name for name, values in columns.items() if min(values) < max(values)]
    while True:
        r = {(a, b): round(abs(pearson(columns[a], columns[b])), 9) for a in inside for b in inside}
        pairs = [(a, b) for i, a in enumerate(inside) for b in inside[i + 1 :] if r[a, b] > threshold]
        if not pairs:
            return inside
        first, second = max(pairs, key=lambda pair: r[pair])  # max() takes the first of equals
        follows_first = round(sum(r[first, other] for other in inside) / len(inside), 9)
        follows_second = round(sum(r[second, other] for other in inside) / len(inside), 9)
        inside.remove(first if follows_first > follows_second else second)


def pearson(left: Sequence[float], right: Sequence[float]) -> float:
    """Covariance over the product of the standard deviations."""
    a, b = sum(left) / len(left), sum(right) / len(right)
    together = sum((x - a) * (y - b) for x, y in zip(left, right, strict=True))
    return together / sqrt(sum((x - a) ** 2 for x in left) * sum((y - b) ** 2 for y in right))
