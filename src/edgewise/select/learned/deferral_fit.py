"""How a deferral is fitted: order, membership and averaging are chosen by what they reach on images held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion
from edgewise.select.learned.deferral import Deferral
from edgewise.select.learned.evidence import CHOICE_ROWS, FIT_ROWS, Evidence, some_prices
from edgewise.select.learned.heads import Strength
from edgewise.select.learned.induction import Nets, Plan, Sighted, fit_heads, worth
from edgewise.select.learned.screen import Table, screen
from edgewise.select.trials import Trials

Average = bool | Literal["auto"]
MAX_STAGES = 3
_KEPT = 6  # orders of several models from the screen at each price; on drawn and made-up data all of them gave no more


@dataclass(frozen=True)
class DeferralMethod:
    """Fit a `Deferral` for each price: heads once per order, then price by price the order that is worth most.

    `average`: answer with the mean of all stages run; "auto": whatever is worth more at a price on images held out.

    Compared by accuracy at equal time on the images held out, fitted to 800 at a time: the bundled zoo on 4,000 drawn
    images, plain, spoiled, and spoiled with a tenth of the labels wrong; six models of handwritten digits; seven of
    made-up clusters (standard errors about 0.1 points).
    - Offsets for the class that is named: 0.5 to 0.8 points of a head for two models where classes differ, up to 0.2
      lost where they do not, unless inner cross-validation may leave them out.
    - The two events, or the difference of two models' chances to be right: within 0.1 points of each other.
    - Looking ahead to a third stage: between -0.2 (digits) and 0.03; a third stage itself: 0.5 on the plain images.
    - No averages lose 0.9 points on the clusters, averages everywhere 0.3 to 0.8 elsewhere.
    """

    criterion: Criterion = "top1"
    average: Average = "auto"
    max_stages: int = 3
    seed: int = 0

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Deferral, ...]:
        """A deferral for each price; where the order is one model, the same object. Learns from `trials` alone.

        Raises `UsageError` for settings that cannot be, or too few images to cut into three.
        """
        self._check()
        evidence = Evidence.of(trials, self.criterion, self.seed)
        return _Learner(self, evidence, np.asarray(prices, np.float64)).path()

    def _check(self) -> None:
        if not 1 <= self.max_stages <= MAX_STAGES:
            raise UsageError(f"max_stages is {self.max_stages}; it must be 1 to {MAX_STAGES}.")
        if self.average not in (True, False, "auto"):
            raise UsageError(f"average is {self.average!r}; it must be True, False or 'auto'.")


@dataclass(frozen=True, eq=False)
class _Learner:
    """One fit: screen the orders, compare the best plans, fit those that win at some price."""

    method: DeferralMethod
    evidence: Evidence
    prices: np.ndarray

    def path(self) -> tuple[Deferral, ...]:
        table, strength = self.evidence.first_look()
        plans = self._best(self._plans(table), strength)
        found: dict[int, Deferral] = {}
        nets = self._nets(list(dict.fromkeys(plans)), strength, FIT_ROWS)
        for plan in dict.fromkeys(plans):
            places = [place for place, own in enumerate(plans) if own == plan]
            found |= dict(zip(places, self._deferrals(plan, nets, self.prices[places]), strict=True))
        return tuple(found[place] for place in range(len(plans)))

    def _plans(self, table: Table) -> list[Plan]:
        stages = min(self.method.max_stages, len(self.evidence.trials.models))
        orders = screen(table, self.evidence.trials.times_ms, some_prices(self.prices), stages, _KEPT)
        averaging = (False, True) if self.method.average == "auto" else (bool(self.method.average),)
        return [Plan(order, average) for order in orders for average in (averaging if len(order) > 1 else (False,))]

    def _best(self, plans: list[Plan], strength: Strength) -> list[Plan]:
        """For each price the plan that is worth most on images held out; of equals, that of fewer stages."""
        nets = self._nets(plans, strength, CHOICE_ROWS)
        times_ms = self.evidence.trials.times_ms
        values = np.asarray([worth(plan, nets, times_ms, self.prices) for plan in plans])
        return [plans[place] for place in values.argmax(axis=0)]

    def _nets(self, plans: list[Plan], strength: Strength, images: int) -> Nets:
        sample = self.evidence.sample(images)
        prefixes = [ran for plan in plans for ran in plan.prefixes]
        looked = [ran for plan in plans for ran in plan.prefixes[:-1]]
        return Nets(Sighted(self.evidence.sights(sample, prefixes, looked), sample.rows, strength))

    def _deferrals(self, plan: Plan, nets: Nets, prices: np.ndarray) -> list[Deferral]:
        trials = self.evidence.trials
        models = tuple(trials.models[model] for model in plan.order)
        temperatures = tuple(self.evidence.temperatures[model] for model in plan.order)
        if len(models) == 1:
            return [Deferral(models, temperatures, (), (), plan.average)] * len(prices)
        fitted = fit_heads(plan, nets, trials.times_ms, prices)
        later_ms = trials.times_ms[list(plan.order[1:])]
        return [
            Deferral(models, temperatures, heads, tuple((price * later_ms).tolist()), plan.average)
            for price, heads in zip(prices, fitted, strict=True)
        ]
