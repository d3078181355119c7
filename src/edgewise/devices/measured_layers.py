"""The layers of a network as ONNX Runtime really runs them here, each with its time, from its own profiler.

All of its optimisations are on: what it fused is one layer, and what it adds to lay tensors out for its kernels is a
layer too. At this level the layers' times add up to the network's own, at lower ones they are of other kernels
(docs/predict_latency.md).
"""

import json
import statistics
import tempfile
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from edgewise.devices.layer import LayerShape, LayerTime
from edgewise.devices.node_shape import Node, layer_shape
from edgewise.errors import ModelError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.onnx_engine import PROVIDERS, first_line, options_for, wrong_for

_WARM_UP, _FEWEST, _MOST, _LEAST_S = 4, 16, 200, 0.6
_CONTAINERS = ("If", "Loop", "Scan")  # their time is that of what they hold, which is told of too
_KEEP_WEIGHTS = "session.disable_prepacking"  # a kernel that has packed its weights no longer tells their shape


def measure_layers(onnx_path: Path, size_px: int, threads: int) -> tuple[LayerTime, ...]:
    """The layers of an ONNX classifier in the order in which they run, timed on one image of `size_px`.

    A layer's time is the median of at least 16 runs after warming up. Raises `ModelError` for a file that does not
    load, or fails on that size.
    """
    image = _image(onnx_path, size_px)
    shapes = {node.index: node for node in _profiled(onnx_path, image, threads, for_shapes=True)}
    timed = _profiled(onnx_path, image, threads)
    return tuple(
        LayerTime(**vars(layer_shape(shapes.get(node.index, node))), ms=node.ms)
        for node in timed
        if node.operator not in _CONTAINERS
    )


def layer_shapes(onnx_path: Path, size_px: int) -> tuple[LayerShape, ...]:
    """The same layers without their times, of a single run. Raises as `measure_layers` does."""
    nodes = _profiled(onnx_path, _image(onnx_path, size_px), threads=1, for_shapes=True)
    return tuple(layer_shape(node) for node in nodes if node.operator not in _CONTAINERS)


def _image(path: Path, size_px: int) -> np.ndarray:
    """Noise, as the file takes it: its order and type."""
    signature = OnnxSession(path).signature
    if signature.size_px not in (None, size_px):
        raise ModelError(f"{path} takes images of {signature.size_px} px, not {size_px}.", "Name its own size.")
    shape = (1, 3, size_px, size_px) if signature.layout == "nchw" else (1, size_px, size_px, 3)
    noise = np.random.default_rng(0).normal(size=shape)
    return (
        (128 + 50 * noise).clip(0, 255).astype(np.uint8)
        if signature.number == "uint8"
        else noise.astype(signature.number)
    )


def _profiled(path: Path, image: np.ndarray, threads: int, *, for_shapes: bool = False) -> list[Node]:
    """The nodes that ran, in order; a single run will do `for_shapes`."""
    import onnxruntime as ort

    with tempfile.TemporaryDirectory() as folder:
        options = options_for(threads)
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        if for_shapes:
            options.add_session_config_entry(_KEEP_WEIGHTS, "1")
        try:
            session: Any = ort.InferenceSession(path, options, providers=PROVIDERS, disabled_optimizers=wrong_for(path))
            feed = {session.get_inputs()[0].name: image}
            runs, began = 0, perf_counter_ns()
            while runs < (1 if for_shapes else _WARM_UP + _FEWEST) or (
                not for_shapes and runs < _MOST and perf_counter_ns() - began < 1e9 * _LEAST_S
            ):
                session.run(None, feed)
                runs += 1
            events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
        except Exception as error:  # ONNX Runtime's exceptions share no public base class
            raise ModelError(
                f"{path} failed while its layers were timed at {image.shape[2]} px: {first_line(error)}",
                "If it takes another size, say so in its card: size_px.",
            ) from error
    return _nodes(events, dropped=0 if for_shapes else _WARM_UP)


def _nodes(events: list[dict[str, Any]], dropped: int) -> list[Node]:
    """What the profiler wrote, a node each; what ran several times in a run counts so often."""
    runs = sum(event.get("name") == "model_run" for event in events)
    times: dict[tuple[int, str], list[float]] = {}
    told: dict[tuple[int, str], dict[str, Any]] = {}
    for event in events:
        if event.get("cat") != "Node" or not event["name"].endswith("_kernel_time"):
            continue
        key = int(event["args"]["node_index"]), event["name"]
        times.setdefault(key, []).append(event["dur"] / 1e3)
        told.setdefault(key, event["args"])
    found = []
    for key, own in times.items():
        a_run = len(own) / runs
        kept = own[round(dropped * a_run) :]
        found.append(Node.read(*key, told[key], ms=statistics.median(kept) * a_run))
    return found
