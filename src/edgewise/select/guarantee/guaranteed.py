"""A selector with its certificate. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.select.guarantee.certificate import Certificate
from edgewise.select.kinds import pack, unpack
from edgewise.select.selector import Routes, Seen, Selector, Step, embedding_names
from edgewise.select.trials import Trials

KIND = "guaranteed"


@dataclass(frozen=True, eq=False)
class Guaranteed:
    """A `Selector` that does what its inner one does; the certificate says what may be relied on."""

    selector: Selector
    certificate: Certificate

    @property
    def kind(self) -> str:
        return KIND

    @property
    def models(self) -> tuple[str, ...]:
        return self.selector.models

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.selector.feature_names

    @property
    def embedding_names(self) -> tuple[str, ...]:
        return embedding_names(self.selector)

    def decide(self, seen: Seen) -> Step:
        """The inner selector's step."""
        return self.selector.decide(seen)

    def route(self, trials: Trials) -> Routes:
        """The inner selector's routes."""
        return self.selector.route(trials)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        packed, arrays = pack([self.selector])
        return {"certificate": self.certificate.to_values(), "selector": packed}, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Guaranteed":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        (selector,) = unpack(values["selector"], arrays)
        return cls(selector, Certificate.from_values(values["certificate"]))
