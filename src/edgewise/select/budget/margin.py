"""By how much a demanded accuracy must be passed, so that it is still there on other images."""

from collections.abc import Sequence

import numpy as np

from edgewise.select.budget.points import Point

MARGINS = tuple(float(margin) for margin in np.arange(0, 3.01, 0.25))  # standard errors
_RESAMPLES = 300


def resampled_margin(points: Sequence[Point], singles: Sequence[Point], seed: int = 0) -> float:
    """The least margin, in standard errors, with which the fastest point that passes is as accurate as the best model.

    The choice is made again on images drawn with replacement, at every margin, and judged on the images that were not
    drawn, against the single model that was the best on the drawn ones. Where no margin is enough, the largest.
    `points`: those that may be chosen; 0 where there are none.
    Source: Tsamardinos, Greasidou and Borboudakis 2018, "Bootstrapping the out-of-sample predictions for efficient and
    accurate cross-validation", which corrects by it for the luck of the chosen of many configurations.
    Differs: they correct the estimate; here the rule is tightened until the estimate is what was asked.
    """
    if not points:
        return 0.0
    worth = np.stack([point.worth for point in points], axis=1)
    time_ms = np.stack([point.time_ms for point in points], axis=1)
    alone = np.stack([point.worth for point in singles], axis=1)
    gained = np.zeros(len(MARGINS))
    rng = np.random.default_rng(seed)
    images = len(worth)
    for _ in range(_RESAMPLES):
        drawn = np.bincount(rng.integers(0, images, images), minlength=images).astype(np.float32)
        left = drawn == 0
        if not left.any():  # of very few images; there is nothing to judge on
            continue
        times = drawn @ time_ms
        goal = alone[:, int((drawn @ alone).argmax())]
        above = (drawn @ worth - float(drawn @ goal)) / images
        spread = np.sqrt(np.maximum(drawn @ np.square(worth - goal[:, None]) / images - above**2, 0) / images)
        for place, margin in enumerate(MARGINS):
            passed = np.flatnonzero(above >= margin * spread)
            if len(passed):  # else the best single model is chosen, and nothing is lost or gained
                gained[place] += float((worth[left, passed[times[passed].argmin()]] - goal[left]).mean())
    kept = np.flatnonzero(gained >= 0)
    return MARGINS[int(kept[0])] if len(kept) else MARGINS[-1]
