"""Where a method's path leads: each of its selectors on images that it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.budget.charges import Charges
from edgewise.select.criterion import Criterion, image_weights, score, top_k
from edgewise.select.judge.cross_fit import time_decisions
from edgewise.select.selector import PathMethod, Routes, Selector
from edgewise.select.trials import Trials

_TIMED_IMAGES = 20  # for each position, over all folds


@dataclass(frozen=True, eq=False)
class Point:
    """One position on one method's path, cross-fitted: what it reaches and costs, image by image."""

    method: str
    position: int  # on the path
    models: tuple[str, ...]  # those that answered some image
    score: float  # under the criterion, over all images: a refusal is not right
    worth: np.ndarray  # float32 [n]: what each answer is worth, 0 where wrong
    time_ms: np.ndarray  # float32 [n]: decoding, features, choosing and the models run, each at its median
    mean_ms: float
    p90_ms: float  # with each model run at its own p90: all of them slow at once is the worst case
    energy_mj: float | None  # mean of the models run
    refused: float  # share of images
    choose_ms: float = 0.0  # what all decisions take for the image that needs the most of them

    def cost(self, limit: str) -> float | None:
        """What a limit of `Budget` is held against."""
        return {"max_mean_ms": self.mean_ms, "max_p90_ms": self.p90_ms, "max_energy_mj": self.energy_mj}[limit]


def cross_points(
    name: str,
    method: PathMethod,
    trials: Trials,
    fold: np.ndarray,
    prices: Sequence[float],
    criterion: Criterion,
    done: Callable[[], None] = lambda: None,
    charges: Charges | None = None,
) -> list[Point]:
    """The points of a method's path: fitted once per fold on all other folds, judged on the fold.

    `fold`: int [n]; `done` is called after each fold. A decision costs the median of those timed here, on some 20
    held-out images for each position, or what `charges` say.
    """
    charges = Charges() if charges is None else charges
    answers: list[_Answers] = []
    timed = -(-_TIMED_IMAGES // len(np.unique(fold)))
    for held_out in np.unique(fold):
        rows = np.flatnonzero(fold == held_out)
        training, held = trials.take(fold != held_out), trials.take(rows)
        path = method.fit_path(training, prices)
        reached = training.right().sum(axis=0) if charges.escalated else np.zeros(len(trials.models))
        answers = answers or [_Answers.empty(trials) for _ in path]
        routed: dict[int, _Routed] = {}
        for answer, selector in zip(answers, path, strict=True):
            if id(selector) not in routed:
                times_ns = [] if charges.decide_ms is not None else time_decisions(selector, held, timed)
                routed[id(selector)] = _Routed(selector, selector.route(held), times_ns, reached)
            answer.put(rows, routed[id(selector)], held, charges)
        done()
    return [answer.point(name, position, trials, criterion, charges) for position, answer in enumerate(answers)]


@dataclass(frozen=True, eq=False)
class _Routed:
    """What one selector does with a fold."""

    selector: Selector
    routes: Routes
    times_ns: list[int]  # of the decisions that were timed
    reached: np.ndarray  # float [m]: right answers of each model among the training images

    def sent_on(self, share: float, trials: Trials) -> tuple[np.ndarray, int]:
        """float [n]: how likely each image is sent on to the most capable model, and that model's place.

        `share` of all images are, and those alone that did not run it anyway: which they are is not known before.
        """
        columns = [trials.models.index(model) for model in self.selector.models]
        capable = max(columns, key=lambda column: (self.reached[column], -column))
        spared = ~self.routes.ran[:, capable]
        return spared * min(1.0, share / max(float(spared.mean()), 1e-12)), capable


@dataclass(frozen=True, eq=False)
class _Answers:
    """How one position answers all images, filled in fold by fold."""

    top: np.ndarray  # int32 [n, k]
    time_ms: np.ndarray  # float32 [n]: without the decisions
    slow_ms: np.ndarray  # float32 [n]: the same with each model at its p90, for those that are not sent on
    sent_on: np.ndarray  # float32 [n]: how likely it is sent on
    sent_on_ms: np.ndarray  # float32 [n]: what that adds, at the model's p90
    steps: np.ndarray  # int32 [n]: decisions
    energy_mj: np.ndarray | None  # float32 [n]
    ended: np.ndarray  # int64 [m + 1]: images that each model's run ended; the last entry counts refusals
    times_ns: list[int]  # of the decisions that were timed

    @classmethod
    def empty(cls, trials: Trials) -> "_Answers":
        images = len(trials)
        classes = min(5, trials.logits[0].shape[1])
        return cls(
            top=np.empty((images, classes), np.int32),
            time_ms=np.empty(images, np.float32),
            slow_ms=np.empty(images, np.float32),
            sent_on=np.empty(images, np.float32),
            sent_on_ms=np.empty(images, np.float32),
            steps=np.empty(images, np.int32),
            energy_mj=None if trials.energy_mj is None else np.empty(images, np.float32),
            ended=np.zeros(len(trials.models) + 1, np.int64),
            times_ns=[],
        )

    def put(self, rows: np.ndarray, routed: _Routed, held: Trials, charges: Charges) -> None:
        routes, selector = routed.routes, routed.selector
        before = held.decode_ms + held.feature_costs.ms(selector.feature_names) + charges.check_ms * (routes.steps - 1)
        sent_on, capable = routed.sent_on(charges.escalated, held)
        self.top[rows], self.steps[rows], self.sent_on[rows] = routes.top, routes.steps, sent_on
        self.time_ms[rows] = before + routes.ran @ held.times_ms + sent_on * held.times_ms[capable]
        self.slow_ms[rows] = before + routes.ran @ held.slow_times_ms
        self.sent_on_ms[rows] = held.slow_times_ms[capable]
        if self.energy_mj is not None and held.energy_mj is not None:
            self.energy_mj[rows] = routes.ran @ held.energy_mj + sent_on * held.energy_mj[capable]
        self.ended[:] += np.bincount(
            np.where(routes.chosen < 0, len(self.ended) - 1, routes.chosen), None, len(self.ended)
        )
        self.times_ns.extend(routed.times_ns)

    def point(self, name: str, position: int, trials: Trials, criterion: Criterion, charges: Charges) -> Point:
        right = (self.top[:, : top_k(criterion)] == trials.labels[:, None]).any(axis=1)
        decide_ms = float(np.median(self.times_ns)) / 1e6 if charges.decide_ms is None else charges.decide_ms
        time_ms = (self.time_ms + decide_ms * self.steps).astype(np.float32)
        slow_ms = self.slow_ms + decide_ms * self.steps
        most = int(self.steps.max())
        return Point(
            method=name,
            position=position,
            models=tuple(model for model, images in zip(trials.models, self.ended[:-1], strict=True) if images),
            score=score(trials.labels, self.top, criterion),
            worth=(right * image_weights(trials.labels, criterion)).astype(np.float32),
            time_ms=time_ms,
            mean_ms=float(time_ms.mean(dtype=np.float64)),
            p90_ms=_p90(slow_ms, self.sent_on, self.sent_on_ms),
            energy_mj=None if self.energy_mj is None else float(self.energy_mj.mean(dtype=np.float64)),
            refused=float(self.ended[-1] / len(trials)),
            choose_ms=float(decide_ms * most + charges.check_ms * (most - 1)),
        )


def _p90(slow_ms: np.ndarray, sent_on: np.ndarray, sent_on_ms: np.ndarray) -> float:
    """Nine images of ten take no longer; each counts as two, sent on and not, by how likely that is."""
    if not sent_on.any():
        return float(np.quantile(slow_ms, 0.9))
    values = np.concatenate([slow_ms, slow_ms + sent_on_ms])
    order = np.argsort(values)
    reached = np.cumsum(np.concatenate([1 - sent_on, sent_on])[order], dtype=np.float64)
    return float(values[order][np.searchsorted(reached, 0.9 * reached[-1])])
