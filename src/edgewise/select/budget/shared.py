"""Work that several choices ask for alike, done once."""

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np

from edgewise.select.budget.charges import Charges
from edgewise.select.budget.points import Point, cross_points
from edgewise.select.criterion import Criterion
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials


class Shared:
    """Keeps the points and the paths of methods by name, for as long as it lives.

    A judge asks every method, and then the choice among all of them, for the same paths on the same images. What is
    kept is told apart by the name of the method and the trials' content, so one name stands for one method, one
    criterion and one seed. Memory: some 10 bytes a position and image.
    """

    def __init__(self) -> None:
        self._points: dict[tuple[str, str, Charges], list[Point]] = {}
        self._paths: dict[tuple[str, str], tuple[Selector, ...]] = {}

    def points(
        self,
        name: str,
        method: PathMethod,
        trials: Trials,
        fold: np.ndarray,
        prices: Sequence[float],
        criterion: Criterion,
        done: Callable[[], None],
        charges: Charges,
    ) -> list[Point]:
        """As `cross_points`."""
        key = (name, _content(trials, fold), charges)
        if key not in self._points:
            self._points[key] = cross_points(name, method, trials, fold, prices, criterion, done, charges)
        return self._points[key]

    def path(self, name: str, method: PathMethod, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        """As `PathMethod.fit_path`."""
        key = (name, _content(trials, np.zeros(0)))
        if key not in self._paths:
            self._paths[key] = method.fit_path(trials, prices)
        return self._paths[key]


def _content(trials: Trials, fold: np.ndarray) -> str:
    """A digest of the images, by their labels and two columns of each model's logits, and of the folds."""
    digest = blake2b(repr((trials.models, trials.times_ms.tolist(), trials.feature_names, len(trials))).encode())
    for array in (trials.labels, fold, *(logits[:, :2] for logits in trials.logits)):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
