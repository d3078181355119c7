"""A path that is simple enough to be reckoned by hand: two stages, and a threshold that falls as the price rises."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from edgewise.select.cascade.cascade import Cascade
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class TwoStages:
    """The cheapest model first; the dearest where the confidence is under 1 - price * 100."""

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        models = (trials.models[0], trials.models[-1])
        thresholds = [max(0.0, 0.99 - 100 * price) for price in prices]
        return tuple(Cascade(models, (1.0, 1.0), (threshold,), False) for threshold in thresholds)


@pytest.fixture
def two_stages() -> PathMethod:
    return TwoStages()
