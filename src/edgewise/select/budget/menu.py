"""Several selectors, one for each budget that a request may bring. NumPy alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.nearest import Offered, refusal
from edgewise.select.kinds import pack, unpack
from edgewise.select.selector import Routes, Seen, Selector, Step, embedding_names
from edgewise.select.trials import Trials

KIND = "menu"


@dataclass(frozen=True)
class Promise:
    """What cross-validation saw of a selector; accuracy and mean time at the unfavourable ends of 95% intervals."""

    accuracy: float  # under the criterion it was fitted for
    mean_ms: float  # of whole answers
    p90_ms: float
    energy_mj: float | None  # mean of the models run

    @property
    def costs(self) -> dict[str, float]:
        """By the fields of `Budget`; without the energy where none is known."""
        costs = {"max_mean_ms": self.mean_ms, "max_p90_ms": self.p90_ms, "max_energy_mj": self.energy_mj}
        return {name: cost for name, cost in costs.items() if cost is not None}

    def keeps(self, budget: Budget) -> bool:
        """Every limit, and the least accuracy."""
        if any(self.costs.get(name, np.inf) > limit for name, limit in budget.limits.items()):
            return False
        return budget.min_accuracy is None or self.accuracy >= budget.min_accuracy


@dataclass(frozen=True, eq=False)
class Menu:
    """A `Selector` that is its default one until a request names a budget.

    `promises` and `selectors` go together; `models` are those of all of them, cheapest first.
    """

    models: tuple[str, ...]
    selectors: tuple[Selector, ...]
    promises: tuple[Promise, ...]
    default: int

    def __post_init__(self) -> None:
        if len(self.selectors) != len(self.promises) or not 0 <= self.default < len(self.selectors):
            raise UsageError(
                f"A menu of {len(self.selectors)} selectors has {len(self.promises)} promises and the default "
                f"{self.default}; it needs one promise for each selector, and one of them as default."
            )

    @property
    def kind(self) -> str:
        return KIND

    @property
    def chosen(self) -> Selector:
        """The selector for requests without a budget."""
        return self.selectors[self.default]

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.chosen.feature_names

    @property
    def embedding_names(self) -> tuple[str, ...]:
        """Of all selectors: a model is loaded once, with its penultimate vectors or without."""
        needed = {name for selector in self.selectors for name in embedding_names(selector)}
        return tuple(name for name in self.models if name in needed)

    def under(self, budget: Budget) -> Selector:
        """The selector for a request: the fastest that is accurate enough, or the most accurate within the limits.

        Raises `UsageError` for a budget that none keeps; it names the nearest that one does.
        """
        if budget == Budget():
            return self.chosen
        kept = [place for place, promise in enumerate(self.promises) if promise.keeps(budget)]
        if not kept:
            raise self._refuse(budget)
        if budget.min_accuracy is not None:
            return self.selectors[min(kept, key=lambda place: self.promises[place].mean_ms)]
        return self.selectors[max(kept, key=lambda place: self.promises[place].accuracy)]

    def decide(self, seen: Seen) -> Step:
        """The default selector's step."""
        return self.chosen.decide(seen)

    def route(self, trials: Trials) -> Routes:
        """The default selector's routes."""
        return self.chosen.route(trials)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        packed, arrays = pack(self.selectors)
        promises = [asdict(promise) for promise in self.promises]
        return {
            "models": list(self.models),
            "selectors": packed,
            "promises": promises,
            "default": self.default,
        }, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Menu":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        return cls(
            tuple(values["models"]),
            unpack(values["selectors"], arrays),
            tuple(Promise(**promise) for promise in values["promises"]),
            int(values["default"]),
        )

    def _refuse(self, budget: Budget) -> UsageError:
        if budget.max_energy_mj is not None and any(promise.energy_mj is None for promise in self.promises):
            return UsageError(
                "This selector knows no energies, so none can be promised.",
                "Leave out --max-energy-mj, or fit it on a profile that knows energies.",
            )
        return refusal("This selector cannot", budget, [Offered(p.costs, p.accuracy) for p in self.promises])
