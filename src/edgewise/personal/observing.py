"""While the generic network answers: learn the classes, keep what pruning needs, know earlier users again."""

from collections.abc import Iterable

from edgewise.errors import UsageError
from edgewise.personal.beliefs import Belief
from edgewise.personal.collected import Collected, row_bytes
from edgewise.personal.fit import Fit
from edgewise.personal.generic import GenericParts
from edgewise.personal.inference import Inference
from edgewise.personal.learning import Learning
from edgewise.personal.observer import Observer
from edgewise.personal.user_classes import UserClasses
from edgewise.personal.user_tails import UserTails


class Observing:
    """Of one user, since the last change.

    An earlier network comes back when it fits the inputs that come now (`Fit`): after some dozens of them, where
    finding classes anew takes hundreds.
    """

    def __init__(self, known: int, learning: Learning, earlier: Iterable[UserTails] = ()) -> None:
        """`known`: the generic network's classes."""
        self._known, self._learning = known, learning
        self.observer = Observer(known, learning.enough)
        self.collected = Collected(learning.memory_mb, learning.seed)
        tails = list(earlier)
        alpha = learning.enough.alpha / max(len(tails), 1)
        self._fits = [Fit(tail, known, learning.enough.most_outside, alpha) for tail in tails]

    def believe(self, belief: Belief) -> None:
        """Take in what the generic network believed of one more input."""
        self.observer.add(belief)
        for fit in self._fits:
            fit.take(belief)

    def keep(self, inference: Inference) -> None:
        """Keep what inference computed on the way."""
        run = inference.run
        self.collected.add(run.entering[0], run.answer(), run.raster if self._learning.keep_images else None)

    @property
    def images_kept(self) -> int:
        """How many; none where the owner has not allowed it."""
        return len(self.collected) if self._learning.keep_images else 0

    @property
    def returned(self) -> UserTails | None:
        """An earlier network that fits what comes now: of several, the one that leaves the least outside."""
        fitting = [fit for fit in self._fits if fit.verdict == "fits"]
        return min(fitting, key=lambda fit: fit.outside_at_most).tail if fitting else None

    def give_up(self, network: str) -> None:
        """An earlier network is not to come back."""
        self._fits = [fit for fit in self._fits if fit.tail.name != network]

    @property
    def settled(self) -> UserClasses | None:
        """The user's classes, once they are known well enough and enough was kept to make a network of."""
        enough = len(self.collected) >= self._learning.fewest_inputs
        return self.observer.settled if enough else None


def see_that_enough_fit(learning: Learning, parts: GenericParts) -> None:
    """See that the memory holds the inputs that a network is made of: else no user would ever be learned.

    Raises `UsageError`.
    """
    image_px = parts.preprocess.size_px if learning.keep_images else 0
    needed_mb = learning.fewest_inputs * row_bytes(parts.entering, len(parts.classes), image_px) / 1_000_000
    if needed_mb > learning.memory_mb:
        raise UsageError(
            f"A network is made of {learning.fewest_inputs} inputs, which take {needed_mb:.3g} MB; "
            f"{learning.memory_mb:g} MB are allowed.",
            "Allow more memory, or open less of the generic network.",
        )
