"""A network on an accelerator: what each layer's products take."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal

import numpy as np

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.blocking import Cost, Machines, Shapes, cheapest, priced
from edgewise.accel.convolution import Convolution
from edgewise.accel.energy import NOTHING, Energy, energies
from edgewise.accel.gemm import Gemm
from edgewise.accel.mapping import Block, Where, check_mapping
from edgewise.accel.numbers import Numbers
from edgewise.accel.products import Kind, Product, products_of
from edgewise.accel.room import STREAMS, no_room, stay
from edgewise.accel.traffic import KEPT
from edgewise.errors import UsageError

Pass = Literal["forward", "backward", "both"]
_SUM_BITS, _HALF_KIB = 32, 512
_SHAPE = tuple(one.name for one in fields(Convolution) if one.name != "name")


@dataclass(frozen=True)
class Work:
    """One kind of product of one layer, as it is asked for."""

    name: str
    kind: Kind
    products: tuple[Product, ...]


@dataclass(frozen=True)
class LayerRun:
    """What it takes."""

    name: str
    kind: Kind
    gemms: tuple[Gemm, ...]
    blocks: tuple[Block, ...]  # of each product
    macs: int
    folds: int  # tiles of what stays in the array
    cycles: float
    compute_cycles: float  # of those, as if memory kept up
    utilisation: float  # 0..1: of what the multipliers could have done meanwhile
    read_bytes: float  # from DRAM
    written_bytes: float
    energy: Energy  # but for what is spent whatever the array does

    @property
    def dram_bytes(self) -> float:
        """That cross, either way."""
        return self.read_bytes + self.written_bytes


@dataclass(frozen=True)
class Total:
    """Of several layers, one after the other."""

    macs: int
    cycles: float
    compute_cycles: float
    utilisation: float
    array_ms: float
    dispatch_ms: float
    dram_bytes: float
    energy: Energy
    static_uj: float

    @property
    def ms(self) -> float:
        """With what the host takes to start each layer."""
        return self.array_ms + self.dispatch_ms

    @property
    def mj(self) -> float:
        """With what is spent whatever the array does."""
        return (self.energy.uj + self.static_uj) / 1e3


def run_layers(
    layers: Sequence[Convolution],
    accelerator: Accelerator,
    what: Pass = "forward",
    mapping: Mapping[Where, Block] | None = None,
) -> tuple[LayerRun, ...]:
    """In the order in which an array does them, one after the other; gradients from the last layer to the first.

    The first layer's input is the image, whose gradient nobody asks for. Gradients of a product that has no weights are
    those of both of its sides. `mapping`: blocks for some of the products; the model chooses the others'. Raises
    `UsageError` for a buffer that not even the smallest block of a layer fits into, for a block of the mapping that
    does not fit, and for a mapping of layers that are not there.
    """
    return run_work(work_of(layers, accelerator, what), accelerator, mapping or {})


def run_work(
    work: Sequence[Work], accelerator: Accelerator, mapping: Mapping[Where, Block] = MappingProxyType({})
) -> tuple[LayerRun, ...]:
    """What is asked for, in its order. Raises what `run_layers` does."""
    check_mapping(mapping, [(one.name, one.kind) for one in work])
    forward = [one for one in work if one.kind == "forward"]
    backward = [one for one in work if one.kind != "forward"]
    known: dict[int, LayerRun] = {}  # by its products: layers of one shape share them
    for some, numbers in ((forward, accelerator.numbers), (backward, accelerator.gradients)):
        if some:
            known |= _shared(some, accelerator, numbers)
    found = []
    for one in work:
        block, run = mapping.get((one.name, one.kind)), known[id(one.products)]
        if block is not None:
            run = _run(one, accelerator, _mapped(one, block, accelerator, numbers_of(one, accelerator)))
        found.append(LayerRun(**{**vars(run), "name": one.name}))
    return tuple(found)


def _shared(work: Sequence[Work], accelerator: Accelerator, numbers: Numbers) -> dict[int, LayerRun]:
    """One for all layers that have the same products."""
    several: dict[int, Work] = {}
    for one in work:
        several.setdefault(id(one.products), one)
    distinct = list(dict.fromkeys(product for one in several.values() for product in one.products))
    cost = cheapest(shapes_of(distinct), machine_of(accelerator))
    rows = dict(zip(distinct, _rows(distinct, cost, accelerator, numbers), strict=True))
    return {key: _run(one, accelerator, [rows[each] for each in one.products]) for key, one in several.items()}


def total_of(found: Sequence[LayerRun], accelerator: Accelerator) -> Total:
    """Of what was run, each with its start."""
    macs, cycles = sum(one.macs for one in found), sum(one.cycles for one in found)
    array_ms, dispatch_ms = cycles / accelerator.clock_mhz / 1e3, accelerator.host.dispatch_us * len(found) / 1e3
    return Total(
        macs,
        cycles,
        sum(one.compute_cycles for one in found),
        macs / max(cycles * accelerator.array.rows * accelerator.array.columns, 1),
        array_ms,
        dispatch_ms,
        sum(one.dram_bytes for one in found),
        sum((one.energy for one in found), NOTHING),
        accelerator.static_mw * (array_ms + dispatch_ms),
    )


def blocks_of(found: Sequence[LayerRun]) -> dict[Where, Block]:
    """Those that a mapping can name: of layers whose name no other has, and of one product alone."""
    names = Counter((one.name, one.kind) for one in found)
    return {
        (one.name, one.kind): one.blocks[0] for one in found if len(one.blocks) == 1 and names[one.name, one.kind] == 1
    }


def work_of(layers: Sequence[Convolution], accelerator: Accelerator, what: Pass) -> list[Work]:
    """All that a pass asks for, in its order."""
    found: list[Work] = []
    known: dict[tuple[object, ...], tuple[Product, ...]] = {}

    def made(layer: Convolution, kind: Kind, numbers: Numbers) -> tuple[Product, ...]:
        """Once for each shape."""
        key = (kind, *(getattr(layer, name) for name in _SHAPE))
        if key not in known:
            known[key] = products_of(layer, kind, numbers)
        return known[key]

    if what != "backward":
        forward = [made(one, "forward", accelerator.numbers) for one in layers]
        if what == "forward":  # else the way back needs all that lies between layers
            forward = stay(forward, accelerator)
        found += [Work(one.name, "forward", products) for one, products in zip(layers, forward, strict=True)]
    if what != "forward":
        kinds: tuple[Kind, ...] = ("weight gradient", "input gradient")
        for place in reversed(range(len(layers))):
            one = layers[place]
            for kind in kinds if place else kinds[:1]:
                found.append(Work(one.name, kind, made(one, kind, accelerator.gradients)))
    return found


def numbers_of(work: Work, accelerator: Accelerator) -> Numbers:
    """What the array multiplies for it."""
    return accelerator.numbers if work.kind == "forward" else accelerator.gradients


def shapes_of(products: Sequence[Product]) -> Shapes:
    """As arrays, [products] each."""

    def of(name: str) -> np.ndarray:
        return np.array([getattr(one, name) for one in products], float)

    gemms = [np.array([getattr(one.gemm, name) for one in products], float) for name in ("m", "k", "n", "count")]
    values = [of("left_values"), gemms[1] * gemms[2], of("halo_values"), of("pixels_along_k")]
    bits = [of("left_bits"), of("right_bits"), of("result_bits"), np.full(len(products), _SUM_BITS), of("sram_bits")]
    return Shapes(*gemms, *values, *bits)


def machine_of(accelerator: Accelerator) -> Machines:
    """As plain numbers."""
    array, sram = accelerator.array, accelerator.sram
    return Machines(
        array.dataflow,
        array.shadow,
        array.rows,
        array.columns,
        _HALF_KIB * sram.input_kib,
        _HALF_KIB * sram.weight_kib * (STREAMS if accelerator.weights_stay else 1),
        _HALF_KIB * sram.output_kib,
        accelerator.bytes_per_cycle,
        accelerator.packs_groups,
    )


def _rows(
    products: Sequence[Product], cost: Cost, accelerator: Accelerator, numbers: Numbers
) -> list[tuple[float, ...]]:
    """By product: whether it fits, its block and what that keeps, folds, cycles, bytes, energies."""
    block = (cost.fits, cost.block_m, cost.block_k, cost.block_n, cost.kept)
    counts = (cost.folds, cost.cycles, cost.compute_cycles, cost.read_bytes, cost.written_bytes)
    spent = vars(energies(products, cost, accelerator, numbers)).values()
    return list(zip(*(one.tolist() for one in (*block, *counts, *spent)), strict=True))


def _mapped(work: Work, block: Block, accelerator: Accelerator, numbers: Numbers) -> list[tuple[float, ...]]:
    shapes, sides = shapes_of(work.products), (block.m, block.k, block.n)
    cost = priced(shapes, machine_of(accelerator), sides, block.order)
    if not cost.fits.all():
        raise UsageError(
            f"{work.name}, {work.kind}: a block of {block.m} x {block.k} x {block.n} does not fit half of the buffers.",
            f"Make it smaller, or leave the layer out of the mapping; the buffers are {accelerator.sram}.",
        )
    return _rows(work.products, cost, accelerator, numbers)


def _run(work: Work, accelerator: Accelerator, rows: list[tuple[float, ...]]) -> LayerRun:
    if not all(row[0] for row in rows):
        raise UsageError(*no_room(f"{work.name}, {work.kind}", work.products, accelerator))
    array, gemms = accelerator.array, tuple(one.gemm for one in work.products)
    blocks = tuple(Block(int(row[1]), int(row[2]), int(row[3]), KEPT[int(row[4])]) for row in rows)
    folds, cycles, compute_cycles, read, written, *energy = map(sum, zip(*(row[5:] for row in rows), strict=True))
    macs = sum(one.macs for one in gemms)
    return LayerRun(
        work.name,
        work.kind,
        gemms,
        blocks,
        macs,
        folds=int(folds),
        cycles=cycles,
        compute_cycles=compute_cycles,
        utilisation=macs / (cycles * array.rows * array.columns),
        read_bytes=read,
        written_bytes=written,
        energy=Energy(*energy),
    )
