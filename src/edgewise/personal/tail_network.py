"""A user's network, loaded: its tails answer what entered the generic one's. No PyTorch needed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from edgewise.errors import OutputError
from edgewise.personal.chooser import Chooser, doubt
from edgewise.personal.user_tails import Tail, UserTails, tail_file
from edgewise.prune.foreign import foreign_scores
from edgewise.runtime.onnx_part import OnnxPart


@dataclass(frozen=True, eq=False)
class Tried:
    """What a user's network made of an input."""

    foreign: float  # how foreign it looks to the tail that ran first
    logits: np.ndarray  # float32 [K + 1], of the last tail that ran
    tail: int  # that one
    sure: bool  # else the answer is the generic tail's to give
    ms: float


class UserNetwork:
    """It, loaded. Not safe to call from several threads at once."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Raises `StoreError` or `ModelError` for what cannot be loaded."""
        self.tails, self._folder = UserTails.read(folder), folder
        count = len(self.tails.tails)
        self._parts = [OnnxPart(folder / tail_file(place), threads=threads) for place in range(count)]

    @cached_property
    def chooser(self) -> Chooser:
        """By which it answers, once the guard has let it in. Raises `StoreError`."""
        return Chooser.read(self._folder)

    def let_choose(self, chooser: Chooser) -> None:
        """Answer by it from now on, and after a restart. Raises `StoreError`."""
        chooser.write(self._folder)
        self.chooser = chooser

    @property
    def first(self) -> Tail:
        """The one that sees every input."""
        return self.tails.tails[self.chooser.tails[0]]

    def warm_up(self) -> None:
        """The first run is slower than others."""
        for part in self._parts:
            part.run(np.zeros((1, *part.shape), np.float32))

    def answer(self, place: int, entering: np.ndarray) -> tuple[np.ndarray, float]:
        """Logits float32 [K + 1] of what entered the generic tail, float32 [1, ...], by one of the tails, and the ms.

        Raises `ModelError` where it fails, or gives no numbers.
        """
        logits, ms = self._parts[place].timed(entering)
        if not np.isfinite(logits).all():
            raise OutputError(f"{self.tails.name} gives values that are not finite.")
        return logits.reshape(-1), ms

    def answers(self, entering: np.ndarray) -> list[np.ndarray]:
        """Of all tails. Raises what `answer` does."""
        return [self.answer(place, entering)[0] for place in range(len(self._parts))]

    def choose(self, entering: np.ndarray, *, least_sure: float | None = None) -> Tried:
        """Run the tails until one is sure, and `least_sure` (0..1) at least, where that is given.

        Raises what `answer` does, and `StoreError` where nothing says yet how to choose.
        """
        by = self.chooser
        foreign, ms = None, 0.0
        for place, most in zip(by.tails, by.most_doubt, strict=True):
            logits, own_ms = self.answer(place, entering)
            ms += own_ms
            if foreign is None:
                foreign = float(foreign_scores("energy", logits[None])[0])
            away = foreign > by.most_foreign
            sure = not away and doubt(logits[None])[0] <= (most if least_sure is None else min(most, 1 - least_sure))
            if away or sure or place == by.tails[-1]:
                return Tried(foreign, logits, place, sure, ms)
        raise AssertionError("the last tail ends it")
