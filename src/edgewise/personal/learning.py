"""How a device learns its users: what the owner may set."""

from dataclasses import dataclass, field

from edgewise.errors import UsageError
from edgewise.personal.observer import Enough


@dataclass(frozen=True)
class Learning:
    """Of all users of a device."""

    enough: Enough = field(default_factory=Enough)
    fewest_inputs: int = 300  # that a network is made of
    memory_mb: float = 200.0  # for what inference leaves behind, a user
    keep_images: bool = False  # with the rest, until a network is made: then it may be pruned as a whole
    collecting_share: float = 0.1  # of the time of inference that keeping it may take
    target_speedups: tuple[float, ...] = (2.0, 1.5)  # of each tail, against the generic one; the quickest first
    max_drop_points: float = 1.0
    alpha: float = 0.05  # how likely a worse network may be let in, over all attempts
    most_verified: int = 4000  # inputs, within which a network must pass
    most_networks: int = 8  # kept of a user; then the oldest goes
    audit_share: float = 0.02  # of all inputs that the user's network answers
    false_alarms: float = 0.05  # the probability of one in the whole life of a network
    temperature: float = 1.0  # of the generic network's probabilities
    threads: int = 1  # of the pruning process
    niceness: int = 10  # of it: how far it stands back behind other processes
    pruning_memory_mb: float | None = None  # that it may hold, on Linux; None: what it needs
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        if self.fewest_inputs < 130:  # a change detector is calibrated on the two fifths that are held out
            raise UsageError(f"A network is to be made of {self.fewest_inputs} inputs; 130 are needed at least.")
        targets = self.target_speedups
        if not targets or not all(one > 1 for one in targets) or sorted(targets, reverse=True) != list(targets):
            named = ", ".join(f"{one:g}x" for one in targets)
            raise UsageError(f"The targets are {named or 'none'}; they must be above 1, the quickest first.")
        if self.pruning_memory_mb is not None and not self.pruning_memory_mb > 0:
            raise UsageError(f"The pruning process may hold {self.pruning_memory_mb:g} MB; it must be above 0.")
        if self.most_networks < 1:
            raise UsageError(f"{self.most_networks} networks of a user are to be kept; one must be.")
        if not 0 < self.audit_share <= 1:
            raise UsageError(f"{self.audit_share:g} of the inputs are to be audited; it must be above 0, at most 1.")
        for name in ("collecting_share", "alpha", "false_alarms"):
            if not 0 < getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name):g}; it must be between 0 and 1.")
