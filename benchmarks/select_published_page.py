"""What `select_published.py` found, in words and tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table, points

from edgewise.select.judge.bootstrap import verdict
from edgewise.select.judge.fair_table import Interval

_ZOOS = {"paper": "the paper's eleven networks", "all": "all networks with a figure"}
GOAL_RATIO = 1.8
WITHOUT_MARGIN = ", without a margin"
_SHOWN_THETAS = (0.0, 0.3, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    rule = result["rule"]
    found: list[str] = []
    for key, name in _ZOOS.items():
        zoo = result["zoos"][key]
        for path in ("agreement", "ranked votes", f"ranked votes{WITHOUT_MARGIN}"):
            row = zoo["rows"][path]
            found.append(f"Among {name}, {path}: the goal is {row['goal']}: {_against(row, rule['network'])}.")
        found.append(f"Among {name}, ranked votes at every price, cross-fitted: {_prices_that_meet(zoo, rule)}.")
        row = zoo["rows"]["single networks"]
        found.append(f"Among {name}, one network alone by the same rule: {_against(row, rule['network'])}.")
    return found


def _prices_that_meet(zoo: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Of the prices of a MAC, none of which was chosen by what it reached, those that meet the goal."""
    network, curve = zoo["networks"][rule["network"]], zoo["curves"]["ranked votes"]
    places = {
        (network["gmacs"] / gmacs, 100 * (accuracy - network["accuracy"]))
        for accuracy, gmacs in zip(curve["accuracy"], curve["gmacs"], strict=True)
    }
    meeting = sorted(place for place in places if place[0] >= GOAL_RATIO and place[1] >= -rule["points_under"])
    if not meeting:
        return "none meets the goal"
    (times, under), several = meeting[0], len(meeting) > 1
    met = f"{len(meeting)} meet the goal, the first" if several else "one meets the goal,"
    return f"{met} with {times:.2f} times fewer MACs at {under:+.2f} points; whether one does shows only afterwards"


def _against(row: Mapping[str, Any], network: str) -> str:
    times, under = Interval(**row["times_fewer_macs"]), Interval(**row["against_goal_network"])
    return (
        f"{times.value:.2f} times fewer MACs ({times.low:.2f} to {times.high:.2f}) at {_points(under)} points against "
        f"{network}; against random mixing of the same zoo at equal MACs {points(Interval(**row['gain_over_mixing']))} "
        "points"
    )


def _points(gain: Interval) -> str:
    return f"{100 * gain.value:+.2f} ({100 * gain.low:+.2f} to {100 * gain.high:+.2f})"


def page(result: Mapping[str, Any], pictures: Sequence[str]) -> list[str]:
    """The whole page. `pictures`: of the paper's zoo, of all networks, of the ceilings."""
    rule, zoos = result["rule"], result["zoos"]
    return [
        "# Agreement on published predictions: the same accuracy for fewer MACs",
        f"Made by `python benchmarks/select_published.py` (seed {result['seed']}, {result['outer_folds']} folds with "
        f"{result['inner_folds']} inside each, {result['resamples']:,} resamples). It needs the evaluation data "
        "(`EDGEWISE_DATA`). The predictions are those of the ImageNetV2 study (MIT licence): the five best classes "
        f"that each network names on {result['images']:,} images, in order, without scores.",
        "**Cost is published MACs, not time**: there are no times in this data, and MACs are only a rough guide to "
        "them. The selector's own work counts as 0: some hundred operations against some hundred million.",
        f"**The goal**: at least {GOAL_RATIO:g} times fewer MACs than {rule['network']}, at no more than "
        f"{rule['points_under']:g} points less.",
        markdown_list(words(result)),
        "## How it was judged",
        f"Everything is chosen inside the training folds: the networks, their order, quorums or weights, and the price "
        f"of a MAC. The operating point is the one with the fewest MACs that is at most {rule['points_under']:g} "
        f"points under {rule['network']} by a margin of one standard error, on inner folds of the training images; the "
        "rows *without a margin* leave that margin out, so they aim at the goal itself and miss it as often as not. "
        "What it reaches on the outer fold stands in the tables. Intervals are 95%, by resampling the images; they do "
        "not cover the luck of the training. One thing was not nested: the form of ranked votes (what is told of a "
        "ballot, how finely sureness is cut) was settled by comparisons on folds of these very predictions.",
        "- **Agreement** (`AgreementMethod`): run two networks; where enough of those run name the same class, stop; "
        "else run the next. Nothing is learned but who is asked, in which order, and how many must agree.\n"
        "- **Ranked votes** (`RankedVotesMethod`): the five classes of each ballot count by their place, and by what "
        "they have turned out to mean on the training images (which classes are confused, how a sure ballot looks). "
        "How likely the best candidate is right says whether to stop, and whom to ask next. Its answer is the count, "
        "so it can be better than every network in it.\n"
        "- **Single networks**: the cheapest one that keeps to the rule.",
        *_zoo(zoos["paper"], "The paper's eleven networks", pictures[0], rule["network"]),
        *_zoo(zoos["all"], f"All {len(zoos['all']['networks'])} networks", pictures[1], rule["network"]),
        "A single network of another family may be nearly as good for fewer MACs; the table has it.",
        *_worth(result),
        pictures[2],
        *_algorithm_1(result),
        *_costs(result),
    ]


def _zoo(zoo: Mapping[str, Any], title: str, picture: str, network: str) -> list[str]:
    rows = [
        [
            name,
            _percent(row["accuracy"]),
            _points(Interval(**row["against_goal_network"])),
            f"{row['gmacs']['value']:.2f}",
            _times(row["times_fewer_macs"]),
            f"{100 * row['mixing_accuracy']:.2f}",
            points(gain := Interval(**row["gain_over_mixing"])),
            verdict(gain),
            row["goal"],
        ]
        for name, row in zoo["rows"].items()
    ]
    columns = [
        "",
        "accuracy % (95%)",
        f"against {network}, points (95%)",
        "GMAC",
        "times fewer (95%)",
        "mixing line %",
        "gain, points (95%)",
        "against the mixing line",
        "the goal",
    ]
    return [
        f"## {title}",
        markdown_table(columns, rows),
        picture,
        "Chosen in the five training folds:",
        markdown_list([f"{name}: {_counted(row['picks'])}" for name, row in zoo["rows"].items()]),
    ]


def _counted(picks: Sequence[str]) -> str:
    return "; ".join(f"{pick} ({picks.count(pick)} of {len(picks)})" for pick in dict.fromkeys(picks))


def _percent(share: Mapping[str, float]) -> str:
    return f"{100 * share['value']:.2f} ({100 * share['low']:.2f} to {100 * share['high']:.2f})"


def _times(ratio: Mapping[str, float]) -> str:
    return f"{ratio['value']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"


def _worth(result: Mapping[str, Any]) -> list[str]:
    steps = result["zoos"]["paper"]["perfect_choice_by_size"]
    exact = result["best_subset_ceiling_points"]
    by_size = [
        [
            str(step["size"]),
            step["network"],
            f"{step['gain_points']:+.2f}",
            f"{step['ceiling_points']:.2f}",
            f"{exact[step['size'] - 1]:.2f}",
            f"{step['perfect_choice_gmacs']:.2f}",
        ]
        for step in steps
    ]
    reached = {
        **result["fewer_networks"],
        "ranked votes of 5": result["zoos"]["paper"]["rows"]["ranked votes"],
    }
    rows = [
        [
            name,
            _percent(row["accuracy"]),
            _points(Interval(**row["against_goal_network"])),
            f"{row['gmacs']['value']:.2f}",
            _times(row["times_fewer_macs"]),
        ]
        for name, row in reached.items()
    ]
    largest = result["zoos"]["all"]["perfect_choice_by_size"]
    told = ", ".join(
        f"{step['size']}: {step['ceiling_points']:.1f}" for step in largest if step["size"] in (1, 2, 3, 5, 10, 20)
    )
    return [
        "## The worth of the second and the third network",
        "A perfect choice, which nobody has, gains with each network; the zoo is grown from the most accurate one, and "
        "beside it stands the best zoo of that size of all:",
        markdown_table(
            ["size", "next network", "gain, points", "right %", "best of all zoos %", "GMAC of a perfect choice"],
            by_size,
        ),
        f"Of all networks, right % by size: {told}.",
        "What can be reached is less. By the same rule, with ranked votes over the networks that fall least short of "
        "the mixing line:",
        markdown_table(["", "accuracy % (95%)", "points (95%)", "GMAC", "times fewer (95%)"], rows),
    ]


def _algorithm_1(result: Mapping[str, Any]) -> list[str]:
    methods = result["members_over_theta"]
    rows = [[f"{theta:g}", *(_kept(steps, theta) for steps in methods.values())] for theta in _SHOWN_THETAS]
    return [
        "## Algorithm 1's three methods over theta",
        "Networks kept, the accuracy of a perfect choice among them, and its MACs. The paper's theta is 0.5.",
        markdown_table(["theta, points", *(f"by {method}" for method in methods)], rows),
    ]


def _kept(steps: Sequence[Mapping[str, Any]], theta: float) -> str:
    step = next(one for one in steps if one["theta_points"] == theta)
    return f"{len(step['members'])}: {step['ceiling_points']:.2f}% at {step['perfect_choice_gmacs']:.2f} GMAC"


def _costs(result: Mapping[str, Any]) -> list[str]:
    accuracy = {name: one["accuracy"] for name, one in result["zoos"]["all"]["networks"].items()}
    rows = [
        [name, f"{one['gmacs']:.3g}", str(one["size_px"]), f"{100 * accuracy[name]:.2f}", _source(one)]
        for name, one in result["macs"].items()
    ]
    left_out = ", ".join(f"{name} ({why})" for name, why in result["left_out"].items())
    return [
        "## What each network costs, and who says so",
        markdown_table(["network", "GMAC", "px", "top-1 %", "source"], rows),
        markdown_list([f"*{name}*: {text}" for name, text in result["mac_sources"].items()]),
        f"Left out: {left_out}.",
    ]


def _source(one: Mapping[str, Any]) -> str:
    return f"{one['source']}: {one['architecture']}" if one["architecture"] else one["source"]
