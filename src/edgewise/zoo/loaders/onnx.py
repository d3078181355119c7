"""ONNX files, and the bundled tiny networks, which are ONNX files too."""

from pathlib import Path

from edgewise.runtime.engines import Engine
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.runtime.openvino import OpenVinoSession
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.image_network import image_classifier
from edgewise.zoo.loaders.usual import Usual, ends_of
from edgewise.zoo.model_files import file_fingerprint
from edgewise.zoo.sources import Source
from edgewise.zoo.tiny.shipped import shipped_path


def load_onnx(source: Source, *, threads: int, embedding: bool, engine: str = Engine.ONNX_RUNTIME) -> Classifier:
    return onnx_classifier(source, Path(source.where), threads, embedding=embedding, engine=engine)


def load_tiny(source: Source, *, threads: int, embedding: bool, engine: str = Engine.ONNX_RUNTIME) -> Classifier:
    return onnx_classifier(source, shipped_path(source.text, ".onnx"), threads, embedding=embedding, engine=engine)


def onnx_classifier(
    source: Source,
    path: Path,
    threads: int,
    usual: Usual | None = None,
    *,
    embedding: bool,
    engine: str = Engine.ONNX_RUNTIME,
) -> Classifier:
    """A file on ONNX Runtime or OpenVINO; `usual` is what is known of it from elsewhere."""
    fingerprint = file_fingerprint(path)
    opened = OpenVinoSession if engine == Engine.OPENVINO else OnnxSession
    session = opened(path, threads=threads, ends=ends_of(source.card, usual), embedding=embedding)
    stored = read_onnx_file(path)
    return image_classifier(source, session, fingerprint, usual, params=stored.params if stored else None)
