"""One input answered: by the user's network where it is sure, by the generic one where it is not."""

from dataclasses import dataclass

import numpy as np

from edgewise.personal.generic import GenericNetwork
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_prior import UserPrior, answer_chances
from edgewise.select.calibration import softmax

_MOST_SHOWN = 5


@dataclass(frozen=True)
class Wish:
    """What a request asks of its answer. It is met where it can be: an answer comes in any case."""

    most_ms: float | None = None  # that the networks may take
    least_sure: float | None = None  # 0..1: how much of its belief a tail must give to its answer, or does not answer


@dataclass(frozen=True, eq=False)
class Inference:
    """What ran for one input, and what it gave."""

    entering: np.ndarray  # float32 [channels, ...]: what entered the tails
    foreign: float | None  # how foreign the input looks to the user's network; None: that did not run
    generic_logits: np.ndarray | None  # float32 [C]; None: the generic tail did not run
    classes: tuple[int, ...]  # the best, of the generic network's, by the network that answered
    chances: tuple[float, ...]  # theirs
    tail: int | None  # of the user's, the one that answered; None: the generic one
    ms: float  # of the networks that the answer waited for
    late: bool = False  # a tail that is in doubt answered, as the generic one would have taken too long
    by_prior: bool = False  # the generic one answered, and was told how often the user meets each class

    @property
    def by_user_network(self) -> bool:
        return self.tail is not None

    @property
    def rejected(self) -> bool:
        """Whether the user's network turned it away."""
        return self.foreign is not None and not self.by_user_network


def infer(
    generic: GenericNetwork,
    pixels: np.ndarray,
    user: UserNetwork | None = None,
    wish: Wish | None = None,
    prior: UserPrior | None = None,
) -> Inference:
    """Answer an image, uint8 [h, w, 3].

    What the user's tails turn away is answered by the generic tail from the same activations: the prefix never runs
    twice. It answers under the user's `prior`, where that is known. Raises `ModelError` where a network fails.
    """
    wish = wish or Wish()
    entering, ms = generic.enter(pixels)
    foreign = None
    if user is not None:
        tried = user.choose(entering, least_sure=wish.least_sure)
        ms, foreign = ms + tried.ms, tried.foreign
        late = wish.most_ms is not None and ms + user.tails.generic_ms > wish.most_ms
        if tried.sure or late:
            classes, best = _best(softmax(tried.logits[None, :-1])[0])
            named = tuple(user.tails.classes[place] for place in classes)
            return Inference(entering[0], foreign, None, named, best, tried.tail, ms, not tried.sure)
    answered, own_ms = generic.answer(entering)
    classes, best = _best(answer_chances(answered[None], prior)[0])
    return Inference(entering[0], foreign, answered, classes, best, None, ms + own_ms, by_prior=prior is not None)


def _best(chances: np.ndarray) -> tuple[tuple[int, ...], tuple[float, ...]]:
    order = np.argsort(-chances, kind="stable")[:_MOST_SHOWN]
    return tuple(order.tolist()), tuple(float(chance) for chance in chances[order])
