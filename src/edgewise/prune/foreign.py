"""Is an input of none of the user's classes? Four ways to score that, and what each lets in.

NumPy alone.
"""

from typing import Literal, get_args

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.guarantee.watch import Watch

Way = Literal["other", "max-probability", "energy", "neighbours"]

_K = 10


def foreign_scores(
    way: Way,
    logits: np.ndarray,
    features: np.ndarray | None = None,
    known: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """float64 [n]: the higher, the more foreign.

    `logits`: float [n, K + 1], of a user's network; `features`: float [n, d], of the same inputs, and `known`: float
    [m, d], of the user's stream, both for "neighbours" alone.
    "other": the last logit over the logsumexp of the user's. The baselines leave the last logit out: "max-probability":
    minus the greatest probability (Hendrycks and Gimpel 2017); "energy": minus the logsumexp (Liu et al. 2020);
    "neighbours": the distance to the 10th nearest direction among up to 1,000 known (Sun et al. 2022).
    Raises `UsageError` for another way, features that are missing, and fewer than ten known.
    """
    if way not in get_args(Way):
        raise UsageError(f"The way is {way!r}; it must be one of {', '.join(get_args(Way))}.")
    if way == "neighbours":
        if features is None or known is None:
            raise UsageError("Neighbours need features, and those of known inputs.")
        watch = Watch.fit("", "embedding", known, np.zeros(len(known), np.int64), "neighbours", _K, seed)
        return watch.strangeness(features)
    scores = np.asarray(logits, np.float64)
    own = scores[:, :-1]
    if way == "max-probability":
        return -softmax(own).max(axis=1).astype(np.float64)
    energy = -np.logaddexp.reduce(own, axis=1)
    return energy if way == "energy" else scores[:, -1] + energy


def accepted_at(own_scores: np.ndarray, foreign_scores: np.ndarray, own_rejection: float = 0.05) -> float:
    """The share of foreign inputs let in where at most `own_rejection` of the user's own are turned away.

    Both are what `foreign_scores` gives; whatever scores above the threshold is turned away. Of ties as many are let in
    as it takes to keep the user's own. Raises `UsageError` for a share outside 0..1, no scores, or NaN.
    """
    if not 0 <= own_rejection < 1:
        raise UsageError(f"The own rejection is {own_rejection:g}; it must be from 0 to under 1.")
    for whose, scores in (("own", own_scores), ("foreign", foreign_scores)):
        if len(scores) == 0 or np.isnan(scores).any():
            raise UsageError(f"The {whose} scores are none, or not numbers.")
    rejected = int(np.floor(own_rejection * len(own_scores) + 1e-9))  # 0.05 of 100 are 5
    threshold = np.sort(own_scores)[len(own_scores) - 1 - rejected]
    return float((np.asarray(foreign_scores) <= threshold).mean())
