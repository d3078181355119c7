"""What choosing blindly achieves: random mixing of single models, and of refusing, at any mean time.

Whoever flips a coin between two models reaches every point on the line between them, with no selector at all. A
selector is worth something only above the upper hull of those lines, at equal total time.
"""

import numpy as np

from edgewise.errors import UsageError


def mixing_line(times_ms: np.ndarray, accuracies: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Corners (mean ms, accuracy) of the upper concave hull, from the cheapest point to the most accurate one.

    `times_ms`, `accuracies`: float [p], any order: refusing (decode time, 0) and each single model. Both rise strictly
    along the corners: a model that is slower and no better than a mixture is not on the line.
    Raises `UsageError` without points.
    """
    if len(times_ms) == 0 or len(times_ms) != len(accuracies):
        raise UsageError(f"A mixing line needs points; {len(times_ms)} times and {len(accuracies)} accuracies given.")
    order = np.lexsort((-np.asarray(accuracies), times_ms))
    corners: list[tuple[float, float]] = []
    for time, accuracy in zip(times_ms[order].tolist(), accuracies[order].tolist(), strict=True):
        if corners and accuracy <= corners[-1][1]:
            continue
        while len(corners) > 1 and _below(corners[-2], corners[-1], (time, accuracy)):
            corners.pop()
        corners.append((time, accuracy))
    return tuple(corners)


def mixing_accuracy(line: tuple[tuple[float, float], ...], mean_ms: float) -> float:
    """Accuracy of random mixing at a mean time: on the line, that of its best model beyond it, of its first before."""
    times, accuracies = zip(*line, strict=True)
    return float(np.interp(mean_ms, times, accuracies))


def mixing_accuracies(times_ms: np.ndarray, accuracies: np.ndarray, mean_ms: np.ndarray) -> np.ndarray:
    """`mixing_accuracy` of many lines over the same times at once.

    `times_ms`: float [p]; `accuracies`: float [b, p], a line's points in each row; `mean_ms`: float [b, s].
    Returns float [b, s].
    """
    found = np.empty(mean_ms.shape)
    for row, (points, at) in enumerate(zip(accuracies, mean_ms, strict=True)):
        times, best = zip(*mixing_line(times_ms, points), strict=True)
        found[row] = np.interp(at, times, best)
    return found


def _below(left: tuple[float, float], middle: tuple[float, float], right: tuple[float, float]) -> bool:
    """The middle point is on or under the line from left to right."""
    rise = (middle[1] - left[1]) * (right[0] - left[0])
    return rise <= (right[1] - left[1]) * (middle[0] - left[0])
