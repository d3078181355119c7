"""A user's network, loaded: its members answer an image, or what entered the generic one's tail. No PyTorch needed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from edgewise.errors import OutputError
from edgewise.personal.chooser import Chooser, doubt
from edgewise.personal.image_run import ImageRun
from edgewise.personal.user_tails import UserTails, tail_file, whole_file
from edgewise.prune.foreign import foreign_scores
from edgewise.prune.posterior import Posterior
from edgewise.runtime.engines import Engine
from edgewise.runtime.part import open_part


@dataclass(frozen=True, eq=False)
class Tried:
    """What a user's network made of an input."""

    foreign: float  # how foreign it looks to the member that ran first
    logits: np.ndarray  # float [K + 1], of the last member that ran
    member: int  # that one
    sure: bool  # else the answer is the generic network's to give


class UserNetwork:
    """It, loaded. Its members are the user's tails, the whole network pruned where it was made, and smaller networks.

    Those are restricted to the user's classes. Not safe to call from several threads at once.
    """

    def __init__(self, folder: Path, *, threads: int = 1, engine: Engine = Engine.ONNX_RUNTIME) -> None:
        """Raises `StoreError` or `ModelError` for what cannot be loaded."""
        self.tails, self._folder = UserTails.read(folder), folder
        count = len(self.tails.tails)
        self._parts = [open_part(folder / tail_file(place), threads=threads, engine=engine) for place in range(count)]
        wholes = range(len(self.tails.wholes))
        self._wholes = [open_part(folder / whole_file(place), threads=threads, engine=engine) for place in wholes]
        self._own = Posterior(self.tails.classes, other=True)

    @cached_property
    def chooser(self) -> Chooser:
        """By which it answers, once the guard has let it in. Raises `StoreError`."""
        return Chooser.read(self._folder)

    def let_choose(self, chooser: Chooser) -> None:
        """Answer by it from now on, and after a restart. Raises `StoreError`."""
        chooser.write(self._folder)
        self.chooser = chooser

    @property
    def own_scores(self) -> tuple[float, ...]:
        """How foreign the user's inputs look to the member that sees every one of them."""
        return self.chooser.own_scores or self.tails.tails[self.chooser.members[0]].own_scores

    @property
    def members(self) -> tuple[str, ...]:
        """Each in words."""
        tails = (f"tail {place}" for place in range(1, len(self._parts) + 1))
        wholes = ("the whole network, pruned" for _ in self._wholes)
        return (*tails, *wholes, *(f"{one.name} among the user's classes" for one in self.tails.smaller))

    def warm_up(self) -> None:
        """The first run is slower than others."""
        for part in (*self._parts, *self._wholes):
            part.run(np.zeros((1, *part.shape), np.float32))

    def answer(self, member: int, run: ImageRun) -> np.ndarray:
        """Logits float [K + 1] of an image by one of the members; the last is of all other classes.

        Raises `ModelError` where it fails, or gives no numbers.
        """
        tails, made = len(self._parts), len(self._parts) + len(self._wholes)
        if member < tails:
            logits = run.by_tail(self._parts[member])
        elif member < made:
            logits = run.by_whole(self._wholes[member - tails])
        else:
            smaller = self.tails.smaller[member - made]
            logits = self._own.scores(run.by_smaller(smaller.fingerprint)[None])[0]
        if not np.isfinite(logits).all():
            raise OutputError(f"{self.tails.name} gives values that are not finite.")
        return logits

    def answers(self, run: ImageRun) -> list[np.ndarray]:
        """Of all members. Raises what `answer` does."""
        return [self.answer(member, run) for member in range(len(self.members))]

    def choose(self, run: ImageRun, *, least_sure: float | None = None) -> Tried:
        """Run members until one is sure, and `least_sure` (0..1) at least, where that is given.

        Raises what `answer` does, and `StoreError` where nothing says yet how to choose.
        """
        by, foreign = self.chooser, None
        for member, most in zip(by.members, by.most_doubt, strict=True):
            logits = self.answer(member, run)
            if foreign is None:
                foreign = float(foreign_scores("energy", logits[None])[0])
            away = foreign > by.most_foreign
            sure = not away and doubt(logits[None])[0] <= (most if least_sure is None else min(most, 1 - least_sure))
            if away or sure or member == by.members[-1]:
                return Tried(foreign, logits, member, sure)
        raise AssertionError("the last member ends it")
