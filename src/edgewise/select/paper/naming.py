"""How a premodel that may refuse names models: as the paper counts, and as the fair table counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgewise.select.criterion import Criterion, top_k
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.fair_table import Interval
from edgewise.select.judge.scores import Scores, answer_scores, choice_scores
from edgewise.select.optimal import fastest_right
from edgewise.select.selector import Routes
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class Naming:
    """One premodel on all images, each routed by a fit that had not seen it. Shares of 1 over all images."""

    name: str
    as_the_paper: Interval  # right answers, and refusals where no model at all would have been right
    right: Interval  # right answers alone
    optimal: Interval  # the fastest right model of all is named, or refusing where there is none
    choices: Scores  # of naming the optimal model; macro means over the models and "all fail"
    answers: Scores  # of the classes answered; macro means over the classes
    shares: Mapping[str, float]  # model -> share of images that it answers, cheapest first
    refused: float


def naming(name: str, trials: Trials, routes: Routes, criterion: Criterion, bootstrap: int, seed: int) -> Naming:
    """Judge the routes of a premodel on `trials`.

    Source: Taylor et al. 2018. Its accuracy counts a justified "all models fail" as a success, so it is no share of
    right answers; both are given.
    """
    can = trials.right(top_k(criterion))
    right = routes.right(trials.labels, top_k(criterion))
    best = fastest_right(can)
    best[best == len(trials.models)] = -1
    justified = (routes.chosen < 0) & ~can.any(axis=1)
    figures = np.column_stack([right | justified, right, routes.chosen == best]).astype(np.float64)
    resampled = resampled_means(figures, bootstrap, seed)
    as_the_paper, alone, optimal = (interval(float(figures[:, i].mean()), resampled[:, i]) for i in range(3))
    return Naming(
        name,
        as_the_paper,
        alone,
        optimal,
        choice_scores(trials, routes, criterion),
        answer_scores(trials, routes),
        {model: float((routes.chosen == i).mean()) for i, model in enumerate(trials.models)},
        float((routes.chosen < 0).mean()),
    )
