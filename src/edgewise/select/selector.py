"""The one interface of all selectors: look at what has been seen so far, say what to do next.

A premodel looks at the features, runs one model and answers with it. A cascade runs the cheapest model, looks at its
answer, and runs the next one or stops. Both are a `decide` that is called until it answers or refuses, so whoever
serves needs one loop for every kind of selector, present and future.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from edgewise.select.trials import Trials


@dataclass(frozen=True)
class Seen:
    """What is known of one image: its features, and the logits of the models run so far, in the order they ran.

    `embeddings` holds the penultimate vectors of those of them that the selector asks for by `embedding_names`.
    """

    features: np.ndarray | None  # float64 [d]; None where the selector does not need them
    logits: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])  # float32 [classes] each
    embeddings: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])  # float32 [width] each


@dataclass(frozen=True)
class Run:
    """Run this model next."""

    model: str
    why: str
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Answer:
    """Answer with these probabilities, float32 [classes]; `models` contributed to them."""

    probabilities: np.ndarray
    models: tuple[str, ...]
    why: str = ""  # empty where the last `Run` said it
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Refuse:
    """Give no answer: no model is expected to be right."""

    why: str
    scores: tuple[float, ...] = ()


Step = Run | Answer | Refuse


@dataclass(frozen=True)
class Routes:
    """What a selector does with each of n images of a `Trials`; the vectorised twin of calling `decide` in a loop."""

    ran: np.ndarray  # bool [n, m]: the models that ran, in the order of `Trials.models`
    chosen: np.ndarray  # int64 [n]: the model whose run ended the decision; -1 = refused
    top: np.ndarray  # int64 [n, 5 or fewer]: classes of the answer, best first; -1 throughout where refused
    steps: np.ndarray  # int64 [n]: calls of `decide` that the image took, the last one included

    def right(self, labels: np.ndarray, k: int = 1) -> np.ndarray:
        """bool [n]: the label is among the answer's first k classes. A refusal is never right."""
        return (self.top[:, :k] == labels[:, None]).any(axis=1)


class Selector(Protocol):
    """A fitted selector: a frozen dataclass that needs NumPy alone."""

    @property
    def kind(self) -> str: ...

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it may run, in the order that the kind gives them: those that run in a fixed order, in it;
        others cheapest first.
        """
        ...

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features that it needs, in order; empty = none."""
        ...

    def decide(self, seen: Seen) -> Step:
        """The next step for one image."""
        ...

    def route(self, trials: Trials) -> Routes:
        """All steps for all images of `trials`, whose models include this selector's."""
        ...

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What `edgewise.select.saved` stores: JSON values and arrays."""
        ...


def embedding_names(selector: Selector) -> tuple[str, ...]:
    """The models whose penultimate vectors a selector needs; most kinds need none and do not say so."""
    return getattr(selector, "embedding_names", ())


class Method(Protocol):
    """How a selector is fitted: settings in the fields, everything learned from the given trials alone."""

    def fit(self, trials: Trials) -> Selector: ...


class PathMethod(Protocol):
    """A method that a budget can steer: it fits a selector for every price of time.

    A price is what one millisecond may cost in right answers: a step that takes t ms more is worth taking where it adds
    more than price * t to the probability of a right answer.
    """

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        """A selector for each price, in that order; a method that no price moves gives one selector alone."""
        ...
