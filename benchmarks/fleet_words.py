"""What `fleet.py` found, in words, and how its figures are written."""

from collections.abc import Mapping
from typing import Any


def shown(figure: Mapping[str, Any]) -> str:
    """Its value."""
    value = figure["value"]
    if figure["unit"] in ("share", "ratio"):
        return f"{100 * value:.1f}%"
    return f"{value:+.2f}" if figure["unit"] == "points" else f"{value:.2f}"


def between(found: Mapping[str, float] | None, unit: str) -> str:
    if found is None:
        return "not known"
    scale, form = (100, ".1f") if unit in ("share", "ratio") else (1, "+.2f" if unit == "points" else ".2f")
    return f"{scale * found['low']:{form}} to {scale * found['high']:{form}}"


def with_error(figure: Mapping[str, Any]) -> str:
    """The value, and what it becomes with one real user left out."""
    return f"{shown(figure)} ({between(figure['without_one'], figure['unit'])})"


def short(name: str) -> str:
    return name.partition(",")[0]


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings."""
    found = result["result"]
    figures, rival = found["figures"], found["rivals"]["classes"]
    speed, points = figures["speed_over_classes"], figures["points_over_classes"]
    fast, right, profit = figures["times_as_fast"], figures["right"], figures["in_profit"]
    wins = rival["as_right"] and speed["value"] < 1
    name = short(rival["way"]["name"])
    best = (
        f"{'A static network beats personalisation for this fleet' if wins else 'The best fixed network'}: {name} for "
        f"everybody, told the user's classes, is {1 / speed['value']:.1f} times as fast as networks of one's own "
        f"({between(_inverse(speed['over_real_users']), 'times')}, 95% by real users) and {-points['value']:+.2f} "
        f"points ({between(_turned(points['over_real_users']), 'points')}). It needs the observer, which finds the "
        "classes, and makes nothing."
    )
    untold = found["rivals"]["nothing"]
    told_points = figures["points_over_nothing"]
    return [
        best,
        "All counted in (learning, making, the guard's trial, audits, changes), a user's device with networks of its "
        f"own is {fast['value']:.2f} times as fast as the generic network "
        f"({between(fast['over_real_users'], 'times')}, 95% by real users), {100 * right['value']:.1f}% right "
        f"({between(right['over_real_users'], 'share')}); {100 * profit['value']:.0f}% of users spent less time in the "
        f"end ({between(profit['without_one'], 'share')} with one real user left out).",
        f"Knowing the user is worth more than any pruning: against {short(untold['way']['name'])} told nothing, the "
        f"most often right of such networks, networks of one's own are {told_points['value']:+.2f} points "
        f"({between(told_points['over_real_users'], 'points')}). Being told the classes gives that to every fixed "
        "network as well, for nothing.",
        f"Making networks takes {100 * figures['paid']['value']:.0f}% of the time that the generic network alone would "
        f"have taken in {result['terms']['inputs']:,} inputs. A device makes {found['made']:.2f} networks, of which "
        f"the guard turns down {found['turned_down']:.2f}, and notices {found['alarms']:.2f} changes "
        f"({found['false_alarms']:.3f} alarms are false).",
        _parts_of_the_loss(result),
        f"Only {found['real_users']} real users stand behind this, all of five classes: how users' own networks change "
        "with the number of classes is not known, and what the real users leave open is wide.",
    ]


def _parts_of_the_loss(result: Mapping[str, Any]) -> str:
    """What the guard and the changes cost, and int8."""
    by_name = {one["name"]: one["figures"] for one in result["fleets"]}
    speeds = {name: figures["times_as_fast"]["value"] for name, figures in by_name.items()}
    as_above, int8 = "as above", f"{result['network']}, int8"
    return (
        "Where it goes: without a guard, whose refusals are followed by ever milder attempts, each paid for, networks "
        f"of one's own would be {speeds['no guard']:.2f} times as fast as the generic network in place of "
        f"{speeds[as_above]:.2f} (of the {result['fleets'][0]['users']:,} users that each of these is played with), "
        f"for {100 * (by_name['no guard']['right']['value'] - by_name[as_above]['right']['value']):+.2f} points; if "
        f"nobody changed, {speeds['nobody changes']:.2f}; at int8, {speeds[int8]:.2f}. In lives of "
        f"{result['lives'][-1]['inputs']:,} inputs {shown(result['lives'][-1]['figures']['in_profit'])} of users spend "
        f"less time in the end, in lives of {result['lives'][0]['inputs']:,} "
        f"{shown(result['lives'][0]['figures']['in_profit'])}."
    )


def _inverse(found: Mapping[str, float] | None) -> dict[str, float] | None:
    return found and {"low": 1 / found["high"], "high": 1 / found["low"]}


def _turned(found: Mapping[str, float] | None) -> dict[str, float] | None:
    return found and {"low": -found["high"], "high": -found["low"]}


def growth_words(result: Mapping[str, Any]) -> str:
    """What it takes to simulate."""
    million, last = result["million"], result["growth"][-1]
    minutes = million["cpu_seconds"] / result["jobs"] / 60
    return (
        "Time and memory grow with the number of users alone: a row takes some 200 bytes, and what a life costs hangs "
        f"on its changes and not on its inputs. {last['users']:,} users take {last['cpu_seconds']:.0f} s of processor "
        f"time ({last['seconds']:.0f} s by the clock of a machine that much other work kept busy). A million would "
        f"take {million['cpu_seconds']:,.0f} s, {minutes:.0f} minutes on {result['jobs']} cores that are free: "
        f"`edgewise fleet simulate --users 1000000 --jobs {result['jobs']} --out fleet`, or with `--executor ray` on "
        "more machines. That is a straight line through what was measured; the same line without the last misses that "
        f"by {100 * million['cpu_seconds_error']:.0f}%. Memory is measured for a million as well, of the process that "
        f"puts all blocks together (benchmarks/fleet_memory.py): {million['peak_bytes'] / 1e9:.2f} GB."
    )
