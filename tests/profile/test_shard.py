"""What a shard keeps of the logits."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.images.dataset import read_dataset
from edgewise.profile.label_map import map_labels
from edgewise.profile.shard import compute
from edgewise.runtime.session import Signature
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find


class Scaled:
    """A session whose logits are far larger than float16 can hold, or far from 0."""

    def __init__(self, inner: Classifier, scale: float, shift: float) -> None:
        self._inner, self._scale, self._shift = inner, scale, shift

    @property
    def signature(self) -> Signature:
        return self._inner.session.signature

    def run(self, images: np.ndarray) -> np.ndarray:
        return self._inner.session.run(images) * np.float32(self._scale) + np.float32(self._shift)


@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1.0, 5000.0), (1e6, 0.0), (1.0, -3e5)])
def test_answers_survive_float16(drawn_folder: Path, scale: float, shift: float) -> None:
    (source,) = find(["tiny:l"])
    model = load(source)
    far = Classifier(model.card, Scaled(model, scale, shift), "")
    items = read_dataset(drawn_folder).items[::6]
    shard = compute(items, [0] * len(items), [model, far], map_labels([model.card, far.card], [], None))
    assert np.isfinite(shard.logits[1]).all()
    assert (shard.logits[0].argmax(1) == shard.logits[1].argmax(1)).all()
