"""What is meant where a class is named: how much more often than others a class is right there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

TABLES = 2  # for each model: what its first choice means, and what its later ones do, which tell how sure the first is
_SHRINK_IMAGES = 10.0  # images that a named class is taken to have been seen on already, of any class alike


@dataclass(frozen=True, eq=False)
class Meanings:
    """The log of how much likelier a class becomes once a table sees a class named; kept for pairs that occur.

    Of model i, table 2 i is about its first choice, and table 2 i + 1 about all later ones alike.
    """

    classes: int
    pairs: np.ndarray  # int64 [u], rising: (table * classes + named) * classes + meant
    lifts: np.ndarray  # float32 [u]
    unseen: np.ndarray  # float32 [tables * classes]: the lift of whatever never was right where that class was named

    @classmethod
    def learn(cls, ballots: np.ndarray, labels: np.ndarray, classes: int) -> "Meanings":
        """From `ballots` int [n, m, places] of m models, and `labels` int [n].

        Where a class was named on n images of which k were of a class, that class is thought to be right on
        (k + 10 / classes) of (n + 10): rare ones tell little, so they are drawn towards all classes alike.
        Reading: compared on published predictions, learned on four fifths and judged on the rest by log-likelihood: a
        table for each choice or one for all later ones, and 2, 5 or 15 images; the two tables were as good as five.
        """
        models, places = ballots.shape[1:]
        tables = TABLES * np.arange(models)[:, None] + np.minimum(np.arange(places), 1)
        rows = (tables * classes + ballots).reshape(len(labels), -1)
        named = np.bincount(rows.ravel(), minlength=TABLES * models * classes)
        pairs, seen = np.unique(rows * classes + labels[:, None], return_counts=True)
        share = (seen + _SHRINK_IMAGES / classes) / (named[pairs // classes] + _SHRINK_IMAGES)
        unseen = np.log(_SHRINK_IMAGES / (named + _SHRINK_IMAGES))
        return cls(classes, pairs, np.log(share * classes).astype(np.float32), unseen.astype(np.float32))

    def lift(self, tables: np.ndarray, named: np.ndarray, meant: np.ndarray) -> np.ndarray:
        """float32: the lift of `meant` where `tables` see `named`; integer arrays that broadcast."""
        row = tables * self.classes + named
        pair = row * self.classes + meant
        place = np.minimum(np.searchsorted(self.pairs, pair), len(self.pairs) - 1)
        return np.where(self.pairs[place] == pair, self.lifts[place], self.unseen[row])

    def lifts_of(self, ballots: np.ndarray, meant: np.ndarray, models: np.ndarray) -> np.ndarray:
        """float32 [n, c, k, 2]: how much each ballot speaks for each class; by its first choice, by its later ones.

        `ballots`: int [n, k, places] of the `models` int [k]; `meant`: int [n, c]. Of later choices the mean counts.
        """
        tables = TABLES * models[:, None] + np.minimum(np.arange(ballots.shape[2]), 1)
        lifts = self.lift(tables, ballots[:, None], meant[:, :, None, None])
        return np.stack([lifts[..., 0], lifts[..., 1:].mean(axis=3)], axis=3)

    def only(self, models: Sequence[int]) -> "Meanings":
        """Those of some of the models, which are numbered anew in that order."""
        size = self.classes * self.classes * TABLES
        cuts = np.searchsorted(self.pairs, [[model * size, (model + 1) * size] for model in models])
        parts = [slice(int(start), int(stop)) for start, stop in cuts]
        moved = [
            self.pairs[part] + (place - model) * size
            for place, (model, part) in enumerate(zip(models, parts, strict=True))
        ]
        rows = self.unseen.reshape(-1, TABLES * self.classes)
        lifts = np.concatenate([self.lifts[part] for part in parts])
        return Meanings(self.classes, np.concatenate(moved), lifts, rows[list(models)].ravel())

    def arrays(self) -> dict[str, np.ndarray]:
        """What is stored of it."""
        return {"pairs": self.pairs, "lifts": self.lifts, "unseen": self.unseen}

    @classmethod
    def from_arrays(cls, classes: int, arrays: Mapping[str, np.ndarray]) -> "Meanings":
        """The inverse of `arrays`."""
        return cls(classes, *(arrays[name] for name in ("pairs", "lifts", "unseen")))
