"""An accelerator that every user has: times are modelled, none is measured. Needs the extra `torch`."""

from dataclasses import replace
from statistics import mean, median

from edgewise.accel.accelerator import read_accelerator
from edgewise.accel.study import Device, Retraining, Shape, serve, study
from edgewise.errors import UsageError
from edgewise.fleet.calibration import Calibration
from edgewise.fleet.device import FleetDevice
from edgewise.runtime.torch import import_torch

_DEVICE: Device = "int8 array with block floating point"
_SOURCES = {
    "ResNet-50": "torchvision:resnet50",
    "ResNet-18": "torchvision:resnet18",
    "MobileNetV2 int8": "torchvision:mobilenet_v2",
}
_HOW = Retraining("layer3.0.conv1")
_STEPS = 40  # of the search for a width


def modelled_device(name: str, calibration: Calibration) -> FleetDevice:
    """A preset of `edgewise accel`, or a TOML file. All networks run at int8 there.

    A user's own network is its base, alike narrower in every layer, with as many MACs as the real users' have on
    average; it is made there by retraining (`study`), not as it was for the real users.
    Raises `UsageError` for a base that is none of the fixed networks, and as `read_accelerator` does.
    """
    import_torch("A fleet of accelerators")
    accelerator = read_accelerator(name)
    shapes = {one.name: _shape(one.kind, one.size_px) for one in calibration.networks}
    generic, bases = calibration.networks[0].name, {one.base for one in calibration.made}
    base, macs = next(iter(bases)), mean(one.macs for one in calibration.made)
    if len(bases) > 1 or base not in shapes:
        raise UsageError(
            f"{calibration.ways[0]} was made of {', '.join(sorted(bases))}, which is not modelled on accelerators.",
            "Choose another --network, or another --device.",
        )
    own = _narrowed(shapes[base], macs)
    (row,) = [one for one in study(shapes[generic], [own], accelerator, _HOW) if one.device == _DEVICE]
    times = [serve(_DEVICE, shape, accelerator).ms for shape in shapes.values()]
    own_faster, making = row.generic.ms / row.user.ms, row.shared.ms / row.generic.ms
    source = (
        f"times are those of a model of {accelerator.name}, with all networks at int8; users' own are {base} cut alike "
        f"in all layers to {macs / 1e9:.2f} GMACs, {own_faster:.2f} times as fast there, and made by retraining from "
        f"{_HOW.first} on ({_HOW.images} images, {_HOW.epochs} times); rightness was measured elsewhere"
    )
    return FleetDevice(
        f"accel:{accelerator.name}",
        source,
        times[0],
        tuple(times[0] / ms for ms in times),
        own_faster / median(one.times_as_fast for one in calibration.made),
        making / median(one.making_inputs for one in calibration.made),
    )


def _shape(kind: str, size_px: int) -> Shape:
    """Of a network with drawn weights: shapes do not depend on them."""
    import torch

    from edgewise.accel.traced import trace
    from edgewise.prune.source import network_of
    from edgewise.zoo.sources import find_one

    if kind not in _SOURCES:
        raise UsageError(f"{kind} is not modelled on accelerators.", f"Known are {', '.join(_SOURCES)}.")
    network, _ = network_of(find_one(_SOURCES[kind]))
    found = trace(network.eval(), torch.zeros(1, 3, size_px, size_px))
    return Shape(f"{kind} at {size_px} px", found.layers, found.rest)


def _narrowed(shape: Shape, macs: float) -> Shape:
    """The same share of channels left in every layer, so that so many MACs are left."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_width(shape, middle).macs < macs else (low, middle)
    return replace(_at_width(shape, high), name="a network of one's own")


def _at_width(shape: Shape, width: float) -> Shape:
    """What takes the image, and gives classes, keeps those; other values that move shrink alike."""
    last = len(shape.layers) - 1
    layers = [
        replace(
            one,
            takes=one.takes if place == 0 else _channels(one.takes, width),
            gives=one.gives if place == last else _channels(one.gives, width),
        )
        for place, one in enumerate(shape.layers)
    ]
    rest = tuple(replace(one, values=max(1, round(one.values * width))) for one in shape.rest)
    return Shape(shape.name, tuple(layers), rest)


def _channels(count: int, width: float) -> int:
    return max(1, round(count * width))
