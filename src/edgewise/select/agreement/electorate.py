"""What the ballots of several models say of the images that a count is learned on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.agreement.cells import sureness
from edgewise.select.agreement.choice_model import fit_choice
from edgewise.select.agreement.meanings import TABLES, Meanings
from edgewise.select.agreement.tally import candidates, probabilities, traits
from edgewise.select.judge.folds import stratified_folds

FOLDS = 5  # what ballots mean is learned on the other images
_FIT_IMAGES = 8000  # at most 57 weights are settled long before that
_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Counted:
    """How the ballots of one set of models are counted, and how that went."""

    weights: np.ndarray  # float32 [models of the set, places + 2]
    none: float
    sure: np.ndarray  # float32 [n, 2], see `cells.sureness`
    ahead: np.ndarray  # int64 [n]: candidates that rank above the label; all classes where nobody named it


@dataclass(frozen=True, eq=False)
class Electorate:
    """n images, the classes that k models name on them, and what each ballot says of each."""

    named: np.ndarray  # int64 [n, c]
    told: Sequence[np.ndarray]  # k arrays float32 [n, c, places + 2]
    voted: Sequence[np.ndarray]  # k arrays bool [n, c]: the class is on the ballot
    label: np.ndarray  # int64 [n]: the column of the label, -1 where nobody named it
    classes: int
    fitted_on: np.ndarray  # int64: rows that weights are learned on

    @classmethod
    def gather(cls, ballots: np.ndarray, labels: np.ndarray, classes: int, seed: int) -> "Electorate":
        """From `ballots` int [n, k, places] and `labels` int [n].

        What they mean is learned on the other folds, so that no image is counted by its own label.
        """
        images, voters, places = ballots.shape
        named, first = candidates(ballots)
        told = [np.empty((*named.shape, places + TABLES), np.float32) for _ in range(voters)]
        fold = stratified_folds(labels, FOLDS, seed)
        for held_out in range(FOLDS):
            meanings = Meanings.learn(ballots[fold != held_out], labels[fold != held_out], classes)
            rows = np.flatnonzero(fold == held_out)
            for start in range(0, len(rows), _CHUNK_ROWS):
                some = rows[start : start + _CHUNK_ROWS]
                block = traits(ballots[some], named[some], meanings, np.arange(voters))
                for voter, own in enumerate(told):
                    own[some] = block[:, :, voter]
        found = (named == labels[:, None]) & first
        label = np.where(found.any(axis=1), found.argmax(axis=1), -1)
        drawn = np.random.default_rng(seed).permutation(images)[:_FIT_IMAGES]
        # A class that stands again is left out for good: no ballot seems to name it there.
        for own in told:
            own[~first] = 0
        voted = [np.asarray(own[..., :places].any(axis=2)) for own in told]
        return cls(named, told, voted, label, classes, np.sort(drawn))

    def count(self, members: Sequence[int]) -> Counted:
        """Learn the weights of one set of models on some of the images, and count its votes on all."""
        weights = self._weights(members)
        none, places = float(weights[-1]), self.told[0].shape[2]
        by_model = weights[:-1].reshape(len(members), places).astype(np.float32)
        scores = np.zeros(self.named.shape, np.float32)
        for model, own in zip(members, by_model, strict=True):
            scores += self.told[model] @ own
        shares = probabilities(scores, self._voted(members), none)
        own = np.take_along_axis(shares, np.maximum(self.label, 0)[:, None], axis=1)
        ahead = np.where((self.label >= 0) & (own[:, 0] > 0), (shares > own).sum(axis=1), self.classes)
        return Counted(by_model, none, sureness(shares), ahead)

    def _voted(self, members: Sequence[int]) -> np.ndarray:
        """bool [n, c]: some of the members have the class on their ballots."""
        return np.logical_or.reduce([self.voted[model] for model in members])

    def _weights(self, members: Sequence[int]) -> np.ndarray:
        rows = self.fitted_on
        allowed = self._voted(members)[rows]
        width = min(allowed.shape[1], len(members) * (self.told[0].shape[2] - TABLES))
        columns = np.argsort(~allowed, axis=1, kind="stable")[:, :width]  # candidates of others are not looked at
        allowed = np.take_along_axis(allowed, columns, axis=1)
        told = [np.take_along_axis(self.told[model][rows], columns[:, :, None], axis=1) for model in members]
        is_label = (columns == self.label[rows][:, None]) & allowed
        chosen = np.where(is_label.any(axis=1), is_label.argmax(axis=1), -1)
        return fit_choice(np.concatenate(told, axis=2), allowed, chosen)
