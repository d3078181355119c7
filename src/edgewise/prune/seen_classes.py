"""Which classes a user meets, from what the generic model believes of a stream without labels. NumPy alone."""

import numpy as np

from edgewise.errors import UsageError
from edgewise.prune.posterior import stream_prior
from edgewise.select.calibration import softmax

LEAST_SHARE = 0.02
_FEWEST = 2


def seen_classes(logits: np.ndarray, temperature: float = 1.0, least: float = LEAST_SHARE) -> tuple[int, ...]:
    """The classes that make up at least the share `least` of a stream, the most frequent first.

    `logits`: float [n, C] of the generic model; `temperature` calibrates them. The shares are those of greatest
    likelihood (`stream_prior`), so an input that could be of many classes is taken for one that the others speak for:
    counting answers instead names dozens of classes that never came.
    Raises `UsageError` where fewer than two classes reach the share.
    """
    shares = stream_prior(softmax(logits, temperature).astype(np.float64))
    found = [int(index) for index in np.argsort(-shares, kind="stable") if shares[index] >= least]
    if len(found) < _FEWEST:
        raise UsageError(
            f"{len(found)} of {logits.shape[1]} classes make up {100 * least:g}% of the {len(logits)} images or more; "
            f"at least {_FEWEST} must.",
            "Name the user's classes, or give more images.",
        )
    return tuple(found)
