"""How a router is fitted: what it looks at and estimates by is learned once, then only the price varies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion
from edgewise.select.router.embedding import Embedding
from edgewise.select.router.estimate import Estimator, evenly, teacher
from edgewise.select.router.foresight import Foresight
from edgewise.select.router.router import Router
from edgewise.select.router.view import Part, View
from edgewise.select.router.worths import Worths, worths
from edgewise.select.trials import Trials

Look = Literal["joined", "model", "features"]
Average = bool | Literal["auto"]
_SAMPLE = 3000  # images on which settings are compared, each left out of its own estimate
_VIAS = 3  # models that may run first, where it is left open which


@dataclass(frozen=True)
class RouterMethod:
    """A `PathMethod`: a router for each price of time.

    `embedding`: "model" = the penultimate vector of the model that runs first, or its logits where it gives none;
    "joined" = beside it that model's five highest probabilities; "features" = the hand-made features, and no model runs
    first, which is the premodel with other arithmetic.
    `via`: the model that runs first, "auto" = for each price the one of the cheapest three worth their time that does
    best. `average`: the mean of the first model's answer and the chosen one's, "auto" = where that does better over all
    prices. Both are judged on up to 3,000 training images, each left out of its own estimate.
    """

    criterion: Criterion = "top1"
    estimator: Estimator = "knn"
    embedding: Look = "joined"
    via: str = "auto"
    average: Average = "auto"
    n_neighbors: int | None = None  # None: chosen
    components: int = 32
    seed: int = 0

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Router, ...]:
        """A router for each price; raises `UsageError` for settings that cannot work."""
        lessons = [
            max(either, key=lambda lesson: sum(lesson.net(price) for price in prices)) for either in self.learn(trials)
        ]
        path: list[Router] = []
        for price in prices:
            router = max(lessons, key=lambda lesson: lesson.net(price)).router(price)
            if path and path[-1].foresight is router.foresight and path[-1].price == router.price:
                router = path[-1]
            path.append(router)
        return tuple(path)

    def learn(self, trials: Trials) -> "list[list[Lesson]]":
        """Everything but the price: for each model that may run first, a lesson without averaging and one with it."""
        self._check(trials)
        firsts = self._firsts(trials)
        table = worths(trials, self.criterion, firsts if self.average is not False else ())
        return [self._lessons(trials, first, table) for first in firsts or [None]]

    def _lessons(self, trials: Trials, first: int | None, table: Worths) -> "list[Lesson]":
        """Unaveraged and averaged, as the settings allow, over one embedding."""
        view = self._view(trials, first)
        embedding = Embedding.fit(view, trials, self.components)
        points = embedding.of_trials(trials)
        sample = evenly(len(trials), _SAMPLE)
        taught = teacher(self.estimator, points, sample, self.n_neighbors, self.seed)
        tables = {False: table.alone} if self.average is not True or first is None else {}
        if first is not None and self.average is not False:
            tables[True] = table.averaged[first]
        extra_ms = trials.times_ms.copy()
        if first is None:
            first_ms = trials.feature_costs.ms(view.feature_names)
        else:
            first_ms, extra_ms[first] = float(trials.times_ms[first]), 0.0
        lessons: list[Lesson] = []
        for average, worth in tables.items():
            learned = taught.learn(worth)
            foresight = Foresight(embedding, learned.estimate)
            settled = (trials.models, extra_ms, first_ms, table.temperatures, average, foresight)
            lessons.append(Lesson(*settled, learned.left_out, worth[sample]))
        return lessons

    def _view(self, trials: Trials, first: int | None) -> View:
        if first is None:
            return View(("features",), None, trials.feature_names)
        name = trials.models[first]
        parts: list[Part] = ["vector" if name in trials.embeddings else "logits"]
        return View((*parts, "confidence") if self.embedding == "joined" else tuple(parts), name)

    def _firsts(self, trials: Trials) -> list[int]:
        """The models that may run first."""
        if self.embedding == "features":
            return []
        if self.via != "auto":
            return [trials.models.index(self.via)]
        front: list[int] = []
        right = trials.take(evenly(len(trials), _SAMPLE)).right().sum(axis=0)
        for model in range(len(trials.models)):  # cheapest first
            if not front or right[model] > right[front[-1]]:
                front.append(model)
        return front[:_VIAS]

    def _check(self, trials: Trials) -> None:
        if self.estimator not in ("knn", "ridge"):
            raise UsageError(f"estimator is {self.estimator!r}; it must be 'knn' or 'ridge'.")
        if self.embedding not in ("joined", "model", "features"):
            raise UsageError(f"embedding is {self.embedding!r}; it must be 'joined', 'model' or 'features'.")
        if self.average not in (True, False, "auto"):
            raise UsageError(f"average is {self.average!r}; it must be True, False or 'auto'.")
        if self.via != "auto" and self.via not in trials.models:
            raise UsageError(f"{self.via!r} is not in the trials.", f"Models are: {', '.join(trials.models)}.")
        if self.embedding == "features" and not trials.feature_names:
            raise UsageError("These trials have no features to route by.", "Use embedding='joined'.")
        if not 1 <= self.components <= 256:
            raise UsageError(f"components is {self.components}; it must be 1 to 256.")


@dataclass(frozen=True, eq=False)
class Lesson:
    """A router without its price, and how it did on training images that were left out of their own estimates."""

    models: tuple[str, ...]
    extra_ms: np.ndarray  # float64 [m]
    first_ms: float  # what every image pays before there is a choice
    temperatures: tuple[float, ...]
    average: bool
    foresight: Foresight
    expected: np.ndarray  # float64 [s, m], each image left out
    worth: np.ndarray  # float32 [s, m]

    def net(self, price: float) -> float:
        """Mean worth of the answers at this price, less the price of all time spent."""
        spent_ms = self.first_ms + float(self.extra_ms[self._choose(price)].mean())
        return self.won(price) - price * spent_ms

    def won(self, price: float) -> float:
        """Mean worth of the answers at this price."""
        choice = self._choose(price)
        return float(self.worth[np.arange(len(choice)), choice].mean(dtype=np.float64))

    def router(self, price: float) -> Router:
        """The router at this price.

        No answer is worth more than the most that one was worth here, so from some price on no dearer model ever runs:
        all higher prices give the same router.
        """
        more = self.extra_ms - self.extra_ms.min()
        most = float(self.worth.max(initial=1.0)) / float(more[more > 0].min()) if more.any() else 0.0
        return Router(
            self.models, self.extra_ms, self.temperatures, self.average, min(float(price), most), self.foresight
        )

    def _choose(self, price: float) -> np.ndarray:
        return (self.expected - price * self.extra_ms).argmax(axis=1)
