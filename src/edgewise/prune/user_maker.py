"""From classifiers and a folder of images to a user's network: of one classifier, or of the best of several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from torch import Tensor, nn

from edgewise.errors import GuardRefused, LabelError
from edgewise.progress import Progress, silent
from edgewise.prune.choose import Base, Choice, choose, sizes_px
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.int8_network import Int8Network, int8_network
from edgewise.prune.make import UserNetwork, make_user_network
from edgewise.prune.material import answers, made_from
from edgewise.prune.restricted import restricted_network
from edgewise.prune.seen_classes import seen_classes
from edgewise.prune.settings import Settings
from edgewise.prune.taught import Taught
from edgewise.prune.user_images import UserImages
from edgewise.prune.user_record import Precision
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.classifier import Classifier


class Clock(Protocol):
    """Times networks beside the generic one (`OnnxClock`)."""

    def share(self, network: nn.Module, size_px: int) -> float: ...

    def reference_ms(self) -> float: ...


@dataclass(frozen=True, eq=False)
class Made:
    """A user's network, the classifier that it was made of, at the size that it takes, and what else was tried."""

    network: UserNetwork
    base: Classifier
    choice: Choice | None = None
    int8: Int8Network | None = None  # of the network, where int8 is to serve

    @property
    def evidence(self) -> Evidence:
        """Of what is to serve."""
        return self.int8.evidence if self.int8 else self.network.evidence

    def require(self) -> None:
        """Raises `GuardRefused` where what is to serve is not let in, and says so where float32 would be."""
        if self.int8 is None:
            self.network.evidence.require()
            return
        try:
            self.int8.evidence.require("The smaller network at int8")
        except GuardRefused as error:
            if not self.network.evidence.accepted:
                raise
            raise GuardRefused(error.message, "At float32 it would be let in: leave --precision out.") from error


@dataclass(frozen=True, eq=False)
class UserMaker:
    """Makes networks that are to replace `generic` for one user; its own answers are what they are judged by.

    `classes`: the user's, indices of the generic classifier's; None: those that the images show. All classifiers run on
    PyTorch. With the `precision` int8 the clock is to be one of int8, too; the network that is made is quantised with
    images that it was made from, and the guard is asked anew.
    """

    generic: Classifier
    classes: tuple[int, ...] | None
    images: UserImages
    settings: Settings
    guard: Guard
    clock: Callable[[], Clock]
    progress: Progress = silent
    precision: Precision = "fp32"

    def of_itself(self, size_px: int | None = None) -> Made:
        """Of the generic network, at another input size if one is given. Raises what `make_user_network` does.

        Where int8 alone is as fast as is wanted, nothing is cut but the other classes.
        """
        base = self.generic if size_px is None else _at(self.generic, size_px)
        taught = None if size_px is None else self._taught()
        images = self.images.at(base.card.preprocess)
        if self.precision == "fp32":
            return Made(self._cut(base, images, taught), base)
        taught = taught or self._taught_by(images)
        share = self.clock().share(_module(base), base.card.preprocess.size_px)
        if share <= 1 / self.settings.target_speedup:
            whole, own, source = _module(base), taught.classes, base.card.source
            made = restricted_network(whole, images, own, self.settings, self.guard, taught, source=source)
        else:
            made = self._cut(base, images, taught)
        return Made(made, base, int8=self._int8(made, images, taught))

    def _cut(self, base: Classifier, images: Tensor, taught: Taught | None) -> UserNetwork:
        return make_user_network(
            _module(base),
            images,
            taught.classes if taught else self.classes,
            self.settings,
            self.guard,
            taught=taught,
            measured=lambda network: self.clock().share(network, base.card.preprocess.size_px),
            source=base.card.source,
            progress=self.progress,
        )

    def _int8(self, made: UserNetwork, images: Tensor, taught: Taught) -> Int8Network:
        return int8_network(made, images, taught, self.settings, self.guard, self.progress)

    def of_the_best(self, others: Sequence[Classifier]) -> Made:
        """Of the generic network or one of `others`, at their own input sizes or smaller ones.

        Classifiers that lack one of the user's classes are left out. Raises what `choose` does.
        """
        taught = self._taught(every=True)
        sized = {
            base.name: (classifier, base)
            for whole in (self.generic, *others)
            for size_px in sizes_px(whole.card.preprocess.size_px)
            for classifier in [_at(whole, size_px)]
            for base in self._bases(classifier, taught.classes)
        }
        found = choose(
            [base for _, base in sized.values()],
            self.images.at,
            taught,
            self.settings,
            self.guard,
            lambda network, size_px: self.clock().share(network, size_px),
            generic_ms=self.clock().reference_ms(),
            progress=self.progress,
        )
        base = sized[found.base.name][0]
        if self.precision == "fp32":
            return Made(found.made, base, found)
        images = self.images.at(base.card.preprocess)
        return Made(found.made, base, found, self._int8(found.made, images, taught))

    def _taught(self, *, every: bool = False) -> Taught:
        """What the generic network says at its own input size: of all images, or of those that the guard will ask."""
        return self._taught_by(self.images.at(self.generic.card.preprocess), every=every)

    def _taught_by(self, images: Tensor, *, every: bool = False) -> Taught:
        first = made_from(len(images), self.settings.held_out)
        if self.classes is not None and not every:
            return Taught(answers(_module(self.generic), images[first:]), self.classes)
        logits = answers(_module(self.generic), images)
        return Taught(logits, self.classes or seen_classes(logits[:first], self.settings.temperature))

    def _bases(self, classifier: Classifier, classes: Sequence[int]) -> list[Base]:
        """The classifier, if it knows the user's classes."""
        known = self.generic.card.classes
        try:
            own = classifier.card.classes.indices([known.keys[index] for index in classes])
        except LabelError:
            return []
        return [Base(classifier.card, _module(classifier), own)]


def _at(classifier: Classifier, size_px: int) -> Classifier:
    card = classifier.card
    return replace(classifier, card=replace(card, preprocess=card.preprocess.at(size_px)))


def _module(classifier: Classifier) -> nn.Module:
    return cast("TorchSession", classifier.session).module
