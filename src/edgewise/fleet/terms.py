"""What a fleet is to be: how many users, of which classes, for how long."""

from dataclasses import dataclass

from edgewise.errors import UsageError


@dataclass(frozen=True)
class Terms:
    """Of all users alike. Everything of a user follows from `seed` and the user's number."""

    users: int = 10_000
    inputs: int = 20_000  # of each user's life
    fewest_classes: int = 3
    most_classes: int = 10
    popularity: float = 1.0  # the exponent
    drift: float = 0.1  # classes that are replaced in 1,000 inputs, on average
    evenness: float = 3.0  # of a user's classes: the concentration of a Dirichlet distribution
    rate: float = 2.0  # inputs in a second while a network is made
    max_drop_points: float | None = 1.0  # that the guard lets through; None: no guard
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        if min(self.users, self.inputs) < 1:
            raise UsageError(f"{self.users:,} users of {self.inputs:,} inputs cannot live; both must be 1 or more.")
        if not 2 <= self.fewest_classes <= self.most_classes:
            raise UsageError(
                f"Users of {self.fewest_classes} to {self.most_classes} classes cannot be drawn.",
                "Give 2 or more, the fewer first: --classes 3-10.",
            )
        if not 0 <= self.drift <= 100:
            raise UsageError(f"The drift is {self.drift:g} classes in 1,000 inputs; it must be from 0 to 100.")
        for name in ("evenness", "rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise UsageError(f"The {name} is {getattr(self, name):g}; it must be above 0.")
