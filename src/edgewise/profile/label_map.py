"""The class set that a profile answers in, and where each model and each label meets it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import LabelError
from edgewise.zoo.card import Card
from edgewise.zoo.classes import ClassSet

DATA = "data"  # the word for "the classes that the data set has"


@dataclass(frozen=True)
class LabelMap:
    """One class set for all models: the answer space."""

    classes: ClassSet
    outputs: tuple[np.ndarray | None, ...]  # per model: its outputs for the classes, int64; None = all, in order

    def restrict(self, model: int, logits: np.ndarray) -> np.ndarray:
        """A model's logits [n, its classes] -> [n, classes of the answer space]."""
        chosen = self.outputs[model]
        return logits if chosen is None else logits[:, chosen]


def map_labels(cards: Sequence[Card], labels: Sequence[str], wanted: Sequence[str] | None) -> LabelMap:
    """Find the answer space of `cards`.

    `wanted` restricts every model to those classes (`["data"]`: to `labels`, the data set's own). Without it all models
    must have one class set. Raises `LabelError` when class sets differ, or a class is unknown to a model.
    """
    if wanted is not None:
        names = labels if list(wanted) == [DATA] else wanted
        outputs = tuple(np.array(_find(card, names), np.int64) for card in cards)
        return LabelMap(cards[0].classes.subset(outputs[0].tolist()), outputs)
    first = cards[0]
    for card in cards[1:]:
        if card.classes.keys != first.classes.keys:
            raise LabelError(
                f"{first.name} knows {len(first.classes)} classes ({_sample(first)}), "
                f"{card.name} another {len(card.classes)} ({_sample(card)}).",
                "Restrict all models to classes that each knows: --classes data (those of the data set), or a list.",
            )
    return LabelMap(first.classes, (None,) * len(cards))


def _find(card: Card, names: Sequence[str]) -> tuple[int, ...]:
    try:
        found = card.classes.indices(names)
    except LabelError as error:
        raise LabelError(f"{card.name}: {error.message}", error.hint) from error
    if len(set(found)) < len(found):
        raise LabelError(f"{card.name}: two of the {len(names)} classes asked for are one and the same.")
    return found


def _sample(card: Card) -> str:
    return ", ".join(card.classes.short_name(i) for i in range(min(3, len(card.classes)))) + ", ..."
