"""All networks answer, the generic one serves: the guard tries on live traffic what would be served."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from edgewise.personal.beliefs import Belief
from edgewise.personal.chooser import Chooser
from edgewise.personal.fit import Fit
from edgewise.personal.inference import Inference
from edgewise.personal.learning import Learning
from edgewise.personal.shadow import Shadow, fitted
from edgewise.personal.tail_network import UserNetwork
from edgewise.prune.confidence import alpha_of
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.restore import restore

_BLOCK = 512  # inputs: 96 would never tell 15% outside, of which users are learned too, from the 20% that may be
_AIMS = (0.25, 0.5, 0.1)  # of the drop that may be: what loses more is quicker and takes longer to prove, or for ever
_MOST_ROUNDS = 2
_FITTED_TO = 160  # inputs: what smaller networks make of a user is not known before
_PATIENCE = 256  # inputs: before, a forecast says little


class _StoredTrial(TypedDict):
    chooser: dict[str, Any]
    alpha: float
    evidence: dict[str, Any] | None


class _Stored(TypedDict):
    """Of a test under way."""

    round: int
    inputs: int
    trials: list[_StoredTrial]


@dataclass
class _Trial:
    """One choice, and what live inputs say of it."""

    chooser: Chooser
    alpha: float
    evidence: Evidence | None = None

    @property
    def passes(self) -> bool:
        return self.evidence is not None and self.evidence.verdict == "passes"

    def fails(self, left: int) -> bool:
        """Whether it will not be let in within the inputs that are left, did they go on as they have."""
        if self.evidence is None or self.passes:
            return False
        if self.evidence.verdict == "refused":
            return True
        needed = self.evidence.inputs_needed
        return self.evidence.inputs >= _PATIENCE and (needed is None or needed - self.evidence.inputs > left)

    def to_values(self) -> _StoredTrial:
        evidence = None if self.evidence is None else self.evidence.to_values()
        return {"chooser": self.chooser.to_values(), "alpha": self.alpha, "evidence": evidence}


class Verifying:
    """Of one candidate.

    The inputs that were held out when it was made say when each of its tails may answer (`fitted`); where the device
    has smaller networks as well, the first live ones do. Several choices are fitted, each more cautious than the other,
    and the guard judges all of them by the inputs that come afterwards, by what would be served: where members are in
    doubt, that is the generic network's own answer, which loses nothing. The first that passes is let in. Where all
    fail, more cautious ones follow, fitted to all inputs up to then. They share the alpha.

    The guard supposes that inputs are of the user's classes. Whether they still are is tried beside it (`Fit`): a user
    may have changed while the network was made.
    """

    def __init__(self, network: UserNetwork, learning: Learning, known: int) -> None:
        """`known`: classes of the generic network."""
        self.network, self._learning = network, learning
        self.fit = Fit(network.tails, known, learning.enough.most_outside, learning.enough.alpha, _BLOCK)
        self._shadow: list[Shadow] = []
        self._inputs = self._round = 0
        self._trials: list[_Trial] = []
        self._posterior = network.tails.evidence.posterior
        if not network.tails.smaller:
            self._shadow.append(network.tails.held_out)
            self._begin_round()

    def take(self, inference: Inference) -> None:
        """Let the candidate answer an input that the generic network has answered, from the same activations.

        Raises `ModelError` where it fails.
        """
        taught = inference.run.answer()[None]
        answers = self.network.answers(inference.run)
        self._shadow.append(Shadow.of([one[None] for one in answers], taught, self._posterior))
        self._inputs += 1
        self.fit.take(Belief.of(taught[0], self._learning.temperature))
        for trial in self._trials:
            member = trial.chooser.member_for(self._shadow[-1].doubt[0], self._shadow[-1].foreign[0])
            served = taught[:, self._posterior.classes] if member is None else answers[member][None]
            guard = Guard(self._most_drop_points, trial.alpha)
            trial.evidence = guard.judge(taught, served, self._posterior, after=trial.evidence)
        if (self._fail and self._may_go_on) or (self._round == 0 and self._inputs >= _FITTED_TO):
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
        return {"round": self._round, "inputs": self._inputs, "trials": trials}

    @classmethod
    def from_values(
        cls, network: UserNetwork, learning: Learning, known: int, values: dict[str, Any], origin: Path
    ) -> "Verifying":
        """The inverse, but that whether it fits is tried anew, and inputs seen do not come back to fit a choice to.

        What an earlier version tried, one choice after the other, is tried anew. Raises `StoreError`.
        """
        found = cls(network, learning, known)
        if not values or "chooser" in values:
            return found
        stored = restore(_Stored, values, origin)
        found._round, found._inputs = stored["round"], stored["inputs"]
        found._trials = [
            _Trial(
                Chooser.from_values(one["chooser"], origin),
                one["alpha"],
                None if one["evidence"] is None else Evidence.from_values(one["evidence"], origin),
            )
            for one in stored["trials"]
        ]
        return found

    def _begin_round(self) -> None:
        first, *more = self._shadow
        self._shadow = [first.and_more(more)]
        self._trials = []
        for place, aim in enumerate(_AIMS, start=1 + len(_AIMS) * self._round):
            most_drop = aim / 2**self._round * self._most_drop_points / 100
            chooser = fitted(self._shadow[0], self.network.tails.costs, most_drop)
            if chooser is not None and chooser not in [one.chooser for one in self._trials]:
                self._trials.append(_Trial(chooser, alpha_of(place, self.network.tails.evidence.alpha)))
        self._round += 1

    @property
    def _most_drop_points(self) -> float:
        return self.network.tails.evidence.max_drop_points

    @property
    def _best(self) -> _Trial | None:
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
