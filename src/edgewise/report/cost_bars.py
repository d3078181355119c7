"""Where the time went while a network was made, and what was computed in it."""

from edgewise.prune.cost import Cost
from edgewise.report.time_bars import Part, TimeBar, TimeBars

_KINDS = ("forward", "backward", "products", "solves")


def cost_bars(cost: Cost) -> TimeBars:
    """A bar for each step, in its order; MACs stand beside the seconds where they were counted."""
    counted = cost.macs is not None
    longest = max((one.seconds for one in cost.steps), default=0.0) or 1.0
    bars = [
        TimeBar(
            one.step,
            (Part("infer", 100 * one.seconds / longest),),
            None,
            (f"{one.seconds:.1f}", *((_giga(one.macs.total if one.macs else 0),) if counted else ())),
        )
        for one in cost.steps
    ]
    return TimeBars(("seconds", *(("G MACs",) if counted else ())), tuple(bars))


def mac_rows(cost: Cost) -> tuple[tuple[str, ...], ...]:
    """Giga-MACs of each step, forward, backward, of products and of solving; empty where nothing was counted."""
    return tuple(
        (one.step, *(_giga(getattr(one.macs, kind)) for kind in _KINDS), _giga(one.macs.total))
        for one in cost.steps
        if one.macs is not None
    )


def _giga(macs: int) -> str:
    return f"{macs / 1e9:,.1f}"
