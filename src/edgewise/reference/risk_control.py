"""Conformal risk control on one page: Angelopoulos et al. 2024, 2.1, in plain Python."""

from collections.abc import Sequence


def control(losses: Sequence[Sequence[float]], alpha: float, bound: float = 1.0) -> int | None:
    """The first threshold whose loss is at most alpha in expectation; None where there is none.

    `losses[i][j]` is the loss of calibration image i at threshold j, 0 to `bound`; none rises along j.
    """
    images = len(losses)
    for threshold in range(len(losses[0])):
        empirical = sum(row[threshold] for row in losses) / images
        if images / (images + 1) * empirical + bound / (images + 1) <= alpha:
            return threshold
    return None
