"""What a user allows and demands: limits on time and energy, a least accuracy, or nothing, which has a meaning too."""

from dataclasses import dataclass, fields

import numpy as np

from edgewise.errors import UsageError

_SAID = {
    "max_mean_ms": "a mean of {:.4g} ms",
    "max_p90_ms": "a p90 of {:.4g} ms",
    "max_energy_mj": "a mean of {:.4g} mJ",
    "min_accuracy": "an accuracy of {}",
}


@dataclass(frozen=True)
class Budget:
    """Limits of whole answers: decoding, choosing and the models run. None = no limit.

    Choosing is timed where the selector is fitted. A mean takes each model at its median; a p90 takes each model run
    at its own p90, as if all of them were slow at once, so it is seldom reached.

    With `min_accuracy`, the fastest selector that reaches it within the limits is wanted; with limits alone, the most
    accurate one within them; with nothing, the fastest one that is as accurate as the best single model.
    """

    max_mean_ms: float | None = None
    max_p90_ms: float | None = None  # nine images of ten are answered in it
    max_energy_mj: float | None = None  # mean per image
    min_accuracy: float | None = None  # under the criterion, share of 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not 0 < value < np.inf:
                raise UsageError(f"The budget {written(field.name)} is {value}; it must be a number above 0.")
        if self.min_accuracy is not None and self.min_accuracy > 1:
            raise UsageError(
                f"The budget {written('min_accuracy')} is {self.min_accuracy:g}; it is a share, 1 at most.",
                f"For {self.min_accuracy:g}% write {self.min_accuracy / 100:g}.",
            )

    @property
    def limits(self) -> dict[str, float]:
        """The limits on costs that are given."""
        names = ("max_mean_ms", "max_p90_ms", "max_energy_mj")
        return {name: limit for name in names if (limit := getattr(self, name)) is not None}

    @property
    def demands(self) -> bool:
        """Something is limited or demanded."""
        return self != Budget()

    def __str__(self) -> str:
        """In words: "a mean of 20 ms and an accuracy of 90%"."""
        given = [said(name, value) for name in _SAID if (value := getattr(self, name)) is not None]
        return " and ".join(given) or "the accuracy of the best single model"


def written(name: str) -> str:
    """A field of `Budget` as it is written on the command line."""
    return "--" + name.replace("_", "-")


def said(name: str, value: float) -> str:
    """A limit in words."""
    return _SAID[name].format(f"{100 * value:.6g}%" if name == "min_accuracy" else value)
