"""What inference leaves behind."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.personal.collected import Collected, read_collected

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
    entering, logits = read_collected(tmp_path / "rows", collected.write(tmp_path / "rows"))
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
