"""What a user's network saves, measured after the play: it and the generic one answer the same inputs by turns."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgewise.images.decode import decode
from edgewise.images.items import Item
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.tail_network import UserNetwork

_MOST_IMAGES = 100
_RUNS = 3  # what else runs on the machine only adds to a time: the least counts


def times_by_turns(
    items: Sequence[Item], state: Path, folder: Path, audited: float, *, threads: int = 1
) -> tuple[float, float]:
    """Mean ms of an input, by the generic network, and with the user's: what that turns away costs both, and the share
    that is `audited` a run of the generic tail besides.

    Raises `StoreError` or `ModelError` for networks that cannot be loaded.
    """
    generic, own = GenericNetwork(state / FOLDER, threads=threads), UserNetwork(folder, threads=threads)
    own.warm_up()
    some = items[:: -(-len(items) // _MOST_IMAGES)]
    alone_ms = with_own_ms = 0.0
    for item in some:
        pixels = decode(item.read(), item.name).pixels
        runs = [_times(generic, own, pixels) for _ in range(_RUNS)]
        enter_ms, answer_ms, own_ms = (min(times) for times in zip(*(times for times, _ in runs), strict=True))
        alone_ms += enter_ms + answer_ms
        with_own_ms += enter_ms + own_ms + answer_ms * (audited if runs[0][1] else 1)
    return alone_ms / len(some), with_own_ms / len(some)


def _times(generic: GenericNetwork, own: UserNetwork, pixels: np.ndarray) -> tuple[tuple[float, float, float], bool]:
    """Of the shared part, the generic tail and the user's, in ms; and whether the user's was sure of its answer."""
    entering, enter_ms = generic.enter(pixels)
    _, answer_ms = generic.answer(entering)
    tried = own.choose(entering)
    return (enter_ms, answer_ms, tried.ms), tried.sure
