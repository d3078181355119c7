"""How a product is cut into blocks that fit the buffers, what then crosses the DRAM, and how long the array waits.

Products and accelerators are arrays of NumPy that broadcast; the ways to cut have axes of their own, the last ones.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from edgewise.accel.array import Dataflow
from edgewise.accel.traffic import ORDERS, BlockTimes, Values, fetches_of, moved, of_order

_AS_SMALL_AS_CAN_BE = 2.0**30
_PARTS = np.array([1, 2, 4, 8, 16, 64, _AS_SMALL_AS_CAN_BE], np.float32)  # so that float32 stays
_FINER = np.array([1, 4, 16], np.float32)  # along m
_ORDER_OF = np.repeat(np.arange(len(ORDERS)), len(_FINER))
_HANDICAP = 1 / 4096  # of each block: of ways that move as much the one with the fewest is taken
_SEEMS_AS_GOOD = 1.05  # before they are priced
_AS_GOOD = 1.01  # ways that take so much longer than the quickest one; of these the least traffic is taken
_SIDES: dict[Dataflow, tuple[int, int, int]] = {"weight": (1, 2, 0), "input": (1, 0, 2), "output": (0, 2, 1)}


@dataclass(frozen=True, eq=False)
class Shapes:
    """Products, as in `products.Product`. Bits are 0 where values do not cross the DRAM."""

    m: Values
    k: Values
    n: Values
    count: Values
    left_values: Values
    right_values: Values
    halo_values: Values
    pixels_along_k: Values
    left_bits: Values
    right_bits: Values
    result_bits: Values
    sum_bits: Values  # of what is not whole yet, in DRAM and in the buffer
    sram_bits: Values


@dataclass(frozen=True, eq=False)
class Machines:
    """Accelerators of one dataflow. Bytes are of half a buffer."""

    dataflow: Dataflow
    shadow: bool
    rows: Values
    columns: Values
    left_bytes: Values
    right_bytes: Values
    result_bytes: Values
    bytes_per_cycle: Values
    packs_groups: bool = False


@dataclass(frozen=True, eq=False)
class Cost:
    """Of each product, all its `count`, cut in the way that was chosen."""

    cycles: Values
    compute_cycles: Values  # of those, as if memory kept up
    folds: Values  # tiles of what stays in the array
    read_bytes: Values  # from DRAM
    written_bytes: Values
    left_reads: Values  # values that the array is fed from the buffers
    right_reads: Values
    sums: Values  # that it hands to the buffer of results
    block_m: Values
    block_k: Values
    block_n: Values
    kept: Values  # places in `KEPT`
    fits: Values  # bool: some way does


@dataclass(frozen=True, eq=False)
class _Way:
    tile: tuple[Values, Values, Values]  # along m, k, n
    parts: tuple[Values, Values, Values]
    left_tile: Values  # values in memory, of a mean one
    fits: Values


def cheapest(shapes: Shapes, machines: Machines) -> Cost:
    """The least cycles over the ways to cut that are tried, and of those within 1% the least traffic.

    k and n are cut into 1 to 64 parts, or as small as the array; blocks are as large along m as the buffers allow. The
    innermost loop goes along m, n or k, so that weights, activations or sums are used again. Of each order the best is
    taken, as if each block moved as much as the next; its blocks are then cut along m into 4 and 16 parts, so that the
    first is soon there and the last soon gone, and priced. Reading: blocks count as equal ones; each is loaded while
    the array works on the one before, and the last one's result is written in the end.
    """
    shapes, machines = _prepared(shapes, machines)
    way, cut = _seemingly_best(_with_axis(shapes), _with_axis(machines))
    finest = [_finer(shapes, machines, way, one) for one in cut]
    priced = [_priced(shapes, machines, one, order) for one, order in zip(finest, ORDERS, strict=True)]
    chosen = _best(*(_joined(one) for one in zip(*priced, strict=True)))
    found = _Way(*(_joined(one) for one in zip(*(vars(one).values() for one in finest), strict=True)))
    return _cost(shapes, machines, _Way(*(_each_taken(one, chosen) for one in vars(found).values())), _ORDER_OF[chosen])


def _seemingly_best(shapes: Shapes, machines: Machines) -> tuple[_Way, list[Values]]:
    """All ways to cut k and n, on one axis, and the place of each order's best; the arrays given have one for each."""
    way = _cut(shapes, machines)
    compute, sizes = _compute(shapes, machines, way), _sizes(shapes, machines, way)
    finer = np.minimum(_FINER[-1], np.ceil(way.tile[0] / _units(machines)[0]))  # blocks that there may be of one
    cuts = way.parts[0] * way.parts[1] * way.parts[2]
    blocks = shapes.count * cuts * finer
    alone = compute / blocks + (sizes.left + sizes.result) / finer + sizes.right  # beside which nothing goes on
    meanwhile = np.where(way.fits, 1 - 1 / blocks, np.inf)
    handicap = 1 + cuts * _HANDICAP
    found = []
    for order in ORDERS:
        moving = shapes.count * sizes.moving(fetches_of(way.parts, order))
        bound = meanwhile * np.maximum(compute, moving) + alone
        found.append(_best(_flat(bound), _flat(moving * handicap), _SEEMS_AS_GOOD))
    return _Way(
        *(tuple(map(_flat, one)) if isinstance(one, tuple) else _flat(one) for one in vars(way).values())
    ), found


def _flat(values: Values) -> Values:
    """The axes for k and n as one."""
    whole = np.broadcast_to(values, (*values.shape[:-2], len(_PARTS), len(_PARTS)))
    return whole.reshape(*values.shape[:-2], len(_PARTS) ** 2)


def _finer(shapes: Shapes, machines: Machines, way: _Way, cut: Values) -> _Way:
    """One way's blocks, whole and cut along m."""
    m, k, n = (_taken(side, cut) for side in way.tile)
    m, _ = _split(shapes.m, np.ceil(m / _FINER), _units(machines)[0])
    parts = (np.ceil(shapes.m / m), np.ceil(shapes.k / k), np.ceil(shapes.n / n))
    return _Way((m, k, n), parts, _left_tile(shapes, parts), _taken(way.fits, cut))


def _joined(values: Any) -> Any:
    """Orders beside one another; tuples side by side."""
    if isinstance(values[0], tuple):
        return tuple(_joined(one) for one in zip(*values, strict=True))
    shape = np.broadcast_shapes(*(one.shape for one in values), (len(_FINER),))
    return np.concatenate([np.broadcast_to(one, shape) for one in values], -1)


def _each_taken(values: Any, at: Values) -> Any:
    return tuple(_taken(one, at) for one in values) if isinstance(values, tuple) else _taken(values, at)


def _priced(shapes: Shapes, machines: Machines, way: _Way, order: tuple[int, int, int]) -> tuple[Values, Values]:
    """Cycles, without end where a way does not fit; and those in which something crosses."""
    compute, sizes = _compute(shapes, machines, way), _sizes(shapes, machines, way)
    cycles, read, written = moved(shapes.count, compute, way.parts, sizes, fetches_of(way.parts, order))
    return np.where(way.fits, cycles, np.inf), read + written


def priced(shapes: Shapes, machines: Machines, block: tuple[Values, Values, Values], kept: Values) -> Cost:
    """Of blocks that are given, along m, k and n, each rounded up to what is whole to the array; `kept`: see `KEPT`."""
    shapes, machines = _prepared(shapes, machines)
    sides = zip((shapes.m, shapes.k, shapes.n), map(_floats, block), _units(machines), strict=True)
    cuts = [_split(size, np.clip(wanted, 1, size), unit) for size, wanted, unit in sides]
    tile, parts = tuple(one[0] for one in cuts), tuple(one[1] for one in cuts)
    held = held_bytes(shapes, tile, parts)
    room = (machines.left_bytes, machines.right_bytes, machines.result_bytes)
    fits = np.all(np.broadcast_arrays(*(size <= most for size, most in zip(held, room, strict=True))), axis=0)
    return _cost(shapes, machines, _Way(tile, parts, _left_tile(shapes, parts), fits), _floats(kept))


def held_bytes(shapes: Shapes, tile: Any, parts: Any) -> tuple[Values, Values, Values]:
    """What one block of each matrix takes in the buffers."""
    share_m, share_k = tile[0] / shapes.m, tile[1] / shapes.k
    halo = np.where(np.where(shapes.pixels_along_k, parts[1], parts[0]) > 1, shapes.halo_values, 0)
    along_m, along_k = (shapes.left_values * share_m + halo) * share_k, (shapes.left_values * share_k + halo) * share_m
    left = np.minimum(np.where(shapes.pixels_along_k, along_k, along_m), tile[0] * tile[1])
    sides = (left * shapes.sram_bits, tile[1] * tile[2] * shapes.sram_bits, tile[0] * tile[2] * shapes.sum_bits)
    return sides[0] / 8, sides[1] / 8, sides[2] / 8


def _prepared(shapes: Shapes, machines: Machines) -> tuple[Shapes, Machines]:
    shapes, machines = _with_axis(shapes), _with_axis(machines)
    packs = machines.packs_groups and machines.dataflow == "weight"
    return (_packed(shapes, machines) if packs else shapes), machines


def _cost(shapes: Shapes, machines: Machines, way: _Way, kept: Values) -> Cost:
    """Of one way for each product."""
    compute, sizes = _compute(shapes, machines, way), _sizes(shapes, machines, way)
    cycles, read, written = moved(shapes.count, compute, way.parts, sizes, of_order(kept, way.parts))
    speed = machines.bytes_per_cycle
    folds, fed = shapes.count * _folds(shapes, machines), _fed(shapes, machines, way)
    cycles = np.where(way.fits, cycles, np.inf)
    found = (cycles, compute, folds, read * speed, written * speed, *fed, *way.tile, kept, way.fits)
    return Cost(*(one[..., 0] for one in np.broadcast_arrays(*found)))


def _packed(shapes: Shapes, machines: Machines) -> Shapes:
    """As many products as the array has room for become one: their weights lie on a diagonal, with zeros beside them.

    Reading: what is fed and what is stored does not grow by the zeros.
    """
    room = np.minimum(np.floor(machines.rows / shapes.k), np.floor(machines.columns / shapes.n))
    count = np.where(shapes.pixels_along_k, shapes.count, np.ceil(shapes.count / np.maximum(room, 1)))
    several = shapes.count / count
    grown = ("k", "n", "left_values", "right_values", "halo_values")
    return replace(shapes, count=count, **{name: several * getattr(shapes, name) for name in grown})


def _folds(shapes: Shapes, machines: Machines) -> Values:
    down, across, _ = _SIDES[machines.dataflow]
    size = (shapes.m, shapes.k, shapes.n)
    return np.ceil(size[down] / machines.rows) * np.ceil(size[across] / machines.columns)


def _best(cycles: Values, traffic: Values, as_good: float = _AS_GOOD) -> Values:
    """Places along the last axis, which stays, with one value."""
    near = cycles <= as_good * cycles.min(-1, keepdims=True)
    return np.where(near, traffic, np.inf).argmin(-1)[..., None]


def _taken(values: Values, at: Values) -> Values:
    if np.ndim(values) == 0 or values.shape[-1] == 1:
        return values
    return np.take_along_axis(np.broadcast_to(values, (*at.shape[:-1], values.shape[-1])), at, -1)


def _with_axis(given: Any) -> Any:
    """With the axis of the ways."""
    plain = (str, bool)
    values = {one.name: getattr(given, one.name) for one in fields(given)}
    return type(given)(**{name: one if isinstance(one, plain) else _floats(one) for name, one in values.items()})


def _floats(given: Any) -> Values:
    found = np.asarray(given)
    return (found if found.dtype == np.float32 else found.astype(float))[..., None]


def _cut(shapes: Shapes, machines: Machines) -> _Way:
    unit = _units(machines)
    tile_k, parts_k = _split(shapes.k, np.ceil(shapes.k / np.minimum(_PARTS[:, None], shapes.k)), unit[1])
    tile_n, parts_n = _split(shapes.n, np.ceil(shapes.n / np.minimum(_PARTS, shapes.n)), unit[2])
    room = 8 * machines.left_bytes / shapes.sram_bits  # values
    share_k = tile_k / shapes.k
    shared = np.where(parts_k > 1, shapes.halo_values, 0)
    whole = np.where(shapes.pixels_along_k, shapes.left_values * share_k + shared, shapes.left_values * share_k)
    one_row = whole / shapes.m
    free = np.where(shapes.pixels_along_k, room, room - shapes.halo_values * share_k)
    most = np.where(whole <= room, shapes.m, np.maximum(free / one_row, room / tile_k))
    most = np.minimum(most, 8 * machines.result_bytes / (shapes.sum_bits * tile_n))
    least = np.minimum(unit[0], shapes.m)
    fits = (most >= least) & (tile_k * tile_n * shapes.sram_bits <= 8 * machines.right_bytes)
    most = np.where(most >= shapes.m, shapes.m, np.maximum(np.floor(most / unit[0]) * unit[0], least))
    tile_m, parts_m = _split(shapes.m, np.ceil(shapes.m / np.ceil(shapes.m / most)), unit[0])
    parts = (parts_m, parts_k, parts_n)
    return _Way((tile_m, tile_k, tile_n), parts, _left_tile(shapes, parts), fits)


def _units(machines: Machines) -> list[Values]:
    """What blocks are whole to, along m, k and n."""
    down, across, _ = _SIDES[machines.dataflow]
    return [machines.rows if side == down else machines.columns if side == across else 1.0 for side in range(3)]


def _left_tile(shapes: Shapes, parts: Any) -> Values:
    """Values of a mean block, those that its neighbour has too among them."""
    cuts = np.where(shapes.pixels_along_k, parts[1], parts[0]) - 1
    return np.minimum(shapes.left_values + cuts * shapes.halo_values, shapes.m * shapes.k) / (parts[0] * parts[1])


def _split(size: Values, wanted: Values, unit: Values) -> tuple[Values, Values]:
    """A block of at least what is wanted that is whole to the array, and how many there are."""
    tile = np.minimum(np.ceil(wanted / unit) * unit, size)
    return tile, np.ceil(size / tile)


def _compute(shapes: Shapes, machines: Machines, way: _Way) -> Values:
    """As `Array.cycles`, but that what streams comes in parts, and each tile is loaded anew for each."""
    streams = _SIDES[machines.dataflow][2]
    size, parts, tile = (shapes.m, shapes.k, shapes.n)[streams], way.parts[streams], way.tile[streams]
    folds = _folds(shapes, machines)
    crossing = machines.rows + machines.columns - 2
    if not machines.shadow:
        return shapes.count * folds * (size + parts * (machines.rows + crossing))
    last = size - (parts - 1) * tile
    apart, apart_last = np.maximum(tile, machines.rows), np.maximum(last, machines.rows)
    between = folds * ((parts - 1) * apart + apart_last) - apart_last
    return shapes.count * (machines.rows + between + last + crossing)


def _sizes(shapes: Shapes, machines: Machines, way: _Way) -> BlockTimes:
    bits_per_cycle = 8 * machines.bytes_per_cycle
    parts_m, parts_k, parts_n = way.parts
    results = parts_m * parts_n
    right, result = shapes.right_values / (parts_k * parts_n), shapes.m * shapes.n / results
    return BlockTimes(
        way.left_tile * (shapes.left_bits / bits_per_cycle),
        right * (shapes.right_bits / bits_per_cycle),
        result * (np.where(shapes.result_bits > 0, shapes.sum_bits, 0) / bits_per_cycle),
        result * (shapes.result_bits / bits_per_cycle),
        results,
    )


def _fed(shapes: Shapes, machines: Machines, way: _Way) -> tuple[Values, Values, Values]:
    """Values that leave the buffers for the array, those of both sides, and sums that come back."""
    m, k, n = shapes.m, shapes.k, shapes.n
    left, right, sums = shapes.count * m * k, shapes.count * shapes.right_values, shapes.count * m * n
    rows, columns = machines.rows, machines.columns
    if machines.dataflow == "weight":
        found = left * np.ceil(n / columns), right * way.parts[0], sums * np.ceil(k / rows)
    elif machines.dataflow == "input":
        found = left * way.parts[2], right * np.ceil(m / columns), sums * np.ceil(k / rows)
    else:
        found = left * np.ceil(n / columns), right * np.ceil(m / rows), sums * way.parts[1]
    return found
