"""What a shard keeps, and which shards are refused."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError
from edgewise.images.dataset import Item, read_dataset
from edgewise.profile.crew import Crew, Watched
from edgewise.profile.failures import Failures
from edgewise.profile.label_map import map_labels
from edgewise.profile.position import Position, shared_memory
from edgewise.profile.shard import ImageRow, Shard, Skipped, compute, read, write
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
    position = Position(shared_memory())
    models = [Watched(number, known, "", position) for number, known in enumerate((model, far))]
    space = map_labels([model.card, far.card], [], None)
    shard = compute(items, [0] * len(items), Crew(drawn_folder, models, Failures(), position), space)
    assert np.isfinite(shard.logits[1]).all()
    assert (shard.logits[0].argmax(1) == shard.logits[1].argmax(1)).all()


ITEMS = [Item(Path(name), name, "car") for name in ("a", "b", "c")]
SHARD = Shard(
    images=(ImageRow("a", 0, "aa", 8, 6, 99, ("grey to RGB",)), ImageRow("c", 1, "cc", 8, 6, 98, ())),
    skipped=(Skipped("b", "is empty"),),
    features=np.arange(58.0).reshape(2, 29),
    decode_ms=np.array([0.5, 0.25]),
    logits={0: np.zeros((2, 10), np.float16), 3: np.ones((2, 10), np.float16)},
)


def test_a_shard_comes_back(tmp_path: Path) -> None:
    write(SHARD, tmp_path / "s")
    found = read(tmp_path / "s", ITEMS, [3])
    assert (found.images, found.skipped) == (SHARD.images, SHARD.skipped)
    np.testing.assert_array_equal(found.features, SHARD.features)
    np.testing.assert_array_equal(found.logits[3], SHARD.logits[3])
    assert list(found.logits) == [3]


@pytest.mark.parametrize(
    "changes",
    [
        {"images": SHARD.images[:1]},
        {"skipped": ()},
        {"features": SHARD.features[:1]},
        {"logits": {0: np.zeros((2, 10), np.float16)}},
        {"logits": {3: np.zeros((1, 10), np.float16)}},
        {"skipped": (Skipped("z", "is empty"),)},
    ],
)
def test_a_shard_of_something_else_is_refused(tmp_path: Path, changes: Mapping[str, object]) -> None:
    write(replace(SHARD, **changes), tmp_path / "s")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"The shard .* is"):
        read(tmp_path / "s", ITEMS, [3])


def test_a_torn_shard_is_refused(tmp_path: Path) -> None:
    write(SHARD, tmp_path / "s")
    (tmp_path / "s").write_bytes((tmp_path / "s").read_bytes()[:-9])
    with pytest.raises(StoreError, match="is broken"):
        read(tmp_path / "s", ITEMS, [3])
