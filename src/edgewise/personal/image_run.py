"""One image, as the networks of a device see it: whatever runs for it runs once."""

from time import perf_counter_ns

import numpy as np

from edgewise.personal.generic import GenericNetwork
from edgewise.runtime.part import Part


class ImageRun:
    """An image, uint8 [h, w, 3], and what has run for it so far. All methods raise `ModelError` where that fails."""

    def __init__(self, generic: GenericNetwork, pixels: np.ndarray) -> None:
        self._generic, self._pixels = generic, pixels
        self._entering: np.ndarray | None = None
        self.logits: np.ndarray | None = None  # float32 [C], of the generic network; None: it has not answered
        self.ms = 0.0  # of all that has run
        self._smaller: dict[str, np.ndarray] = {}

    @property
    def has_entered(self) -> bool:
        """Whether the generic network's first part has run."""
        return self._entering is not None

    @property
    def raster(self) -> np.ndarray:
        """The image as large as the generic network takes it, uint8 [side, side, 3]."""
        return self._generic.parts.preprocess.raster(self._pixels)

    @property
    def entering(self) -> np.ndarray:
        """What enters the generic network's second part, float32 [1, channels, ...]."""
        if self._entering is None:
            self._entering, ms = self._generic.enter(self._pixels)
            self.ms += ms
        return self._entering

    def answer(self) -> np.ndarray:
        """The generic network's logits, float32 [C]."""
        if self.logits is None:
            self.logits, ms = self._generic.answer(self.entering)
            self.ms += ms
        return self.logits

    def by_smaller(self, fingerprint: str) -> np.ndarray:
        """A smaller network's logits of the generic network's classes, float32 [C]."""
        if fingerprint not in self._smaller:
            self._smaller[fingerprint], ms = self._generic.smaller_one(fingerprint).answer(self._pixels)
            self.ms += ms
        return self._smaller[fingerprint]

    def by_whole(self, network: Part) -> np.ndarray:
        """What a user's network that takes the image itself makes of it, float32 [K + 1]."""
        started = perf_counter_ns()
        logits = network.run(self._generic.parts.preprocess.apply(self._pixels)[None])
        self.ms += (perf_counter_ns() - started) / 1e6
        return logits.reshape(-1)

    def by_tail(self, tail: Part) -> np.ndarray:
        """What a user's tail makes of it, float32 [K + 1]."""
        logits, ms = tail.timed(self.entering)
        self.ms += ms
        return logits.reshape(-1)
