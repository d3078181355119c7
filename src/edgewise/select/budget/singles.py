"""The single models as a path: what every other path is measured against."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgewise.select.selector import Method, Selector
from edgewise.select.single import SingleModel
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class Singles:
    """A `PathMethod` whose positions are the models, cheapest first; no price moves it."""

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        return tuple(SingleModel(model) for model in trials.models)


@dataclass(frozen=True)
class OnePoint:
    """A method that no price moves, as a path of one position."""

    method: Method

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        return (self.method.fit(trials),)
