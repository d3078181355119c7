"""Meeting a target by measuring: what layers take is foretold, what a cut network takes is not."""

import math
from collections.abc import Callable

from edgewise.errors import UsageError

Kept = dict[str, tuple[int, ...]]

TOLERANCE = 0.03  # of the time wanted
TRIES = 4


def meet(wanted: float, whole: float, allocate: Callable[[float], Kept], share: Callable[[Kept], float]) -> Kept:
    """The channels that stay, by group, of a network that takes about the share `wanted` of a reference's time.

    `whole`: what the uncut network takes of it; `allocate` gives what stays where the layers' foretold time is to fall
    to a share of the uncut network's, `share` measures what is left with it. What is asked of `allocate` is set right
    by what was measured, a few times; the nearest stays. Raises `UsageError` where the uncut network is as fast
    already, where `allocate` does, and where the limits that it keeps to are in the way.
    """
    if whole <= wanted:
        raise UsageError(
            f"Uncut, the network already takes {whole:.0%} of the time of the one that it replaces; {wanted:.0%} is "
            "asked for, so nothing would be cut.",
            "Ask for more speed, or give it a larger input.",
        )
    asked, before = wanted / whole, (1.0, whole)  # what was asked for, and what came of it
    best, nearest = allocate(asked), math.inf
    kept = best
    for _ in range(TRIES):
        measured = share(kept)
        off = math.log(measured / wanted)
        if abs(off) < abs(nearest):
            best, nearest = kept, off
        if abs(off) <= TOLERANCE:
            return best
        steps = math.log(measured / before[1]), math.log(asked / before[0])
        slope = min(max(steps[0] / steps[1], 0.3), 3.0) if steps[1] else 1.0
        before = (asked, measured)
        asked = min(asked * math.exp(-off / slope), 0.999)
        try:
            kept = allocate(asked)
        except UsageError as error:
            raise UsageError(
                f"The target cannot be met: of the time of the network that it replaces {wanted:.0%} is asked for; "
                f"the nearest that was measured takes {wanted * math.exp(nearest):.0%}.",
                error.hint,
            ) from error
    return best
