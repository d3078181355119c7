"""Machines, rows and layers as somebody may have measured them."""

from dataclasses import replace

from edgewise.devices.layer import LayerTime, NetworkLayers
from edgewise.devices.result import Result
from edgewise.machine import Machine

PI = Machine("Cortex-A76", 4, 7.9, "Linux aarch64", "3.12.3", {"onnxruntime": "1.31.1"})
LAPTOP = Machine("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", 8, 15.5, "Linux x86_64", "3.12.3", {})


def result(model: str = "net", p50_ms: float | None = 10.0, **changes: object) -> Result:
    row = Result(
        model=model,
        fingerprint=f"of {model}",
        runtime="onnxruntime",
        version="1.31.1",
        precision="fp32",
        threads=1,
        size_px=224,
        macs=1_000_000,
        file_bytes=4_000_000,
        p50_ms=p50_ms,
        p90_ms=None if p50_ms is None else 1.1 * p50_ms,
        runs=30,
        peak_bytes=None,
        agreement=1.0,
        relative_error=0.0,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def network_layers(model: str = "net", *layers: LayerTime, threads: int = 1) -> NetworkLayers:
    return NetworkLayers(model, f"of {model}", "1.31.1", threads, 224, layers or (conv(),))


def conv(ms: float = 1.0, channels: int = 16, side: int = 28) -> LayerTime:
    places, macs = side * side, 9 * channels * channels * side * side
    moved = 4 * (2 * channels * places + 9 * channels * channels)
    return LayerTime("conv", "Conv", channels, channels, 3, 3, 1, 1, places, places, macs, moved, ms)
