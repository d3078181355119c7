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
    whole: ClassSet  # the first model's, in which a label's number counts
    outputs: tuple[np.ndarray | None, ...]  # per model: its outputs for the classes, int64; None = all, in order

    def index(self, label: str) -> int:
        """The class of the answer space that a label means. Raises `LabelError` when it is unknown or left out."""
        key = self.whole.keys[self.whole.index(label)]
        if key not in self.classes.keys:
            raise LabelError(
                f"The label {label!r} is the class {key!r}, which is not among the {len(self.classes)} asked for.",
                "Add it to --classes, or leave its images out.",
            )
        return self.classes.keys.index(key)

    def restrict(self, model: int, logits: np.ndarray) -> np.ndarray:
        """A model's logits [n, its classes] -> [n, classes of the answer space]."""
        chosen = self.outputs[model]
        return logits if chosen is None else logits[:, chosen]


def has_outputs(model_classes: int, outputs: np.ndarray | None, classes: int) -> bool:
    """Whether a model of so many classes has the outputs that are said to be its for an answer space of `classes`."""
    if outputs is None:
        return model_classes == classes
    return len(outputs) == classes and bool(((outputs >= 0) & (outputs < model_classes)).all())


def map_labels(cards: Sequence[Card], labels: Sequence[str], wanted: Sequence[str] | None) -> LabelMap:
    """Find the answer space of `cards`.

    `wanted` restricts every model to those classes (`["data"]`: to `labels`, the data set's own). Without it all models
    must have one class set. Raises `LabelError` when class sets differ, or a class is unknown to a model.
    """
    if wanted is not None:
        names = _distinct(cards[0], labels) if list(wanted) == [DATA] else wanted
        outputs = tuple(np.array(_find(card, names), np.int64) for card in cards)
        chosen = cards[0].classes.subset(outputs[0].tolist())
        if any(name.isdecimal() for name in names):
            _check_numbers_agree(cards, names, outputs)
        return LabelMap(chosen, cards[0].classes, outputs)
    first = cards[0]
    for card in cards[1:]:
        if card.classes.keys != first.classes.keys:
            raise LabelError(
                f"{first.name} knows {len(first.classes)} classes ({_sample(first)}), "
                f"{card.name} another {len(card.classes)} ({_sample(card)}).",
                "Restrict all models to classes that each knows: --classes data (those of the data set), or a list.",
            )
    return LabelMap(first.classes, first.classes, (None,) * len(cards))


def _distinct(card: Card, labels: Sequence[str]) -> list[str]:
    """One label for each class that the data set has; it may spell a class in several ways: car, CAR."""
    first = dict[int, str]()
    for label, index in zip(labels, _find_all(card, labels), strict=True):
        first.setdefault(index, label)
    return list(first.values())


def _check_numbers_agree(cards: Sequence[Card], names: Sequence[str], outputs: Sequence[np.ndarray]) -> None:
    """A number means a place, so it means one class only in models that list the same classes in the same order."""
    first = cards[0]
    for card, chosen in zip(cards[1:], outputs[1:], strict=True):
        for i, name in enumerate(names):
            here, there = first.classes.keys[int(outputs[0][i])], card.classes.keys[int(chosen[i])]
            if name.isdecimal() and here != there:
                raise LabelError(
                    f"The class number {name} is {here!r} for {first.name} and {there!r} for {card.name}.",
                    "Name the classes instead of numbering them.",
                )


def _find_all(card: Card, names: Sequence[str]) -> tuple[int, ...]:
    try:
        return card.classes.indices(names)
    except LabelError as error:
        raise LabelError(f"{card.name}: {error.message}", error.hint) from error


def _find(card: Card, names: Sequence[str]) -> tuple[int, ...]:
    found = _find_all(card, names)
    if len(set(found)) < len(found):
        raise LabelError(f"{card.name}: two of the {len(names)} classes asked for are one and the same.")
    return found


def _sample(card: Card) -> str:
    return ", ".join(card.classes.short_name(i) for i in range(min(3, len(card.classes)))) + ", ..."
