"""A committee: several classifiers that all run, and whose probabilities are averaged."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate

import numpy as np

from edgewise.errors import LabelError, ModelError
from edgewise.runtime.session import Signature
from edgewise.zoo.card import Card, CardFile
from edgewise.zoo.classifier import Classifier, text_fingerprint

_SAME_CLASSES = "The members of an ensemble must know the same classes, in any order."


@dataclass(frozen=True)
class Ensemble(Classifier):
    """A classifier made of others. Its input is theirs, each prepared in its own way, laid end to end.

    So `predict(preprocess(pixels)[None])` runs every member, and the times of `classify` are the sums of theirs.
    """

    members: tuple[Classifier, ...]

    def preprocess(self, pixels: np.ndarray) -> np.ndarray:
        """Decoded pixels uint8 [h, w, 3] -> float32 [the members' inputs end to end]."""
        return np.concatenate([member.preprocess(pixels).ravel() for member in self.members])


class _Members:
    """The session of an ensemble: splits its input, runs every member, averages what they think likely."""

    def __init__(self, members: Sequence[Classifier], orders: Sequence[np.ndarray | None]) -> None:
        self._members, self._orders = tuple(members), tuple(orders)
        sides = [member.card.preprocess.size_px for member in members]
        self._ends = list(accumulate(3 * side * side for side in sides))
        self.signature = Signature(size_px=None, outputs=len(members[0].card.classes))

    def run(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, inputs end to end] -> probabilities float32 [n, classes]."""
        mean = np.zeros((len(images), self.signature.outputs))
        for member, order, part in zip(
            self._members, self._orders, np.split(images, self._ends[:-1], axis=1), strict=True
        ):
            side = member.card.preprocess.size_px
            logits = member.predict(part.reshape(len(images), 3, side, side))
            mean += softmax(logits if order is None else logits[:, order])
        return (mean / len(self._members)).astype(np.float32)


def combine(members: Sequence[Classifier], card: CardFile, name: str, source: str) -> Ensemble:
    """One classifier out of several; classes are in the first one's order.

    Raises `ModelError` for fewer than two members, or for class sets that differ in more
    than their order, and when the card says something that its members decide.
    """
    if len(members) < 2:
        raise ModelError(f"{source} has {len(members)} member; an ensemble has at least two.", "Write ensemble:A+B.")
    decided = sorted(set(card.given) - {"name", "licence", "paper"})
    if decided:
        raise ModelError(
            f"{card.origin}: {', '.join(decided)} cannot be said of an ensemble.", "Say it of its members."
        )
    first = members[0].card
    orders = [_order(first, member.card) for member in members]
    described = [f"{m.fingerprint} {m.card.source} {asdict(m.card.preprocess)} {m.card.output}" for m in members]
    return Ensemble(
        card=Card(
            name=name,
            source=source,
            classes=first.classes,
            preprocess=first.preprocess,
            output="probabilities",
            macs=_total([member.card.macs for member in members]),
            params=_total([member.card.params for member in members]),
            licence=card.given.get(
                "licence", " + ".join(dict.fromkeys(m.card.licence for m in members if m.card.licence))
            ),
            paper=card.given.get("paper", ""),
        ),
        session=_Members(members, orders),
        fingerprint=text_fingerprint("\n".join(described)),
        members=tuple(members),
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities float64 [n, classes]."""
    exponents = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def _order(first: Card, other: Card) -> np.ndarray | None:
    """Where the first member's classes are among another's outputs; None where they are in the same places."""
    here, there = first.classes, other.classes
    if here.keys == there.keys or here.names == there.names:
        return None
    if len(here) != len(there):
        raise ModelError(f"{first.name} knows {len(here)} classes, {other.name} {len(there)}.", _SAME_CLASSES)
    try:
        found = there.indices(here.keys if bool(here.ids) == bool(there.ids) else here.names)
    except LabelError as error:
        raise ModelError(
            f"{first.name} and {other.name} know different classes. In {other.name}: {error.message}", _SAME_CLASSES
        ) from error
    if len(set(found)) < len(found):
        raise ModelError(f"Two classes of {first.name} are one class of {other.name}.", _SAME_CLASSES)
    return np.array(found, np.int64)


def _total(figures: Sequence[int | None]) -> int | None:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if len(known) == len(figures) else None
