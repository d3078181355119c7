"""A loaded classifier: its card, and a session that runs it."""

import hashlib
from dataclasses import dataclass
from time import perf_counter_ns
from typing import cast

import numpy as np

from edgewise.errors import ModelError, OutputError
from edgewise.runtime.session import EmbeddingSession, Session
from edgewise.zoo.card import Card

_SMALLEST_PROBABILITY = 1e-12  # for float probabilities, where no quantisation step gives a floor


@dataclass(frozen=True)
class Inference:
    """What one image gave, and the ms that preparing it and running the network took."""

    logits: np.ndarray  # float32 [classes]
    embedding: np.ndarray | None  # float32 [width]; None = the classifier gives none
    prepare_ms: float
    infer_ms: float


@dataclass(frozen=True)
class Classifier:
    """A network on one engine; `fingerprint` is a hash of its weights or of what they come from."""

    card: Card
    session: Session
    fingerprint: str

    @property
    def embedding_width(self) -> int | None:
        """How long its penultimate vector is; None where it was loaded without, or its network has none."""
        return self.session.signature.embedding_width

    def preprocess(self, pixels: np.ndarray) -> np.ndarray:
        """Decoded pixels uint8 [h, w, 3] -> network input float32 [3, size, size]."""
        return self.card.preprocess.apply(pixels)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, 3, size, size] -> logits float32 [n, classes].

        Networks that give probabilities answer with log(max(p, floor)), renormalised; the floor is half a step of a
        quantised output. Raises `OutputError` when an output is not a number, `ModelError` when it is no probability.
        """
        return self._logits(self.session.run(images))

    def predict_with_embedding(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """As `predict`, and the penultimate vectors of the same run, float32 [n, width]; None where it gives none."""
        if self.embedding_width is None:
            return self.predict(images), None
        scores, vectors = cast("EmbeddingSession", self.session).run_with_embedding(images)
        self._see_that_they_are_numbers(vectors)
        return self._logits(scores), vectors

    def _logits(self, outputs: np.ndarray) -> np.ndarray:
        scores = outputs[:, self.card.skip_outputs :]
        self._see_that_they_are_numbers(scores)
        if self.card.output == "probabilities":
            step = self.session.signature.output_step
            slack = max(step or 0.0, 1e-3)
            if scores.min() < -slack or scores.max() > 1 + slack:
                raise ModelError(
                    f"{self.card.name} gave outputs from {scores.min():.3g} to {scores.max():.3g}; no probabilities.",
                    'Say so in its card: output = "logits".',
                )
            return log_probabilities(scores, step / 2 if step else _SMALLEST_PROBABILITY)
        return scores

    def _see_that_they_are_numbers(self, outputs: np.ndarray) -> None:
        if not np.isfinite(outputs).all():
            raise OutputError(
                f"{self.card.name} gave outputs that are not numbers.", "Its weights or its input scale are broken."
            )

    def classify(self, pixels: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Logits float32 [classes] of one decoded image, the ms that preparing it took, and the ms of inference."""
        found = self.infer(pixels)
        return found.logits, found.prepare_ms, found.infer_ms

    def infer(self, pixels: np.ndarray) -> Inference:
        """All that the classifier was loaded to give of one decoded image."""
        started = perf_counter_ns()
        image = self.preprocess(pixels)[None]
        prepared = perf_counter_ns()
        logits, embeddings = self.predict_with_embedding(image)
        done = perf_counter_ns()
        return Inference(
            logits[0],
            None if embeddings is None else embeddings[0],
            prepare_ms=(prepared - started) / 1e6,
            infer_ms=(done - prepared) / 1e6,
        )


def log_probabilities(probabilities: np.ndarray, floor: float) -> np.ndarray:
    """float32 [n, classes], not below `floor` and summing to 1, as logarithms."""
    kept = np.maximum(probabilities, floor).astype(np.float32)
    return np.log(kept / kept.sum(axis=1, keepdims=True))


def text_fingerprint(text: str) -> str:
    """SHA-256 of a text: what stands for a network whose weights are no single file."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
