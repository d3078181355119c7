"""Fit on the training folds, route the held-out fold, for every fold: how each image would have been answered."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np

from edgewise.select.selector import Method, Routes, Run, Seen, Selector, embedding_names
from edgewise.select.trials import Trials

_TIMED_IMAGES = 200  # over all folds


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """What a method's selectors, one per fold, do with the images that they have not seen."""

    routes: Routes  # a row per image of the trials
    decide_ms: float  # median cost of one call of `decide`
    features_ms: np.ndarray  # float64 [n]: the features that the image's selector needs


def cross_fit(method: Method, trials: Trials, fold: np.ndarray, done: Callable[[], None]) -> CrossFitted:
    """Fit `method` once per fold on all other folds, and route the fold with it.

    `fold`: int [n]; `done` is called after each fold. A method sees the training rows alone, so whatever it chooses
    (models, temperatures, thresholds) is chosen without the images that it is judged on. The cost of deciding is
    measured here, on up to 200 held-out images spread over the folds.
    """
    folds = np.unique(fold)
    parts: list[tuple[np.ndarray, Routes]] = []
    times_ns: list[int] = []
    features_ms = np.zeros(len(trials))
    for held_out in folds:
        rows = np.flatnonzero(fold == held_out)
        selector = method.fit(trials.take(fold != held_out))
        held = trials.take(rows)
        parts.append((rows, selector.route(held)))
        times_ns += time_decisions(selector, held, -(-_TIMED_IMAGES // len(folds)))
        features_ms[rows] = trials.feature_costs.ms(selector.feature_names)
        done()
    return CrossFitted(_join(parts, len(trials)), float(np.median(times_ns)) / 1e6, features_ms)


def _join(parts: list[tuple[np.ndarray, Routes]], images: int) -> Routes:
    """The routes of all folds in the order of the trials."""
    first = parts[0][1]
    ran = np.zeros((images, first.ran.shape[1]), bool)
    top = np.empty((images, first.top.shape[1]), np.int64)
    chosen, steps = np.empty(images, np.int64), np.empty(images, np.int64)
    for rows, routes in parts:
        ran[rows], top[rows], chosen[rows], steps[rows] = routes.ran, routes.top, routes.chosen, routes.steps
    return Routes(ran, chosen, top, steps)


def time_decisions(selector: Selector, trials: Trials, images: int) -> list[int]:
    """Nanoseconds of each call of `decide` on the first images; the very first image warms up and is not counted."""
    logits = {
        model: np.asarray(trials.logits[trials.models.index(model)][:images], np.float32) for model in selector.models
    }
    embeddings = {
        model: np.asarray(trials.embeddings[model][:images], np.float32) for model in embedding_names(selector)
    }
    features = trials.columns(selector.feature_names)
    measured: list[int] = []
    for image in [0, *range(min(images, len(trials)))]:
        if image == 0:
            measured.clear()
        seen = Seen(features[image] if selector.feature_names else None)
        while True:
            start = perf_counter_ns()
            step = selector.decide(seen)
            measured.append(perf_counter_ns() - start)
            if not isinstance(step, Run):
                break
            new = {step.model: embeddings[step.model][image]} if step.model in embeddings else {}
            seen = Seen(
                seen.features, {**seen.logits, step.model: logits[step.model][image]}, {**seen.embeddings, **new}
            )
    return measured
