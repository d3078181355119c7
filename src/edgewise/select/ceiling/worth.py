"""What each model adds to a perfect choice, and how much of that is luck."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Worth:
    """One model, added to those above it."""

    model: str
    added: float  # share of 1 that a perfect choice gains by it; the first one's is its own accuracy
    reached: float  # by a perfect choice between it and those above it
    guessing: float  # what a model that guesses evenly among the classes would add in its place


def worth_of_models(
    models: Sequence[str], right: np.ndarray, worth: np.ndarray, first: int, classes: int, k: int
) -> tuple[Worth, ...]:
    """The models in the order of what they add: `first`, then always the one that adds most, the cheapest of equals.

    `right`: bool [n, m], models cheapest first; `worth`: float64 [n], of mean 1, of a right answer to each image. A
    guess is right where the label is among `k` of `classes`.
    """
    left, failed = [model for model in range(len(models)) if model != first], worth * ~right[:, first]
    reached = float((worth * right[:, first]).mean())
    rows = [Worth(models[first], reached, reached, min(1.0, k / classes))]
    while left:
        added = (failed @ right[:, left]) / len(right)
        place = int(added.argmax())
        guessing = float(failed.mean()) * min(1.0, k / classes)
        reached += float(added[place])
        rows.append(Worth(models[left[place]], float(added[place]), reached, guessing))
        failed = failed * ~right[:, left.pop(place)]
    return tuple(rows)


def without_guesses(rows: Sequence[Worth]) -> float:
    """What a perfect choice reaches when the answers that guessing explains are taken out of what is added.

    The usual correction for guessing: of the images that still fail, a model that knows the share s of them and guesses
    evenly on the others gets s + (1 - s) / classes right. Networks take an image for one of a few classes that look
    alike and not for any, so they guess better than that, and what is left is still too high.
    """
    failed_before, failed = 1 - rows[0].reached, 1 - rows[0].reached
    for row in rows[1:]:
        if failed_before <= 0:
            break
        rescued, by_chance = row.added / failed_before, row.guessing / failed_before
        known = max(0.0, (rescued - by_chance) / (1 - by_chance)) if by_chance < 1 else 0.0
        failed *= 1 - known
        failed_before -= row.added
    return 1 - failed
