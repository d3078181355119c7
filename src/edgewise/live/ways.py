"""What each way to answer a user takes, and gets right, after the play: all answer the same inputs by turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgewise.images.decode import decode
from edgewise.images.items import Item
from edgewise.live.story import Way
from edgewise.live.wilson import wilson
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.tail_network import UserNetwork

_MOST_IMAGES = 100
_RUNS = 3  # what else runs on the machine only adds to a time: the least counts


def ways_by_turns(
    items: Sequence[Item], truths: Sequence[int], state: Path, folder: Path, audited: float, *, threads: int = 1
) -> tuple[Way, ...]:
    """The generic network alone, each of the user's tails alone, and as the device answers, in this order.

    `truths`: classes of the generic network; `audited`: the share of inputs that the generic network answers besides.
    The device answers with the first tail that is sure, else with the generic network: what is turned away costs both.
    Raises `StoreError` or `ModelError` for networks that cannot be loaded.
    """
    generic, own = GenericNetwork(state / FOLDER, threads=threads), UserNetwork(folder, threads=threads)
    own.warm_up()
    step = -(-len(items) // _MOST_IMAGES)
    found = [_of_one(generic, own, item, audited) for item in items[::step]]
    ms = np.mean([each for each, _ in found], axis=0)
    right = np.array([answers for _, answers in found]) == np.array(truths)[::step, None]
    names = ["the generic network alone", *_tails(own), "the first tail that is sure, else the generic network"]
    return tuple(
        Way(name, float(mean), wilson(int(hits.sum()), len(hits)))
        for name, mean, hits in zip(names, ms, right.T, strict=True)
    )


def _tails(own: UserNetwork) -> list[str]:
    generic_ms = own.tails.generic_ms
    return [
        f"tail {place} alone, {generic_ms / one.ms:.2g}x the generic one"
        for place, one in enumerate(own.tails.tails, start=1)
    ]


@dataclass(frozen=True, eq=False)
class _Run:
    """One image, once through everything."""

    ms: tuple[float, ...]  # of the shared part, the generic tail, the tails until one is sure, and each tail
    answers: tuple[int, ...]  # in the order of the ways
    sure: bool


def _of_one(generic: GenericNetwork, own: UserNetwork, item: Item, audited: float) -> tuple[list[float], list[int]]:
    """Of each way, the ms and the answer."""
    pixels = decode(item.read(), item.name).pixels
    runs = [_run(generic, own, pixels) for _ in range(_RUNS)]
    enter, answer, tried, *tails = (min(column) for column in zip(*(one.ms for one in runs), strict=True))
    chosen = enter + tried + answer * (audited if runs[0].sure else 1)
    return [enter + answer, *(enter + one for one in tails), chosen], list(runs[0].answers)


def _run(generic: GenericNetwork, own: UserNetwork, pixels: np.ndarray) -> _Run:
    entering, enter_ms = generic.enter(pixels)
    logits, answer_ms = generic.answer(entering)
    tails = [own.answer(place, entering) for place in range(len(own.tails.tails))]
    tried = own.choose(entering)
    taught, classes = int(logits.argmax()), own.tails.classes
    alone = [classes[int(one[:-1].argmax())] for one, _ in tails]
    chosen = classes[int(tried.logits[:-1].argmax())] if tried.sure else taught
    return _Run((enter_ms, answer_ms, tried.ms, *(ms for _, ms in tails)), (taught, *alone, chosen), tried.sure)
