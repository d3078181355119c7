"""Several selectors on the same images, as far as promises are concerned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.criterion import Criterion, top_k
from edgewise.select.selector import Selector
from edgewise.select.trials import Trials


@dataclass(frozen=True, eq=False)
class Tried:
    """What J selectors do with n images, and what one model that they are compared with does.

    A selector of one model escalates all images, unless no other selector has a cheaper one: then it escalates none.
    """

    right: np.ndarray  # bool [n, J]; a refusal is not right
    answered: np.ndarray  # bool [n, J]
    escalated: np.ndarray  # bool [n, J]: more ran than the selector's cheapest model
    mean_ms: np.ndarray  # float64 [J]: models run and features
    reference: np.ndarray  # bool [n]: the model compared with is right

    @classmethod
    def of(cls, selectors: Sequence[Selector], trials: Trials, criterion: Criterion, reference: str) -> "Tried":
        """Route all images of `trials` with each."""
        k, cheapest = top_k(criterion), min(_cheapest(selector, trials) for selector in selectors)
        right = np.empty((len(trials), len(selectors)), bool)
        answered, escalated = np.empty_like(right), np.empty_like(right)
        mean_ms = np.empty(len(selectors))
        for place, selector in enumerate(selectors):
            routes = selector.route(trials)
            right[:, place] = routes.right(trials.labels, k)
            answered[:, place] = routes.chosen >= 0
            base = _cheapest(selector, trials) if len(selector.models) > 1 else cheapest
            escalated[:, place] = np.delete(routes.ran, base, axis=1).any(axis=1)
            features_ms = trials.feature_costs.ms(selector.feature_names)
            mean_ms[place] = float((routes.ran @ trials.times_ms).mean()) + features_ms
        compared = trials.right(k)[:, trials.models.index(reference)]
        return cls(right, answered, escalated, mean_ms, compared)

    def take(self, places: Sequence[int]) -> "Tried":
        """Some of the selectors, in that order."""
        chosen = list(places)
        return Tried(
            self.right[:, chosen],
            self.answered[:, chosen],
            self.escalated[:, chosen],
            self.mean_ms[chosen],
            self.reference,
        )


def _cheapest(selector: Selector, trials: Trials) -> int:
    """The cheapest model that it may run, as an index into `trials.models`."""
    return min(trials.models.index(model) for model in selector.models)
