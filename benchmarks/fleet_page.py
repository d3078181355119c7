"""docs/fleet.md, from what `fleet.py` stored."""

from collections.abc import Mapping
from typing import Any

from fleet_beside import checks
from fleet_words import between, growth_words, short, shown, with_error, words
from pages import markdown_list, markdown_table

from edgewise.fleet.words import GUESSED, REAL

_NOTICE = (
    "The ResNets are product-quantised networks (uber-research/permute-quantize-finetune), for non-commercial use "
    "only; the licence stands beside the weights in weights/LICENSE.uber-noncommercial.txt of the evaluation data. "
    "The images stand under ImageNet's terms (non-commercial research)."
)


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    found, terms = result["result"], result["terms"]
    return [
        "# A fleet of users",
        f"Made by `python benchmarks/fleet.py` (seed {result['seed']}). {terms['users']:,} users of "
        f"{terms['inputs']:,} inputs each, {terms['fewest_classes']} to {terms['most_classes']} of 1,000 classes a "
        f"user, drawn by popularity (Zipf, exponent {terms['popularity']:g}); one of a user's classes is replaced in "
        f"{1000 / terms['drift']:,.0f} inputs, on average. Networks: {result['network']}. Users are made of real ones "
        "and of what the real code did, all in one file that the package ships "
        "(`src/edgewise/fleet/calibration.json`, made by `python benchmarks/fleet_calibration.py`). The same for a "
        "fleet of one's own: `edgewise fleet simulate`.",
        markdown_list(words(result)),
        picture,
        *_figures(found),
        *_ways(found),
        "## User by user",
        markdown_table(
            ["", "users", "a tenth has less", "half", "a tenth has more"],
            [_spread(one) for one in found["spreads"]],
        ),
        f"{found['shared']['different']:,} different sets of classes were drawn; {100 * found['shared']['alone']:.0f}% "
        "of users have one that nobody else has, so networks cannot be handed on as they are. "
        f"{found['shared']['classes_for_half']} classes make up half of what all users meet.",
        *_lives(result),
        *_fleets(result),
        *_growth(result),
        "## Beside what was measured",
        *checks(result),
        "## What is real in this, and what is not",
        "Measured:",
        markdown_list(REAL),
        "Supposed:",
        markdown_list(GUESSED),
        "## Notice",
        _NOTICE,
    ]


def _figures(found: Mapping[str, Any]) -> list[str]:
    return [
        "## Figures and their errors",
        "Means over users. Two errors: of how few users were drawn, and of how few real ones they are made of. The "
        f"second is found by leaving each real user out in turn and drawing {found['left_out_users']:,} users from the "
        "rest: the least and the most that comes out, and the jackknife's 95% with Student's t.",
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
    ]


def _ways(found: Mapping[str, Any]) -> list[str]:
    return [
        "## Every way to serve everybody",
        "A fixed network either answers among all classes, or under the user's prior once the observer knows the "
        "classes; it makes nothing, and its time is its own.",
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
    ]


def _lives(result: Mapping[str, Any]) -> list[str]:
    return [
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
    ]


def _fleets(result: Mapping[str, Any]) -> list[str]:
    return [
        "## Other fleets",
        f"One thing is changed in each; {result['fleets'][0]['users']:,} users. The rival is the fastest fixed "
        "network, told the classes, that is as often right; where none is, the most often right one (*).",
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
    ]


def _growth(result: Mapping[str, Any]) -> list[str]:
    return [
        "## What it takes to simulate",
        growth_words(result),
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
