"""Which models of a zoo a selector should choose among: Algorithm 1 of the first paper, with its three methods."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.optimal import fastest_right

MembersBy = Literal["accuracy", "optimal", "alternate"]


@dataclass(frozen=True)
class Membership:
    """The chosen models and what each was worth to a perfect choice among them.

    All figures are percentage points of all inputs. The first model's gain is its own accuracy, so the gains add up to
    the accuracy of a perfect choice among the members: the ceiling of any selector over them.
    """

    models: tuple[int, ...]  # column indices, in the order in which they were chosen
    gains_points: tuple[float, ...]  # one for each member
    stopped_by_points: float | None  # the gain that was not above theta; None = the zoo was exhausted

    @property
    def ceiling_points(self) -> float:
        """Accuracy of a perfect choice among the members."""
        return sum(self.gains_points)


def choose_members(
    right: np.ndarray,
    theta_points: float = 0.5,
    keep_last: bool = False,
    *,
    method: MembersBy = "accuracy",
    times_ms: np.ndarray | None = None,
) -> Membership:
    """Start with the model that is optimal for most inputs; add the best complement while it gains more than theta.

    `right`: bool [n, m], models cheapest first. `theta_points`: percentage points; a gain of exactly theta does not
    suffice. `keep_last` keeps the model that ends the search, too. `times_ms`: float [m], above 0; only the method
    "accuracy" does without.
    Raises `UsageError` when there are no inputs, models or times, or when theta is negative or no number.
    Source: Taylor et al. 2018, Algorithm 1; its methods: Sanz Marco et al. 2019. The best complement is
    "accuracy": the model that is right on most of the inputs that no member is right on;
    "optimal": the one that gains most of them for the time it takes;
    "alternate": by accuracy and by time in turn.
    Reading: the time is the model's own, since a perfect choice runs it alone on what it repairs, so the ratio is the
    points gained per ms of one run. Models that gain theta or less do not compete: a fast one that repairs next to
    nothing would else end the search. Turns begin with accuracy, at the second member. Among models that are equally
    good next, the cheapest is taken.
    Differs: the pseudo-code adds a model before it looks at its gain, and so keeps one that is not worth theta; its
    prose stops before that model, and so do we unless `keep_last` asks for the letter.
    """
    if right.ndim != 2 or 0 in right.shape:
        raise UsageError(f"Choosing members needs inputs and models; `right` has the shape {right.shape}.")
    if not theta_points >= 0:
        raise UsageError(f"theta is {theta_points} points; it must be 0 or more.", "The paper uses 0.5.")
    inputs, models = right.shape
    worth = _worth(method, times_ms, models)
    members = [int(np.bincount(fastest_right(right), minlength=models + 1)[:models].argmax())]
    gains = [100.0 * int(right[:, members[0]].sum()) / inputs]
    failed = right[~right[:, members[0]]]
    while len(members) < models:
        # A member repairs none of the failed inputs; without -1 an index of 0 would repeat one when nobody does.
        repaired = failed.sum(axis=0)
        repaired[members] = -1
        most = 100.0 * int(repaired.max()) / inputs
        if most <= theta_points:
            if keep_last:
                members.append(int(repaired.argmax()))
                gains.append(most)
            return Membership(tuple(members), tuple(gains), most)
        points = 100.0 * repaired / inputs
        following = int(np.where(points > theta_points, worth(points, len(members)), -1.0).argmax())
        members.append(following)
        gains.append(float(points[following]))
        failed = failed[~failed[:, following]]
    return Membership(tuple(members), tuple(gains), None)


def _worth(method: MembersBy, times_ms: np.ndarray | None, models: int) -> Callable[[np.ndarray, int], np.ndarray]:
    """What the points gained by each model, float [m], are worth when so many members are chosen already."""
    if method not in get_args(MembersBy):
        raise UsageError(f"The method is {method!r}; it must be one of {', '.join(get_args(MembersBy))}.")
    if method == "accuracy":
        return lambda points, chosen: points
    if times_ms is None or np.shape(times_ms) != (models,) or not np.all(np.asarray(times_ms) > 0):
        raise UsageError(
            f"The method {method!r} needs {models} times above 0; they are {times_ms}.", "Give times_ms, or 'accuracy'."
        )
    times = np.asarray(times_ms, np.float64)
    if method == "optimal":
        return lambda points, chosen: points / times
    return lambda points, chosen: points if chosen % 2 else points / times
