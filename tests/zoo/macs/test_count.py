"""The work of loaded classifiers."""

import numpy as np
import pytest

from edgewise.runtime.session import Signature
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work, macs_of
from edgewise.zoo.macs.work import Uncounted
from edgewise.zoo.sources import find


class Foreign:
    """A session of an engine that nobody has heard of."""

    signature = Signature(size_px=8, outputs=10)

    def run(self, images: np.ndarray) -> np.ndarray:
        return np.zeros((len(images), 10), np.float32)


def test_an_ensemble_does_the_work_of_its_members() -> None:
    whole, first, second = (load(source) for source in find(["ensemble:tiny:xs+tiny:s", "tiny:xs", "tiny:s"]))
    assert count_work(whole).layers == (*count_work(first).layers, *count_work(second).layers)


def test_an_unknown_engine_tells_nothing() -> None:
    model = load(find(["tiny:xs"])[0])
    foreign = Classifier(model.card, Foreign(), "")
    with pytest.raises(Uncounted, match="a Foreign does not tell its layers"):
        count_work(foreign)
    assert macs_of(foreign) == model.card.macs
