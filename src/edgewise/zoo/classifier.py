"""A loaded classifier: its card, and a session that runs it."""

import hashlib
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np

from edgewise.errors import ModelError, OutputError
from edgewise.runtime.session import Session
from edgewise.zoo.card import Card

_SMALLEST_PROBABILITY = 1e-12  # for float probabilities, where no quantisation step gives a floor


@dataclass(frozen=True)
class Classifier:
    """A network on one engine; `fingerprint` is a hash of its weights or of what they come from."""

    card: Card
    session: Session
    fingerprint: str

    def preprocess(self, pixels: np.ndarray) -> np.ndarray:
        """Decoded pixels uint8 [h, w, 3] -> network input float32 [3, size, size]."""
        return self.card.preprocess.apply(pixels)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """float32 [n, 3, size, size] -> logits float32 [n, classes].

        Networks that give probabilities answer with log(max(p, floor)), renormalised; the floor is half a step of a
        quantised output. Raises `OutputError` when an output is not a number, `ModelError` when it is no probability.
        """
        scores = self.session.run(images)[:, self.card.skip_outputs :]
        if not np.isfinite(scores).all():
            raise OutputError(
                f"{self.card.name} gave outputs that are not numbers.", "Its weights or its input scale are broken."
            )
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

    def classify(self, pixels: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Logits float32 [classes] of one decoded image, the ms that preparing it took, and the ms of inference."""
        started = perf_counter_ns()
        image = self.preprocess(pixels)[None]
        prepared = perf_counter_ns()
        logits = self.predict(image)[0]
        done = perf_counter_ns()
        return logits, (prepared - started) / 1e6, (done - prepared) / 1e6


def log_probabilities(probabilities: np.ndarray, floor: float) -> np.ndarray:
    """float32 [n, classes], not below `floor` and summing to 1, as logarithms."""
    kept = np.maximum(probabilities, floor).astype(np.float32)
    return np.log(kept / kept.sum(axis=1, keepdims=True))


def text_fingerprint(text: str) -> str:
    """SHA-256 of a text: what stands for a network whose weights are no single file."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
