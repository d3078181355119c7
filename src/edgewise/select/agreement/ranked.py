"""The fitted vote by ranks: every model run casts its best classes, and their count says when to stop. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.agreement.ballots import PLACES, cast, cast_one
from edgewise.select.agreement.cells import Cells, sureness
from edgewise.select.agreement.meanings import TABLES, Meanings
from edgewise.select.agreement.policy import ANSWER, Members, joined
from edgewise.select.agreement.tally import spread, tally
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.trials import Trials

KIND = "ranked votes"
_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Count:
    """How the ballots of one set of models are counted, and what follows."""

    weights: np.ndarray  # float32 [models of the set, places + 2]
    none: float  # score of "none of the candidates is right"
    cells: Cells
    actions: tuple[int, ...]  # for each cell: -1 = answer, else the model that runs next

    def after(self, sure: np.ndarray) -> np.ndarray:
        """int64 [n]: the action for each image. `sure`: float32 [n, 2], see `cells.sureness`."""
        return np.asarray(self.actions)[self.cells.of(sure)]


@dataclass(frozen=True, eq=False)
class RankedVotes:
    """A `Selector`: the models run so far rank classes; how likely their best candidate is says who is asked next.

    Each set of models has weights of its own for the places on their ballots, and for what the classes named first and
    later have turned out to mean. The answer is the count itself. Scores play no part, so models whose scores are lost
    or mean nothing can vote.
    """

    models: tuple[str, ...]  # cheapest first; `meanings` and the counts number them so
    first: int
    counts: Mapping[Members, Count]  # of each set that can come up, smaller ones first
    meanings: Meanings

    def __post_init__(self) -> None:
        if (self.first,) not in self.counts or len(self.meanings.unseen) % max(1, len(self.models)):
            raise UsageError(f"Model {self.first} of {len(self.models)} runs first, but its vote cannot be counted.")
        for members, count in self.counts.items():
            if count.weights.shape != (len(members), self.places + TABLES) or len(count.actions) != len(count.cells):
                raise UsageError(f"The votes of models {members} cannot be counted: weights or cells are missing.")
            lost = [
                action for action in count.actions if action != ANSWER and joined(members, action) not in self.counts
            ]
            if lost:
                raise UsageError(f"After models {members} follows {lost[0]}, whose vote cannot be counted with theirs.")

    @property
    def kind(self) -> str:
        return KIND

    @property
    def places(self) -> int:
        """How many classes a ballot holds."""
        return min(PLACES, self.meanings.classes)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ()

    def decide(self, seen: Seen) -> Step:
        """Count the votes of what has run; answer, or run the model that is worth its time.

        The score is the probability of the best candidate. Whatever has run counts, where that very set can come up;
        otherwise the votes are counted in the order in which they would have been asked for.
        """
        ran = tuple(place for place, model in enumerate(self.models) if model in seen.logits)
        if self.first not in ran:
            return Run(self.models[self.first], f"{self.models[self.first]} runs first")
        ballots = {model: cast_one(seen.logits[self.models[model]]) for model in ran}
        members = ran if ran in self.counts else (self.first,)
        while True:
            named, shares = self._counted(members, np.asarray([[ballots[model] for model in members]]))
            action, best = int(self.counts[members].after(sureness(shares))[0]), float(shares.max())
            if action == ANSWER:
                names = tuple(self.models[model] for model in members)
                why = f"right with probability {best:.3f}; no other model is worth its time"
                return Answer(spread(named, shares, self.meanings.classes)[0], names, why, (best,))
            if action not in ran:
                return Run(self.models[action], f"right with probability {best:.3f} so far", (best,))
            members = joined(members, action)

    def route(self, trials: Trials) -> Routes:
        """All steps for all images; exactly what a loop over `decide` gives."""
        columns = np.asarray([trials.models.index(model) for model in self.models])
        ballots = np.stack([cast(trials.logits[column]) for column in columns], axis=1)
        voted, last, top = self.walk(ballots)
        ran = np.zeros((len(trials), len(trials.models)), bool)
        ran[:, columns] = voted
        return Routes(ran, columns[last].astype(np.int64), top, voted.sum(axis=1) + 1)

    def walk(self, ballots: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Who ran, bool [n, k]; who ran last, int64 [n]; the answer's best classes, int64 [n, 5 or fewer].

        `ballots`: int [n, k, places], in the order of `models`.
        """
        images = len(ballots)
        ran, last = np.zeros((images, len(self.models)), bool), np.full(images, self.first)
        top = np.empty((images, min(5, self.meanings.classes)), np.int64)
        waiting: dict[Members, list[np.ndarray]] = {(self.first,): [np.arange(images)]}
        for members in self.counts:
            rows = np.concatenate(waiting.get(members, [np.empty(0, np.int64)]))
            for start in range(0, len(rows), _CHUNK_ROWS):
                some = rows[start : start + _CHUNK_ROWS]
                named, shares = self._counted(members, ballots[some][:, list(members)])
                actions = self.counts[members].after(sureness(shares))
                done = actions == ANSWER
                ran[np.ix_(some[done], np.asarray(members))] = True
                top[some[done]] = cast(spread(named[done], shares[done], self.meanings.classes))
                for action in np.unique(actions[~done]):
                    going = some[actions == action]
                    last[going] = action
                    waiting.setdefault(joined(members, int(action)), []).append(going)
        return ran, last, top

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        counts = [
            {"members": list(members), "none": count.none, "actions": list(count.actions)}
            for members, count in self.counts.items()
        ]
        values = {
            "models": list(self.models),
            "first": self.first,
            "classes": self.meanings.classes,
            "counts": counts,
        }
        arrays = self.meanings.arrays()
        for place, count in enumerate(self.counts.values()):
            arrays |= {f"weights.{place}": count.weights, f"edges.{place}": count.cells.edges}
            arrays[f"splits.{place}"] = count.cells.splits
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "RankedVotes":
        """The inverse of `state`."""
        counts = {
            tuple(int(model) for model in one["members"]): Count(
                arrays[f"weights.{place}"],
                float(one["none"]),
                Cells(arrays[f"edges.{place}"], arrays[f"splits.{place}"]),
                tuple(int(action) for action in one["actions"]),
            )
            for place, one in enumerate(values["counts"])
        }
        meanings = Meanings.from_arrays(int(values["classes"]), arrays)
        return cls(tuple(values["models"]), int(values["first"]), counts, meanings)

    def _counted(self, members: Members, ballots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = self.counts[members]
        return tally(ballots, self.meanings, np.asarray(members), count.weights, count.none)
