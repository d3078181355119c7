"""The fitted router: a first model runs, what it saw of the image names the model to answer with. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.router.embedding import Embedding
from edgewise.select.router.estimate import restored
from edgewise.select.router.foresight import Foresight, Together, mean_of
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.trials import Trials

KIND = "router"


@dataclass(frozen=True, eq=False)
class Router:
    """A `Selector`: run the model whose expected worth, less the price of its time, is highest; any may be jumped to.

    Where a model runs first, its own answer costs nothing more, and the answer of another is its mean with the first
    one's where `average` says so. Where none does, the router looks at features alone, as the premodel does.
    Source: Ding et al. 2025, "OCCAM": nearest neighbours in a learned embedding.
    Differs: the embedding is that of a model of the zoo, which has then answered too, and not of an encoder of its own.
    """

    models: tuple[str, ...]  # m, cheapest first
    extra_ms: np.ndarray  # float64 [m]: what running each takes once the first one has run, which itself takes 0
    temperatures: tuple[float, ...]
    average: bool
    price: float  # what 1 ms more must add to the expected worth
    foresight: Foresight

    def __post_init__(self) -> None:
        if not len(self.models) == len(self.extra_ms) == len(self.temperatures):
            raise UsageError(
                f"A router of {len(self.models)} models has {len(self.extra_ms)} times and {len(self.temperatures)} "
                "temperatures; it needs one for each."
            )
        if self.via is not None and self.via not in self.models:
            raise UsageError(f"The router runs {self.via} first, but may run {list(self.models)} only.")

    @property
    def kind(self) -> str:
        return KIND

    @property
    def via(self) -> str | None:
        """The model that runs first; None = none does."""
        return self.foresight.embedding.view.via

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.foresight.embedding.view.feature_names

    @property
    def embedding_names(self) -> tuple[str, ...]:
        """The model whose penultimate vector is needed, if one is."""
        return self.foresight.embedding.view.embedding_names

    def decide(self, seen: Seen) -> Step:
        """Run the first model, then the one that is worth most; answer. The scores are the expected worths.

        Raises `UsageError` without the features or the penultimate vector that it decides by.
        """
        if self.via is not None and self.via not in seen.logits:
            return Run(self.via, f"{self.via} runs first, and its embedding decides")
        others = [model for model in seen.logits if model != self.via]
        if others:
            return self._answer(seen, self.models.index(others[-1]))
        expected = self.foresight.of_seen(seen)
        choice = int(self._choose(expected[None])[0])
        scores, model = tuple(expected.tolist()), self.models[choice]
        if model == self.via:
            return self._answer(
                seen, choice, f"no other model is worth its time: {self._worth(expected, choice)}", scores
            )
        return Run(model, self._worth(expected, choice), scores)

    def route(self, trials: Trials) -> Routes:
        """All decisions for all images; exactly what a loop over `decide` gives."""
        look = self.foresight.of_trials(trials)
        return self.routes(trials, self._choose(look.expected))

    def routes(self, trials: Trials, choice: np.ndarray) -> Routes:
        """What comes of a choice that was made, int [n] of `models`."""
        look = self.foresight.of_trials(trials)
        columns = np.asarray([trials.models.index(model) for model in self.models])
        ran = np.zeros((len(trials), len(trials.models)), bool)
        ran[np.arange(len(trials)), columns[choice]] = True
        steps = np.full(len(trials), 2)
        if self.via is not None:
            steps += ~ran[:, trials.models.index(self.via)]
            ran[:, trials.models.index(self.via)] = True
        top = np.empty((len(trials), min(5, trials.logits[0].shape[1])), np.int64)
        for place in np.unique(choice):
            rows = np.flatnonzero(choice == place)
            together: Together = tuple(
                (int(columns[one]), self.temperatures[one]) for one in self._together(int(place))
            )
            top[rows] = look.top(trials, together, rows)
        return Routes(ran, columns[choice].astype(np.int64), top, steps)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        embedding, embedding_arrays = self.foresight.embedding.state()
        estimate, estimate_arrays = self.foresight.estimate.state()
        values = {
            "models": list(self.models),
            "temperatures": list(self.temperatures),
            "average": self.average,
            "price": self.price,
            "embedding": embedding,
            "estimate": estimate,
        }
        return values, {"extra_ms": self.extra_ms, **embedding_arrays, **estimate_arrays}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Router":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        return cls(
            models=tuple(values["models"]),
            extra_ms=arrays["extra_ms"],
            temperatures=tuple(float(value) for value in values["temperatures"]),
            average=bool(values["average"]),
            price=float(values["price"]),
            foresight=Foresight(
                Embedding.from_state(values["embedding"], arrays), restored(values["estimate"], arrays)
            ),
        )

    def _choose(self, expected: np.ndarray) -> np.ndarray:
        """int64 [n] of `models`, for expected worths [n, m]; of equals the first."""
        return (expected - self.price * self.extra_ms).argmax(axis=1)

    def _together(self, choice: int) -> list[int]:
        """The models whose probabilities make the answer, the first one's before the other's."""
        if not self.average or self.via is None or self.models[choice] == self.via:
            return [choice]
        return [self.models.index(self.via), choice]

    def _answer(self, seen: Seen, choice: int, why: str = "", scores: tuple[float, ...] = ()) -> Answer:
        together = self._together(choice)
        answers = [softmax(seen.logits[self.models[one]], self.temperatures[one]) for one in together]
        return Answer(mean_of(answers), tuple(self.models[one] for one in together), why, scores)

    def _worth(self, expected: np.ndarray, choice: int) -> str:
        worth = f"{self.models[choice]} is expected right with {expected[choice]:.3f}"
        if self.via is None or self.models[choice] == self.via:
            return worth
        return f"{worth}, {self.via} with {expected[self.models.index(self.via)]:.3f}"
