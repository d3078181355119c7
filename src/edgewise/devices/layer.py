"""One layer as a runtime ran it: the facts of its shape, and its time."""

from dataclasses import dataclass, fields
from typing import Literal

Kind = Literal["conv", "pointwise", "depthwise", "grouped", "dense", "pool", "elementwise", "reorder", "other"]


@dataclass(frozen=True)
class LayerShape:
    """What a predictor may know of a layer: for one image, sides and counts as the kernel saw them.

    Where a fact means nothing for a kind, it is 1: an addition has a kernel of 1 x 1.
    """

    kind: Kind
    operator: str  # as the runtime names it, with what it fused
    in_channels: int
    out_channels: int
    kernel_height: int
    kernel_width: int
    stride: int
    groups: int
    in_places: int  # height x width
    out_places: int
    macs: int
    moved_bytes: int  # what it takes, its weights and what it gives, once each


@dataclass(frozen=True)
class LayerTime(LayerShape):
    """A layer and its time."""

    ms: float  # median of runs, one image

    @property
    def shape(self) -> LayerShape:
        return LayerShape(**{field.name: getattr(self, field.name) for field in fields(LayerShape)})


@dataclass(frozen=True)
class NetworkLayers:
    """All layers of one network in one measurement, in the order in which they ran.

    Their network is the one of that name and fingerprint among the results; how long it takes by itself, unprofiled,
    stands there, for the same threads and size.
    """

    model: str
    fingerprint: str
    version: str  # of ONNX Runtime
    threads: int
    size_px: int
    layers: tuple[LayerTime, ...]

    @property
    def place(self) -> tuple[str, int, int]:
        """What a later measurement of the same network must share with this one to take its place."""
        return self.version, self.threads, self.size_px
