"""docs/fleet.md, from what `fleet.py` stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table

from edgewise.fleet.words import GUESSED, REAL

_NOTICE = (
    "The ResNets are product-quantised networks (uber-research/permute-quantize-finetune), for non-commercial use "
    "only; "
    "the licence stands beside the weights in weights/LICENSE.uber-noncommercial.txt of the evaluation data. The "
    "images "
    "stand under ImageNet's terms (non-commercial research)."
)


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
        f"All counted in (learning, making, the guard's trial, audits, changes), a user's device with networks of its "
        f"own is {fast['value']:.2f} times as fast as the generic network "
        f"({between(fast['over_real_users'], 'times')}, "
        f"95% by real users), {100 * right['value']:.1f}% right "
        f"({between(right['over_real_users'], 'share')}); {100 * profit['value']:.0f}% of users spent less time in the "
        f"end ({between(profit['without_one'], 'share')} with one real user left out).",
        f"Knowing the user is worth more than any pruning: against {short(untold['way']['name'])} told nothing, the "
        f"most "
        f"often right of such networks, networks of one's own are {told_points['value']:+.2f} points "
        f"({between(told_points['over_real_users'], 'points')}). Being told the classes gives that to every fixed "
        "network as well, for nothing.",
        f"Making networks takes {100 * figures['paid']['value']:.0f}% of the time that the generic network alone would "
        f"have taken in {result['terms']['inputs']:,} inputs. A device makes {found['made']:.2f} networks, of which "
        f"the "
        f"guard turns down {found['turned_down']:.2f}, and notices {found['alarms']:.2f} changes "
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
        f"Where it goes: without a guard, whose refusals are followed by ever milder attempts, each paid for, "
        f"networks of "
        f"one's own would be {speeds['no guard']:.2f} times as fast as the generic network in place of "
        f"{speeds[as_above]:.2f}, for "
        f"{100 * (by_name['no guard']['right']['value'] - by_name[as_above]['right']['value']):+.2f} "
        f"points; if nobody changed, {speeds['nobody changes']:.2f}; at int8, {speeds[int8]:.2f}. In lives of "
        f"{result['lives'][-1]['inputs']:,} inputs {shown(result['lives'][-1]['figures']['in_profit'])} of users "
        f"spend less "
        f"time in the end, in lives of {result['lives'][0]['inputs']:,} "
        f"{shown(result['lives'][0]['figures']['in_profit'])}."
    )


def _inverse(found: Mapping[str, float] | None) -> dict[str, float] | None:
    return found and {"low": 1 / found["high"], "high": 1 / found["low"]}


def _turned(found: Mapping[str, float] | None) -> dict[str, float] | None:
    return found and {"low": -found["high"], "high": -found["low"]}


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    found, terms = result["result"], result["terms"]
    return [
        "# A fleet of users",
        f"Made by `python benchmarks/fleet.py` (seed {result['seed']}). {terms['users']:,} users of "
        f"{terms['inputs']:,} inputs each, {terms['fewest_classes']} to {terms['most_classes']} of 1,000 classes a "
        f"user, "
        f"drawn by popularity (Zipf, exponent {terms['popularity']:g}); {terms['drift']:g} of a user's classes are "
        f"replaced in 1,000 inputs. Networks: {result['network']}. Users are made of real ones and of what the real "
        f"code "
        "did, all in one file that the package ships (`src/edgewise/fleet/calibration.json`, made by "
        "`python benchmarks/fleet_calibration.py`). The same for a fleet of one's own: `edgewise fleet simulate`.",
        markdown_list(words(result)),
        picture,
        "## Figures and their errors",
        "Means over users. Two errors: of how few users were drawn, and of how few real ones they are made of. The "
        "second "
        f"is found by leaving each real user out in turn and drawing {found['left_out_users']:,} users from the "
        f"rest: the "
        "least and the most that comes out, and the jackknife's 95% with Student's t.",
        markdown_table(
            ["", "", "95% by users drawn", "one real user left out", "95% by real users"],
            [
                [
                    figure["words"],
                    shown(figure),
                    between(figure["over_users"], figure["unit"]),
                    between(figure["without_one"], figure["unit"]),
                    between(figure["over_real_users"], figure["unit"]),
                ]
                for figure in found["figures"].values()
            ],
        ),
        "## Every way to serve everybody",
        "A fixed network either answers among all classes, or under the user's prior once the observer knows the "
        "classes; "
        "it makes nothing, and its time is its own.",
        markdown_table(
            ["way", "times as fast", "right %", "a tenth of users has less than %"],
            [
                [
                    one["way"]["name"],
                    f"{one['times_as_fast']:.2f}",
                    f"{100 * one['right']:.1f}",
                    f"{100 * one['worst_tenth_right']:.1f}",
                ]
                for one in found["ways"]
            ],
        ),
        "## User by user",
        markdown_table(
            ["", "users", "a tenth has less", "half", "a tenth has more"],
            [_spread(one) for one in found["spreads"]],
        ),
        f"{found['shared']['different']:,} different sets of classes were drawn; "
        f"{100 * found['shared']['alone']:.0f}% of "
        f"users have one that nobody else has, so networks cannot be handed on as they are. "
        f"{found['shared']['classes_for_half']} classes make up half of what all users meet.",
        "## How long a life must be",
        "In brackets the least and the most with one real user left out.",
        markdown_table(
            ["inputs", "times as fast", "right %", "got a network", "paid for", "less time in the end", "on making"],
            [
                [
                    f"{one['inputs']:,}",
                    *(
                        with_error(one["figures"][name])
                        for name in ("times_as_fast", "right", "ever_served", "broke_even", "in_profit", "paid")
                    ),
                ]
                for one in result["lives"]
            ],
        ),
        "## Other fleets",
        f"One thing is changed in each; {result['fleets'][0]['users']:,} users. The rival is the fastest fixed "
        f"network, "
        "told the classes, that is as often right; where none is, the most often right one (*).",
        markdown_table(
            [
                "fleet",
                "times as fast",
                "right %",
                "less time in the end",
                "rival",
                "times as fast as it",
                "points over it",
            ],
            [_fleet(one) for one in result["fleets"]],
        ),
        *_devices(result),
        "## What it takes to simulate",
        _growth_words(result),
        markdown_table(
            ["users", "processor time, s", "clock, s", "peak memory, MB"],
            [
                [
                    f"{row['users']:,}",
                    f"{row['cpu_seconds']:.1f}",
                    f"{row['seconds']:.1f}",
                    f"{row['peak_bytes'] / 1e6:.0f}",
                ]
                for row in result["growth"]
            ]
            + [
                [
                    f"{result['million']['users']:,}, time extrapolated",
                    f"{result['million']['cpu_seconds']:,.0f}",
                    f"{result['million']['cpu_seconds'] / result['jobs']:,.0f} at best",
                    f"{result['million']['peak_bytes'] / 1e6:,.0f}",
                ]
            ],
        ),
        "## Beside what was measured",
        *_checks(result),
        "## What is real in this, and what is not",
        "Measured:",
        markdown_list(REAL),
        "Supposed:",
        markdown_list(GUESSED),
        "## Notice",
        _NOTICE,
    ]


def _spread(spread: Mapping[str, Any]) -> list[str]:
    quantiles = spread["quantiles"]
    return [
        spread["words"],
        f"{spread['users']:,} of {spread['of']:,}",
        *(_value(quantiles[share], spread["unit"]) if quantiles else "" for share in ("0.1", "0.5", "0.9")),
    ]


def _value(value: float, unit: str) -> str:
    forms = {
        "share": f"{100 * value:.1f}%",
        "ratio": f"{100 * value:.1f}%",
        "points": f"{value:+.2f}",
        "times": f"{value:.2f}",
    }
    return forms.get(unit, f"{value:,.0f}")


def _fleet(one: Mapping[str, Any]) -> list[str]:
    figures, rival = one["figures"], one["rivals"]["classes"]
    return [
        one["name"],
        with_error(figures["times_as_fast"]),
        with_error(figures["right"]),
        with_error(figures["in_profit"]),
        short(rival["way"]["name"]) + ("" if rival["as_right"] else " (*)"),
        with_error(figures["speed_over_classes"]),
        with_error(figures["points_over_classes"]),
    ]


def _devices(result: Mapping[str, Any]) -> list[str]:
    sources = dict.fromkeys(one["source"] for one in result["fleets"] if one["device"] != "calibration")
    return [markdown_list([f"{one[0].upper()}{one[1:]}." for one in sources])]


def _growth_words(result: Mapping[str, Any]) -> str:
    million, last = result["million"], result["growth"][-1]
    minutes = million["cpu_seconds"] / result["jobs"] / 60
    return (
        "Time and memory grow with the number of users alone: a row takes some 200 bytes, and what a life costs "
        "hangs on "
        f"its changes and not on its inputs. {last['users']:,} users take {last['cpu_seconds']:.0f} s of processor "
        f"time "
        f"({last['seconds']:.0f} s by the clock of a machine that much other work kept busy). A million would take "
        f"{million['cpu_seconds']:,.0f} s, {minutes:.0f} minutes on {result['jobs']} cores that are free: `edgewise "
        f"fleet "
        f"simulate --users 1000000 --jobs {result['jobs']} --out fleet`, or with `--executor ray` on more machines. "
        f"That is "
        "a straight line through what was measured; the same line without the last misses that by "
        f"{100 * million['cpu_seconds_error']:.0f}%. Memory is measured for a million as well, of the process that "
        f"puts all "
        f"blocks together (benchmarks/fleet_memory.py): {million['peak_bytes'] / 1e9:.2f} GB."
    )


def _checks(result: Mapping[str, Any]) -> list[str]:
    checks = result["checks"]
    rows = [
        [way, row["user"], *(_beside(row[name], name) for name in ("drop", "times_as_fast", "paid_for_after"))]
        for way, users in checks["foretold"].items()
        for row in users
    ]
    live = [
        [name, ", ".join(f"{value:,}" for value in one["measured"]), _drawn(one["drawn"])]
        for name, one in checks["live"].items()
    ]
    found = checks["find_classes"]
    return [
        "Each real user, and in brackets the middle and 90% of users who are drawn from all others. With two others "
        "these "
        "bounds are no more than those two; a real user outside of them is what so few leave unknown.",
        markdown_table(["networks", "user", "points lost", "times as fast", "paid for after, inputs"], rows),
        "The one life that was measured (docs/live_user.md), and in brackets 5%, the middle and 95% of lives drawn for "
        "five classes. Its networks are others: the service chooses, input by input, among tails and smaller networks.",
        markdown_table(["inputs", "measured", "drawn"], live),
        _composed(checks["composed"]),
        f"Users of five and ten classes are known after {found['drawn'][0]:.0f} inputs (90%: {found['drawn'][1]:.0f}) "
        f"here, and after {found['measured'][0]:.0f} ({found['measured'][1]:.0f}) in docs/find_classes.md.",
    ]


def _composed(found: Mapping[str, Any]) -> str:
    told, alarms = found["told"], found["alarms"]
    return (
        f"Whole lives by the real code, input by input, on real answers and scores (`python "
        f"benchmarks/fleet_composed.py`; "
        f"{found['users']} users, {found['inputs']:,} inputs, a fixed network that is told the classes, "
        f"{found['drift']:g} "
        f"classes replaced in 1,000 inputs), beside the same users' lives as they are put together here: classes are "
        f"held "
        f"to be known for {100 * told['real']:.1f}% of inputs there and {100 * told['drawn']:.1f}% here "
        f"({100 * told['low']:+.1f} to {100 * told['high']:+.1f} points apart), with {alarms['real']:.2f} alarms a "
        f"user there "
        f"and {alarms['drawn']:.2f} here ({alarms['low']:+.2f} to {alarms['high']:+.2f})."
    )


def _beside(one: Mapping[str, float], name: str) -> str:
    if name == "paid_for_after":
        return f"{one['measured']:,.0f} ({one['middle']:,.0f}; {one['low']:,.0f} to {one['high']:,.0f})"
    scale, form = (100, "+.2f") if name == "drop" else (1, ".2f")
    values = {key: f"{scale * value:{form}}" for key, value in one.items()}
    return f"{values['measured']} ({values['middle']}; {values['low']} to {values['high']})"


def _drawn(values: Sequence[float]) -> str:
    return f"{values[1]:,.0f} ({values[0]:,.0f} to {values[2]:,.0f})"
