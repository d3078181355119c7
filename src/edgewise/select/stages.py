"""Selectors that run models one after the other: where each image ended says all of its route."""

from collections.abc import Callable, Sequence

import numpy as np

from edgewise.select.selector import Routes
from edgewise.select.trials import Trials

Walk = Callable[[Sequence[np.ndarray]], tuple[np.ndarray, np.ndarray]]


def routes_of_stages(models: Sequence[str], walk: Walk, trials: Trials) -> Routes:
    """The routes of all images through `models`, in the order in which they run.

    `walk` takes the models' logits, float [n, classes] each, and gives the stage that each image ended at, int64 [n],
    and its best classes, int64 [n, k].
    """
    columns = np.asarray([trials.models.index(model) for model in models])
    ended, top = walk([trials.logits[column] for column in columns])
    ran = np.zeros((len(trials), len(trials.models)), bool)
    ran[:, columns] = ended[:, None] >= np.arange(len(columns))
    return Routes(ran, columns[ended].astype(np.int64), top, ended + 2)
