"""What fitting needs to know of the answers to all images, without their thousand probabilities; read in parts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.calibration import softmax
from edgewise.select.learned.outlook import joint_figures, joint_outlook, mean_of
from edgewise.select.rightness import right_in_top

Ran = tuple[int, ...]  # the models that have run, in that order, as indices
_CHUNK_VALUES = 2_000_000  # probabilities of one model held at once


@dataclass(frozen=True, eq=False)
class Sight:
    """All images after the same models have run."""

    columns: np.ndarray  # float64 [n, 4 or 9]: `joint_outlook`; [n, 0] where nobody looks
    top: np.ndarray  # int64 [n]: class of the last model's answer
    mean_top: np.ndarray  # int64 [n]: class of the mean's
    right: np.ndarray  # bool [n]: the last model's answer
    mean_right: np.ndarray  # bool [n]: the mean's

    def answer(self, average: bool) -> tuple[np.ndarray, np.ndarray]:
        """Class and rightness of what would be answered now."""
        return (self.mean_top, self.mean_right) if average else (self.top, self.right)

    def take(self, rows: np.ndarray) -> "Sight":
        return Sight(*(array[rows] for array in vars(self).values()))


def gather_sights(
    logits: Sequence[np.ndarray],
    labels: np.ndarray,
    rows: np.ndarray,
    temperatures: Sequence[float],
    wanted: Sequence[Ran],
    looked: Collection[Ran],
    top_k: int,
) -> dict[Ran, Sight]:
    """A sight of each combination of models `wanted`; only those `looked` at have columns.

    `logits`: m arrays float [n, classes]; `rows`: int, rising.
    """
    sights = {ran: _empty(len(rows), joint_figures(len(ran)) if ran in looked else 0) for ran in wanted}
    needed = sorted({model for ran in wanted for model in ran})
    chunk = max(1, _CHUNK_VALUES // logits[0].shape[1])
    for start in range(0, len(rows), chunk):
        part = slice(start, min(start + chunk, len(rows)))
        single = {model: softmax(logits[model][rows[part]], temperatures[model]) for model in needed}
        _fill(sights, part, single, labels[rows[part]], top_k)
    return sights


def _fill(
    sights: Mapping[Ran, Sight], part: slice, single: Mapping[int, np.ndarray], labels: np.ndarray, top_k: int
) -> None:
    tops = {model: probabilities.argmax(axis=1) for model, probabilities in single.items()}
    rights = {model: right_in_top(probabilities, labels, top_k) for model, probabilities in single.items()}
    for ran, sight in sights.items():
        parts = [single[model] for model in ran]
        mean = mean_of(parts)
        if sight.columns.shape[1] > 0:
            sight.columns[part] = joint_outlook(mean, parts)
        sight.top[part], sight.right[part] = tops[ran[-1]], rights[ran[-1]]
        alone = len(ran) == 1
        sight.mean_top[part] = tops[ran[0]] if alone else mean.argmax(axis=1)
        sight.mean_right[part] = rights[ran[0]] if alone else right_in_top(mean, labels, top_k)


def _empty(images: int, columns: int) -> Sight:
    return Sight(
        np.empty((images, columns)),
        np.empty(images, np.int64),
        np.empty(images, np.int64),
        np.empty(images, bool),
        np.empty(images, bool),
    )
