import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.prune.seen_classes import seen_classes


def _logits(shares: dict[int, float], images: int, classes: int = 40, seed: int = 0) -> np.ndarray:
    """A calibrated model that is right on about three of four images."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(list(shares), images, p=list(shares.values()))
    means = 3.2 * np.eye(classes)
    seen = means[labels] + rng.normal(size=(images, classes))
    return 3.2 * seen  # log p(seen | class), up to what all classes share


def test_the_classes_that_came_are_found_and_no_others() -> None:
    shares = {3: 0.4, 17: 0.3, 20: 0.2, 38: 0.1}
    logits = _logits(shares, 300)
    assert seen_classes(logits) == (3, 17, 20, 38)
    counted = np.bincount(logits.argmax(axis=1), minlength=40)
    assert (counted > 0).sum() > 8, "counting answers names many more"


def test_a_rarer_class_is_found_where_less_is_asked_for() -> None:
    logits = _logits({1: 0.6, 2: 0.37, 9: 0.03}, 600)
    assert seen_classes(logits, least=0.05) == (1, 2)
    assert seen_classes(logits, least=0.015) == (1, 2, 9)


def test_one_class_alone_is_too_few() -> None:
    with pytest.raises(UsageError, match="1 of 40 classes"):
        seen_classes(_logits({5: 1.0}, 200))
