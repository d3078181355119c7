"""One input answered: by the user's network where it knows it, by the generic one where it does not."""

from dataclasses import dataclass

import numpy as np

from edgewise.personal.generic import GenericNetwork
from edgewise.personal.tail_network import UserNetwork
from edgewise.select.calibration import softmax

_MOST_SHOWN = 5


@dataclass(frozen=True, eq=False)
class Inference:
    """What ran for one input, and what it gave."""

    entering: np.ndarray  # float32 [channels, ...]: what entered the tails
    foreign: float | None  # how foreign the input looks to the user's network; None: that did not run
    generic_logits: np.ndarray | None  # float32 [C]; None: the generic tail did not run
    classes: tuple[int, ...]  # the best, of the generic network's, by the network that answered
    chances: tuple[float, ...]  # theirs
    by_user_network: bool
    ms: float  # of the networks that the answer waited for

    @property
    def rejected(self) -> bool:
        """Whether the user's network turned it away."""
        return self.foreign is not None and not self.by_user_network


def infer(generic: GenericNetwork, pixels: np.ndarray, user: UserNetwork | None = None) -> Inference:
    """Answer an image, uint8 [h, w, 3].

    What the user's network turns away is answered by the generic tail from the same activations: the prefix never runs
    twice. Raises `ModelError` where a network fails.
    """
    entering, ms = generic.enter(pixels)
    foreign = None
    if user is not None:
        logits, own_ms = user.answer(entering)
        ms += own_ms
        foreign = user.foreign(logits)
        if foreign <= user.tail.threshold:
            chances = softmax(logits[None, :-1])[0]
            classes, best = _best(chances)
            named = tuple(user.tail.classes[place] for place in classes)
            return Inference(entering[0], foreign, None, named, best, True, ms)
    answered, own_ms = generic.answer(entering)
    classes, best = _best(softmax(answered[None])[0])
    return Inference(entering[0], foreign, answered, classes, best, False, ms + own_ms)


def _best(chances: np.ndarray) -> tuple[tuple[int, ...], tuple[float, ...]]:
    order = np.argsort(-chances, kind="stable")[:_MOST_SHOWN]
    return tuple(order.tolist()), tuple(float(chance) for chance in chances[order])
