"""The page of `live_user.py`."""

from typing import Any

from pages import markdown_list, markdown_table


def page(result: dict[str, Any]) -> list[str]:
    alone = "" if any(one["other"] for one in result["users"]) else " --alone"
    command = f"python benchmarks/live_user.py --users {len(result['users'])} --inputs {result['inputs']}{alone}"
    command += f" --open-share {result['open_share']:g}{'' if result['smaller'] else ' --keep-images'}"
    beside = f"beside it {' and '.join(result['smaller'])}" if result["smaller"] else "of which images are kept"
    parts = [
        "# A user on a device, as it happens",
        f"Made by `{command}` (seed {result['seed']}): {result['network']}, {beside}; "
        f"{result['inputs']:,} inputs a part and up to {result['making_rate']:g} a "
        "second while a network is made, one thread, the real service over its socket. Streams are of ImageNet "
        "training images and crops of them, which these networks were trained on: what the guard saw of them is rosier "
        "than photographs of one's own would be. The tables of networks are on the official validation images, which "
        "no stream held.",
    ]
    for one in result["users"]:
        after = f", then {one['other']}, then {one['user']} again" if one["other"] else ""
        parts += [f"## {one['user']}{after}", *_told(one)]
        parts.append(markdown_table(_STRETCH, [_stretch(row) for row in one["story"]["stretches"]]))
        parts.append(
            "On validation images of the user's classes. Time is that of a whole input, from pixels to the answer, "
            'beside that of the generic network, by turns. "Where it is sure" is selection among generic networks '
            'alone, which knows no user; "alone" is the user\'s half alone; the device joins both. All was fitted '
            "without labels. The last column is the share of inputs that another than the generic network answers."
        )
        parts.append(markdown_table(_NETWORK, [_network(row) for row in one["judged"]]))
    return parts


_STRETCH = ("part", "phase", "inputs", "right %", "generic right %", "as generic %", "median ms", "p90 ms", "own %")
_NETWORK = ("network", "what answers", "right %", "points (95%)", "time %", "times as fast", "others %")


def _stretch(row: dict[str, Any]) -> list[str]:
    shares = [f"{100 * row[name]['value']:.1f}" for name in ("accuracy", "generic_accuracy", "agreement")]
    phase = f"{row['phase']}, another's network" if row["foreign"] else row["phase"]
    times = [f"{row['median_ms']:.1f}", f"{row['p90_ms']:.1f}"]
    return [str(row["part"] + 1), phase, f"{row['inputs']:,}", *shares, *times, f"{100 * row['own']:.0f}"]


def _network(row: dict[str, Any]) -> list[str]:
    against, ms = row.get("against"), row["ms"]
    return [
        row["network"],
        row["name"],
        f"{100 * row['right']:.1f}",
        f"{against['value']:+.1f} ({against['low']:+.1f} to {against['high']:+.1f})" if against else "",
        f"{100 * ms:.0f}",
        f"{1 / ms:.2f}",
        f"{100 * row['own']:.0f}",
    ]


def _told(one: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    for tried in one["story"]["attempts"]:
        who = one["other"] if tried["part"] == 1 else one["user"]
        found = f"{who}: {len(tried['classes'])} classes found after {tried['learned_at']:,} inputs of the play, "
        lines.append(f"{found}{len(tried['missed'])} missed, {len(tried['beyond'])} too many.")
        if tried["seconds"] is not None:
            peak = "" if tried["peak_bytes"] is None else f", {tried['peak_bytes'] / 1e9:.1f} GB of memory at most"
            kept = "" if tried["kept_bytes"] is None else f", of {tried['kept_bytes'] / 1e6:.0f} MB that inference left"
            lines.append(
                f"{tried['network']} was made in {tried['seconds'] / 60:.1f} minutes beside the service{peak}{kept}."
            )
        if tried["swapped_at"] is not None:
            lines.append(f"Let in {tried['swapped_at'] - tried['made_at']:,} inputs later: {tried['verdict']}")
        if tried["turned_down"]:
            lines.append(f"Turned down: {tried['turned_down']}")
        if tried["own_ms"] is not None:
            paid = "never" if tried["break_even"] is None else f"after {tried['break_even']:,} inputs"
            times = tried["generic_ms"] / tried["own_ms"]
            lines.append(
                f"An input took {tried['own_ms']:.1f} ms in place of {tried['generic_ms']:.1f} ({times:.2f} times as "
                f"fast, audits and what is turned away counted in; the goal is 3); paid for {paid}."
            )
    for change in one["story"]["changes"]:
        when = "not noticed" if change["delay"] is None else f"noticed after {change['delay']} inputs ({change['by']})"
        wrong = (
            f"{change['wrong']} of {change['inputs']} wrong until then, {change['generic_wrong']} by the generic one"
        )
        lines.append(f"A change while {change['network']} served was {when}: {wrong}.")
    if pruning := one["pruning"]:
        ratio = pruning["p90_ms"] / pruning["before_p90_ms"]
        lines.append(
            f"p90 of answers while a network was made: {ratio:.2f} times that before; the goal is 1.3 at most."
        )
    share = 100 * (1 - one["tail_share"])
    lines.append(f"Of each forward pass that pruning took, inference had done {share:.0f}% already: the shared part.")
    return [markdown_list(lines)]
