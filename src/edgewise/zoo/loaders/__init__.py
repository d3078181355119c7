"""One loader per kind of source: engine, defaults of the format, card."""

from typing import Protocol

from edgewise.runtime.engines import engine_named
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.ensemble import load_ensemble
from edgewise.zoo.loaders.executorch import load_executorch
from edgewise.zoo.loaders.factory import load_torch
from edgewise.zoo.loaders.hugging_face import load_hf
from edgewise.zoo.loaders.litert import load_litert
from edgewise.zoo.loaders.ncnn import load_ncnn
from edgewise.zoo.loaders.onnx import load_onnx, load_tiny
from edgewise.zoo.loaders.openvino import load_openvino
from edgewise.zoo.loaders.plugin import load_plugin
from edgewise.zoo.loaders.timm import load_timm
from edgewise.zoo.loaders.torchvision import load_torchvision
from edgewise.zoo.sources import Source


class Loader(Protocol):
    """How one kind of source becomes a classifier."""

    def __call__(self, source: Source, *, threads: int, embedding: bool) -> Classifier: ...


def load(source: Source, *, threads: int = 1, embedding: bool = False, engine: str | None = None) -> Classifier:
    """Load one classifier onto `threads` threads of an engine; None = the one that its kind is usually run on.

    With `embedding` it gives its penultimate vector too, if it has one: see its `embedding_width`.
    Raises `ModelError` for a file or a card that cannot be used, `MissingExtra` for an engine that is not installed,
    `UsageError` for one that does not read this kind of source, `PluginError` for another package's that does not work.
    """
    if engine is not None:
        chosen = engine_named(engine, source.kind)
        if source.kind in _ON_SEVERAL:
            return _ON_SEVERAL[source.kind](source, threads=threads, embedding=embedding, engine=chosen)
    return LOADERS.get(source.kind, load_plugin)(source, threads=threads, embedding=embedding)


_ON_SEVERAL = {"onnx": load_onnx, "tiny": load_tiny}


LOADERS: dict[str, Loader] = {
    "tiny": load_tiny,
    "onnx": load_onnx,
    "tflite": load_litert,
    "openvino": load_openvino,
    "executorch": load_executorch,
    "ncnn": load_ncnn,
    "torch": load_torch,
    "timm": load_timm,
    "torchvision": load_torchvision,
    "hf": load_hf,
    "ensemble": load_ensemble,
}
