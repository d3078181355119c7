"""What a shard keeps, and which shards are refused."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError
from edgewise.images.dataset import Item, read_dataset
from edgewise.images.decode import decode
from edgewise.profile.crew import Crew, Watched
from edgewise.profile.failures import Failures
from edgewise.profile.label_map import map_labels
from edgewise.profile.position import Position, shared_memory
from edgewise.profile.shard import ImageRow, Shard, Skipped, compute, read, read_embedding, write
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


class Large(Scaled):
    """A session whose penultimate vectors are larger than float16 can hold."""

    def run_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores, vectors = self._inner.predict_with_embedding(images)
        assert vectors is not None
        return scores, vectors * np.float32(self._scale)


def test_embeddings_survive_float16(drawn_folder: Path) -> None:
    (source,) = find(["tiny:xs"])
    model = load(source, embedding=True)
    large = Classifier(model.card, Large(model, 1e6, 0), "")
    items = read_dataset(drawn_folder).items[:3]
    position = Position(shared_memory())
    models = [Watched(number, known, "", position) for number, known in enumerate((model, large))]
    space = map_labels([model.card, large.card], [], None)
    shard = compute(items, [0] * 3, Crew(drawn_folder, models, Failures(), position), space)
    expected = [model.infer(decode(item.read()).pixels).embedding for item in items]
    np.testing.assert_allclose(shard.embeddings[0], expected, rtol=1e-3, atol=1e-6)
    assert shard.embeddings[0].dtype == np.float16
    assert np.isfinite(shard.embeddings[1]).all()
    assert shard.embeddings[1].max() == np.finfo(np.float16).max


ITEMS = [Item(Path(name), name, "car") for name in ("a", "b", "c")]
SHARD = Shard(
    images=(ImageRow("a", 0, "aa", 8, 6, 99, ("grey to RGB",)), ImageRow("c", 1, "cc", 8, 6, 98, ())),
    skipped=(Skipped("b", "is empty"),),
    features=np.arange(58.0).reshape(2, 29),
    decode_ms=np.array([0.5, 0.25]),
    logits={0: np.zeros((2, 10), np.float16), 3: np.ones((2, 10), np.float16)},
    embeddings={3: np.arange(12, dtype=np.float16).reshape(2, 6)},
)


def test_a_shard_comes_back(tmp_path: Path) -> None:
    write(SHARD, tmp_path / "s")
    found = read(tmp_path / "s", ITEMS, {3: 6})
    assert (found.images, found.skipped) == (SHARD.images, SHARD.skipped)
    np.testing.assert_array_equal(found.features, SHARD.features)
    np.testing.assert_array_equal(found.logits[3], SHARD.logits[3])
    assert list(found.logits) == [3]
    assert not found.embeddings  # they stay in the file
    np.testing.assert_array_equal(read_embedding(tmp_path / "s", 3), SHARD.embeddings[3])


@pytest.mark.parametrize(
    "changes",
    [
        {"images": SHARD.images[:1]},
        {"skipped": ()},
        {"features": SHARD.features[:1]},
        {"logits": {0: np.zeros((2, 10), np.float16)}},
        {"logits": {3: np.zeros((1, 10), np.float16)}},
        {"skipped": (Skipped("z", "is empty"),)},
        {"embeddings": {}},
        {"embeddings": {3: np.zeros((2, 5), np.float16)}},
        {"embeddings": {3: np.zeros((1, 6), np.float16)}},
    ],
)
def test_a_shard_of_something_else_is_refused(tmp_path: Path, changes: Mapping[str, object]) -> None:
    write(replace(SHARD, **changes), tmp_path / "s")  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"The shard .* is"):
        read(tmp_path / "s", ITEMS, {3: 6})


def test_a_torn_shard_is_refused(tmp_path: Path) -> None:
    write(SHARD, tmp_path / "s")
    (tmp_path / "s").write_bytes((tmp_path / "s").read_bytes()[:-9])
    with pytest.raises(StoreError, match="is broken"):
        read(tmp_path / "s", ITEMS, {3: 6})
    with pytest.raises(StoreError, match="is broken"):
        read_embedding(tmp_path / "s", 3)
