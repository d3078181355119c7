"""How a hybrid is fitted: a path of cascades, and for each the rule that names where it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.fit import CascadeMethod
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.hybrid.hybrid import Hybrid, starts_of
from edgewise.select.router.embedding import Embedding
from edgewise.select.router.estimate import Estimator, Teacher, evenly, teacher
from edgewise.select.router.foresight import Foresight
from edgewise.select.router.view import View
from edgewise.select.trials import Trials

First = Literal["features", "embedding"]
_TAUGHT_IMAGES = 2000  # that a rule is learned from: every cascade is tried on them from every stage
_SAMPLE = 1000  # of them, on which it is judged


@dataclass(frozen=True)
class HybridMethod:
    """A `PathMethod`: for each price the cascade of `CascadeMethod`, started where a router expects most.

    `first`: what the router looks at: the hand-made "features", before anything runs, or the "embedding" of the first
    stage, after it ran. The router expects what each start is worth less the price of its time, so its rule is learned
    anew for each price; what it looks at is learned once.
    Reading: where the rule does not gain one standard error on training images, each left out of its own estimate and
    all features paid, the position is the cascade alone. On drawn images that is nearly everywhere: a cascade whose
    stages were chosen together has no stage left to skip, and at equal time the two differ by 0.1 points at most.
    """

    criterion: Criterion = "top1"
    first: First = "embedding"
    estimator: Estimator = "knn"
    components: int = 32

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Hybrid | Cascade, ...]:
        """A hybrid, or a cascade alone, for each price. Raises `UsageError` for settings that cannot work."""
        if self.first not in ("features", "embedding"):
            raise UsageError(f"first is {self.first!r}; it must be 'features' or 'embedding'.")
        if self.first == "features" and not trials.feature_names:
            raise UsageError("These trials have no features to start by.", "Use first='embedding'.")
        cascades = CascadeMethod(self.criterion).fit_path(trials, prices)
        rules = _Rules(self, trials.take(evenly(len(trials), _TAUGHT_IMAGES)))
        path: list[Hybrid | Cascade] = []
        for cascade, price in zip(cascades, prices, strict=True):
            path.append(rules.best(cascade, price) if len(cascade.models) > 1 else cascade)
        return tuple(path)


class _Rules:
    """Learns where cascades start; remembers what no price changes."""

    def __init__(self, method: HybridMethod, trials: Trials) -> None:
        self._method, self._trials = method, trials
        self._weights = image_weights(trials.labels, method.criterion)
        self._sample = evenly(len(trials), _SAMPLE)
        self._seen: dict[str | None, tuple[Embedding, Teacher]] = {}
        self._tried: dict[int, tuple[Cascade, np.ndarray, np.ndarray]] = {}

    def best(self, cascade: Cascade, price: float) -> Hybrid | Cascade:
        """The hybrid at this price, or the cascade alone where the rule gains too little."""
        by_features = self._method.first == "features"
        worth, time_ms = self._starts(cascade, by_features)
        net = worth - price * time_ms
        embedding, taught = self._teacher(None if by_features else cascade.models[0])
        learned = taught.learn(net - net.min())  # no estimator then needs to know of negative worths
        start = learned.left_out.argmax(axis=1)
        paid = price * self._trials.feature_costs.ms(embedding.view.feature_names)
        gained = net[self._sample, start] - net[self._sample, 0] - paid
        if gained.mean() <= gained.std() / np.sqrt(len(gained)):
            return cascade
        models = tuple(model for model in self._trials.models if model in cascade.models)
        return Hybrid(models, cascade, Foresight(embedding, learned.estimate))

    def _starts(self, cascade: Cascade, by_features: bool) -> tuple[np.ndarray, np.ndarray]:
        """float64 [n, stages] each: what the answer from every start is worth, and the time of the models run."""
        if id(cascade) not in self._tried:
            worth: list[np.ndarray] = []
            time_ms: list[np.ndarray] = []
            for part in starts_of(cascade, first_ran=not by_features):
                routes = part.route(self._trials)
                right = routes.right(self._trials.labels, top_k(self._method.criterion))
                worth.append(right * self._weights)
                time_ms.append(routes.ran @ self._trials.times_ms)
            self._tried[id(cascade)] = (cascade, np.column_stack(worth), np.column_stack(time_ms))
        _, worths, times_ms = self._tried[id(cascade)]
        return worths, times_ms

    def _teacher(self, via: str | None) -> tuple[Embedding, Teacher]:
        if via not in self._seen:
            trials = self._trials
            if via is None:
                view = View(("features",), None, trials.feature_names)
            else:
                view = View(("vector" if via in trials.embeddings else "logits", "confidence"), via)
            embedding = Embedding.fit(view, trials, self._method.components)
            points = embedding.of_trials(trials)
            taught = teacher(self._method.estimator, points, self._sample)
            self._seen[via] = (embedding, taught)
        return self._seen[via]
