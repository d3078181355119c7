"""LiteRT files."""

from pathlib import Path

from edgewise.images.preprocess import Preprocess
from edgewise.runtime.litert import LiteRtSession
from edgewise.runtime.probe import probe
from edgewise.runtime.session import Quantised
from edgewise.zoo.card import complete
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.usual import Usual, central, ends_of, output_kind
from edgewise.zoo.model_files import file_fingerprint
from edgewise.zoo.sources import Source


def load_litert(source: Source, *, threads: int, embedding: bool) -> Classifier:
    return litert_classifier(source, Path(source.where), threads, embedding=embedding)


def litert_classifier(
    source: Source, path: Path, threads: int, usual: Usual | None = None, *, embedding: bool
) -> Classifier:
    """A file on LiteRT; `usual` is what is known of it from elsewhere.

    Integer inputs are taken for the pixel itself (uint8), or the pixel less 128 (int8); float inputs for pixels scaled
    to -1..1, as the published classifiers take them.
    """
    fingerprint = file_fingerprint(path)
    ends = ends_of(source.card, usual)
    session = LiteRtSession(path, threads=threads, ends=ends, embedding=embedding)
    size_px = session.signature.size_px or ends.size_px
    quantised = session.signature.input_quantised
    usual = usual or Usual(_raw_pixels(size_px, quantised) if quantised else central(size_px, mean=0.5, std=0.5))
    found = probe(session, source.text, size_px)
    card = complete(
        source.card,
        name=source.name,
        source=source.text,
        size_px=size_px,
        outputs=found.outputs,
        output=output_kind(source.card, found),
        preprocess=usual.preprocess,
        classes=usual.classes,
        licence=usual.licence,
        paper=usual.paper,
    )
    return Classifier(card, session, fingerprint)


def _raw_pixels(size_px: int, quantised: Quantised) -> Preprocess:
    """Normalisation under which an integer input is the pixel itself (uint8), or the pixel less 128 (int8)."""
    black = quantised.zero_point - quantised.lowest
    return central(size_px, mean=black / 255, std=1 / (255 * quantised.scale))
