"""What a router may look at: numbers of one image, out of the model that ran first or out of its features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.selector import Seen
from edgewise.select.trials import Trials

Part = Literal["vector", "logits", "confidence", "features"]
_NAMES: Mapping[Part, str] = {
    "vector": "the penultimate vector",
    "logits": "the logits",
    "confidence": "the confidence",
    "features": "the features",
}
_SURE_CLASSES = 5
_FLOOR = np.float32(1e-6)  # of a probability whose logarithm is taken


@dataclass(frozen=True)
class View:
    """The parts that are looked at, and whose they are.

    "vector" is the penultimate vector of `via`; "logits" its log-probabilities, centred, which are its logits less
    their mean; "confidence" the logarithms of its five highest probabilities, highest first; "features" the hand-made
    ones.
    """

    parts: tuple[Part, ...]
    via: str | None  # the model that runs first; None = none does
    feature_names: tuple[str, ...] = ()

    @property
    def embedding_names(self) -> tuple[str, ...]:
        """The model whose penultimate vector is needed, if one is."""
        return (self.via,) if "vector" in self.parts and self.via is not None else ()

    def named(self, part: Part) -> str:
        """What a part is, for messages."""
        whose = "the image" if self.via is None else self.via
        return f"{_NAMES[part]} of {whose}"

    def of_trials(self, trials: Trials, rows: slice | np.ndarray) -> list[np.ndarray]:
        """float64 [rows, width] of each part, for some of the images."""
        if self.via is None:
            return [np.asarray(trials.columns(self.feature_names)[rows], np.float64)]
        vectors = trials.embeddings[self.via][rows] if self.embedding_names else None
        return self._read(trials.logits[trials.models.index(self.via)][rows], vectors)

    def of_seen(self, seen: Seen) -> list[np.ndarray]:
        """float64 [1, width] of each part. Raises `UsageError` where what is looked at was not given."""
        if self.via is None:
            if seen.features is None:
                raise UsageError(
                    f"The router decides by the features {', '.join(self.feature_names)}; none were given."
                )
            return [np.asarray(seen.features, np.float64)[None]]
        vector = None
        if self.embedding_names:
            if self.via not in seen.embeddings:
                raise UsageError(
                    f"The router decides by the penultimate vector of {self.via}; none was given.",
                    "Load that model with its penultimate vectors, or fit the router on a profile without them.",
                )
            vector = np.asarray(seen.embeddings[self.via])[None]
        return self._read(np.asarray(seen.logits[self.via])[None], vector)

    def _read(self, logits: np.ndarray, vectors: np.ndarray | None) -> list[np.ndarray]:
        read: list[np.ndarray] = []
        for part in self.parts:
            if part == "vector":
                read.append(np.asarray(vectors, np.float64))
            elif part == "logits":
                wide = np.ascontiguousarray(logits, np.float64)
                read.append(wide - wide.mean(axis=1, keepdims=True))
            else:
                read.append(_confidence(logits))
        return read


def _confidence(logits: np.ndarray) -> np.ndarray:
    """float64 [n, 5 or fewer]: logarithms of the highest probabilities, highest first."""
    probabilities = softmax(logits)
    count = min(_SURE_CLASSES, probabilities.shape[1])
    highest = np.sort(np.partition(probabilities, -count, axis=1)[:, -count:], axis=1)[:, ::-1]
    return np.log(np.maximum(highest, _FLOOR).astype(np.float64))
