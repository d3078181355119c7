"""How a vote by ranks is fitted: learn what ballots mean, weigh them for each set of models, then set a price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.agreement.ballots import cast
from edgewise.select.agreement.electorate import FOLDS, Counted, Electorate
from edgewise.select.agreement.meanings import Meanings
from edgewise.select.agreement.policy import ANSWER, Members, Policy, Standing, best_policy
from edgewise.select.agreement.ranked import Count, RankedVotes
from edgewise.select.agreement.search import MAX_MODELS, front
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.trials import Trials

_BINS, _BIN_IMAGES = 16, 50  # so many bins of sureness, but none of fewer images


@dataclass(frozen=True)
class RankedVotesMethod:
    """A `PathMethod`: the best `RankedVotes` at each price, over all sets of up to `max_stages` models.

    Of more than `max_models`, those are combined that fall least short of random mixing, see `search.front`. What is
    learned is learned once: what the classes on a ballot mean (cross-fitted, so that no image is counted by its own
    label), and the weights of the ballots of each set. A price then moves the policy alone.

    Reading: cells of sureness instead of a threshold, because an image that no model will get right is as unsure as one
    that the next model repairs, and should not be paid for. Compared on published predictions of the first paper's
    networks, by inner folds of training images: 8 to 48 bins, each whole or in two or three parts, chosen for alone or
    with their neighbours; halves saved 2% of the cost at equal accuracy, and neighbours another 2%.
    """

    criterion: Criterion = "top1"
    max_stages: int = 5
    max_models: int = 5
    seed: int = 0

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[RankedVotes, ...]:
        """One selector per price, one object for equal ones. Raises `UsageError` for settings out of range."""
        ballots = np.stack([cast(array) for array in trials.logits], axis=1)
        return self.learn(trials.models, ballots, trials.labels, trials.logits[0].shape[1], trials.times_ms, prices)

    def learn(
        self,
        models: Sequence[str],
        ballots: np.ndarray,
        labels: np.ndarray,
        classes: int,
        times_ms: np.ndarray,
        prices: Sequence[float],
    ) -> tuple[RankedVotes, ...]:
        """The path from ballots alone: int [n, m, places]; `labels` int [n] in 0..classes-1; `times_ms` float [m]."""
        if not 1 <= self.max_models <= MAX_MODELS:
            raise UsageError(f"max_models is {self.max_models}; it must be 1 to {MAX_MODELS}.")
        if self.max_stages < 1:
            raise UsageError(f"max_stages is {self.max_stages}; it must be 1 or more.")
        if len(labels) < FOLDS:
            raise UsageError(f"Ranked votes are learned on {FOLDS} images at least; there are {len(labels)}.")
        k = top_k(self.criterion)
        kept = front((ballots[:, :, :k] == labels[:, None, None]).any(axis=2), times_ms, self.max_models)
        ballots, times = ballots[:, kept], [float(times_ms[model]) for model in kept]
        electorate = Electorate.gather(ballots, labels, classes, self.seed)
        counted = {members: electorate.count(members) for members in _sets(len(kept), self.max_stages)}
        weights, bins = image_weights(labels, self.criterion), int(np.clip(len(labels) // _BIN_IMAGES, 1, _BINS))
        standings = {
            members: Standing.cut((one.ahead < k) * weights, one.sure, bins) for members, one in counted.items()
        }
        learned = _Learned(
            [models[model] for model in kept], Meanings.learn(ballots, labels, classes), counted, standings
        )
        policies = [best_policy(standings, times, float(price)) for price in prices]
        made = {policy: learned.selector(policy) for policy in dict.fromkeys(policies)}
        return tuple(made[policy] for policy in policies)


def _sets(models: int, largest: int) -> list[Members]:
    """All sets of up to so many models."""
    return [members for size in range(1, min(models, largest) + 1) for members in combinations(range(models), size)]


@dataclass(frozen=True, eq=False)
class _Learned:
    """All that a policy is put together with."""

    models: Sequence[str]
    meanings: Meanings
    counted: Mapping[Members, Counted]
    standings: Mapping[Members, Standing]
    parts: dict[Members, Meanings] = field(default_factory=dict[Members, Meanings])

    def selector(self, policy: Policy) -> RankedVotes:
        """The policy as a selector of the models that can come up in it."""
        used = sorted({model for members, _ in policy.actions for model in members})
        place = {ANSWER: ANSWER, **{model: number for number, model in enumerate(used)}}
        counts = {
            tuple(place[model] for model in members): Count(
                self.counted[members].weights,
                self.counted[members].none,
                self.standings[members].cells,
                tuple(place[action] for action in actions),
            )
            for members, actions in policy.actions
        }
        names = tuple(self.models[model] for model in used)
        return RankedVotes(names, place[policy.first], counts, self._meanings(tuple(used)))

    def _meanings(self, used: Members) -> Meanings:
        """Those of some of the models: the same object for all policies over the same ones."""
        if used not in self.parts:
            self.parts[used] = self.meanings.only(used)
        return self.parts[used]
