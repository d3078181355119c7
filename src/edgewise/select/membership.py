"""Which models of a zoo a selector should choose among: the first paper's Algorithm 1, method Accuracy."""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.optimal import fastest_right


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


def choose_members(right: np.ndarray, theta_points: float = 0.5, keep_last: bool = False) -> Membership:
    """Start with the model that is optimal for most inputs; add the best complement while it gains more than theta.

    `right`: bool [n, m], models cheapest first. `theta_points`: percentage points; a gain of exactly theta does not
    suffice. `keep_last` keeps the model that ends the search, too.
    Raises `UsageError` when there are no inputs or no models, or when theta is negative or no number.
    Source: Taylor et al. 2018, Algorithm 1.
    Reading: among models that are equally good next, the cheapest is taken.
    Differs: the pseudo-code adds a model before it looks at its gain, and so keeps one that is not worth theta; its
    prose stops before that model, and so do we unless `keep_last` asks for the letter.
    """
    if right.ndim != 2 or 0 in right.shape:
        raise UsageError(f"Choosing members needs inputs and models; `right` has the shape {right.shape}.")
    if not theta_points >= 0:
        raise UsageError(f"theta is {theta_points} points; it must be 0 or more.", "The paper uses 0.5.")
    inputs, models = right.shape
    first = int(np.bincount(fastest_right(right), minlength=models + 1)[:models].argmax())
    members = [first]
    gains = [100.0 * int(right[:, first].sum()) / inputs]
    failed = right[~right[:, first]]
    while len(members) < models:
        fixed = failed.sum(axis=0)
        # A member fixes none of the failed inputs; without the mask an index of 0 would repeat one when nobody does.
        fixed[members] = -1
        following = int(fixed.argmax())
        gain = 100.0 * int(fixed[following]) / inputs
        if gain <= theta_points:
            if keep_last:
                members.append(following)
                gains.append(gain)
            return Membership(tuple(members), tuple(gains), gain)
        members.append(following)
        gains.append(gain)
        failed = failed[~failed[:, following]]
    return Membership(tuple(members), tuple(gains), None)
