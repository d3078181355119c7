"""How much accuracy users lose from one network to another, with an interval over users and images."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from prune_users_data import SEED

from edgewise.select.judge.bootstrap import interval

RESAMPLES = 2000


def drop_over_users(before: Sequence[Sequence[bool]], after: Sequence[Sequence[bool]]) -> dict[str, float]:
    """The mean over users of what is right with one network less what is with the other.

    Of each user, in the same order, whether each answer is right, paired by image. The interval (95%) draws users, and
    of each its images, with replacement.
    """
    rng = np.random.default_rng(SEED)
    drops = [np.array(one, float) - np.array(other, float) for one, other in zip(before, after, strict=True)]
    resampled = np.empty(RESAMPLES)
    for place in range(RESAMPLES):
        picked = rng.integers(0, len(drops), len(drops))
        resampled[place] = np.mean([rng.choice(drops[user], len(drops[user])).mean() for user in picked])
    return asdict(interval(float(np.mean([drop.mean() for drop in drops])), resampled))
