"""A network that takes images as PyTorch's do, [n, 3, side, side] of real numbers or of pixels, as a classifier."""

from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.probe import probe
from edgewise.runtime.session import Session, Signature
from edgewise.zoo.card import CardFile, complete
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.usual import Usual, central, ends_of, imagenet_input, output_kind
from edgewise.zoo.sources import Source


def image_classifier(
    source: Source, session: Session, fingerprint: str, usual: Usual | None = None, *, params: int | None = None
) -> Classifier:
    """With the card that `source` gives, and `usual` and two trial runs complete."""
    fixed_px = session.signature.size_px
    size_px = fixed_px or ends_of(source.card, usual).size_px
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
        params=params,
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
