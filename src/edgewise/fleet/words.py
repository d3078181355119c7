"""A fleet's result in words, for the terminal and for pages."""

import numpy as np

from edgewise.fleet.calibration import Calibration
from edgewise.fleet.headlines import Rival
from edgewise.fleet.pruning_law import PruningLaw
from edgewise.fleet.result import Figure, FleetResult, LawError
from edgewise.fleet.uncertainty import Range
from edgewise.fleet.ways import Knows

_QUANTITIES = {"drop": "the accuracy lost", "times_as_fast": "the speed", "making_inputs": "what making it takes"}
REAL = (
    "Networks of users' own: what each loses, how fast it is, what making it takes and what foreign images it lets in "
    "are those of real users' networks, made and timed by the pruner.",
    "After how many inputs a user is known, and what each network then answers right: the device's observer ran on "
    "real answers of a real network, and its fixed rivals on the same images.",
    "After how many inputs a change is noticed, and how often falsely: the device's change detector ran on real "
    "scores.",
    "What follows an alarm, the earlier network or new classes: the device's observer and its test of what fits.",
    "What follows what: the device's own session, with its waiting after failures and its milder attempts.",
    "How long the guard takes and what it turns down: the device's guard ran on differences drawn so that their mean "
    "and their number are those of each real network.",
)
GUESSED = (
    "Users: their classes, how frequent each is and when one is replaced are drawn by a law that nobody measured. "
    "Classes are alike: popularity decides who shares them, not how hard they are.",
    "Networks of users' own that nobody made: one lies as far from the law as one of the real users does. Milder ones, "
    "after a refusal, are taken to lie on the line between the generic network and the one refused.",
    "Their change of users is noticed as by the ResNet-18 that stands for them in the detector's measurements. Beyond "
    "20,000 inputs no false alarm is drawn; none was measured that long.",
    "An input of a class that is not the user's is answered as rightly as those of all such classes on average.",
    "Images that follow each other are independent. Where inputs come in runs of a class, the detector alarms far more "
    "often (docs/change_detection.md).",
    "The device prunes the generic network alone. The service also chooses, input by input, among that and smaller "
    "networks (docs/live_user.md), which was measured for too few users to draw from.",
)


def shown(value: float, unit: str) -> str:
    """One value of a figure."""
    if unit in ("share", "ratio"):
        return f"{100 * value:.1f}%"
    return f"{value:+.2f} points" if unit == "points" else f"{value:.2f} times"


def range_of(found: Range | None, unit: str) -> str:
    """Both ends; the unit stands beside the figure."""
    if found is None:
        return "not known"
    if unit in ("share", "ratio"):
        return f"{100 * found.low:.1f} to {100 * found.high:.1f}"
    sign = "+" if unit == "points" else ""
    return f"{found.low:{sign}.2f} to {found.high:{sign}.2f}"


def figure_cells(figure: Figure) -> tuple[str, str, str, str, str]:
    """What it is, its value, and its errors."""
    return (
        figure.words,
        shown(figure.value, figure.unit),
        range_of(figure.over_users, figure.unit),
        range_of(figure.without_one, figure.unit),
        range_of(figure.over_real_users, figure.unit),
    )


def headline(result: FleetResult) -> str:
    """The whole in one sentence."""
    rival, speed = result.rivals["classes"], result.figure("speed_over_classes").value
    points = result.figure("points_over_classes")
    if not _beaten(rival, speed):
        return (
            f"Networks of one's own are {speed:.2g} times as fast as {_told(rival)}, the best fixed choice, and "
            f"{points.value:+.1f} points."
        )
    real = points.over_real_users
    if real is not None and real.low <= 0 <= real.high:
        right = f"as often right, as far as {result.real_users} real users can tell"
    else:
        right = f"{-points.value:.1f} points more often right"
    return f"{_told(rival)}, beats networks of one's own: {1 / speed:.2g} times as fast, and {right}."


def verdict(result: FleetResult) -> list[str]:
    """Networks of one's own against the generic network, and against the best fixed choice of either kind."""
    fast, profit = result.figure("times_as_fast"), result.figure("in_profit")
    own = (
        f"All counted in, a network of one's own takes {1 / fast.value:.2f} of the generic network's time "
        f"({fast.value:.2f} times as fast, {range_of(fast.over_real_users, 'times')} by real users); "
        f"{shown(profit.value, 'share')} of users are better off in time."
    )
    return [own, _against(result, "classes"), _against(result, "nothing")]


def _beaten(rival: Rival, speed: float) -> bool:
    return rival.as_right and speed < 1


def _told(rival: Rival) -> str:
    return f"{rival.way.name.partition(',')[0]} for everybody, told the user's classes"


def _against(result: FleetResult, knows: Knows) -> str:
    rival = result.rivals[knows]
    points, speed = result.figure(f"points_over_{knows}"), result.figure(f"speed_over_{knows}")
    by_real = range_of(points.over_real_users, "points")
    of_points = f"{points.value:+.2f} points ({by_real} by real users)"
    of_speed = f"{speed.value:.2f} times as fast ({range_of(speed.over_real_users, 'times')} by real users)"
    kind = "that answers among the user's classes" if knows == "classes" else "that is told nothing"
    which = "the fastest as often right" if rival.as_right else "none is as often right; the nearest"
    return (
        f"Against the best fixed network {kind} ({rival.way.name.partition(',')[0]}: {which}), networks of one's own "
        f"are {of_speed} and {of_points}."
    )


def law_words(error: LawError) -> str:
    """How far off the law is for a real user who is left out."""
    name = f"{_QUANTITIES[error.quantity]}, {error.shape}"
    if error.quantity == "drop":
        return f"{name}: {error.mean:.2f} points off on average, {error.worst:.2f} at worst"
    return f"{name}: {100 * error.mean:.0f}% off on average, {100 * error.worst:.0f}% at worst"


def real_user_cells(calibration: Calibration) -> list[tuple[str, ...]]:
    """Each real user, and what all others would have foretold."""
    law = PruningLaw(calibration.made)
    drop, fast, making = (law.fitted[name].residuals for name in ("drop", "times_as_fast", "making_inputs"))
    return [
        (
            one.user,
            str(one.classes),
            f"{100 * one.drop:+.2f}",
            f"{100 * (one.drop - drop[place]):+.2f}",
            f"{one.times_as_fast:.2f}",
            f"{one.times_as_fast * np.exp(-fast[place]):.2f}",
            f"{one.making_inputs:,.0f}",
            f"{one.making_inputs * np.exp(-making[place]):,.0f}",
        )
        for place, one in enumerate(calibration.made)
    ]
