"""The fitted hybrid: a router first, which names the stage where a confidence cascade starts. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.hybrid.parts import starting_at
from edgewise.select.router.embedding import Embedding
from edgewise.select.router.estimate import restored
from edgewise.select.router.foresight import Foresight
from edgewise.select.selector import Routes, Run, Seen, Step
from edgewise.select.trials import Trials

KIND = "hybrid"


@dataclass(frozen=True, eq=False)
class Hybrid:
    """A `Selector`: start the cascade at the stage that is expected to be worth most from there on.

    By features, that is decided before anything runs. By an embedding, the first stage has run: the cascade goes on
    from it as it would alone, or skips stages that are expected to be wrong.
    """

    models: tuple[str, ...]  # the cascade's, cheapest first
    cascade: Cascade
    foresight: Foresight  # expects what each start is worth, less the price of its time

    def __post_init__(self) -> None:
        if set(self.models) != set(self.cascade.models):
            raise UsageError(f"The hybrid may run {list(self.models)}, its cascade {list(self.cascade.models)}.")
        if self._via not in (None, self.cascade.models[0]):
            raise UsageError(f"The hybrid looks at {self._via}, but its cascade begins with {self.cascade.models[0]}.")

    @property
    def kind(self) -> str:
        return KIND

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.foresight.embedding.view.feature_names

    @property
    def embedding_names(self) -> tuple[str, ...]:
        """The model whose penultimate vector is needed, if one is."""
        return self.foresight.embedding.view.embedding_names

    def decide(self, seen: Seen) -> Step:
        """Name the start once, then step as the cascade that starts there.

        The scores are the expected worths of the starts, later the confidences of the stages. Raises `UsageError`
        without the features or the penultimate vector that it decides by.
        """
        ran = list(seen.logits)
        deciding = 0 if self._via is None else 1  # models that have run when the start is named
        if len(ran) < deciding:
            return Run(self.cascade.models[0], f"{self.cascade.models[0]} runs first, and its embedding decides")
        if len(ran) > deciding:
            return self.starts[self.cascade.models.index(ran[deciding])].decide(seen)
        expected = self.foresight.of_seen(seen)
        start = int(expected.argmax())
        step = self.starts[start].decide(seen)
        if not isinstance(step, Run) or start == 0:
            return step
        skipped = ", ".join(self.cascade.models[deciding:start]) or f"what {self.cascade.models[0]} says"
        return Run(step.model, f"{skipped} would not be worth its time here", tuple(expected.tolist()))

    def route(self, trials: Trials) -> Routes:
        """All decisions for all images; exactly what a loop over `decide` gives."""
        start = self.foresight.of_trials(trials).expected.argmax(axis=1)
        routes = Routes(
            np.zeros((len(trials), len(trials.models)), bool),
            np.zeros(len(trials), np.int64),
            np.zeros((len(trials), min(5, trials.logits[0].shape[1])), np.int64),
            np.zeros(len(trials), np.int64),
        )
        for stage, part in enumerate(self.starts):
            rows = np.flatnonzero(start == stage)
            if len(rows):
                own = part.route(trials.take(rows))
                routes.ran[rows], routes.chosen[rows] = own.ran, own.chosen
                routes.top[rows], routes.steps[rows] = own.top, own.steps
        return routes

    @cached_property
    def starts(self) -> tuple[Cascade, ...]:
        """The cascade that starts at each stage."""
        return starts_of(self.cascade, first_ran=self._via is not None)

    @property
    def _via(self) -> str | None:
        return self.foresight.embedding.view.via

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        cascade, cascade_arrays = self.cascade.state()
        embedding, embedding_arrays = self.foresight.embedding.state()
        estimate, estimate_arrays = self.foresight.estimate.state()
        values = {"models": list(self.models), "cascade": cascade, "embedding": embedding, "estimate": estimate}
        arrays = {f"cascade.{name}": array for name, array in cascade_arrays.items()}
        return values, {**arrays, **embedding_arrays, **estimate_arrays}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Hybrid":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        of_cascade = {
            name.removeprefix("cascade."): array for name, array in arrays.items() if name.startswith("cascade.")
        }
        return cls(
            tuple(values["models"]),
            Cascade.from_state(values["cascade"], of_cascade),
            Foresight(Embedding.from_state(values["embedding"], arrays), restored(values["estimate"], arrays)),
        )


def starts_of(cascade: Cascade, *, first_ran: bool) -> tuple[Cascade, ...]:
    """The cascade that starts at each stage, the first one included."""
    return tuple(starting_at(cascade, stage, first_ran=first_ran) for stage in range(len(cascade.models)))
