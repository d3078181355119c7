"""The weights of ranked votes: a conditional logit, fitted by Newton's method."""

import numpy as np

_STEPS = 30
_ENOUGH = 1e-7  # gain in log-likelihood per image at which it has converged


def fit_choice(traits: np.ndarray, allowed: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """float64 [d + 1]: the weights of d traits, and the score of choosing none, that make the choices likeliest.

    `traits`: float [n, c, d]; `allowed`: bool [n, c]; `chosen`: int [n], the column that is right, -1 = none of them.
    A normal prior of variance 1 keeps the weights small; it counts as much as one image does.
    Source: McFadden 1974, "Conditional Logit Analysis of Qualitative Choice Behavior"; the likelihood is concave.
    """
    images, _, width = traits.shape
    weights = np.zeros(width + 1)
    target = np.where(chosen[:, None] >= 0, traits[np.arange(images), chosen], 0.0)
    target = np.append(target.sum(axis=0, dtype=np.float64), np.count_nonzero(chosen < 0))
    value, slope, curvature = _likelihood(traits, allowed, target, weights)
    for _ in range(_STEPS):
        step = np.linalg.solve(curvature, slope)
        length = 1.0
        while True:
            tried = weights + length * step
            found = _likelihood(traits, allowed, target, tried)
            if found[0] >= value or length < 1e-6:
                break
            length /= 2
        gained, weights = found[0] - value, tried
        value, slope, curvature = found
        if gained < _ENOUGH * images:
            break
    return weights


def _likelihood(
    traits: np.ndarray, allowed: np.ndarray, target: np.ndarray, weights: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Log-likelihood with its prior, its gradient, and the negative of its second derivative."""
    images, columns, width = traits.shape
    flat = traits.reshape(images * columns, width)
    scores = (flat @ weights[:-1].astype(flat.dtype)).reshape(images, columns)
    scores = np.where(allowed, scores, -np.inf)
    highest = np.maximum(scores.max(axis=1), weights[-1])
    powers = np.exp(scores - highest[:, None])
    none = np.exp(weights[-1] - highest)
    total = powers.sum(axis=1) + none
    shares, none = (powers / total[:, None]).astype(flat.dtype), none / total
    means = np.append(np.einsum("nc,ncd->nd", shares, traits), none[:, None], axis=1)
    value = float(weights @ target - (highest + np.log(total)).sum() - weights @ weights / 2)
    slope = target - means.sum(axis=0, dtype=np.float64) - weights
    second = np.eye(width + 1) - means.T.astype(np.float64) @ means
    second[:-1, :-1] += (flat * shares.reshape(-1, 1)).T @ flat
    second[-1, -1] += none.sum()
    return value, slope, second
