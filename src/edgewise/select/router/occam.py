"""A router for a budget instead of a price, and its answer for a whole batch: the static-cost variant."""

from dataclasses import dataclass, field

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.router.allocation import allocate, dual_price
from edgewise.select.router.method import RouterMethod
from edgewise.select.router.router import Router
from edgewise.select.selector import Routes
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class OccamMethod:
    """A `Method`: the router whose price is the budget's dual price in the integer program over the training images.

    `max_mean_ms` covers what is run for a choice, and the models; decoding is in no selector's hands.
    Reading: on a stream images come one by one, and no program can be solved over them. Its dual price is then all that
    is left of it, and the fitted selector is a router of the path like any other: on a path this method would add
    nothing to `RouterMethod`. A batch is answered by the program itself: `route_batch`.
    """

    max_mean_ms: float
    router: RouterMethod = field(default_factory=RouterMethod)

    def fit(self, trials: Trials) -> Router:
        """Fit on all of `trials`. Raises `UsageError` when no router is fast enough."""
        lessons = [lesson for either in self.router.learn(trials) for lesson in either]
        fits = [one for one in lessons if one.first_ms + one.extra_ms.min() <= self.max_mean_ms]
        if not fits:
            raise _too_little(self.max_mean_ms, min(one.first_ms + one.extra_ms.min() for one in lessons))
        priced = [(one, dual_price(one.expected, one.extra_ms, self.max_mean_ms - one.first_ms)) for one in fits]
        best, price = max(priced, key=lambda pair: pair[0].won(pair[1]))
        return best.router(price)


def route_batch(router: Router, trials: Trials, max_mean_ms: float) -> Routes:
    """Answer a batch by the integer program: the most expected right answers within the mean time.

    The budget covers the models run, the first one included. Raises `UsageError` where that one alone exceeds it.
    """
    first_ms = 0.0 if router.via is None else float(trials.times_ms[trials.models.index(router.via)])
    if max_mean_ms < first_ms + router.extra_ms.min():
        raise _too_little(max_mean_ms, first_ms + router.extra_ms.min())
    expected = router.foresight.of_trials(trials).expected
    return router.routes(trials, allocate(expected, router.extra_ms, max_mean_ms - first_ms))


def _too_little(asked_ms: float, least_ms: float) -> UsageError:
    return UsageError(
        f"No router answers in {asked_ms:g} ms on average: the least takes {least_ms:.4g} ms.",
        f"The nearest feasible budget is {np.ceil(1e4 * least_ms) / 1e4:g} ms.",
    )
