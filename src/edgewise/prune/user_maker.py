"""From classifiers and a folder of images to a user's network: of one classifier, or of the best of several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from torch import nn

from edgewise.errors import LabelError
from edgewise.progress import Progress, silent
from edgewise.prune.choose import Base, Choice, choose, sizes_px
from edgewise.prune.guard import Guard
from edgewise.prune.make import UserNetwork, make_user_network
from edgewise.prune.material import answers, made_from
from edgewise.prune.seen_classes import seen_classes
from edgewise.prune.settings import Settings
from edgewise.prune.taught import Taught
from edgewise.prune.user_images import UserImages
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


@dataclass(frozen=True, eq=False)
class UserMaker:
    """Makes networks that are to replace `generic` for one user; its own answers are what they are judged by.

    `classes`: the user's, indices of the generic classifier's; None: those that the images show. All classifiers run on
    PyTorch.
    """

    generic: Classifier
    classes: tuple[int, ...] | None
    images: UserImages
    settings: Settings
    guard: Guard
    clock: Callable[[], Clock]
    progress: Progress = silent

    def of_itself(self, size_px: int | None = None) -> Made:
        """Of the generic network, at another input size if one is given. Raises what `make_user_network` does."""
        base = self.generic if size_px is None else _at(self.generic, size_px)
        taught = None if size_px is None else self._taught()
        images = self.images.at(base.card.preprocess)
        made = make_user_network(
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
        return Made(made, base)

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
        return Made(found.made, sized[found.base.name][0], found)

    def _taught(self, *, every: bool = False) -> Taught:
        """What the generic network says at its own input size: of all images, or of those that the guard will ask."""
        images = self.images.at(self.generic.card.preprocess)
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
