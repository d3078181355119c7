"""Two splits of the given trials: one to fit on, one that only certifies or calibrates."""

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.trials import Trials


def halves(trials: Trials, share: float, seed: int) -> tuple[Trials, Trials]:
    """The fitting part, and the calibration part with that `share` of the images of each class, in drawn order.

    Raises `UsageError` where that leaves one of the two empty.
    Reading: the theorems suppose images drawn at random; spread evenly over the classes, their losses vary less than
    that, which favours nobody. The calibration images are shuffled, because images often come sorted by class.
    """
    held = round(len(trials) * share) if 0 < share < 1 else 0
    if not 0 < held < len(trials):
        raise UsageError(
            f"Calibrating on a share of {share:g} of {len(trials)} images leaves none on one side.",
            "Use a share such as 0.5, and more images.",
        )
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(trials))
    by_class = shuffled[np.argsort(trials.labels[shuffled], kind="stable")]
    # Every image at which the running share passes a whole number: exactly `held`, spread evenly over the classes.
    passed = (np.arange(len(trials)) + 1) * held // len(trials)
    chosen = np.diff(passed, prepend=0) > 0
    return trials.take(np.sort(by_class[~chosen])), trials.take(rng.permutation(by_class[chosen]))
