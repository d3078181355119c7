"""What inference leaves behind."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from edgewise import store
from edgewise.errors import StoreError, UsageError
from edgewise.personal.collected import Collected, read_collected, row_bytes

SHAPE, CLASSES = (3, 4, 4), 5
ROW_BYTES = 3 * 16 + 2 * 3 * 4 + CLASSES * 4


def _filled(count: int, memory_mb: float = 1.0) -> Collected:
    collected = Collected(memory_mb)
    for number in range(count):
        collected.add(np.full(SHAPE, number, np.float32), np.full(CLASSES, number, np.float32))
    return collected


def test_values_come_back_to_within_half_a_step(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    given = random.normal(size=(20, *SHAPE)).astype(np.float32)
    given[3, 1] = 7.0  # a channel that does not vary
    collected = Collected(1.0)
    for number, one in enumerate(given):
        collected.add(one, np.full(CLASSES, number, np.float32))
    sample = read_collected(tmp_path / "rows", collected.write(tmp_path / "rows"))
    entering, logits = sample.entering, sample.logits
    assert sample.images is None, "none was given"
    assert entering.dtype == logits.dtype == np.float32
    order = logits[:, 0].astype(int)
    assert sorted(order) == list(range(20))
    spread = given.max(axis=(2, 3)) - given.min(axis=(2, 3))
    assert (np.abs(entering - given[order]).max(axis=(2, 3)) <= 0.51 * spread[order] / 255).all()


def test_memory_is_bounded_and_the_sample_uniform() -> None:
    collected = _filled(1000, 50 * ROW_BYTES / 1e6)
    assert len(collected) == 50
    assert collected.nbytes == 50 * ROW_BYTES
    means = [np.mean([row.logits[0] for row in _filled_with(seed)._rows]) for seed in range(30)]
    assert abs(np.mean(means) - 499.5) < 4 * 288.7 / np.sqrt(50 * 30)


def _filled_with(seed: int) -> Collected:
    collected = Collected(50 * ROW_BYTES / 1e6, seed)
    for number in range(1000):
        collected.add(np.zeros(SHAPE, np.float32), np.full(CLASSES, number, np.float32))
    return collected


def test_a_row_does_not_change_with_what_it_was_made_of() -> None:
    collected, logits = Collected(1.0), np.zeros(CLASSES, np.float32)
    collected.add(np.zeros(SHAPE, np.float32), logits)
    logits[:] = 9
    assert not collected._rows[0].logits.any()


def test_images_are_kept_where_they_are_given_and_count(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(256, size=(9, 6, 6, 3), dtype=np.uint8)
    collected = Collected(5 * (ROW_BYTES + 108) / 1e6)
    for number, image in enumerate(images.copy()):
        collected.add(np.zeros(SHAPE, np.float32), np.full(CLASSES, number, np.float32), image)
        image[:] = 0
    assert len(collected) == 5
    assert collected.nbytes == 5 * (ROW_BYTES + 108) == 5 * row_bytes(SHAPE, CLASSES, 6)
    sample = read_collected(tmp_path / "rows", collected.write(tmp_path / "rows"))
    assert sample.images is not None
    np.testing.assert_array_equal(sample.images, images[sample.logits[:, 0].astype(int)])


def test_what_an_earlier_version_wrote_has_no_images(tmp_path: Path) -> None:
    _filled(3).write(tmp_path / "rows")
    arrays = load_file(tmp_path / "rows")
    del arrays["image"]
    sample = read_collected(tmp_path / "old", store.write_arrays(tmp_path / "old", arrays))
    assert sample.images is None
    assert len(sample.entering) == 3


def test_memory_that_holds_no_row_is_refused() -> None:
    with pytest.raises(UsageError, match="MB are allowed"):
        _filled(1, 1e-6)
    with pytest.raises(UsageError, match="above 0"):
        Collected(0)


def test_nothing_to_write_and_a_torn_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing"):
        Collected(1.0).write(tmp_path / "rows")
    sha256 = _filled(3).write(tmp_path / "rows")
    (tmp_path / "rows").write_bytes((tmp_path / "rows").read_bytes()[:-1])
    with pytest.raises(StoreError):
        read_collected(tmp_path / "rows", sha256)
