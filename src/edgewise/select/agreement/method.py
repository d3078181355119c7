"""How an agreement cascade is fitted: from what the models answer, and at what price."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.agreement.cascade import AgreementCascade
from edgewise.select.agreement.search import MAX_MODELS, Found, Patterns, best_at, every_cascade, front
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.trials import Trials

MAX_STAGES = 5


@dataclass(frozen=True)
class AgreementMethod:
    """A `PathMethod`: the best `AgreementCascade` at each price; models, order, quorums and last word are searched.

    Of more than `max_models`, those are combined that fall least short of random mixing, see `search.front`.
    Reading: with criterion "top5", the models still vote by their best class, and an answer counts as its most trusted
    backer does.
    """

    criterion: Criterion = "top1"
    max_stages: int = 4
    max_models: int = MAX_MODELS

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[AgreementCascade, ...]:
        """One selector per price, one object for equal ones. Raises `UsageError` for settings out of range."""
        named = np.column_stack([np.asarray(array).argmax(axis=1) for array in trials.logits])
        right = trials.right(top_k(self.criterion))
        weights = image_weights(trials.labels, self.criterion)
        return self.search(trials.models, named, right, weights, trials.times_ms, prices)

    def search(
        self,
        models: Sequence[str],
        named: np.ndarray,
        right: np.ndarray,
        weights: np.ndarray,
        times_ms: np.ndarray,
        prices: Sequence[float],
    ) -> tuple[AgreementCascade, ...]:
        """The path from answers alone: `named` int [n, m], `right` bool [n, m], `weights` float [n] of mean 1."""
        if not 1 <= self.max_stages <= MAX_STAGES:
            raise UsageError(f"max_stages is {self.max_stages}; it must be 1 to {MAX_STAGES}.")
        if not 1 <= self.max_models <= MAX_MODELS:
            raise UsageError(f"max_models is {self.max_models}; it must be 1 to {MAX_MODELS}.")
        if len(named) == 0:
            raise UsageError("An agreement cascade needs at least one image.")
        kept = front(right, times_ms, self.max_models)
        trust = [float(right[:, model].mean()) for model in kept]
        patterns = Patterns.count(named[:, kept], right[:, kept], weights)
        found = list(every_cascade(patterns, trust, [float(times_ms[model]) for model in kept], self.max_stages))
        best = best_at(found, prices)
        made = {one: _made(one, [models[model] for model in kept], trust) for one in dict.fromkeys(best)}
        return tuple(made[one] for one in best)


def _made(found: Found, models: Sequence[str], trust: Sequence[float]) -> AgreementCascade:
    return AgreementCascade(
        tuple(models[stage] for stage in found.stages),
        found.quorums,
        tuple(trust[stage] for stage in found.stages),
        found.last,
    )
