"""A small selector that decides by a penultimate vector: near the mean of the class it answers, the cheap model may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.trials import Trials, top_classes

KIND = "nearness"


@dataclass(frozen=True, eq=False)
class Nearness:
    """A `Selector` of two models."""

    cheap: str
    strong: str
    means: np.ndarray  # float32 [classes, width]: the vectors of each class
    limit: float  # the largest distance at which the cheap model is believed

    kind = KIND
    feature_names = ()

    @property
    def models(self) -> tuple[str, ...]:
        return (self.cheap, self.strong)

    @property
    def embedding_names(self) -> tuple[str, ...]:
        return (self.cheap,)

    def decide(self, seen: Seen) -> Step:
        if self.cheap not in seen.logits:
            return Run(self.cheap, "first the cheap one")
        if self.strong not in seen.logits:
            assert list(seen.embeddings) == [self.cheap]
            vector = seen.embeddings[self.cheap][None]
            if not self._far(vector, seen.logits[self.cheap][None])[0]:
                return Answer(_softmax(seen.logits[self.cheap]), (self.cheap,), "it is near")
            return Run(self.strong, "it is far")
        return Answer(_softmax(seen.logits[self.strong]), (self.strong,))

    def route(self, trials: Trials) -> Routes:
        cheap, strong = (trials.models.index(name) for name in self.models)
        far = self._far(trials.embeddings[self.cheap], trials.logits[cheap])
        ran = np.zeros((len(trials), len(trials.models)), bool)
        ran[:, cheap], ran[:, strong] = True, far
        tops = [top_classes(np.asarray(trials.logits[m]), 5) for m in (cheap, strong)]
        top = np.where(far[:, None], tops[1], tops[0])
        return Routes(ran, np.where(far, strong, cheap), top, np.where(far, 3, 2))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"cheap": self.cheap, "strong": self.strong, "limit": self.limit}, {"means": self.means}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Nearness":
        return cls(values["cheap"], values["strong"], arrays["means"], values["limit"])

    @classmethod
    def method(cls, *, criterion: str, seed: int) -> "NearnessMethod":
        return NearnessMethod("tiny:xs", "tiny:l")

    def _far(self, vectors: np.ndarray, logits: np.ndarray) -> np.ndarray:
        answers = np.asarray(logits).argmax(axis=1)
        # Rounded as a profile stores them, so that both ways of deciding see one distance.
        away = np.asarray(vectors, np.float16).astype(np.float32) - self.means[answers]
        return np.linalg.norm(away, axis=1) > self.limit


@dataclass(frozen=True)
class NearnessMethod:
    """Fit it for the models `cheap` and `strong`; the limit sends half of the given images on."""

    cheap: str
    strong: str

    def fit(self, trials: Trials) -> Nearness:
        vectors = np.asarray(trials.embeddings[self.cheap], np.float32)
        classes = np.unique(trials.labels)
        means = np.zeros((trials.logits[0].shape[1], vectors.shape[1]), np.float32)
        means[classes] = [vectors[trials.labels == label].mean(axis=0) for label in classes]
        distances = np.linalg.norm(vectors - means[trials.labels], axis=1)
        return Nearness(self.cheap, self.strong, means, float(np.median(distances)))


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max())
    return exponents / exponents.sum()
