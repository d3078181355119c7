import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.hybrid.classifier import HybridClassifier
from edgewise.select.selector import Run, Seen, embedding_names

TIMES_MS = (1.0, 50.0, 60.0)


def _grouped(images: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Model m is right, and sure, on classes 2m and 2m + 1; it takes other classes for their neighbours."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 6, images)
    X = rng.normal(0, 0.3, (images, 3, 6)).astype(np.float32)
    for model in range(3):
        own = y // 2 == model
        X[np.arange(images), model, np.where(own, y, y ^ 1)] += np.where(own, 6, 3)
    return X, y


@pytest.mark.parametrize("estimator", ["knn", "ridge"])
def test_what_the_first_logits_tell_is_not_run(estimator) -> None:
    fitted = HybridClassifier(TIMES_MS, estimator=estimator).fit(*_grouped())
    assert (fitted.selector_.kind, embedding_names(fitted.selector_)) == ("hybrid", ())
    X, y = _grouped(seed=1)
    assert fitted.score(X, y) > 0.98
    assert fitted.decide(Seen(None)).model == "0"
    steps = [fitted.decide(Seen(None, {"0": row[0]})) for row in X[y >= 4]]
    assert np.mean([isinstance(step, Run) and step.model == "2" for step in steps]) > 0.95


def test_stacked_logits_have_no_features() -> None:
    with pytest.raises(UsageError, match="no features") as caught:
        HybridClassifier(first="features").fit(*_grouped())
    assert "embedding" in caught.value.hint
