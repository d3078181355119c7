"""A fleet is the same however it is run, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.executors.local import LocalExecutor
from edgewise.fleet.calibration import Calibration, read_calibration
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.find_device import find_device
from edgewise.fleet.kept import keeping
from edgewise.fleet.play import Rows, play
from edgewise.fleet.simulate import Fleet, simulate
from edgewise.fleet.terms import Terms

TERMS = Terms(users=60, inputs=6000, drift=0.5, seed=3)


def same(one: Rows, other: Rows) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def shipped() -> tuple[Calibration, FleetDevice]:
    whole = read_calibration()
    chosen = whole.only(whole.ways[0])
    return chosen, find_device("calibration", chosen)


@pytest.fixture(scope="module")
def whole(shipped: tuple[Calibration, FleetDevice]) -> Fleet:
    """In one process, one block."""
    return simulate(TERMS, *shipped, LocalExecutor(1), block_users=1000, left_out_users=20)


def test_blocks_and_processes_change_nothing(whole: Fleet, shipped: tuple[Calibration, FleetDevice]) -> None:
    for jobs, block_users in ((1, 7), (2, 25)):
        again = simulate(TERMS, *shipped, LocalExecutor(jobs), block_users=block_users, left_out_users=20)
        assert same(again.rows, whole.rows)
        assert again.left_out.keys() == whole.left_out.keys()
        assert all(same(rows, whole.left_out[user]) for user, rows in again.left_out.items())


def test_more_users_leave_the_first_as_they_are(whole: Fleet, shipped: tuple[Calibration, FleetDevice]) -> None:
    more = simulate(replace(TERMS, users=90), *shipped, LocalExecutor(1), left_out_users=0)
    assert np.array_equal(more.rows["cost"][:60], whole.rows["cost"])
    assert not more.left_out


def test_another_seed_draws_other_users(whole: Fleet, shipped: tuple[Calibration, FleetDevice]) -> None:
    other = simulate(replace(TERMS, seed=4), *shipped, LocalExecutor(1), left_out_users=0)
    assert not np.array_equal(other.rows["group"], whole.rows["group"])


class Failing:
    """Ends the run after so many blocks, as a full disk or a kill would; counts what was asked of it."""

    def __init__(self, after: int) -> None:
        self.after, self.asked = after, 0

    def run(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[tuple[int, Any], None, None]:
        self.asked = len(jobs)
        for number, job in enumerate(jobs):
            if number == self.after:
                raise KeyboardInterrupt
            yield number, work(job)


def test_a_killed_run_goes_on(whole: Fleet, shipped: tuple[Calibration, FleetDevice], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        simulate(TERMS, *shipped, Failing(3), out=tmp_path / "out", block_users=10, left_out_users=20)
    rest = Failing(1000)
    resumed = simulate(TERMS, *shipped, rest, out=tmp_path / "out", block_users=10, left_out_users=20)
    assert rest.asked == 6 + 3 * 2 - 3
    assert same(resumed.rows, whole.rows)
    done = Failing(0)
    assert same(
        simulate(TERMS, *shipped, done, out=tmp_path / "out", block_users=10, left_out_users=20).rows, whole.rows
    )
    assert done.asked == 0


@pytest.mark.parametrize("spoil", [b"", b"torn"])
def test_a_torn_block_is_played_again(
    spoil: bytes, whole: Fleet, shipped: tuple[Calibration, FleetDevice], tmp_path: Path
) -> None:
    simulate(TERMS, *shipped, LocalExecutor(1), out=tmp_path, block_users=20, left_out_users=0)
    sorted((tmp_path / "blocks").glob("*.safetensors"))[1].write_bytes(spoil)
    again = Failing(1000)
    found = simulate(TERMS, *shipped, again, out=tmp_path, block_users=20, left_out_users=0)
    assert again.asked == 1
    assert same(found.rows, whole.rows)


def test_another_fleet_is_not_mixed_in(shipped: tuple[Calibration, FleetDevice], tmp_path: Path) -> None:
    chosen, device = shipped
    few = replace(TERMS, users=2)
    simulate(few, chosen, device, LocalExecutor(1), out=tmp_path, left_out_users=0)
    others = (
        (replace(few, seed=9), chosen, device),
        (few, chosen.without(chosen.users[0]), device),
        (few, chosen, replace(device, generic_ms=1.0)),
    )
    for other in others:
        with pytest.raises(UsageError, match="another fleet"):
            simulate(*other, LocalExecutor(1), out=tmp_path, left_out_users=0)


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    with keeping(tmp_path, {"terms": {}}), pytest.raises(StoreError, match="Another edgewise fleet simulate"):  # noqa: SIM117
        with keeping(tmp_path, {"terms": {}}):
            pass
    with keeping(tmp_path, {"terms": {}}) as kept:
        assert kept.read(0, 5) is None


def test_users_of_more_classes_than_were_measured_are_refused(shipped: tuple[Calibration, FleetDevice]) -> None:
    with pytest.raises(UsageError, match="3 to 40 classes"):
        simulate(replace(TERMS, most_classes=40), *shipped, LocalExecutor(1))


def test_a_row_is_small(whole: Fleet) -> None:
    each = sum(values.nbytes for name, values in whole.rows.items() if name != "met") / TERMS.users
    assert each < 250
    assert play.__module__ == "edgewise.fleet.play"  # that workers can import it
