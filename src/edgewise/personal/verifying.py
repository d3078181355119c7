"""All networks answer, the generic one serves: the guard tries on live traffic what would be served."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from edgewise.personal.beliefs import Belief
from edgewise.personal.chooser import Chooser
from edgewise.personal.fit import Fit
from edgewise.personal.inference import Inference
from edgewise.personal.learning import Learning
from edgewise.personal.shadow import Shadow, fitted
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.trial import StoredTrial, Trial
from edgewise.prune.confidence import alpha_of
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.joint_belief import JointBelief
from edgewise.restore import restore

_BLOCK = 512  # inputs: 96 would never tell 15% outside, of which users are learned too, from the 20% that may be
_AIMS = (0.25, 0.5, 0.1)  # of the drop that may be: what loses more is quicker and takes longer to prove, or for ever
_MOST_ROUNDS = 2
_FITTED_TO = 160  # inputs: what smaller networks make of a user is not known before


class _Stored(TypedDict):
    """Of a test under way."""

    round: int
    inputs: int
    trials: list[StoredTrial]
    temperatures: NotRequired[list[float]]


@dataclass(frozen=True, eq=False)
class _Answered:
    """What all networks of the device made of n inputs."""

    taught: np.ndarray  # float [n, C]: the generic network's logits
    smaller: tuple[np.ndarray, ...]  # the same of each smaller network
    members: tuple[np.ndarray, ...]  # float [n, K + 1] of each

    @classmethod
    def together(cls, all_of_them: "Sequence[_Answered]") -> "_Answered":
        return cls(
            np.concatenate([one.taught for one in all_of_them]),
            tuple(np.concatenate(each) for each in zip(*(one.smaller for one in all_of_them), strict=True)),
            tuple(np.concatenate(each) for each in zip(*(one.members for one in all_of_them), strict=True)),
        )


class Verifying:
    """Of one candidate.

    The inputs that were held out when it was made say when each of its tails may answer (`fitted`); where the device
    has smaller networks as well, the first live ones do, and all of them judge together with the generic one
    (`JointBelief`, fitted to the same inputs). Several choices are fitted, each more cautious than the other, and the
    guard judges all of them by the inputs that come afterwards, by what would be served: where members are in doubt,
    that is the generic network's own answer, which loses nothing. The first that passes is let in. Where all fail, more
    cautious ones follow, fitted to all inputs up to then. They share the alpha.

    The guard supposes that inputs are of the user's classes. Whether they still are is tried beside it (`Fit`): a user
    may have changed while the network was made.
    """

    def __init__(self, network: UserNetwork, learning: Learning, known: int) -> None:
        """`known`: classes of the generic network."""
        self.network, self._learning = network, learning
        self.fit = Fit(network.tails, known, learning.enough.most_outside, learning.enough.alpha, _BLOCK)
        self._shadow: list[Shadow] = []
        self._inputs = self._round = 0
        self._trials: list[Trial] = []
        self._posterior = network.tails.evidence.posterior
        self._first: list[_Answered] = []  # inputs, until there are enough to fit the joint belief to
        self._joint: JointBelief | None = None
        if not network.tails.smaller:
            self._shadow.append(network.tails.held_out)
            self._begin_round()

    def take(self, inference: Inference) -> None:
        """Let the candidate answer an input that the generic network has answered, from the same activations.

        Raises `ModelError` where it fails.
        """
        run, smaller = inference.run, self.network.tails.smaller
        answered = _Answered(
            run.answer()[None],
            tuple(run.by_smaller(one.fingerprint)[None] for one in smaller),
            tuple(one[None] for one in self.network.answers(run)),
        )
        self._inputs += 1
        self.fit.take(Belief.of(answered.taught[0], self._learning.temperature))
        if smaller and self._joint is None:
            self._first.append(answered)
            if self._inputs >= _FITTED_TO:
                self._fit_belief()
        else:
            self._judge(answered)
        if self._fail and self._may_go_on:
            self._begin_round()

    @property
    def chooser(self) -> Chooser | None:
        """The choice that is to be let in, or is nearest to it; None where there is none."""
        return self._best.chooser if self._best else None

    @property
    def evidence(self) -> Evidence | None:
        """Of that choice."""
        return self._best.evidence if self._best else None

    @property
    def passes(self) -> bool:
        return self._best is not None and self._best.passes and self.fit.verdict == "fits"

    @property
    def problem(self) -> str:
        """Why the candidate cannot be let in any more; empty while it may."""
        if self.fit.verdict == "does not":
            return "the user has changed meanwhile"
        if self._round and not self._trials:
            return "nothing that it answers surely enough is answered quicker than by the generic network"
        if self._fail or self._inputs >= self._learning.most_verified:
            return self.so_far
        return ""

    @property
    def so_far(self) -> str:
        """What was seen of the choice that is nearest to being let in."""
        if self.evidence is None:
            return ""
        if self.evidence.verdict == "passes":
            return f"in {self._inputs} inputs it did not become clear whether the user is still the same"
        return str(self.evidence)

    def to_values(self) -> dict[str, Any]:
        """JSON values; empty where there is nothing to go on from."""
        if not self._trials:
            return {}
        trials = [one.to_values() for one in self._trials]
        temperatures = list(self._joint.temperatures) if self._joint else []
        return {"round": self._round, "inputs": self._inputs, "trials": trials, "temperatures": temperatures}

    @classmethod
    def from_values(
        cls, network: UserNetwork, learning: Learning, known: int, values: dict[str, Any], origin: Path
    ) -> "Verifying":
        """The inverse, but that whether it fits is tried anew, and inputs seen do not come back to fit a choice to.

        What an earlier version tried, one choice after the other or without the joint belief, is tried anew. Raises
        `StoreError`.
        """
        found = cls(network, learning, known)
        if not values or "chooser" in values or (network.tails.smaller and not values.get("temperatures")):
            return found
        stored = restore(_Stored, values, origin)
        found._round, found._inputs = stored["round"], stored["inputs"]
        found._trials = [Trial.from_values(one, origin) for one in stored["trials"]]
        found._joint = JointBelief(tuple(stored.get("temperatures", ()))) if network.tails.smaller else None
        return found

    def _fit_belief(self) -> None:
        answered = _Answered.together(self._first)
        self._joint = JointBelief.fitted(answered.taught, answered.smaller, self._posterior)
        self._first = []
        self._shadow.append(self._shadow_of(answered))
        self._begin_round()

    def _judge(self, answered: _Answered) -> None:
        taught, believed, shadow = answered.taught, self._believed(answered), self._shadow_of(answered)
        self._shadow.append(shadow)
        for trial in self._trials:
            member = trial.chooser.member_for(shadow.doubt[0], shadow.foreign[0])
            served = taught[:, self._posterior.classes] if member is None else answered.members[member]
            guard = Guard(self._most_drop_points, trial.alpha)
            trial.evidence = guard.judge(taught, served, self._posterior, after=trial.evidence, believed=believed)

    def _shadow_of(self, answered: _Answered) -> Shadow:
        return Shadow.of(answered.members, answered.taught, self._posterior, self._believed(answered))

    def _believed(self, answered: _Answered) -> np.ndarray | None:
        if self._joint is None:
            return None
        return self._joint.logits(answered.taught, answered.smaller, self._posterior)

    def _begin_round(self) -> None:
        first, *more = self._shadow
        self._shadow = [first.and_more(more)]
        self._trials = []
        for place, aim in enumerate(_AIMS, start=1 + len(_AIMS) * self._round):
            most_drop = aim / 2**self._round * self._most_drop_points / 100
            chooser = fitted(self._shadow[0], self.network.tails.costs, most_drop)
            if chooser is not None and chooser not in [one.chooser for one in self._trials]:
                self._trials.append(Trial(chooser, alpha_of(place, self.network.tails.evidence.alpha)))
        self._round += 1

    @property
    def _most_drop_points(self) -> float:
        return self.network.tails.evidence.max_drop_points

    @property
    def _best(self) -> Trial | None:
        """Of those that pass the quickest; else the one that may lose least as far as is known."""
        passing = [one for one in self._trials if one.passes]
        if passing:
            return min(passing, key=lambda one: one.chooser.mean_ms)
        return min(self._trials, key=lambda one: one.evidence.sequence.high if one.evidence else 1.0, default=None)

    @property
    def _fail(self) -> bool:
        left = self._learning.most_verified - self._inputs
        return bool(self._trials) and all(one.fails(left) for one in self._trials)

    @property
    def _may_go_on(self) -> bool:
        return self._round < _MOST_ROUNDS and self._inputs < self._learning.most_verified
