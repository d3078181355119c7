"""A short distillation of an open tail from what the generic network said, on activations that inference left behind.

No label, no image, no forward pass of the prefix. The student is held to the generic network's probabilities of the
user's classes and of all others together, and to its last features (Romero et al. 2015, "FitNets"): K logits of a few
hundred inputs alone are soon known by heart.
Flips of cached activations are left out: they are not those of the flipped image, since strides and padding are not
symmetric. Views of an image are for the caller, who lets inference see them and adds them to the cache.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import get_ema_multi_avg_fn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.activation_cache import ActivationCache
from edgewise.prune.step_macs import step_macs
from edgewise.prune.tail import Tail
from edgewise.prune.user_classes import check_classes, other_classes

_FEWEST_ROWS = 4


@dataclass(frozen=True)
class Distillation:
    """How long, how fast, and held to what."""

    steps: int = 200
    batch: int = 16
    optimiser: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = 1e-4  # at first; it falls to 0 along a cosine
    weight_decay: float = 0.0
    mimicry: float = 1.0  # weight of the features' share of variance missed, beside the divergence in nats
    averaging: float = 0.95  # what each step leaves of the weights' running average, which is what is judged and kept
    check_every: int = 20
    patience: int = 3  # checks without a better one, after which it ends
    held_out: float = 0.25  # of the rows, where no cache of its own is given
    seed: int = 0


@dataclass(frozen=True)
class Check:
    """How near the student comes on rows that it is not trained on."""

    step: int  # 0: before the first
    divergence: float  # of the K + 1 probabilities from the generic network's, in nats
    missed: float | None  # of the features' variance, as a share; None where they are not mimicked
    agreed: float  # share of rows answered alike among the user's classes


@dataclass(frozen=True)
class Distilled:
    """What it came to, and what it cost."""

    checks: tuple[Check, ...]  # the first is the one before, of the weights as they came
    steps: int
    rows: int  # trained on
    held_out: int
    seconds: float
    macs: int  # forward and backward of all steps, forward of all checks
    cached_bytes: int

    @property
    def before(self) -> Check:
        return self.checks[0]

    @property
    def after(self) -> Check:
        """That of the weights that the network has now: the first where no later one diverged less."""
        best = self.before
        for check in self.checks[1:]:
            if check.divergence < best.divergence:
                best = check
        return best


def distil(
    tail: Tail,
    cache: ActivationCache,
    classes: Sequence[int],
    settings: Distillation | None = None,
    *,
    held_out: ActivationCache | None = None,
    retrained: Collection[str] | None = None,
    progress: Progress = silent,
) -> Distilled:
    """Train the open tail in place, and leave it with the weights that diverged least on rows held out.

    `cache`: activations as they enter this tail, logits [n, C] and features of the generic network. `classes`: the
    user's K of its C. A tail with K + 1 outputs has the user's classes first and the others' logsumexp last; one with C
    is held to the same K + 1. `retrained`: as for `Tail.parameters`. Where no check is better than the weights as they
    came, they stay, to the bit. The same seed on the same machine gives the same weights.
    Rows held out must be of inputs that the weights were not solved on (`reconstruct`): on those a cut network looks
    far better than it is (a ResNet-18 solved on 150 images diverged by 0.05 nats on them, by 0.87 on others), and no
    step seems to help. They choose the weights, so a guard judges by others again.
    Raises `UsageError` for settings, classes or a cache that cannot work.
    """
    settings = settings or Distillation()
    _see_that_it_can_work(cache, settings, held_out)
    started = perf_counter()
    order = np.random.default_rng(settings.seed).permutation(len(cache))
    kept_back = 0 if held_out else max(1, round(settings.held_out * len(cache)))
    rows, judges = order[kept_back:], np.arange(len(held_out)) if held_out else order[:kept_back]
    school = _School(tail, check_classes(classes), settings.mimicry, _variance(cache, rows) if settings.mimicry else 1)
    learned, judged = _Lesson(school, cache, rows), _Lesson(school, held_out or cache, judges)
    with tail.opened(retrained) as parameters:
        checks, steps = _train(learned, judged, list(parameters.values()), settings, progress)
    macs = step_macs(tail, cache.batch(rows[:1].tolist()), retrained)
    return Distilled(
        checks=checks,
        steps=steps,
        rows=len(rows),
        held_out=len(judges),
        seconds=perf_counter() - started,
        macs=steps * min(settings.batch, len(rows)) * macs.total + len(checks) * len(judges) * macs.forward,
        cached_bytes=cache.nbytes + (held_out.nbytes if held_out else 0),
    )


def own_and_others(logits: Tensor, classes: Sequence[int] | np.ndarray) -> Tensor:
    """[n, C] to [n, K + 1]: the user's logits in their order, and the logsumexp of all others."""
    own = check_classes(classes, logits.shape[1])
    others = logits[:, other_classes(own, logits.shape[1])].logsumexp(1, keepdim=True)
    return torch.cat([logits[:, own], others], 1)


def _variance(cache: ActivationCache, rows: np.ndarray) -> float:
    """Of the features taught, on average over them."""
    return max(float(cache.features(rows.tolist()).var(0, correction=0).mean()), 1e-30)


@dataclass(frozen=True, eq=False)
class _School:
    """Who is taught, and what counts."""

    tail: Tail
    classes: np.ndarray
    mimicry: float
    variance: float  # of the features that are taught


class _Lesson:
    """Some rows of a cache, and how far the tail is from what they teach."""

    def __init__(self, school: _School, cache: ActivationCache, rows: np.ndarray) -> None:
        self.rows = rows
        self._school, self._cache = school, cache
        taught = cache.logits(rows.tolist())
        self._known = taught.shape[1]
        self._wanted = dict(zip(rows.tolist(), own_and_others(taught, school.classes).log_softmax(1), strict=True))

    def misses(self, rows: Sequence[int]) -> tuple[Tensor, Tensor | None, Tensor]:
        """Divergence, share of the features' variance missed, and whether answers agree [n]."""
        logits, features = self._school.tail.answers(self._cache.batch(rows))
        wanted = torch.stack([self._wanted[row] for row in rows])
        given = self._outputs(logits).log_softmax(1)
        divergence = functional.kl_div(given, wanted, reduction="batchmean", log_target=True)
        agreed = given[:, :-1].argmax(1) == wanted[:, :-1].argmax(1)
        missed = None
        if self._school.mimicry:
            taught = self._cache.features(rows)
            if taught.shape != features.shape:
                raise UsageError(
                    f"The tail has {features.shape[1]} features and the cache {taught.shape[1]}.",
                    "Add to the cache those that the tail has kept, or set mimicry to 0.",
                )
            missed = functional.mse_loss(features, taught) / self._school.variance
        return divergence, missed, agreed

    def loss(self, rows: Sequence[int]) -> Tensor:
        divergence, missed, _ = self.misses(rows)
        return divergence if missed is None else divergence + self._school.mimicry * missed

    @torch.no_grad()
    def check(self, step: int, batch: int) -> Check:
        """On all rows, one batch after the other."""
        divergence = missed = agreed = 0.0
        for begin in range(0, len(self.rows), batch):
            rows = self.rows[begin : begin + batch].tolist()
            here, features, alike = self.misses(rows)
            divergence += float(here) * len(rows)
            missed += 0.0 if features is None else float(features) * len(rows)
            agreed += float(alike.sum())
        count = len(self.rows)
        return Check(step, divergence / count, missed / count if self._school.mimicry else None, agreed / count)

    def _outputs(self, logits: Tensor) -> Tensor:
        own = len(self._school.classes) + 1
        if logits.shape[1] == own:
            return logits
        if logits.shape[1] == self._known:
            return own_and_others(logits, self._school.classes)
        raise UsageError(
            f"The tail has {logits.shape[1]} outputs; expected {own}, the user's classes and one for all others, or "
            f"{self._known}, those of the generic network."
        )


def _train(
    learned: _Lesson, judged: _Lesson, weights: list[nn.Parameter], settings: Distillation, progress: Progress
) -> tuple[tuple[Check, ...], int]:
    """Checks and steps; the weights are the best ones afterwards, and the first ones if it fails on the way."""
    checks = [judged.check(0, settings.batch)]
    best, step, worse = checks[0], 0, 0
    kept = [weight.detach().clone() for weight in weights]
    averaged = [weight.clone() for weight in kept]
    average = get_ema_multi_avg_fn(settings.averaging)
    optimiser = _optimiser(weights, settings)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    try:
        for step, rows in enumerate(_batches(learned.rows, settings), 1):
            optimiser.zero_grad()
            learned.loss(rows).backward()
            optimiser.step()
            schedule.step()
            with torch.no_grad():
                average(averaged, [weight.detach() for weight in weights], step)
            progress("distilling", step, settings.steps)
            if step % settings.check_every and step < settings.steps:
                continue
            with _lent(weights, averaged):
                checks.append(judged.check(step, settings.batch))
            worse += 1
            if checks[-1].divergence < best.divergence:
                best, worse = checks[-1], 0
                kept = [weight.clone() for weight in averaged]
            if worse == settings.patience:
                break
    finally:
        _put(weights, kept)
    progress("distilling", settings.steps, settings.steps)
    return tuple(checks), step


def _optimiser(weights: list[nn.Parameter], settings: Distillation) -> torch.optim.Optimizer:
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimiser == "adamw":
        return torch.optim.AdamW(weights, lr=rate, weight_decay=decay)
    return torch.optim.SGD(weights, lr=rate, momentum=0.9, weight_decay=decay)


def _batches(rows: np.ndarray, settings: Distillation) -> Iterator[list[int]]:
    """As many as there are steps; all rows come once before one comes again, but for those left over at the end."""
    random = np.random.default_rng((settings.seed, 1))
    size = min(settings.batch, len(rows))
    left: list[int] = []
    for _ in range(settings.steps):
        if len(left) < size:
            left = random.permutation(rows).tolist()
        yield left[:size]
        left = left[size:]


@contextmanager
def _lent(weights: list[nn.Parameter], values: list[Tensor]) -> Iterator[None]:
    """The weights have these values within, and their own again afterwards."""
    own = [weight.detach().clone() for weight in weights]
    _put(weights, values)
    try:
        yield
    finally:
        _put(weights, own)


@torch.no_grad()
def _put(weights: list[nn.Parameter], values: list[Tensor]) -> None:
    for weight, value in zip(weights, values, strict=True):
        weight.copy_(value)


def _see_that_it_can_work(cache: ActivationCache, settings: Distillation, held_out: ActivationCache | None) -> None:
    for name in ("steps", "batch", "check_every", "patience"):
        if getattr(settings, name) < 1:
            raise UsageError(f"{name} is {getattr(settings, name)}; it must be 1 or more.")
    if settings.optimiser not in ("adamw", "sgd"):
        raise UsageError(f"There is no optimiser {settings.optimiser!r}.", "Choose one of adamw, sgd.")
    for name in ("held_out", "averaging"):
        if not 0 < getattr(settings, name) < 1:
            raise UsageError(f"{name} is {getattr(settings, name):g}; it must be between 0 and 1.")
    if not settings.learning_rate > 0 or settings.mimicry < 0 or settings.weight_decay < 0:
        raise UsageError("The learning rate must be above 0, and neither mimicry nor weight decay below it.")
    if len(cache) < _FEWEST_ROWS or (held_out is not None and len(held_out) == 0):
        raise UsageError(
            f"The cache holds {len(cache)} rows, and one to judge by {len(held_out) if held_out else 'is not given'}; "
            f"at least {_FEWEST_ROWS} and 1 are needed.",
            "Let inference fill it first.",
        )
