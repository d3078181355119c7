"""Where a device is with one user: observe, prune, verify, watch, and what leads from one to the next.

Nothing here runs or stores anything: each step takes what happened and says what the user's session is then.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from edgewise.errors import UsageError
from edgewise.restore import restore

Phase = Literal["observe", "prune", "verify", "watch"]

_FIRST_WAIT: Final = 128  # inputs after a failure
_MOST_WAIT: Final = 8192
_SOON: Final = 1024
_SAME: Final = 0.5  # of the classes of either
_MILDER: Final = 0.5  # of what targets are above 1


@dataclass(frozen=True)
class Session:
    """One user's.

    observe
        The generic network answers; which classes come is learned. `wait` inputs must pass first.
    prune
        The same, while a process makes the network `candidate`.
    verify
        The generic network answers, and the candidate answers beside it, for the guard.
    watch
        The network `serving` answers; the generic one takes what that turns away, and audits a few.
    """

    phase: Phase = "observe"
    classes: tuple[int, ...] = ()  # that a network is made or was made for
    shares: tuple[float, ...] = ()  # of the inputs, of each; none where it is not known whether these still come
    candidate: str | None = None
    serving: str | None = None  # None: the generic network
    attempts: int = 0  # networks made for these classes that were not let in
    networks: int = 0  # made so far, each with a name of its own
    wait: int = 0  # inputs
    served: int = 0  # inputs that `serving` has answered
    restless: int = 0  # changes one after the other, each soon after its swap
    paused: bool = False  # by the owner: nothing is learned, nothing swapped

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be together."""
        if (self.phase == "watch") != (self.serving is not None):
            raise UsageError(f"In the phase {self.phase} the network {self.serving} cannot serve.")
        if (self.phase in ("prune", "verify")) != (self.candidate is not None):
            raise UsageError(f"In the phase {self.phase} the candidate cannot be {self.candidate}.")

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {"classes": list(self.classes), "shares": list(self.shares)}

    @classmethod
    def from_values(cls, values: dict[str, Any], origin: Path) -> "Session":
        """The inverse. Raises `StoreError`."""
        kept = {key: value for key, value in values.items() if key != "target_speedup"}  # of earlier versions
        return restore(cls, kept, origin)

    def passed(self) -> "Session":
        """One more input was answered."""
        if self.phase == "watch":
            return replace(self, served=self.served + 1)
        return replace(self, wait=self.wait - 1) if self.wait else self

    def settled(self, classes: tuple[int, ...], shares: tuple[float, ...]) -> "Session":
        """The user's classes are known: a network is to be made for them."""
        self._must_be("observe")
        shared, either = set(classes) & set(self.classes), set(classes) | set(self.classes)
        again = len(shared) > _SAME * len(either)  # one class more or less is no other user
        return replace(
            self,
            phase="prune",
            classes=classes,
            shares=shares,
            candidate=f"network-{self.networks + 1}",
            networks=self.networks + 1,
            attempts=self.attempts if again else 0,
        )

    def milder(self, target_speedup: float) -> float:
        """What is asked for after so many attempts: half of the speed beyond 1 is given up each time."""
        return 1 + (target_speedup - 1) * _MILDER**self.attempts

    def made(self) -> "Session":
        """The candidate is there."""
        self._must_be("prune")
        return replace(self, phase="verify")

    def known_again(self, network: str, classes: tuple[int, ...], shares: tuple[float, ...]) -> "Session":
        """An earlier network was made for the classes that come now: it is let in again, and watched.

        Whatever is made meanwhile is for a user who is gone.
        """
        if self.phase not in ("observe", "prune"):
            raise UsageError(f"No earlier network comes back in the phase {self.phase}.")
        return replace(
            self, phase="watch", classes=classes, shares=shares, serving=network, candidate=None, served=0, attempts=0
        )

    def let_in(self) -> "Session":
        """The guard lets the candidate serve."""
        self._must_be("verify")
        return replace(self, phase="watch", serving=self.candidate, candidate=None, served=0, attempts=0, wait=0)

    def turned_down(self) -> "Session":
        """The candidate could not be made, or the guard refused it: observe on, ask for less, and wait ever longer.

        Reading: the wait doubles, from 128 inputs to 8,192.
        """
        if self.phase not in ("prune", "verify"):
            raise UsageError(f"No candidate can be turned down in the phase {self.phase}.")
        return replace(
            self,
            phase="observe",
            candidate=None,
            attempts=self.attempts + 1,
            wait=min(_MOST_WAIT, _FIRST_WAIT * 2**self.attempts),
        )

    def changed(self) -> "Session":
        """The user has changed: the generic network answers, and learning begins again.

        Where networks go soon after they came, the user goes to and fro, or somebody plays: each time the device waits
        twice as long before the next swap, so that nobody can keep it swapping. One that served longer begins anew.
        Reading: soon is before 1,024 inputs; the wait goes from 128 inputs to 8,192.
        """
        self._must_be("watch")
        restless = self.restless + 1 if self.served < _SOON else 0
        wait = min(_MOST_WAIT, _FIRST_WAIT * 2 ** (restless - 1)) if restless else 0
        return replace(self, phase="observe", serving=None, served=0, restless=restless, wait=wait)

    def generic_chosen(self) -> "Session":
        """The owner wants the generic network: what is under way ends, and learning pauses."""
        return replace(self, phase="observe", candidate=None, serving=None, served=0, paused=True)

    def _must_be(self, phase: Phase) -> None:
        if self.phase != phase:
            raise UsageError(f"This can follow in the phase {phase}; the session is in the phase {self.phase}.")
