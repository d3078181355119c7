"""What holds for a network unless its card says otherwise."""

from dataclasses import dataclass

from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.runtime.probe import Probe
from edgewise.runtime.session import DEFAULT_SIZE_PX, Ends
from edgewise.zoo.card import CardFile, Output
from edgewise.zoo.classes import ClassSet

_SLACK = 1e-3


@dataclass(frozen=True)
class Usual:
    """What a format or a catalogue says of a network: how its input is made, its classes, where it comes from."""

    preprocess: Preprocess
    classes: ClassSet | None = None
    licence: str = ""
    paper: str = ""


def imagenet_input(size_px: int) -> Preprocess:
    """ImageNet's usual input: short side scaled to 8/7 of the input, centre cropped, ImageNet's mean and std."""
    return Preprocess(size_px=size_px, resize_px=round(size_px * 8 / 7))


def central(size_px: int, *, mean: float, std: float) -> Preprocess:
    """The central 87.5% of the short side, one mean and std for all channels."""
    return Preprocess(size_px, round(size_px / 0.875), mean=(mean, mean, mean), std=(std, std, std))


def ends_of(card: CardFile, usual: Usual | None) -> Ends:
    """What a card says of a model file's input and output; an open size is the card's, else `usual`'s, else 224."""
    given = card.given
    size_px = given.get("size_px", usual.preprocess.size_px if usual else DEFAULT_SIZE_PX)
    return Ends(given.get("input_name"), given.get("output_name"), given.get("layout"), size_px)


def output_kind(card: CardFile, found: Probe) -> Output:
    """What the outputs are: what the card says, else what two trial runs showed.

    Raises `ModelError` when the card calls them probabilities and they are not.
    """
    if card.given.get("output") == "probabilities" and (found.lowest < -_SLACK or found.highest > 1 + _SLACK):
        raise ModelError(
            f'{card.origin}: output = "probabilities", but the network gives outputs from {found.lowest:.3g} to '
            f"{found.highest:.3g}.",
            'Say output = "logits", or leave the line out.',
        )
    return card.given.get("output", "probabilities" if found.probabilities else "logits")
