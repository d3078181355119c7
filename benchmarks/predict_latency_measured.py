"""Each network's layers and its own time on this machine, as a device table."""

import statistics
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from predict_latency_networks import Network, exported

from edgewise.devices.layer import LayerTime, NetworkLayers
from edgewise.devices.measured_layers import measure_layers
from edgewise.devices.result import Result
from edgewise.devices.table import DeviceTable
from edgewise.machine import fingerprint
from edgewise.runtime.onnx import OnnxSession
from edgewise.store import file_sha256

WARM_UP, RUNS, LEAST_S = 4, 12, 0.5


def measure(networks: Sequence[Network], threads: Iterable[int], work: Path, table: DeviceTable) -> str:
    """One pass over all; what disturbs only adds, so the lesser of it and of earlier passes stays. Gives the id.

    Of each pass the median counts, of a layer and of the whole.
    """
    machine = fingerprint()
    device = table.add(machine, [])
    known = {(one.model, one.threads): one.layers for one in table.layers(device.id)}
    plain = {(one.model, one.threads): one for one in table.results(device.id)}
    for network in networks:
        path = exported(network, work)
        for count in threads:
            key = (network.name, count)
            times = _plain(path, network.size_px, count)
            layers = _lesser(measure_layers(path, network.size_px, count), known.get(key, ()))
            row = _row(network, path, count, times, layers)
            if key in plain and (plain[key].p50_ms or 0) <= (row.p50_ms or 0):
                row = replace(plain[key], fingerprint=row.fingerprint)
            timed = NetworkLayers(row.model, row.fingerprint, row.version, count, network.size_px, layers)
            table.add(machine, [row], [timed])
            print(f"{network.name}, {count}: {row.p50_ms:.2f} ms", file=sys.stderr)
    return device.id


def _lesser(layers: tuple[LayerTime, ...], earlier: tuple[LayerTime, ...]) -> tuple[LayerTime, ...]:
    if [one.shape for one in layers] != [one.shape for one in earlier]:
        return layers
    return tuple(min(pair, key=lambda one: one.ms) for pair in zip(layers, earlier, strict=True))


def _row(network: Network, path: Path, threads: int, times: Sequence[float], layers: Sequence[LayerTime]) -> Result:
    import onnxruntime as ort

    return Result(
        model=network.name,
        fingerprint=file_sha256(path),
        runtime="onnxruntime",
        version=ort.__version__,
        precision="fp32",
        threads=threads,
        size_px=network.size_px,
        macs=sum(layer.macs for layer in layers),
        file_bytes=path.stat().st_size,
        p50_ms=statistics.median(times),
        p90_ms=float(np.quantile(times, 0.9)),
        runs=len(times),
        peak_bytes=None,
        agreement=None,
        relative_error=None,
    )


def _plain(path: Path, size_px: int, threads: int) -> list[float]:
    session = OnnxSession(path, threads=threads)
    image = np.random.default_rng(0).normal(size=(1, 3, size_px, size_px)).astype(np.float32)
    times: list[float] = []
    began = perf_counter_ns()
    while len(times) < WARM_UP + RUNS or perf_counter_ns() - began < 1e9 * LEAST_S:
        started = perf_counter_ns()
        session.run(image)
        times.append((perf_counter_ns() - started) / 1e6)
    return times[WARM_UP:]
