"""What selection can win at most on a profile: counted, not trained."""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.select.ceiling.first_look import Answers, Look, first_looks
from edgewise.select.ceiling.perfect import Levels, levels, resampled_least_ms
from edgewise.select.ceiling.worth import Worth, without_guesses, worth_of_models
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.fair_table import Interval
from edgewise.select.optimal import fastest_right
from edgewise.select.rightness import right_in_top
from edgewise.select.trials import Trials

_CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Reach:
    """An accuracy, and the mean ms for which it can be had in several ways; decoding is in all of them."""

    name: str  # the single model whose accuracy it is
    accuracy: Interval
    alone_ms: float
    perfect_ms: float  # a perfect choice that runs one model for each image
    cheapest_first_ms: float  # one that has to run the cheapest model on every image
    look: Look | None  # the fastest cascade of a first look; None = none is so accurate


@dataclass(frozen=True)
class Perfect:
    """A perfect choice: the fastest model that is right, the cheapest one where none is."""

    accuracy: Interval
    mean_ms: Interval
    cheapest_first_ms: float  # where the cheapest model has to run on every image


@dataclass(frozen=True)
class Ceiling:
    """What selection can win at most, on these images; accuracies and gains are shares of 1.

    Under the criterion "macro-f1" an accuracy is the macro recall, in which all classes weigh alike.
    """

    criterion: Criterion
    images: int
    classes: int
    seed: int
    bootstrap: int  # resamples
    decode_ms: float
    singles: tuple[Reach, ...]  # cheapest first
    best: Reach  # the most accurate single model, the cheapest of equals
    oracle: Perfect
    gain: Interval  # the oracle's accuracy less the best single model's, paired
    gain_without_guesses: float
    perfect_ms: Interval  # the least for the best single model's accuracy
    cheapest_first_ms: Interval
    worth: tuple[Worth, ...]  # of each model to a perfect choice, the best single model first
    most_accurate_look: Look | None
    frontier: tuple[tuple[float, float], ...]  # (mean ms, accuracy) corners of the perfect choice


def ceiling(
    trials: Trials,
    criterion: Criterion = "top1",
    *,
    bootstrap: int = 2000,
    seed: int = 0,
    progress: Progress = silent,
) -> Ceiling:
    """Count what selection can win. With one seed, singles and oracle are those of the fair table, interval and all.

    Differs for "macro-f1": the F1 of a class is no sum over images, so what a perfect choice reaches at least time
    cannot be counted; macro recall, which can, stands in its place everywhere.
    Raises `UsageError` for no images, or no resamples.
    """
    if len(trials) == 0:
        raise UsageError("There are no images to count on.")
    if bootstrap < 1:
        raise UsageError(f"{bootstrap} resamples give no interval; at least 1 is needed.", "Use 2000.")
    answers = _read(trials, criterion, progress)
    worth, right = answers.worth, answers.right
    order = np.arange(len(trials.models))
    reached = (worth @ right) / len(trials)
    best = int(order[reached.argmax()])
    ways = tuple(
        levels(right, trials.times_ms, trials.decode_ms, worth, cheapest_first=first) for first in (False, True)
    )
    looks, most_accurate = first_looks(answers, reached.tolist())
    oracle, resampled = _resampled(answers, bootstrap, seed)
    least = resampled_least_ms(ways, worth * right[:, best], bootstrap, seed)
    perfect_ms, cheapest_first_ms = (_least(way, reached) for way in ways)
    singles = tuple(
        Reach(
            name,
            interval(reached[model], resampled[:, model]),
            float(trials.decode_ms + trials.times_ms[model]),
            float(perfect_ms[model]),
            float(cheapest_first_ms[model]),
            looks[model],
        )
        for model, name in enumerate(trials.models)
    )
    rows = worth_of_models(trials.models, right, worth, best, trials.logits[0].shape[1], top_k(criterion))
    union = float((worth * right.any(axis=1)).mean())
    return Ceiling(
        criterion=criterion,
        images=len(trials),
        classes=trials.logits[0].shape[1],
        seed=seed,
        bootstrap=bootstrap,
        decode_ms=trials.decode_ms,
        singles=singles,
        best=singles[best],
        oracle=oracle,
        gain=interval(union - reached[best], resampled[:, -1] - resampled[:, best]),
        gain_without_guesses=without_guesses(rows) - float(reached[best]),
        perfect_ms=interval(perfect_ms[best], least[0]),
        cheapest_first_ms=interval(cheapest_first_ms[best], least[1]),
        worth=rows,
        most_accurate_look=most_accurate,
        frontier=_corners(ways[0]),
    )


def _read(trials: Trials, criterion: Criterion, progress: Progress) -> Answers:
    """Every model's answers, in one pass over its logits."""
    k, shape = top_k(criterion), (len(trials), len(trials.models))
    named, right, sure = np.empty(shape, np.int64), np.empty(shape, bool), np.empty(shape, np.float32)
    for model, logits in enumerate(trials.logits):
        progress("reading answers", model, len(trials.models))
        for start in range(0, len(trials), _CHUNK_ROWS):
            rows = slice(start, start + _CHUNK_ROWS)
            scores = np.asarray(logits[rows], np.float32)
            named[rows, model] = scores.argmax(axis=1)
            right[rows, model] = (
                named[rows, model] == trials.labels[rows] if k == 1 else right_in_top(scores, trials.labels[rows], k)
            )
            highest = np.take_along_axis(scores, named[rows, model][:, None], axis=1)
            sure[rows, model] = 1 / np.exp(scores - highest).sum(axis=1)
    progress("reading answers", len(trials.models), len(trials.models))
    weights = image_weights(trials.labels, criterion)
    return Answers(trials.models, named, right, sure, weights, trials.times_ms, trials.decode_ms)


def _resampled(answers: Answers, bootstrap: int, seed: int) -> tuple[Perfect, np.ndarray]:
    """The oracle, and the accuracy of every model and of the oracle in each resample: float64 [b, m + 1]."""
    models = len(answers.models)
    fastest = fastest_right(answers.right)
    run = np.where(fastest == models, 0, fastest)
    time_ms = answers.decode_ms + answers.times_ms[run]
    first_ms = answers.decode_ms + answers.times_ms[0] + np.where(run > 0, answers.times_ms[run], 0)
    right = np.column_stack([answers.right, answers.right.any(axis=1)])
    figures = np.column_stack([answers.worth[:, None] * right, time_ms])
    resampled = resampled_means(figures, bootstrap, seed)
    means = figures.mean(axis=0)
    oracle = Perfect(
        interval(means[models], resampled[:, models]), interval(means[-1], resampled[:, -1]), float(first_ms.mean())
    )
    return oracle, resampled[:, : models + 1]


def _least(way: Levels, accuracies: np.ndarray) -> np.ndarray:
    return way.least_ms(accuracies, np.repeat(way.counts(), len(accuracies), axis=0))


def _corners(way: Levels) -> tuple[tuple[float, float], ...]:
    """Where the frontier bends; its first point is what costs nothing beyond the cheapest model."""
    counts = way.counts()
    gained = np.cumsum(counts[0] * way.worth) / len(way.of_image)
    times = _least(way, gained)
    last = np.append(np.diff(times) > 0, True)  # of the points that cost the same, the most accurate
    return tuple(zip(times[last].tolist(), gained[last].tolist(), strict=True))
