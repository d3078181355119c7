"""Sweeps of accelerators."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.accel.accelerator import read_accelerator
from edgewise.accel.area import parts_of
from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.explore import Point, Sweep, explore, front
from edgewise.accel.run import run_layers, total_of
from edgewise.errors import UsageError

LAYERS = [
    Convolution("a", 1, 16, 32, (14, 14), (3, 3), padding=(1, 1)),
    Convolution("b", 1, 32, 32, (14, 14), (3, 3), (2, 2), (1, 1), groups=32),
    dense("c", 1, 32, 10),
]
READING = read_accelerator("reading")
SWEEP = Sweep((4, 8, 16), (4, 8, 32), (32, 64), ("weight", "output", "input"))


@pytest.mark.parametrize("what", ["forward", "both"])
@pytest.mark.parametrize("weights_stay", [False, True])
def test_each_point_is_what_a_run_says(what: str, weights_stay: bool) -> None:
    accelerator = replace(READING, weights_stay=weights_stay, activations_stay=weights_stay)
    points = explore(LAYERS, accelerator, SWEEP, what)  # pyright: ignore[reportArgumentType]
    assert len(points) == len(SWEEP)
    near, tried = 0, points[:: len(points) // 9]
    for point in tried:
        one = replace(
            accelerator,
            array=Array(point.rows, point.columns, point.dataflow, True),
            sram=accelerator.sram.of_size(point.sram_kib),
        )
        total = total_of(run_layers(LAYERS, one, what), one)  # pyright: ignore[reportArgumentType]
        assert point.mm2 == pytest.approx(sum(part.mm2 for part in parts_of(one)))
        # In float32 another of the ways that are as good to within 1% may be taken.
        assert (point.ms, point.utilisation) == (
            pytest.approx(total.ms, rel=0.011),
            pytest.approx(total.utilisation, rel=0.011),
        )
        near += abs(point.mj / total.mj - 1) < 1e-4 and abs(point.dram_bytes / total.dram_bytes - 1) < 1e-4
    assert near >= 0.8 * len(tried)


def test_threads_change_nothing_and_progress_ends() -> None:
    seen: list[tuple[int, int]] = []
    one = explore(LAYERS, READING, SWEEP, threads=1, progress=lambda what, done, total: seen.append((done, total)))
    assert one == explore(LAYERS, READING, SWEEP, threads=3)
    assert seen[-1] == (len(SWEEP), len(SWEEP))


def test_what_does_not_fit_is_left_out() -> None:
    found = explore(LAYERS, READING, replace(SWEEP, sram_kib=(0.02, 64)))
    assert {one.sram_kib for one in found} == {64}
    with pytest.raises(UsageError, match="fits none"):
        explore(LAYERS, READING, replace(SWEEP, sram_kib=(0.02,)))
    small = explore(LAYERS, READING, SWEEP, max_mm2=0.5)
    assert 0 < len(small) < len(SWEEP)
    assert all(one.mm2 <= 0.5 for one in small)


@given(st.lists(st.tuples(*[st.integers(1, 6)] * 3), min_size=1, max_size=40))
def test_the_front_is_what_none_beats(figures: list[tuple[int, int, int]]) -> None:
    points = [Point(1, 1, "weight", 1, *map(float, one), 0.5, 0) for one in figures]
    kept = {(one.ms, one.mj, one.mm2) for one in front(points)}
    wanted = {
        one
        for one in figures
        if not any(other != one and all(a <= b for a, b in zip(other, one, strict=True)) for other in figures)
    }
    assert kept == wanted


def test_an_empty_sweep_is_refused() -> None:
    for bad in ({"rows": ()}, {"columns": (0,)}, {"sram_kib": (-1,)}):
        with pytest.raises(UsageError):
            replace(SWEEP, **bad)
