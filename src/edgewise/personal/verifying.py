"""Both networks answer, the generic one serves: the guard on live traffic."""

from pathlib import Path
from typing import Any

from edgewise.personal.beliefs import Belief
from edgewise.personal.fit import Fit
from edgewise.personal.inference import Inference
from edgewise.personal.learning import Learning
from edgewise.personal.tail_network import UserNetwork
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard

_BLOCK = 512  # inputs: 96 would never tell 15% outside, of which users are learned too, from the 20% that may be


class Verifying:
    """Of one candidate. The evidence begins with that of the inputs that were held out when it was made.

    The guard supposes that inputs are of the user's classes. Whether they still are is tried beside it (`Fit`): a user
    may have changed while the network was made.
    """

    def __init__(self, network: UserNetwork, learning: Learning, known: int, evidence: Evidence | None = None) -> None:
        """`known`: classes of the generic network; `evidence`: from which to go on."""
        self.network, self._temperature = network, learning.temperature
        self.fit = Fit(network.tail, known, learning.enough.most_outside, learning.enough.alpha, _BLOCK)
        self.evidence = evidence or network.tail.evidence
        self._guard = Guard(self.evidence.max_drop_points, self.evidence.alpha)

    def take(self, inference: Inference) -> None:
        """Let the candidate answer an input that the generic network has answered, from the same activations.

        Raises `ModelError` where it fails.
        """
        assert inference.generic_logits is not None
        logits, _ = self.network.answer(inference.entering[None])
        self.evidence = self._guard.judge(
            inference.generic_logits[None], logits[None], self.evidence.posterior, after=self.evidence
        )
        self.fit.take(Belief.of(inference.generic_logits, self._temperature))

    @property
    def passes(self) -> bool:
        return self.evidence.verdict == "passes" and self.fit.verdict == "fits"

    @property
    def problem(self) -> str:
        """Why the candidate cannot be let in any more; empty while it may."""
        if self.fit.verdict == "does not":
            return "the user has changed meanwhile"
        return str(self.evidence) if self.evidence.verdict == "refused" else ""

    def is_hopeless(self, most_inputs: int) -> bool:
        """Whether the guard is not going to decide within so many inputs, did they go on as they have.

        Such a forecast is heeded from a quarter of them on.
        """
        seen = self.evidence.inputs
        if self.evidence.verdict == "undecided" and seen >= most_inputs / 4:
            needed = self.evidence.inputs_needed
            return needed is None or needed > most_inputs
        return seen >= most_inputs

    @property
    def undecided(self) -> str:
        """What keeps the candidate from being let in, or has up to now."""
        if self.evidence.verdict == "passes":
            return f"in {self.evidence.inputs} inputs it did not become clear whether the user is still the same"
        return str(self.evidence)

    def to_values(self) -> dict[str, Any]:
        return self.evidence.to_values()

    @classmethod
    def from_values(
        cls, network: UserNetwork, learning: Learning, known: int, values: dict[str, Any], origin: Path
    ) -> "Verifying":
        """The inverse, but that whether it fits is tried anew. Raises `StoreError`."""
        return cls(network, learning, known, Evidence.from_values(values, origin))
