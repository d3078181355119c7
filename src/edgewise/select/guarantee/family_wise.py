"""Which of many configurations are certified, so that one false certificate among them all is as rare as delta.

All three take `p_values` float [J] and give the certified indices. Testing each at delta alone would not do: of a
hundred configurations, five that are not good enough would pass at delta = 0.05.
Source: Angelopoulos et al. 2021, "Learn then Test", 2.3 and appendix.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from edgewise.errors import UsageError

Rule = Literal["fixed sequence", "bonferroni", "multi-start"]
STARTS = 4


def certified(rule: Rule, p_values: np.ndarray, order: Sequence[int], delta: float) -> list[int]:
    """By the rule of that name. `order` comes from images that the p-values have not seen, the likeliest first.

    Raises `UsageError` for an unknown rule or a delta outside 0..1.
    """
    if not 0 < delta < 1:
        raise UsageError(f"Delta is {delta:g}; it must be above 0 and under 1.", "0.05 is usual.")
    if rule == "fixed sequence":
        return fixed_sequence(p_values, order, delta)
    if rule == "bonferroni":
        return bonferroni(p_values, delta)
    if rule == "multi-start":
        return multi_start(p_values, order, delta, STARTS)
    raise UsageError(f"The rule is {rule!r}; it must be 'fixed sequence', 'bonferroni' or 'multi-start'.")


def fixed_sequence(p_values: np.ndarray, order: Sequence[int], delta: float) -> list[int]:
    """Each at the full delta, in that order, up to the first that fails: nothing is paid for the number tested."""
    return _walk(p_values, order, delta)


def bonferroni(p_values: np.ndarray, delta: float) -> list[int]:
    """Each at delta / J, without any order."""
    return [int(index) for index in np.flatnonzero(p_values <= delta / max(len(p_values), 1))]


def multi_start(p_values: np.ndarray, order: Sequence[int], delta: float, starts: int) -> list[int]:
    """Walk on from evenly spread places of the order, each at delta / starts: an early failure ends one walk alone."""
    if starts < 1:
        raise UsageError(f"{starts} starts begin nowhere; at least 1 is needed.")
    begins = np.unique(np.linspace(0, len(order), min(starts, len(order)), endpoint=False).astype(int))
    found = [index for begin in begins for index in _walk(p_values, order[begin:], delta / starts)]
    return list(dict.fromkeys(found))


def _walk(p_values: np.ndarray, order: Sequence[int], level: float) -> list[int]:
    passed: list[int] = []
    for index in order:
        if not p_values[index] <= level:
            break
        passed.append(int(index))
    return passed
