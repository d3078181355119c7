"""Where a method's path leads: each of its selectors on images that it has not seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.criterion import Criterion, image_weights, score, top_k
from edgewise.select.selector import PathMethod, Routes, Selector
from edgewise.select.trials import Trials


@dataclass(frozen=True, eq=False)
class Point:
    """One position on one method's path, cross-fitted: what it reaches and costs, image by image."""

    method: str
    position: int  # on the path
    models: tuple[str, ...]  # those that answered some image
    score: float  # under the criterion, over all images: a refusal is not right
    worth: np.ndarray  # float32 [n]: what each answer is worth, 0 where wrong
    time_ms: np.ndarray  # float32 [n]: decoding, features and the models run
    mean_ms: float
    p90_ms: float
    energy_mj: float | None  # mean of the models run
    refused: float  # share of images

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
) -> list[Point]:
    """The points of a method's path: fitted once per fold on all other folds, judged on the fold.

    `fold`: int [n]; `done` is called after each fold. The time of a decision itself is not in the points.
    """
    answers: list[_Answers] = []
    for held_out in np.unique(fold):
        rows = np.flatnonzero(fold == held_out)
        path = method.fit_path(trials.take(fold != held_out), prices)
        held = trials.take(rows)
        answers = answers or [_Answers.empty(trials) for _ in path]
        routed: dict[int, Routes] = {}
        for answer, selector in zip(answers, path, strict=True):
            if id(selector) not in routed:
                routed[id(selector)] = selector.route(held)
            answer.put(rows, selector, routed[id(selector)], held)
        done()
    return [answer.point(name, position, trials, criterion) for position, answer in enumerate(answers)]


@dataclass(frozen=True, eq=False)
class _Answers:
    """How one position answers all images, filled in fold by fold."""

    top: np.ndarray  # int32 [n, k]
    time_ms: np.ndarray  # float32 [n]
    energy_mj: np.ndarray | None  # float32 [n]
    ended: np.ndarray  # int64 [m + 1]: images that each model's run ended; the last entry counts refusals

    @classmethod
    def empty(cls, trials: Trials) -> "_Answers":
        images = len(trials)
        classes = min(5, trials.logits[0].shape[1])
        return cls(
            np.empty((images, classes), np.int32),
            np.empty(images, np.float32),
            None if trials.energy_mj is None else np.empty(images, np.float32),
            np.zeros(len(trials.models) + 1, np.int64),
        )

    def put(self, rows: np.ndarray, selector: Selector, routes: Routes, held: Trials) -> None:
        features_ms = held.feature_costs.ms(selector.feature_names)
        self.top[rows] = routes.top
        self.time_ms[rows] = held.decode_ms + features_ms + routes.ran @ held.times_ms
        if self.energy_mj is not None and held.energy_mj is not None:
            self.energy_mj[rows] = routes.ran @ held.energy_mj
        self.ended[:] += np.bincount(
            np.where(routes.chosen < 0, len(self.ended) - 1, routes.chosen), None, len(self.ended)
        )

    def point(self, name: str, position: int, trials: Trials, criterion: Criterion) -> Point:
        right = (self.top[:, : top_k(criterion)] == trials.labels[:, None]).any(axis=1)
        return Point(
            method=name,
            position=position,
            models=tuple(model for model, images in zip(trials.models, self.ended[:-1], strict=True) if images),
            score=score(trials.labels, self.top, criterion),
            worth=(right * image_weights(trials.labels, criterion)).astype(np.float32),
            time_ms=self.time_ms,
            mean_ms=float(self.time_ms.mean(dtype=np.float64)),
            p90_ms=float(np.quantile(self.time_ms, 0.9)),
            energy_mj=None if self.energy_mj is None else float(self.energy_mj.mean(dtype=np.float64)),
            refused=float(self.ended[-1] / len(trials)),
        )
