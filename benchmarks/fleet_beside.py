"""What `fleet.py` draws, beside what was measured, for its page."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_table


def checks(result: Mapping[str, Any]) -> list[str]:
    """Real users, a measured life, and whole lives by the real code."""
    found = result["checks"]
    rows = [
        [way, row["user"], *(_beside(row[name], name) for name in ("drop", "times_as_fast", "paid_for_after"))]
        for way, users in found["foretold"].items()
        for row in users
    ]
    live = [
        [name, ", ".join(f"{value:,}" for value in one["measured"]), _drawn(one["drawn"])]
        for name, one in found["live"].items()
    ]
    known = found["find_classes"]
    return [
        "Each real user, and in brackets the middle and 90% of users who are drawn from all others. With two others "
        "these bounds are no more than those two; a real user outside of them is what so few leave unknown.",
        markdown_table(["networks", "user", "points lost", "times as fast", "paid for after, inputs"], rows),
        "The one life that was measured (docs/live_user.md), and in brackets 5%, the middle and 95% of lives drawn "
        "for five classes. Its networks are others: the service chooses, input by input, among tails and smaller "
        "networks.",
        markdown_table(["inputs", "measured", "drawn"], live),
        _composed(found["composed"]),
        f"Users of five and ten classes are known after {known['drawn'][0]:.0f} inputs (90%: {known['drawn'][1]:.0f}) "
        f"here, and after {known['measured'][0]:.0f} ({known['measured'][1]:.0f}) in docs/find_classes.md.",
    ]


def _composed(found: Mapping[str, Any]) -> str:
    told, alarms = found["told"], found["alarms"]
    return (
        "Whole lives by the real code, input by input, on real answers and scores (`python "
        f"benchmarks/fleet_composed.py`; {found['users']} users, {found['inputs']:,} inputs, a fixed network that is "
        f"told the classes, {found['drift']:g} classes replaced in 1,000 inputs), beside the same users' lives as they "
        f"are put together here: classes are held to be known for {100 * told['real']:.1f}% of inputs there and "
        f"{100 * told['drawn']:.1f}% here ({100 * told['low']:+.1f} to {100 * told['high']:+.1f} points apart), with "
        f"{alarms['real']:.2f} alarms a user there and {alarms['drawn']:.2f} here ({alarms['low']:+.2f} to "
        f"{alarms['high']:+.2f})."
    )


def _beside(one: Mapping[str, float], name: str) -> str:
    if name == "paid_for_after":
        return f"{one['measured']:,.0f} ({one['middle']:,.0f}; {one['low']:,.0f} to {one['high']:,.0f})"
    scale, form = (100, "+.2f") if name == "drop" else (1, ".2f")
    values = {key: f"{scale * value:{form}}" for key, value in one.items()}
    return f"{values['measured']} ({values['middle']}; {values['low']} to {values['high']})"


def _drawn(values: Sequence[float]) -> str:
    return f"{values[1]:,.0f} ({values[0]:,.0f} to {values[2]:,.0f})"
