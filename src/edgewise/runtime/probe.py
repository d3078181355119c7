"""Two trial runs of a network that has just been loaded: does it work, and what does it give?"""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import OutputError
from edgewise.runtime.session import Session

_SUM_SLACK = 1e-3
_SEED = 0


@dataclass(frozen=True)
class Probe:
    """What a network answered to a black image and to noise."""

    outputs: int
    lowest: float
    highest: float
    probabilities: bool  # each image's outputs are in 0..1 and sum to 1 to within 0.001


def probe(session: Session, name: str, size_px: int) -> Probe:
    """Run the network on zeros and on noise, [1, 3, size_px, size_px] each.

    A quantised network whose outputs cannot leave 0..1 counts as one that gives probabilities: its steps keep the sum
    from being 1. Raises `ModelError` when it fails, `OutputError` when it gives outputs that are not numbers.
    """
    noise = np.random.default_rng(_SEED).normal(size=(1, 3, size_px, size_px)).astype(np.float32)
    if quantised := session.signature.input_quantised:
        low, high = quantised.bounds
        noise = np.clip((low + high) / 2 + noise * (high - low) / 4, low, high).astype(np.float32)
    scores = np.concatenate([session.run(np.zeros_like(noise)), session.run(noise)])
    if not np.isfinite(scores).all():
        raise OutputError(
            f"{name} gives outputs that are not numbers for a black image or for noise.",
            "Its weights are broken, or it needs another input size (size_px in its card).",
        )
    within = scores.min() >= 0 and scores.max() <= 1
    whole = np.abs(scores.sum(axis=1) - 1).max() < _SUM_SLACK
    if bounds := session.signature.output_bounds:
        within, whole = bounds[0] >= 0, bounds[1] <= 1 + _SUM_SLACK
    return Probe(scores.shape[1], float(scores.min()), float(scores.max()), bool(within and whole))
