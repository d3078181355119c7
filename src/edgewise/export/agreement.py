"""Whether a written network answers as the original does."""

from dataclasses import dataclass

import numpy as np

from edgewise.export.network import Images
from edgewise.zoo.card import Output
from edgewise.zoo.classifier import Classifier, log_probabilities
from edgewise.zoo.export import relative_error

_NOISE_IMAGES = 4
_SMALLEST = 1e-6  # probability whose logarithm is compared


@dataclass(frozen=True)
class Agreement:
    """How a written network answers beside the original."""

    images: int  # of the user; 0: noise alone
    same: float | None  # the share of the user's images with the same first answer
    relative_error: float  # the largest difference of two logits, as a share of the largest


def agreement(original: Classifier, written: Classifier, judge: Images | None) -> Agreement:
    """On the user's images, or on noise where there are none."""
    size_px = original.card.preprocess.size_px
    noise = np.random.default_rng(0).normal(size=(_NOISE_IMAGES, 1, 3, size_px, size_px)).astype(np.float32)
    tried = judge() if judge else noise
    pairs = [(original.predict(image)[0], written.predict(image)[0]) for image in tried]
    same = [bool(left.argmax() == right.argmax()) for left, right in pairs] if judge else []
    expected, found = (_comparable(np.stack(side), original.card.output) for side in zip(*pairs, strict=True))
    return Agreement(len(same), float(np.mean(same)) if same else None, relative_error(expected, found))


def _comparable(logits: np.ndarray, output: Output) -> np.ndarray:
    """Logits of a network that gives probabilities are known up to a constant, and down to a floor."""
    if output == "logits":
        return logits
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return log_probabilities(shifted / shifted.sum(axis=1, keepdims=True), _SMALLEST)
