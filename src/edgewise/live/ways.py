"""What each way to answer a user takes, and gets right, after the play: all answer the same inputs by turns."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgewise.images.decode import decode
from edgewise.images.items import Item
from edgewise.live.story import Way
from edgewise.live.wilson import wilson
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.image_run import ImageRun
from edgewise.personal.inference import Inference, infer
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_prior import UserPrior

_MOST_IMAGES = 100
_RUNS = 3  # what else runs on the machine only adds to a time: the least counts


def ways_by_turns(
    items: Sequence[Item], truths: Sequence[int], state: Path, folder: Path, audited: float, *, threads: int = 1
) -> tuple[Way, ...]:
    """The generic network alone, the same told the user's classes, each member alone, and as the device answers.

    `truths`: classes of the generic network; `audited`: the share of inputs that the generic network answers besides.
    The device answers with the first member that is sure, else with the generic network: what is turned away costs
    both. Raises `StoreError` or `ModelError` for networks that cannot be loaded.
    """
    ways = _Ways(GenericNetwork(state / FOLDER, threads=threads), UserNetwork(folder, threads=threads), audited)
    step = -(-len(items) // _MOST_IMAGES)
    found = [ways.of(item) for item in items[::step]]
    ms = np.mean([each for each, _ in found], axis=0)
    right = np.array([answers for _, answers in found]) == np.array(truths)[::step, None]
    return tuple(
        Way(name, float(mean), wilson(int(hits.sum()), len(hits)))
        for name, mean, hits in zip(ways.names, ms, right.T, strict=True)
    )


class _Ways:
    """All of them, for one image after the other."""

    def __init__(self, generic: GenericNetwork, own: UserNetwork, audited: float) -> None:
        own.warm_up()
        self._generic, self._own, self._audited = generic, own, audited
        tails = own.tails
        self._prior = UserPrior(tails.classes, tails.shares, tails.evidence.posterior.temperature)

    @property
    def names(self) -> list[str]:
        alone = [f"{member} alone" for member in self._own.members]
        return [
            "the generic network alone",
            "the same, told the user's classes",
            *alone,
            "the first that is sure, else the generic network",
        ]

    def of(self, item: Item) -> tuple[list[float], list[int]]:
        """Of each way, the ms and the answer."""
        pixels = decode(item.read(), item.name).pixels
        runs = [self._run(pixels) for _ in range(_RUNS)]
        generic, *alone, chosen = (min(column) for column in zip(*(ms for ms, _ in runs), strict=True))
        last, answers = runs[-1][1]
        if last.by_user_network:
            last.run.answer()
            chosen += self._audited * (last.run.ms - last.ms)
        return [generic, generic, *alone, chosen], answers

    def _run(self, pixels: np.ndarray) -> tuple[list[float], tuple[Inference, list[int]]]:
        """The ms of the generic network, of each member and of the device's choice; and what all ways answered."""
        own, classes = self._own, self._own.tails.classes
        plain = infer(self._generic, pixels)
        told = self._prior.of(plain.run.answer()[None])[0]
        ms, answers = [plain.ms], [plain.classes[0], int(told.argmax())]
        for member in range(len(own.members)):
            run = ImageRun(self._generic, pixels)
            answers.append(classes[int(own.answer(member, run)[:-1].argmax())])
            ms.append(run.ms)
        chosen = infer(self._generic, pixels, own, prior=self._prior)
        return [*ms, chosen.ms], (chosen, [*answers, chosen.classes[0]])
