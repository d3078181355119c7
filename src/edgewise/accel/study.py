"""One user's network on four kinds of device: what serving it takes, what making it took, and when that is paid for.

NumPy alone: networks come as their shapes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.area import parts_of
from edgewise.accel.convolution import Convolution
from edgewise.accel.numbers import FP16, INT8, Numbers
from edgewise.accel.rest import Rest, left_to_host
from edgewise.accel.run import LayerRun, Work, run_work, total_of, work_of
from edgewise.errors import UsageError

Device = Literal["CPU", "int8 array, gradients on the CPU", "int8 array with block floating point", "FP16 array"]
DEVICES: tuple[Device, ...] = (
    "CPU",
    "int8 array, gradients on the CPU",
    "int8 array with block floating point",
    "FP16 array",
)
_FP32_BYTES = 4
_BACKWARDS = 1.5  # what is no product, to its forward: three tensors in place of two
_UPDATE = 5  # numbers moved for each weight: it, its momentum and its gradient in, it and its momentum out


@dataclass(frozen=True)
class Shape:
    """A network for one image: its products and the rest."""

    name: str
    layers: tuple[Convolution, ...]
    rest: tuple[Rest, ...]

    def of(self, batch: int) -> "Shape":
        """For so many images. Reading: rows grow, also of products of two activations, which are as many more."""
        found = [replace(one, batch=one.batch * batch) for one in self.layers]
        return replace(self, layers=tuple(found), rest=tuple(replace(r, values=r.values * batch) for r in self.rest))

    def tail(self, first: str) -> "Shape":
        """From the named layer on. Raises `UsageError` for a name that is not there."""
        names = [one.name for one in self.layers]
        if first not in names:
            raise UsageError(f"{self.name} has no layer {first!r}.", f"It has: {', '.join(names)}.")
        place = names.index(first)
        rest = tuple(replace(one, after=one.after - place) for one in self.rest if one.after > place)
        return Shape(self.name, self.layers[place:], rest)

    @property
    def macs(self) -> int:
        return sum(one.forward.macs for one in self.layers)

    @property
    def weights(self) -> int:
        """Without those of what is no product."""
        return sum(one.gives * one.takes // one.groups * one.kernel[0] * one.kernel[1] for one in self.layers)


@dataclass(frozen=True)
class Retraining:
    """By gradients: so many images, so often, in batches. `first`: the layer from which on the network is open.

    Reading: the paper does not say how many. Activations that enter the first open layer are there already, since
    serving has computed them.
    """

    first: str
    images: int = 256
    epochs: int = 10
    batch: int = 16

    def __post_init__(self) -> None:
        """Raises `UsageError` for what is below 1."""
        if min(self.images, self.epochs, self.batch) < 1:
            raise UsageError("Images, epochs and the batch of a retraining must be 1 or more.")

    @property
    def steps(self) -> int:
        return ceil(self.images / self.batch) * self.epochs


@dataclass(frozen=True)
class Spent:
    """Time and energy, and how they divide."""

    array_ms: float = 0.0
    host_ms: float = 0.0
    array_mj: float = 0.0
    host_mj: float = 0.0
    dram_mb: float = 0.0  # the array's

    @property
    def ms(self) -> float:
        return self.array_ms + self.host_ms

    @property
    def mj(self) -> float:
        return self.array_mj + self.host_mj

    def times(self, count: float) -> "Spent":
        return Spent(*(count * value for value in vars(self).values()))


@dataclass(frozen=True)
class Row:
    """One user's network on one device."""

    device: Device
    network: str
    generic: Spent  # one image
    user: Spent
    shared: Spent  # the whole retraining, of the open tail
    full: Spent  # of the whole network, nothing shared
    mm2: float
    pruning_mm2: float

    def break_even(self, *, shared: bool) -> int | None:
        """Images until the time that the user's network saves has made up for it; None where it never does."""
        saved = self.generic.ms - self.user.ms
        return ceil((self.shared if shared else self.full).ms / saved) if saved > 0 else None


def study(generic: Shape, users: Sequence[Shape], accelerator: Accelerator, how: Retraining) -> tuple[Row, ...]:
    """Each user's network on each device; networks are for one image.

    Arrays are the accelerator's with the formats that a device is named by: the FP16 one has as many multipliers, of
    FP16; blocks are as long as its rows where its own gradients have none. Where gradients are left to the CPU, the
    array has nothing for them. Raises `UsageError` for a first layer that a network lacks, and for what does not fit.
    """
    return tuple(_row(device, generic, user, accelerator, how) for user in users for device in DEVICES)


def serve(device: Device, shape: Shape, accelerator: Accelerator) -> Spent:
    """One image on a device, with the formats that it is named by. What a layer's results go through as they leave
    costs nothing.
    """
    left = left_to_host(shape.rest)
    if device == "CPU":
        return _on_host(accelerator, shape.macs, left * _FP32_BYTES)
    one = _array_of(device, accelerator)
    found = _on_array(work_of(shape.layers, one, "forward"), one)
    return _added(found, _on_host(one, 0, left * one.numbers.bits / 8))


def layers_on(device: Device, shape: Shape, accelerator: Accelerator) -> tuple[LayerRun, ...]:
    """A network's answers, layer by layer, on the array of a device."""
    one = _array_of(device, accelerator)
    return run_work(work_of(shape.layers, one, "forward"), one)


def _row(device: Device, generic: Shape, user: Shape, accelerator: Accelerator, how: Retraining) -> Row:
    one = _array_of(device, accelerator)
    parts = () if device == "CPU" else parts_of(one)
    return Row(
        device,
        user.name,
        serve(device, generic, one),
        serve(device, user, one),
        _step(device, user.tail(how.first).of(how.batch), one).times(how.steps),
        _step(device, user.of(how.batch), one).times(how.steps),
        sum(part.mm2 for part in parts),
        sum(part.mm2 for part in parts if part.for_pruning),
    )


def _array_of(device: Device, accelerator: Accelerator) -> Accelerator:
    if device == "FP16 array":
        return replace(accelerator, numbers=FP16, gradients=FP16)
    if device == "int8 array, gradients on the CPU":
        return replace(accelerator, numbers=INT8, gradients=INT8)
    gradients = accelerator.gradients
    blocks = gradients if gradients.shares_exponents else Numbers("bfp16", max(2, accelerator.array.rows))
    return replace(accelerator, numbers=INT8, gradients=blocks)


def _step(device: Device, shape: Shape, accelerator: Accelerator) -> Spent:
    """One step: answers and gradients, all that is no product on the host, and the update of the weights."""
    values = sum(one.values for one in shape.rest)
    width = _FP32_BYTES if device == "CPU" else accelerator.numbers.bits / 8
    moved = values * (width + _BACKWARDS * _FP32_BYTES) + _UPDATE * _FP32_BYTES * shape.weights
    forward, both = (work_of(shape.layers, accelerator, what) for what in ("forward", "both"))
    backward = [one for one in both if one.kind != "forward"]
    if device == "CPU":
        return _on_host(accelerator, _macs(both), moved)
    if device == "int8 array, gradients on the CPU":
        return _added(_on_array(both[: len(forward)], accelerator), _on_host(accelerator, _macs(backward), moved))
    return _added(_on_array(both, accelerator), _on_host(accelerator, 0, moved))


def _macs(work: Sequence[Work]) -> int:
    return sum(product.gemm.macs for one in work for product in one.products)


def _on_array(work: Sequence[Work], accelerator: Accelerator) -> Spent:
    total = total_of(run_work(work, accelerator), accelerator)
    return Spent(array_ms=total.ms, array_mj=total.mj, dram_mb=total.dram_bytes / 1e6)


def _on_host(accelerator: Accelerator, macs: float, moved_bytes: float) -> Spent:
    host = accelerator.host
    ms = macs / host.gmacs_per_s / 1e6 + moved_bytes / host.gb_per_s / 1e6
    return Spent(host_ms=ms, host_mj=ms * host.watts)


def _added(first: Spent, second: Spent) -> Spent:
    return Spent(*(a + b for a, b in zip(vars(first).values(), vars(second).values(), strict=True)))
