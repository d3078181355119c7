"""The nearest budget that something on offer keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.budget.budget import Budget, said, written


@dataclass(frozen=True)
class Offered:
    """What one selector costs, by the fields of `Budget`, and the accuracy that may be promised of it."""

    costs: Mapping[str, float]
    accuracy: float


def nearest(budget: Budget, offered: Sequence[Offered]) -> dict[str, float]:
    """What of a budget must be changed, and to what, so that one of `offered` keeps all of it; empty where one does.

    Limits are taken in the order of `Budget`, each widened to the least that goes with those before it; an accuracy
    comes last. Figures have four digits, rounded to the side that can be kept. An accuracy of 0 says that none can be
    promised. `offered`: one at least, all with the costs that are limited.
    """
    changed: dict[str, float] = {}
    for name, limit in budget.limits.items():
        least = min(one.costs[name] for one in offered)
        if least > limit:
            limit = changed[name] = _rounded_up(least)
        offered = [one for one in offered if one.costs[name] <= limit]
    most = max(one.accuracy for one in offered)
    if budget.min_accuracy is not None and most < budget.min_accuracy:
        changed["min_accuracy"] = max(0.0, float(np.floor(1000 * most) / 1000))
    return changed


def refusal(whose: str, budget: Budget, offered: Sequence[Offered]) -> UsageError:
    """The error for a budget that nothing `offered` keeps: what is missed first, and the nearest that can be kept.

    `whose`: the beginning of the sentence, as in "No selector can".
    """
    changed = nearest(budget, offered)
    name = next(iter(changed))
    alone = Budget(**{name: getattr(budget, name)})
    rest = "" if nearest(alone, offered) else " within the rest of the budget"
    decoding = ", decoding included" if name.endswith("_ms") else ""
    message = f"{whose} promise {said(name, getattr(budget, name))}{rest}{decoding}."
    if changed.get("min_accuracy") == 0:
        return UsageError(message, "So few images show no accuracy that could be promised: profile more of them.")
    typed = " ".join(f"{written(field)} {value:.12g}" for field, value in changed.items())
    wider = ", or wider limits" if name == "min_accuracy" and budget.limits else ""
    return UsageError(message, f"The nearest feasible is {typed}{wider}.")


def _rounded_up(value: float) -> float:
    """To four significant digits, never less than `value`."""
    unit = 10.0 ** (np.floor(np.log10(value)) - 3)
    return float(f"{np.ceil(value / unit * (1 - 1e-12)) * unit:.12g}")
