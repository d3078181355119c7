"""Of which network a user's is made: of each that there is, at each input size, cut or whole.

A smaller network is often the better half of a larger one. So all are looked at first, restricted to the user's
classes; then the best of those that are fast enough is held against the most promising of those that must be cut.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from edgewise.errors import EdgewiseError, UsageError
from edgewise.images.preprocess import Preprocess
from edgewise.progress import Progress, silent
from edgewise.prune.guard import Guard
from edgewise.prune.make import UserNetwork, make_user_network
from edgewise.prune.material import answers, made_from
from edgewise.prune.restricted import restricted_network
from edgewise.prune.settings import Settings
from edgewise.prune.taught import Taught
from edgewise.prune.user_record import Candidate
from edgewise.zoo.card import Card

SMALLER = (6 / 7, 5 / 7, 4 / 7)  # inputs that are tried beside a network's own, as shares of it
_STEP_PX = 32
_LOOKED_AT = 100  # images, of those that networks are made from
_MOST_CUT = 2.5  # times as slow as is wanted: what must lose more than that is not tried
_POINTS_PER_HALVING = 2.0  # that a cut is taken to cost, to say which ones are tried first
_CUTS = 2  # that are tried

ImagesOf = Callable[[Preprocess, int | None], Tensor]
Share = Callable[[nn.Module, int], float]


@dataclass(frozen=True, eq=False)
class Base:
    """A network that a user's may be made of, at one input size."""

    card: Card  # its preprocessing is that of this size
    network: nn.Module  # in eval mode, [n, 3, size, size] to [n, outputs]
    classes: tuple[int, ...]  # the user's, of its outputs

    @property
    def name(self) -> str:
        return f"{self.card.name} at {self.card.preprocess.size_px} px"


@dataclass(frozen=True)
class Looked:
    """What a base is like, restricted to the user's classes."""

    base: Base
    share: float  # of the generic network's time
    drop_points: float  # expected, over some images that networks are made from


@dataclass(frozen=True, eq=False)
class Choice:
    """The best network that the guard lets in, or the best one at all where it lets none in."""

    made: UserNetwork
    base: Base
    tried: tuple[Candidate, ...]  # the chosen one among them
    looked: tuple[Looked, ...]
    failed: tuple[str, ...]  # what could not be tried, and why


def sizes_px(own_px: int) -> tuple[int, ...]:
    """The input sizes at which a network is tried, its own first: about six, five and four sevenths of that.

    224 px become 192, 160 and 128.
    """
    smaller = (round(own_px * share / _STEP_PX) * _STEP_PX for share in SMALLER)
    return tuple(dict.fromkeys([own_px, *(size for size in smaller if _STEP_PX <= size < own_px)]))


def choose(
    bases: Sequence[Base],
    images_of: ImagesOf,
    taught: Taught,
    settings: Settings,
    guard: Guard,
    share: Share,
    *,
    generic_ms: float,
    progress: Progress = silent,
) -> Choice:
    """Make a few networks of the speed that is asked for, and take the one that is expected to lose least.

    `images_of`: a user's images for a preprocessing, all of them or the first so many, in the order of `taught`, which
    holds logits of all. `share`: the time of a network at an input size, as a share of the generic one's, which is
    `generic_ms`. The guard's promise is divided among the networks that it judges.
    Raises `UsageError` where no base can be made so fast, and what making one raises where all fail.
    """
    chooser = _Chooser(images_of, taught, settings, share, progress)
    looked, failed = chooser.looked(bases, guard)
    trials = _trials(looked, 1 / settings.target_speedup)
    guard = replace(guard, networks=guard.networks * len(trials))
    made: list[tuple[Looked, UserNetwork, float]] = []
    errors: list[EdgewiseError] = []
    for one in trials:
        try:
            network = chooser.made(one, guard)
        except EdgewiseError as error:
            errors.append(error)
            failed.append(f"{one.base.name}: {error.message}")
        else:
            made.append((one, network, share(network.network, one.base.card.preprocess.size_px)))
    if not made:
        raise errors[0]
    best = min(made, key=lambda each: (not each[1].evidence.accepted, each[1].evidence.drop_points, each[2]))
    tried = tuple(_candidate(*each, generic_ms, chosen=each is best) for each in made)
    return Choice(best[1], best[0].base, tried, tuple(looked), tuple(failed))


def _candidate(one: Looked, network: UserNetwork, share: float, generic_ms: float, *, chosen: bool) -> Candidate:
    evidence = network.evidence
    return Candidate(
        name=f"{one.base.name}, {'cut' if network.plan.removes else 'whole'}",
        ms=generic_ms * share,
        expected_drop_points=evidence.drop_points,
        low_points=evidence.low_points,
        high_points=evidence.high_points,
        accepted=evidence.accepted,
        chosen=chosen,
    )


@dataclass(frozen=True, eq=False)
class _Chooser:
    images_of: ImagesOf
    taught: Taught
    settings: Settings
    share: Share
    progress: Progress

    def looked(self, bases: Sequence[Base], guard: Guard) -> tuple[list[Looked], list[str]]:
        """Every base, on a few images; and those that do not run at their size."""
        found: list[Looked] = []
        failed: list[str] = []
        most = min(_LOOKED_AT, made_from(len(self.taught.logits), self.settings.held_out))
        for done, base in enumerate(bases):
            images = self.images_of(base.card.preprocess, most)
            try:
                said = answers(base.network, images)[:, list(base.classes)]
                took = self.share(base.network, base.card.preprocess.size_px)
            except (EdgewiseError, RuntimeError) as error:  # foreign code at a size that it was not written for
                failed.append(f"{base.name}: {next(iter(str(error).splitlines()), type(error).__name__)}")
            else:
                first = Taught(self.taught.logits[: len(said)], self.taught.classes)
                drop_points = first.judge(guard, said, self.settings.temperature).drop_points
                found.append(Looked(base, took, drop_points))
            self.progress("looking at networks", done + 1, len(bases))
        if not found:
            raise UsageError(f"None of {len(bases)} networks runs: {failed[0]}", "Name others with --zoo.")
        return found, failed

    def made(self, one: Looked, guard: Guard) -> UserNetwork:
        """Restricted if it is fast enough as it is, cut if not."""
        base, source = one.base, one.base.card.source
        images = self.images_of(base.card.preprocess, None)
        if one.share <= 1 / self.settings.target_speedup:
            return restricted_network(
                base.network, images, base.classes, self.settings, guard, self.taught, source=source
            )
        return make_user_network(
            base.network,
            images,
            base.classes,
            self.settings,
            guard,
            taught=self.taught,
            measured=lambda changed: self.share(changed, base.card.preprocess.size_px),
            source=source,
            progress=self.progress,
        )


def _trials(looked: Sequence[Looked], wanted: float) -> list[Looked]:
    """The best base that is fast enough as it is, and the most promising of those that are not."""
    whole = sorted((one for one in looked if one.share <= wanted), key=lambda one: (one.drop_points, one.share))[:1]
    limit = whole[0].drop_points if whole else math.inf

    def promise(one: Looked) -> float:
        return one.drop_points + _POINTS_PER_HALVING * math.log2(one.share / wanted)

    slow = [one for one in looked if wanted < one.share <= _MOST_CUT * wanted and one.drop_points < limit]
    trials = [*whole, *sorted(slow, key=promise)[:_CUTS]]
    if not trials:
        nearest = min(looked, key=lambda one: one.share)
        raise UsageError(
            f"{wanted:.0%} of the generic network's time is asked for; the fastest of {len(looked)} networks, "
            f"{nearest.base.name}, takes {nearest.share:.0%}, more than can be cut away.",
            "Ask for less speed, or name smaller networks with --zoo.",
        )
    return trials
