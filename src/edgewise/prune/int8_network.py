"""A user's network at int8: quantised with images that it was made from, judged on those that were kept apart."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from torch import Tensor, nn

from edgewise.export.int8_onnx import int8_onnx
from edgewise.progress import Progress, silent
from edgewise.prune.cost import StepCost
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.make import UserNetwork
from edgewise.prune.material import made_from
from edgewise.prune.settings import Settings
from edgewise.prune.taught import Taught
from edgewise.runtime.onnx import OnnxSession
from edgewise.zoo.export import to_onnx

MOST_IMAGES = 100  # that it is quantised with: more than that move the bounds of activations little


@dataclass(frozen=True, eq=False)
class Int8Network:
    """What serves, and what its own answers on ONNX Runtime are worth."""

    content: bytes  # of an ONNX file, float32 [n, 3, h, w] to float32 [n, K + 1]
    evidence: Evidence
    cost: tuple[StepCost, ...]


def int8_network(
    made: UserNetwork,
    images: Tensor,
    taught: Taught,
    settings: Settings,
    guard: Guard,
    progress: Progress = silent,
) -> Int8Network:
    """Quantise a user's network and ask the guard about what comes out, by the promise that the network had.

    `images`: float32 [n, 3, h, w], all that the network was made from and judged by, in that order. Raises what
    `to_onnx` and `int8_onnx` do; whether the guard lets it in stands in its `evidence`.
    """
    first = made_from(len(images), settings.held_out)
    progress("quantising", 0, 2)
    started = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "int8.onnx"
        write_int8(made.network, images[: min(first, MOST_IMAGES)].numpy(), path)
        content = path.read_bytes()
        progress("quantising", 1, 2)
        quantised = perf_counter()
        session = OnnxSession(path)
        answers = np.concatenate([session.run(image[None]) for image in images[first:].numpy()])
    same_promise = replace(guard, alpha=made.evidence.alpha, networks=1)
    evidence = taught.judge(same_promise, answers, settings.temperature)
    progress("quantising", 2, 2)
    asked = StepCost("asking the guard about int8", perf_counter() - quantised)
    return Int8Network(content, evidence, (StepCost("quantising", quantised - started), asked))


def write_int8(network: nn.Module, images: Sequence[np.ndarray] | np.ndarray, path: Path) -> None:
    """An ONNX file of a network at int8, quantised with `images`, float32 [n, 3, size, size]."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "float.onnx"
        whole.write_bytes(to_onnx(network, images[0].shape[-1], "The user's network"))
        int8_onnx(whole, lambda: (image[None] for image in images), path)
