"""One input answered: by the user's network where it is sure, by the generic one where it is not."""

from dataclasses import dataclass

import numpy as np

from edgewise.personal.generic import GenericNetwork
from edgewise.personal.image_run import ImageRun
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_prior import UserPrior, answer_chances
from edgewise.select.calibration import softmax

_MOST_SHOWN = 5


@dataclass(frozen=True)
class Wish:
    """What a request asks of its answer. It is met where it can be: an answer comes in any case."""

    most_ms: float | None = None  # that the networks may take
    least_sure: float | None = None  # 0..1: how much of its belief a member must give to its answer, or does not answer


@dataclass(frozen=True, eq=False)
class Inference:
    """What ran for one input, and what it gave."""

    run: ImageRun
    foreign: float | None  # how foreign the input looks to the user's network; None: that did not run
    classes: tuple[int, ...]  # the best, of the generic network's, by the network that answered
    chances: tuple[float, ...]  # theirs
    member: int | None  # of the user's network, the one that answered; None: the generic network
    ms: float  # of the networks that the answer waited for
    late: bool = False  # a member that is in doubt answered, as the generic network would have taken too long
    by_prior: bool = False  # the generic one answered, and was told how often the user meets each class

    @property
    def by_user_network(self) -> bool:
        return self.member is not None

    @property
    def rejected(self) -> bool:
        """Whether the user's network turned it away."""
        return self.foreign is not None and not self.by_user_network

    @property
    def generic_logits(self) -> np.ndarray | None:
        """float32 [C]; None where the generic network has not answered, not for an audit either."""
        return self.run.logits


def infer(
    generic: GenericNetwork,
    pixels: np.ndarray,
    user: UserNetwork | None = None,
    wish: Wish | None = None,
    prior: UserPrior | None = None,
) -> Inference:
    """Answer an image, uint8 [h, w, 3].

    What the user's network turns away is answered by the generic one; where a tail has run, from the same activations.
    It answers under the user's `prior`, where that is known. Raises `ModelError` where a network fails.
    """
    wish, run, foreign = wish or Wish(), ImageRun(generic, pixels), None
    if user is not None:
        tried = user.choose(run, least_sure=wish.least_sure)
        foreign, costs = tried.foreign, user.tails.costs
        left_ms = costs.generic if run.has_entered else costs.whole
        late = wish.most_ms is not None and run.ms + left_ms > wish.most_ms
        if tried.sure or late:
            places, best = _best(softmax(np.asarray(tried.logits[:-1], np.float32)))
            named = tuple(user.tails.classes[place] for place in places)
            return Inference(run, foreign, named, best, tried.member, run.ms, not tried.sure)
    classes, best = _best(answer_chances(run.answer()[None], prior)[0])
    return Inference(run, foreign, classes, best, None, run.ms, by_prior=prior is not None)


def _best(chances: np.ndarray) -> tuple[tuple[int, ...], tuple[float, ...]]:
    order = np.argsort(-chances, kind="stable")[:_MOST_SHOWN]
    return tuple(order.tolist()), tuple(float(chance) for chance in chances[order])
