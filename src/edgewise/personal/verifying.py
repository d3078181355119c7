"""All networks answer, the generic one serves: the guard tries on live traffic what would be served."""

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
_MOST_ROUNDS = 3
_FITTED_TO = 160  # inputs: what smaller networks make of a user is not known before
_PATIENCE = 256  # inputs: before, a forecast says little
_AIM = 0.5  # of the drop that may be; one that loses all of it would be tried for ever


class _Stored(TypedDict):
    """Of a test under way."""

    round: int
    inputs: int
    chooser: dict[str, Any]
    evidence: dict[str, Any] | None


class Verifying:
    """Of one candidate.

    The inputs that were held out when it was made say when each of its tails may answer (`fitted`); where the device
    has smaller networks as well, the first live ones do. The guard judges that choice by inputs that come afterwards,
    and by what would be served: where its members are in doubt, that is the generic network's own answer, which loses
    nothing. A choice that fails is followed by a more cautious one, fitted to all inputs up to then. There are three,
    which share the alpha.

    The guard supposes that inputs are of the user's classes. Whether they still are is tried beside it (`Fit`): a user
    may have changed while the network was made.
    """

    def __init__(self, network: UserNetwork, learning: Learning, known: int) -> None:
        """`known`: classes of the generic network."""
        self.network, self._learning = network, learning
        self.fit = Fit(network.tails, known, learning.enough.most_outside, learning.enough.alpha, _BLOCK)
        self._shadow: list[Shadow] = []
        self._inputs = self._round = 0
        self.chooser: Chooser | None = None
        self.evidence: Evidence | None = None
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
        if self.chooser is None:
            if self._round == 0 and self._inputs >= _FITTED_TO:
                self._begin_round()
            return
        member = self.chooser.member_for(self._shadow[-1].doubt[0], self._shadow[-1].foreign[0])
        served = taught[:, self._posterior.classes] if member is None else answers[member][None]
        self.evidence = self._guard.judge(taught, served, self._posterior, after=self.evidence)
        if self._fails and self._round < _MOST_ROUNDS and self._inputs < self._learning.most_verified:
            self._begin_round()

    @property
    def passes(self) -> bool:
        return self.evidence is not None and self.evidence.verdict == "passes" and self.fit.verdict == "fits"

    @property
    def problem(self) -> str:
        """Why the candidate cannot be let in any more; empty while it may."""
        if self.fit.verdict == "does not":
            return "the user has changed meanwhile"
        if self.chooser is None and self._round:
            return "nothing that it answers surely enough is answered quicker than by the generic network"
        if self._fails or self._inputs >= self._learning.most_verified:
            return self.so_far
        return ""

    @property
    def so_far(self) -> str:
        """What was seen of the choice that is tried."""
        if self.evidence is None:
            return ""
        if self.evidence.verdict == "passes":
            return f"in {self._inputs} inputs it did not become clear whether the user is still the same"
        return str(self.evidence)

    def to_values(self) -> dict[str, Any]:
        """JSON values; empty where there is nothing to go on from."""
        if self.chooser is None:
            return {}
        evidence = None if self.evidence is None else self.evidence.to_values()
        return {"round": self._round, "inputs": self._inputs, "chooser": self.chooser.to_values(), "evidence": evidence}

    @classmethod
    def from_values(
        cls, network: UserNetwork, learning: Learning, known: int, values: dict[str, Any], origin: Path
    ) -> "Verifying":
        """The inverse, but that whether it fits is tried anew, and inputs seen do not come back to fit a choice to.

        Raises `StoreError`.
        """
        found = cls(network, learning, known)
        if not values:
            return found
        stored = restore(_Stored, values, origin)
        found._round, found._inputs = stored["round"], stored["inputs"]
        found.chooser = Chooser.from_values(stored["chooser"], origin)
        if stored["evidence"] is not None:
            found.evidence = Evidence.from_values(stored["evidence"], origin)
        return found

    def _begin_round(self) -> None:
        tails = self.network.tails
        self._round += 1
        first, *more = self._shadow
        self._shadow = [first.and_more(more)]
        most_drop = _AIM**self._round * tails.evidence.max_drop_points / 100
        self.chooser, self.evidence = fitted(self._shadow[0], tails.costs, most_drop), None

    @property
    def _guard(self) -> Guard:
        made = self.network.tails.evidence
        return Guard(made.max_drop_points, alpha_of(self._round, made.alpha))

    @property
    def _fails(self) -> bool:
        """Whether the choice will not be let in within the inputs that are left, did they go on as they have."""
        if self.evidence is None or self.evidence.verdict == "passes":
            return False
        if self.evidence.verdict == "refused":
            return True
        needed, left = self.evidence.inputs_needed, self._learning.most_verified - self._inputs
        return self.evidence.inputs >= _PATIENCE and (needed is None or needed - self.evidence.inputs > left)
