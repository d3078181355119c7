"""Two networks of the same users side by side: points and speed, with intervals over users, images and rounds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from prune_users_data import SEED
from prune_users_drop import RESAMPLES, drop_over_users

from edgewise.select.judge.bootstrap import interval

GENERIC_NAME = "ResNet-50, restricted"


def beside(users: Sequence[Mapping[str, Any]], own: str, other: str) -> dict[str, Any]:
    """How much more often `own` is right, a share, and how many times as fast it is."""
    rows = [(user["rows"][other], user["rows"][own]) for user in users]
    gained = drop_over_users([one["right"] for _, one in rows], [one["right"] for one, _ in rows])
    return {"points": gained, "speed": speed([(before["ms"], after["ms"]) for before, after in rows])}


def speed(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> dict[str, float]:
    """Of each user the ms of two networks, round by round of runs in turns: how many times as fast the second is.

    The median over rounds and users; the interval (95%) draws users, and of each its rounds, with replacement.
    """
    rng = np.random.default_rng(SEED)
    ratios = [np.asarray(before) / np.asarray(after) for before, after in pairs]
    drawn = np.empty(RESAMPLES)
    for place in range(RESAMPLES):
        picked = rng.integers(0, len(ratios), len(ratios))
        drawn[place] = np.median([np.median(rng.choice(ratios[user], len(ratios[user]))) for user in picked])
    return asdict(interval(float(np.median([np.median(one) for one in ratios])), drawn))


def of_all(users: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """One network's means over users: what is right, with its interval, what it cost, and against the generic one."""
    rows = [user["rows"][name] for user in users]
    nothing = [[False] * len(row["right"]) for row in rows]
    right = drop_over_users([row["right"] for row in rows], nothing)
    costs = [row["cost"] for row in rows]
    return {
        "accuracy": right,
        "ms": float(np.median([np.median(row["ms"]) for row in rows])),
        "to_generic": beside(users, name, GENERIC_NAME),
        "cpu_s": float(np.mean([cost["cpu_s"] for cost in costs])),
        "wall_s": float(np.mean([cost["wall_s"] for cost in costs])),
        "peak_bytes": max(cost["peak_bytes"] for cost in costs),
    }
