"""Everything that gets a row of the fair table, as arrays over the images, before anything is resampled."""

from dataclasses import dataclass

import numpy as np

from edgewise.select.criterion import Criterion, score, top_k
from edgewise.select.judge.cross_fit import CrossFitted
from edgewise.select.judge.fair_table import Kind
from edgewise.select.optimal import fastest_right
from edgewise.select.trials import Trials

ORACLE, BEST_STATIC = "oracle", "best static"


@dataclass(frozen=True, eq=False)
class Contestant:
    """One way to answer all images."""

    name: str
    kind: Kind
    right: np.ndarray  # bool [n]
    named: np.ndarray  # int64 [n]: the first class of each answer, -1 = refused
    time_ms: np.ndarray  # float64 [n]
    slow_ms: np.ndarray  # float64 [n]: the same, each model at its p90
    chosen: np.ndarray  # int64 [n]: the model whose run ended the decision, -1 = refused
    choose_ms: float
    energy_mj: np.ndarray | None  # float64 [n]: of the models run


@dataclass(frozen=True, eq=False)
class Singles:
    """What each model answers by itself."""

    trials: Trials
    criterion: Criterion
    named: np.ndarray  # int64 [n, m]
    right: np.ndarray  # bool [n, m]

    @classmethod
    def of(cls, trials: Trials, criterion: Criterion) -> "Singles":
        named = np.column_stack([array.argmax(axis=1) for array in trials.logits])
        k = top_k(criterion)
        return cls(trials, criterion, named, named == trials.labels[:, None] if k == 1 else trials.right(k))

    def contestants(self) -> list[Contestant]:
        """The models, cheapest first."""
        models = range(len(self.trials.models))
        return [self._of_one_model(self.trials.models[model], "single", self._all(model)) for model in models]

    def best_static(self, fold: np.ndarray) -> Contestant:
        """For each fold the model that does best on all other folds, the cheapest of equals: what needs no selector.

        `fold`: int [n].
        """
        chosen = np.empty(len(fold), np.int64)
        for held_out in np.unique(fold):
            train = fold != held_out
            labels = self.trials.labels[train]
            reached = (
                [
                    score(labels, self.named[train, model][:, None], self.criterion)
                    for model in range(self.right.shape[1])
                ]
                if self.criterion == "macro-f1"
                else self.right[train].mean(axis=0)
            )
            chosen[~train] = int(np.argmax(reached))
        return self._of_one_model(BEST_STATIC, "baseline", chosen)

    def oracle(self) -> Contestant:
        """A perfect choice among all models, free of charge: the fastest right one, the cheapest where none is."""
        chosen = fastest_right(self.right)
        return self._of_one_model(ORACLE, "oracle", np.where(chosen == self.right.shape[1], 0, chosen))

    def _all(self, model: int) -> np.ndarray:
        return np.full(len(self.trials), model, np.int64)

    def _of_one_model(self, name: str, kind: Kind, chosen: np.ndarray) -> Contestant:
        """Who runs one model for each image, and pays nothing for choosing it."""
        images, energy_mj = np.arange(len(chosen)), self.trials.energy_mj
        return Contestant(
            name=name,
            kind=kind,
            right=self.right[images, chosen],
            named=self.named[images, chosen],
            time_ms=self.trials.decode_ms + self.trials.times_ms[chosen],
            slow_ms=self.trials.decode_ms + self.trials.slow_times_ms[chosen],
            chosen=chosen,
            choose_ms=0.0,
            energy_mj=None if energy_mj is None else energy_mj[chosen],
        )


def fitted_contestant(name: str, kind: Kind, trials: Trials, fitted: CrossFitted, criterion: Criterion) -> Contestant:
    """A selector or a control, by what it does with the images that it was not fitted on."""
    routes = fitted.routes
    choose_ms = routes.steps * fitted.decide_ms + fitted.features_ms
    return Contestant(
        name=name,
        kind=kind,
        right=routes.right(trials.labels, top_k(criterion)),
        named=routes.top[:, 0],
        time_ms=trials.decode_ms + choose_ms + routes.ran @ trials.times_ms,
        slow_ms=trials.decode_ms + choose_ms + routes.ran @ trials.slow_times_ms,
        chosen=routes.chosen,
        choose_ms=float(choose_ms.mean()),
        energy_mj=None if trials.energy_mj is None else routes.ran @ trials.energy_mj,
    )
