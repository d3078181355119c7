"""The latency of a network on a device that it never ran on, from the layers that were timed there.

What is foretold is the median of one image on ONNX Runtime in float32. Layers are as ONNX Runtime lays them out on this
machine; a device whose vectors are of another width may fuse and reorder otherwise. nn-Meter (Zhang et al., MobiSys
2021) foretells fused kernels likewise, with a random forest for each kind, and many more kernels measured for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from edgewise.devices.layer import LayerShape, LayerTime
from edgewise.devices.layer_model import FitLayers, LayerModel, Likeness
from edgewise.devices.measured_layers import layer_shapes
from edgewise.devices.table import DeviceTable
from edgewise.devices.whole import Whole
from edgewise.errors import UsageError

FEWEST_NETWORKS = 3
_WITHIN = 0.9  # the share of networks that the interval is to hold
RUNTIME, PRECISION = "onnxruntime", "fp32"


@dataclass(frozen=True)
class Prediction:
    """What is foretold, and how far off it was for networks of the same table that were left out."""

    ms: float
    low_ms: float  # nine in ten left-out networks lay within such bounds; all of them where they are fewer than ten
    high_ms: float
    networks: int  # that were measured
    median_error: float  # of left-out networks: |foretold - measured| / measured
    worst_error: float
    exact_share: float  # of the foretold time, that of layers of which one of the same shape was measured


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network's layers, and its time by itself."""

    model: str
    layers: tuple[LayerTime, ...]
    ms: float

    @property
    def shapes(self) -> tuple[LayerShape, ...]:
        return tuple(layer.shape for layer in self.layers)


def predict(
    network: Path | Sequence[LayerShape],
    table: DeviceTable,
    device: str,
    threads: int,
    *,
    size_px: int | None = None,
) -> Prediction:
    """Foretell a network, an ONNX file with its `size_px` or the shapes of its layers (`layer_shapes`).

    Raises `UsageError` for a device that is not in the table, and one with fewer than three networks at as many
    threads, `ModelError` for a file that does not run here.
    """
    if isinstance(network, Path):
        assert size_px is not None, "a file's layers depend on it"
        network = layer_shapes(network, size_px)
    return Predictor.of(table, device, threads).predict(network)


@dataclass(frozen=True, eq=False)
class Predictor:
    """Foretells networks on one device; what it costs to make is spread over as many as one likes."""

    measured: tuple[MeasuredNetwork, ...]
    ratios: np.ndarray  # foretold / measured of each when it is left out, float64 [n]
    layers: LayerModel
    whole: Whole

    @classmethod
    def of(cls, table: DeviceTable, device: str, threads: int) -> "Predictor":
        """Raises as `predict` does."""
        measured = measured_networks(table, device, threads)
        if len(measured) < FEWEST_NETWORKS:
            networks = f"{len(measured)} network{'s' if len(measured) != 1 else ''}"
            raise UsageError(
                f"{device} has {networks} whose layers were timed with {threads} thread{'s' if threads > 1 else ''}; "
                f"foretelling needs {FEWEST_NETWORKS} at least, and gets better with more.",
                "Run `edgewise benchmark` there with a few more networks, of several families.",
            )
        fit = Likeness().fit
        return cls(measured, left_out(measured, fit), fit(_all_layers(measured)), Whole.fit(measured))

    def predict(self, shapes: Sequence[LayerShape]) -> Prediction:
        """Foretell a network of such layers."""
        times = self.layers.ms(shapes)
        ms = self.whole.ms(times)
        errors = np.abs(self.ratios - 1)
        bounds = np.sort(np.abs(np.log(self.ratios)))
        bound = bounds[min(len(bounds), ceil(_WITHIN * (len(bounds) + 1))) - 1]
        known = {shape for network in self.measured for shape in network.shapes}
        return Prediction(
            ms=ms,
            low_ms=float(ms / np.exp(bound)),
            high_ms=float(ms * np.exp(bound)),
            networks=len(self.measured),
            median_error=float(np.median(errors)),
            worst_error=float(errors.max()),
            exact_share=float(sum(time for time, shape in zip(times, shapes, strict=True) if shape in known))
            / float(times.sum()),
        )


def measured_networks(table: DeviceTable, device: str, threads: int) -> tuple[MeasuredNetwork, ...]:
    """The networks of which both layers and the time by themselves are known with so many threads, newest first."""
    found = []
    for network in table.networks(device):
        times = {
            (row.result.version, row.result.size_px): row.result.p50_ms
            for row in network.rows
            if (row.result.runtime, row.result.precision, row.result.threads) == (RUNTIME, PRECISION, threads)
        }
        for one in network.layers:
            ms = times.get((one.network.version, one.network.size_px))
            if one.network.threads == threads and one.network.layers and ms:
                found.append((one.measured, MeasuredNetwork(network.model, one.network.layers, ms)))
    return tuple(one for _, one in sorted(found, key=lambda pair: pair[0], reverse=True))


def left_out(measured: Sequence[MeasuredNetwork], fit: FitLayers) -> np.ndarray:
    """Foretold / measured of each network, float64 [n], by a model of all others.

    Others with the very same layers, such as one network with other weights, are left out with it.
    """
    shapes = [network.shapes for network in measured]
    ratios = []
    for network, own in zip(measured, shapes, strict=True):
        others = [other for other, theirs in zip(measured, shapes, strict=True) if theirs != own]
        if not others:
            raise UsageError(
                "All networks of this device have the same layers.", "Measure networks of several families there."
            )
        times = fit(_all_layers(others)).ms(own)
        ratios.append(Whole.fit(others).ms(times) / network.ms)
    return np.array(ratios)


def _all_layers(measured: Sequence[MeasuredNetwork]) -> list[LayerTime]:
    return [layer for network in measured for layer in network.layers]
