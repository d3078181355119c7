"""Blocks of products: traffic and waiting, against blocks that are walked one by one."""

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.accel.accelerator import read_accelerator
from edgewise.accel.array import Array, Dataflow
from edgewise.accel.blocking import Cost, Machines, Shapes, cheapest
from edgewise.accel.convolution import Convolution
from edgewise.accel.gemm import Gemm
from edgewise.accel.products import Kind, products_of
from edgewise.accel.run import Work, run_work
from edgewise.accel.traffic import KEPT
from tests.accel.walked import walk

ORDERS = {"weights": (2, 1, 0), "input": (0, 1, 2), "sums": (0, 2, 1)}
SHAPES = Shapes(
    m=96, k=128, n=64, count=1, left_values=96 * 128, right_values=128 * 64, halo_values=0, pixels_along_k=0,
    left_bits=8, right_bits=8, result_bits=8, sum_bits=32, sram_bits=8,
)  # fmt: skip
MACHINE = Machines("weight", True, 8, 8, 1e9, 1e9, 1e9, 4.0)


def whole(cost: Cost) -> tuple[int, int, int]:
    return int(cost.block_m), int(cost.block_k), int(cost.block_n)


@settings(max_examples=60)
@given(
    sizes=st.tuples(*[st.integers(1, 9)] * 3),
    lanes=st.tuples(st.sampled_from([1, 2, 4, 8]), st.sampled_from([1, 2, 4, 8])),
    dataflow=st.sampled_from(["weight", "output", "input"]),
    shadow=st.booleans(),
    buffers=st.tuples(*[st.sampled_from([300, 700, 2_000, 1e6])] * 3),
    speed=st.sampled_from([0.25, 2.0, 64.0]),
)
def test_the_closed_form_is_what_a_walk_over_the_blocks_finds(
    sizes: tuple[int, int, int],
    lanes: tuple[int, int],
    dataflow: Dataflow,
    shadow: bool,
    buffers: tuple[float, float, float],
    speed: float,
) -> None:
    """Traffic is the walk's. So are cycles where blocks are equal; sums that come and go count as equal ones, too."""
    m, k, n = (8 * size for size in sizes)
    shapes = replace(SHAPES, m=m, k=k, n=n, left_values=m * k, right_values=k * n)
    cost = cheapest(shapes, Machines(dataflow, shadow, *lanes, *buffers, speed))
    if not cost.fits:
        return
    block, order = whole(cost), ORDERS[KEPT[int(cost.kept)]]
    parts = [-(-size // tile) for size, tile in zip((m, k, n), block, strict=True)]
    each = float(cost.compute_cycles) / np.prod(parts)
    found = walk((m, k, n), block, order, (8, 8, 8, 32), each, speed)
    assert float(cost.read_bytes) == pytest.approx(found.read)
    assert float(cost.written_bytes) == pytest.approx(found.written)
    if (m % block[0], k % block[1], n % block[2]) == (0, 0, 0):
        assert float(cost.cycles) == pytest.approx(found.cycles, rel=1e-6 if found.written == m * n else 0.15)


@settings(max_examples=60)
@given(
    sizes=st.tuples(*[st.integers(1, 200)] * 3),
    lanes=st.tuples(st.integers(1, 16), st.integers(1, 16)),
    dataflow=st.sampled_from(["weight", "output", "input"]),
    shadow=st.booleans(),
)
def test_where_memory_is_no_limit_the_array_alone_counts(
    sizes: tuple[int, int, int], lanes: tuple[int, int], dataflow: Dataflow, shadow: bool
) -> None:
    m, k, n = sizes
    cost = cheapest(
        replace(SHAPES, m=m, k=k, n=n, left_values=m * k, right_values=k * n),
        Machines(dataflow, shadow, *lanes, 1e9, 1e9, 1e9, 1e12),
    )
    alone = Array(*lanes, dataflow, shadow).cycles(Gemm(m, k, n))
    assert alone <= float(cost.compute_cycles) <= 1.01 * alone
    assert float(cost.cycles) == pytest.approx(float(cost.compute_cycles), rel=1e-6)
    assert float(cost.read_bytes) == pytest.approx(m * k + k * n)
    assert float(cost.written_bytes) == pytest.approx(m * n)


@pytest.mark.parametrize("dataflow", ["weight", "output", "input"])
def test_it_is_near_the_best_of_all_ways(dataflow: Dataflow) -> None:
    """Every block that is whole to the array, in every order of loops, walked; buffers that hold a part."""
    for size in [(64, 64, 64), (200, 16, 8), (8, 256, 24), (40, 72, 96)]:
        m, k, n = size
        buffers = (1_024, 512, 2_048)
        cost = cheapest(
            replace(SHAPES, m=m, k=k, n=n, left_values=m * k, right_values=k * n),
            Machines(dataflow, False, 8, 8, *buffers, 2.0),
        )
        best = min(_cycles(size, tile, dataflow, order) for tile in _tiles(size, buffers) for order in _all_orders())
        assert float(cost.cycles) <= 1.25 * best


def _tiles(size: tuple[int, int, int], buffers: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    whole = [[tile for tile in range(8, side + 1, 8) if side % tile == 0] for side in size]
    return [
        (m, k, n)
        for m, k, n in product(*whole)
        if m * k <= buffers[0] and k * n <= buffers[1] and 4 * m * n <= buffers[2]
    ]


def _all_orders() -> list[tuple[int, int, int]]:
    return [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


def _cycles(
    size: tuple[int, int, int], tile: tuple[int, int, int], dataflow: Dataflow, order: tuple[int, int, int]
) -> float:
    each = Array(8, 8, dataflow, False).cycles(Gemm(*tile))
    return walk(size, tile, order, (8, 8, 8, 32), each, 2.0).cycles


def test_a_larger_buffer_or_a_faster_memory_takes_no_longer() -> None:
    sizes = np.array([1_024.0, 2_048, 4_096, 16_384, 65_536])
    found = cheapest(SHAPES, Machines("weight", True, 8, 8, sizes, sizes, sizes, 2.0)).cycles
    assert (found[1:] <= 1.06 * found[:-1]).all(), "not all cuts are tried"
    found = cheapest(SHAPES, replace(MACHINE, bytes_per_cycle=sizes)).cycles
    assert (np.diff(found) <= 0).all()


@settings(max_examples=60)
@given(
    sizes=st.tuples(*[st.integers(1, 300)] * 3),
    buffers=st.tuples(*[st.sampled_from([600, 2_000, 20_000])] * 3),
    speed=st.sampled_from([0.05, 0.5, 4.0]),
    dataflow=st.sampled_from(["weight", "output", "input"]),
)
def test_no_layer_is_quicker_than_its_work_and_its_memory_allow(
    sizes: tuple[int, int, int], buffers: tuple[float, float, float], speed: float, dataflow: Dataflow
) -> None:
    m, k, n = sizes
    shapes = replace(SHAPES, m=m, k=k, n=n, left_values=m * k, right_values=k * n)
    cost = cheapest(shapes, Machines(dataflow, True, 8, 8, *buffers, speed))
    assert float(cost.cycles) >= float(cost.compute_cycles) * (1 - 1e-9)
    assert float(cost.cycles) >= float(cost.read_bytes + cost.written_bytes) / speed * (1 - 1e-9)


@pytest.mark.parametrize("kind", ["forward", "input gradient", "weight gradient"])
def test_a_real_layer_takes_no_longer_with_more_memory(kind: Kind) -> None:
    """3 x 3 on 56 x 56 x 64: it fits whole at last, and is cut all the same, so that nothing waits for all of it.

    Not all cuts are tried: by 6% it may.
    """
    layer = Convolution("a", 1, 64, 64, (56, 56), (3, 3), padding=(1, 1))
    reading = read_accelerator("reading")
    times = []
    for kib in (128, 256, 512, 1_024, 2_048, 4_096, 8_192):
        one = replace(reading, sram=reading.sram.of_size(kib))
        numbers = one.numbers if kind == "forward" else one.gradients
        times.append(run_work([Work("a", kind, products_of(layer, kind, numbers))], one)[0].cycles)
    assert all(later <= 1.06 * before for before, later in pairwise(times)), times


def test_rows_that_two_tiles_need_are_read_twice() -> None:
    """An image of 64 x 64 x 4 under a kernel of 2 x 1, in tiles of pixels: each but the first reads a row again."""
    row = 64 * 4
    shapes = replace(SHAPES, m=63 * 64, k=8, n=8, left_values=64 * row, right_values=64, halo_values=row)
    found = cheapest(shapes, replace(MACHINE, left_bytes=40 * row))
    parts = -(-63 * 64 // float(found.block_m))
    assert float(found.read_bytes) == pytest.approx(64 * row + (parts - 1) * row + 8 * 8)


def test_small_groups_lie_beside_one_another() -> None:
    """Depthwise, 64 channels of 3 x 3 on 64 x 64, up to seven at once: ten times, not 64, and the same traffic."""
    shapes = replace(SHAPES, m=196, k=9, n=1, count=64, left_values=256, right_values=9)
    machine = replace(MACHINE, rows=64, columns=64, bytes_per_cycle=1e9)
    alone, packed = (cheapest(shapes, replace(machine, packs_groups=packs)) for packs in (False, True))
    assert float(packed.compute_cycles) == pytest.approx(float(alone.compute_cycles) * 10 / 64)
    assert (float(alone.folds), float(packed.folds)) == (64, 10)
    for name in ("read_bytes", "written_bytes", "left_reads", "right_reads", "sums"):
        assert float(getattr(packed, name)) == pytest.approx(float(getattr(alone, name)))
    stays = replace(machine, dataflow="output")
    assert float(cheapest(shapes, replace(stays, packs_groups=True)).cycles) == float(cheapest(shapes, stays).cycles)


def test_accelerators_and_products_broadcast() -> None:
    rows = np.array([[4.0], [8.0], [16.0]])
    shapes = replace(SHAPES, m=np.array([96.0, 24.0]), left_values=np.array([96.0, 24.0]) * 128)
    found = cheapest(shapes, replace(MACHINE, rows=rows))
    assert found.cycles.shape == (3, 2)
    for at, lanes in enumerate((4, 8, 16)):
        alone = cheapest(replace(SHAPES, m=24, left_values=24 * 128), replace(MACHINE, rows=lanes))
        assert float(found.cycles[at, 1]) == float(alone.cycles)
