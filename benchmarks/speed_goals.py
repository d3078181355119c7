"""The goals of choosing and fitting, held against what benchmarks/select_speed.py stored.

Choosing: cascade, deferral and utility under 0.1 ms, the router under 0.3 ms, for few classes and for many. Fitting:
all paths under two minutes on two cores.
"""

from collections.abc import Mapping
from typing import Any

CHOOSE_MS: Mapping[str, float] = {"cascade": 0.1, "deferral": 0.1, "utility": 0.1, "router": 0.3}
FIT_ALL_S = 120
Result = Mapping[str, Any]


def choosing_goal(result: Result, name: str) -> str:
    """A cell: the goal of a method and whether its median meets it at both numbers of classes; empty without a goal."""
    goal = CHOOSE_MS.get(name)
    if goal is None:
        return ""
    medians = {
        20: result["few_classes"][name]["choose_ms"],
        result["classes"]: result["many_classes"][name]["choose_ms"],
    }
    missed = " and ".join(f"{classes:,}" for classes, median in medians.items() if median >= goal)
    return f"under {goal:g}: " + (f"not met at {missed} classes" if missed else "met")


def fitting_goal(result: Result) -> str:
    """How long fitting all paths takes beside its goal, in a sentence or two."""
    alone = sum(figures["fit_s"] for figures in result["many_classes"].values())
    one_by_one = f"Fitting all of them one after another takes {alone:.0f} s"
    two_at_a_time = result.get("fit_all_two_at_a_time_s")
    taken = alone if two_at_a_time is None else two_at_a_time
    both = "" if two_at_a_time is None else f"; two at a time, in processes of one core each, {two_at_a_time:.0f} s"
    verdict = "met" if taken < FIT_ALL_S else "not met"
    return f"{one_by_one}{both}. The goal, under {FIT_ALL_S} s on two cores, is {verdict}."


def timed_kinds(result: Result) -> str:
    """At which numbers of classes no hybrid was timed as one; empty where every one was, or nobody wrote it down."""
    figures = {20: result["few_classes"]["hybrid"], result["classes"]: result["many_classes"]["hybrid"]}
    plain = [f"{classes:,}" for classes, one in figures.items() if one.get("timed", "hybrid") != "hybrid"]
    if not plain:
        return ""
    return f"At {' and '.join(plain)} classes the hybrid's path is cascades alone, and one of those was timed."
