"""The fitted embedding of a router: what it looks at, brought to few dimensions that can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.router.estimate import evenly
from edgewise.select.router.projection import Projection
from edgewise.select.router.view import Part, View
from edgewise.select.selector import Seen
from edgewise.select.trials import Trials

_CHUNK_ROWS = 2048
_FIT_ROWS = 5000  # directions are settled long before that
_SPREADS: Mapping[Part, float] = {"vector": 1.0, "logits": 1.0, "confidence": 2.0, "features": 1.0}
"""How far each part spreads. On drawn images a confidence of 1 to 4 beside a vector of 1 makes no difference over 0.1
points of accuracy at equal time, and leaving it out costs about one."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """d numbers of an image: the principal components of each part, side by side."""

    view: View
    projections: tuple[Projection, ...]  # one for each part

    def __post_init__(self) -> None:
        if len(self.projections) != len(self.view.parts):
            raise UsageError(f"{len(self.view.parts)} parts are looked at, and {len(self.projections)} projected.")

    @classmethod
    def fit(cls, view: View, trials: Trials, components: int) -> Self:
        """Of each part at most so many components. Raises `UsageError` where a number is not finite."""
        parts = view.of_trials(trials, evenly(len(trials), _FIT_ROWS))
        for part, numbers in zip(view.parts, parts, strict=True):
            _see_that_finite(numbers, view.named(part))
        return cls(
            view,
            tuple(
                Projection.fit(numbers, components, _SPREADS[part], alike=part == "features")
                for part, numbers in zip(view.parts, parts, strict=True)
            ),
        )

    def of_trials(self, trials: Trials) -> np.ndarray:
        """float64 [n, d], some thousand images at a time. Raises `UsageError` where a number is not finite."""
        chunks = (slice(start, start + _CHUNK_ROWS) for start in range(0, max(len(trials), 1), _CHUNK_ROWS))
        found = np.concatenate([self._project(self.view.of_trials(trials, rows)) for rows in chunks])
        _see_that_finite(found, " and ".join(self.view.named(part) for part in self.view.parts))
        return found

    def of_seen(self, seen: Seen) -> np.ndarray:
        """float64 [1, d]: exactly the row of `of_trials`."""
        return self._project(self.view.of_seen(seen))

    def _project(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        return np.hstack([project.apply(numbers) for project, numbers in zip(self.projections, parts, strict=True)])

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        view = self.view
        values = {"parts": list(view.parts), "via": view.via, "feature_names": list(view.feature_names)}
        arrays: dict[str, np.ndarray] = {}
        for part, projection in zip(view.parts, self.projections, strict=True):
            arrays |= {f"{part}_mean": projection.mean, f"{part}_components": projection.components}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` when the two do not fit."""
        view = View(tuple(values["parts"]), values["via"], tuple(values["feature_names"]))
        return cls(view, tuple(Projection(arrays[f"{part}_mean"], arrays[f"{part}_components"]) for part in view.parts))


def _see_that_finite(numbers: np.ndarray, whose: str) -> None:
    wrong = np.count_nonzero(~np.isfinite(numbers).all(axis=1))
    if wrong:
        raise UsageError(
            f"The router looks at {whose}, which must be finite: for {wrong:,} of {len(numbers):,} images it holds NaN "
            "or infinity.",
            "Profile again; where it stays so, leave out the model, whose outputs are at fault.",
        )
