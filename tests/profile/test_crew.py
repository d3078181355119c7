"""Who fails goes, and the others go on."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.images.dataset import read_dataset
from edgewise.profile.crew import Crew, ModelFailed, Watched
from edgewise.profile.failures import Failures, ImageFailure, ModelFailure, note_failure, read_failures
from edgewise.profile.label_map import map_labels
from edgewise.profile.position import Doing, Position, shared_memory
from edgewise.profile.shard import compute
from edgewise.runtime.session import Signature
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find


class Faulty:
    """A session that goes wrong after some runs, and notes what was noted while it ran."""

    def __init__(self, inner: Classifier, position: Position, good_runs: int, fault: BaseException | None) -> None:
        self._inner, self._position, self._left, self._fault = inner, position, good_runs, fault
        self.seen: list[tuple[Doing, int]] = []

    @property
    def signature(self) -> Signature:
        return self._inner.session.signature

    def run(self, images: np.ndarray) -> np.ndarray:
        self.seen.append((self._position.read().doing, self._position.read().model))
        self._left -= 1
        if self._left >= 0:
            return self._inner.session.run(images)
        if self._fault is None:
            return np.full((1, 10), np.nan, np.float32)
        raise self._fault


@pytest.fixture
def position() -> Position:
    return Position(shared_memory())


@pytest.fixture
def model() -> Classifier:
    (source,) = find(["tiny:xs"])
    return load(source)


def watched(number: int, model: Classifier, position: Position) -> Watched:
    return Watched(number, model, f"test:{number}", position)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (None, "not numbers"),
        (RuntimeError("bad kernel"), "RuntimeError: bad kernel"),
        (ModelError("the engine gave up", "hint"), "the engine gave up"),
        (MemoryError(), "ran out of memory"),
        (SystemExit(2), "SystemExit: 2"),
    ],
)
def test_a_model_that_fails_half_way_is_dropped(
    tmp_path: Path, drawn_folder: Path, position: Position, model: Classifier, fault: BaseException | None, reason: str
) -> None:
    session = Faulty(model, position, 3, fault)
    faulty = Classifier(model.card, session, "")
    crew = Crew(tmp_path, [watched(0, faulty, position), watched(1, model, position)], Failures(), position)
    items = read_dataset(drawn_folder).items[:8]
    shard = compute(items, [0] * 8, crew, map_labels([model.card, model.card], [], None))
    assert len(shard.images) == 8
    assert list(shard.logits) == [1]
    assert shard.logits[1].shape == (8, 10)
    (failure,) = read_failures(tmp_path).models
    assert failure.source == "test:0"
    assert failure.reason.startswith(f"failed on {items[3].name}: ")
    assert reason in failure.reason
    assert session.seen == [(Doing.RUNNING, 0)] * 4
    assert position.read().doing == Doing.OTHER


def test_the_last_model_is_not_dropped_in_silence(
    tmp_path: Path, drawn_folder: Path, position: Position, model: Classifier
) -> None:
    faulty = Classifier(model.card, Faulty(model, position, 0, RuntimeError("bad kernel")), "")
    known = note_failure(tmp_path, ModelFailure("big", "test:big", "crashed (SIGSEGV) while it was loaded"))
    crew = Crew(tmp_path, [watched(1, faulty, position)], known, position)
    items = read_dataset(drawn_folder).items[:2]
    with pytest.raises(ModelError, match=r"No model is left: big crashed .*; tiny:xs failed on .*bad kernel"):
        compute(items, [0, 0], crew, map_labels([model.card], [], None))


def test_an_interrupt_is_no_failure_of_the_model(position: Position, model: Classifier) -> None:
    faulty = Classifier(model.card, Faulty(model, position, 0, KeyboardInterrupt()), "")
    with pytest.raises(KeyboardInterrupt):
        watched(0, faulty, position).classify(np.zeros((32, 32, 3), np.uint8))


def test_the_times_are_those_of_the_model(position: Position, model: Classifier) -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    logits, prepare_ms, infer_ms = watched(0, model, position).classify(pixels)
    np.testing.assert_array_equal(logits, model.classify(pixels)[0])
    assert prepare_ms > 0
    assert infer_ms > 0


def test_an_image_that_failed_is_not_read_again(
    tmp_path: Path, drawn_folder: Path, position: Position, model: Classifier
) -> None:
    items = read_dataset(drawn_folder).items[:3]
    known = Failures(images=(ImageFailure(items[1].name, "reading it crashed (SIGSEGV)"),))
    crew = Crew(tmp_path, [watched(0, model, position)], known, position)
    shard = compute(items, [0] * 3, crew, map_labels([model.card], [], None))
    assert [row.image for row in shard.images] == [items[0].name, items[2].name]
    assert [row.reason for row in shard.skipped] == ["reading it crashed (SIGSEGV)"]


def test_failing_in_the_latency_is_told_with_the_number(position: Position, model: Classifier) -> None:
    faulty = Classifier(model.card, Faulty(model, position, 0, RuntimeError("bad kernel")), "")
    with pytest.raises(ModelFailed) as caught:
        watched(4, faulty, position).classify(np.zeros((32, 32, 3), np.uint8))
    assert caught.value.number == 4
