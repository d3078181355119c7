"""Conformal risk control: the least careful threshold whose expected loss is at most alpha."""

import numpy as np

from edgewise.errors import UsageError

_ROUNDING = 1e-12  # a mean that equals the limit in exact arithmetic is within it


def control(losses: np.ndarray, alpha: float, bound: float = 1.0) -> int:
    """The first column whose loss on the next image is at most `alpha` in expectation.

    `losses`: float [n, thresholds] in 0..`bound`, one row per calibration image, thresholds from the least careful to
    the most careful one: no row may rise. The column is the first whose n/(n+1) * mean + bound/(n+1) is at most alpha.
    The expectation is over calibration images and the next one together, which must be exchangeable; where two losses
    seldom fall at the same threshold, it is above alpha - 2 * bound/(n+1).
    Raises `UsageError` for losses that are none, outside their bounds or rising, and where no column is careful enough.
    Source: Angelopoulos, Bates, Fisch, Lei and Schuster 2024, "Conformal Risk Control", 2.1 and theorems 1 and 2.
    Differs: where no column is careful enough the paper takes the last one, which its theorem supposes to be harmless.
    """
    losses = np.asarray(losses, np.float64)
    if losses.ndim != 2 or 0 in losses.shape:
        raise UsageError(f"Losses must be [images, thresholds], one at least of each; their shape is {losses.shape}.")
    if not (losses.min() >= 0 and losses.max() <= bound):
        raise UsageError(f"Losses go from {losses.min():g} to {losses.max():g}; they must be from 0 to {bound:g}.")
    if np.any(np.diff(losses, axis=1) > 0):
        raise UsageError(
            "A loss rises with the threshold, so risk control does not apply.",
            "Certify what is not monotone by Learn then Test: `GuaranteedMethod`.",
        )
    fits = losses.sum(axis=0) <= _allowed_sum(len(losses), alpha, bound)
    if not fits[-1]:
        raise _none_fits(len(losses), float(losses[:, -1].mean()), alpha, bound)
    return int(fits.argmax())


def control_threshold(confidence: np.ndarray, harmful: np.ndarray, alpha: float) -> float:
    """The least threshold that lets an image pass, when it is at least so sure, and does harm in a share of alpha.

    `confidence`: float [n], 0 or more; `harmful`: bool [n], passing this image would do harm. What `control` finds for
    the losses 1{confidence >= threshold and harmful} at every threshold there is, in n log n steps. At most the float64
    that follows the largest confidence; 0 where every image may pass.
    Raises `UsageError` where n images are too few for alpha, and without any.
    """
    images = len(confidence)
    if images == 0:
        raise UsageError("There are no calibration images.")
    allowed = _allowed_sum(images, alpha, 1.0)
    if allowed < 0:
        raise _none_fits(images, 0.0, alpha, 1.0)
    worst = np.sort(np.asarray(confidence, np.float64)[harmful])[::-1]
    keep = int(allowed)  # so many of the surest harmful images may pass
    return float(np.nextafter(worst[keep], np.inf)) if keep < len(worst) else 0.0


def exit_harm(
    confidence: np.ndarray, early_right: np.ndarray, full_right: np.ndarray, thresholds: np.ndarray
) -> np.ndarray:
    """float64 [n, T]: an early exit is harmful when it answers wrong what the full cascade answers right.

    `confidence` [n] and `early_right` bool [n] are of the stage that may exit, `full_right` bool [n] of whatever
    answers otherwise; an image exits where its confidence reaches the threshold; `thresholds` [T] rise.
    An expected harm of alpha keeps the accuracy within alpha of the full cascade's, because exits that mend an answer
    are not counted in their favour.
    """
    return _passing(confidence, thresholds) * (full_right & ~early_right)[:, None]


def wrong_answer(confidence: np.ndarray, right: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """float64 [n, T]: with refusal, a loss is an answer that is given and wrong.

    An image is answered where its `confidence` [n] reaches the threshold; `thresholds` [T] rise; `right` bool [n].
    """
    return _passing(confidence, thresholds) * ~right[:, None]


def _passing(confidence: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    if np.any(np.diff(thresholds) < 0):
        raise UsageError("Thresholds must rise: from the least careful to the most careful.")
    return (np.asarray(confidence, np.float64)[:, None] >= thresholds).astype(np.float64)


def _allowed_sum(images: int, alpha: float, bound: float) -> float:
    """What n losses may sum up to: n/(n+1) * mean + bound/(n+1) <= alpha, solved for the sum."""
    if not 0 < alpha < bound:
        raise UsageError(f"Alpha is {alpha:g}; it must be above 0 and under the largest loss, {bound:g}.")
    return alpha * (images + 1) - bound + _ROUNDING * (images + 1)


def _none_fits(images: int, least: float, alpha: float, bound: float) -> UsageError:
    reached = (images * least + bound) / (images + 1)
    message = (
        f"On {images} calibration images no threshold keeps the expected loss at {alpha:g}; {reached:.4g} is least."
    )
    if alpha <= least:
        return UsageError(message, "Even the most careful threshold loses more: allow more than that.")
    needed = int(np.ceil((bound - alpha) / (alpha - least) - 1e-9))
    return UsageError(message, f"Allow {reached:.4g}, or calibrate on {needed} images or more.")
