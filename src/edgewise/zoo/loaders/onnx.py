"""ONNX files, and the bundled tiny networks, which are ONNX files too."""

from pathlib import Path

from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.runtime.probe import probe
from edgewise.runtime.session import Signature
from edgewise.store import file_sha256
from edgewise.zoo.card import CardFile, complete
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.usual import Usual, central, ends_of, imagenet_input, output_kind
from edgewise.zoo.sources import Source
from edgewise.zoo.tiny.shipped import shipped_path


def load_onnx(source: Source, *, threads: int, embedding: bool) -> Classifier:
    return onnx_classifier(source, Path(source.where), threads, embedding=embedding)


def load_tiny(source: Source, *, threads: int, embedding: bool) -> Classifier:
    return onnx_classifier(source, shipped_path(source.text, ".onnx"), threads, embedding=embedding)


def onnx_classifier(
    source: Source, path: Path, threads: int, usual: Usual | None = None, *, embedding: bool
) -> Classifier:
    """A file on ONNX Runtime; `usual` is what is known of it from elsewhere."""
    fingerprint = file_fingerprint(path)
    ends = ends_of(source.card, usual)
    session = OnnxSession(path, threads=threads, ends=ends, embedding=embedding)
    stored = read_onnx_file(path)
    fixed_px = session.signature.size_px
    size_px = fixed_px or ends.size_px
    found = probe(session, source.text, size_px)
    card = complete(
        source.card,
        name=source.name,
        source=source.text,
        size_px=fixed_px,
        outputs=found.outputs,
        output=output_kind(source.card, found),
        preprocess=_preprocess(source.card, session.signature, size_px, usual),
        classes=usual.classes if usual else None,
        params=stored.params if stored else None,
        licence=usual.licence if usual else "",
        paper=usual.paper if usual else "",
    )
    return Classifier(card, session, fingerprint)


def _preprocess(card: CardFile, signature: Signature, size_px: int, usual: Usual | None) -> Preprocess:
    if signature.input_quantised is None:
        return usual.preprocess if usual else imagenet_input(size_px)
    for key in ("mean", "std"):
        if key in card.given:
            raise ModelError(
                f"{card.origin}: {key} = {card.given[key]}, but the network takes uint8 pixels and normalises them "
                "itself.",
                f"Leave {key} out.",
            )
    return central(size_px, mean=0, std=1 / 255)


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a model file, and of the file beside it in which exporters put large weights."""
    try:
        external = path.with_name(f"{path.name}.data")
        return file_sha256(path) + (file_sha256(external) if external.is_file() else "")
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror or error}.", "Correct the path.") from error
