"""What `proof.py` found, in words: every verdict is made of the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from proof_verdict import Verdict, of_cost, of_count, of_having, of_points, of_speed, tally

LETTERS = {"users": "A", "inputs": "B", "accelerator": "C"}
CONTESTS = {
    "users": "A. A network for one user",
    "inputs": "B. A model for each input",
    "accelerator": "C. A network on an accelerator",
}
NAMES = {"right": "accuracy", "fast": "speed"}  # what an answer is worth; all else is what it takes to get there
OURS = "edgewise: profile, select fit, classify"


def verdicts(result: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Verdict]]]:
    """Of each contest, rival by rival, what edgewise wins, loses and cannot tell, thing by thing."""
    contests = result["contests"]
    found: dict[str, dict[str, dict[str, Verdict]]] = {}
    if users := contests.get("users"):
        for own, others in users["compared"].items():
            if not made_for(users, own):
                continue  # a generic network that stays is no win in accuracy
            found[f"users: {own}"] = {other: _of_user(users, own, other, one) for other, one in others.items()}
    if inputs := contests.get("inputs"):
        found["inputs"] = {other: _of_input(inputs, other, one) for other, one in inputs["compared"].items()}
    if accelerator := contests.get("accelerator"):
        found["accelerator"] = {"SCALE-Sim": _of_accelerator(accelerator)}
    return found


def made_for(users: Mapping[str, Any], own: str) -> int:
    """How many users edgewise made such a network for: whose guard let it in."""
    return sum("refused" not in user["rows"][own] for user in users["users"])


def _of_user(users: Mapping[str, Any], own: str, other: str, one: Mapping[str, Any]) -> dict[str, Verdict]:
    ways = {way["name"]: way for way in users["ways"]}
    ours, theirs = users["over_users"][own], users["over_users"][other]
    return {
        "right": of_points(**one["points"]),
        "fast": of_speed(**one["speed"]),
        "seconds to get there": of_cost(ours["cpu_s"], theirs["cpu_s"], "s"),
        "memory to get there": of_cost(ours["peak_bytes"] / 1e9, theirs["peak_bytes"] / 1e9, "GB", 1),
        "lines": of_count(ways[own]["lines"], ways[other]["lines"], "lines"),
        "known beforehand": _foretold(users, own),
    }


def _foretold(users: Mapping[str, Any], own: str) -> Verdict:
    """What the guard said before there was a label: a win where it held for all, and was sure for one at least."""
    let_in = [user["rows"] for user in users["users"] if "guard" in user["rows"][own]]
    refused = len(users["users"]) - len(let_in)
    held = [_within(rows, own) for rows in let_in]
    sure = [rows[own]["guard"]["verdict"] == "passes" for rows in let_in]
    said = (
        f"a bound for the drop held for {sum(held)} of {len(held)}, and certified {sum(sure)}; {refused} refused; of "
        "the rival: nothing"
    )
    if not all(held):
        return Verdict("loses", f"{said}, and nothing wrong")
    return Verdict("wins" if any(sure) else "undecided", said)


def _within(rows: Mapping[str, Any], own: str) -> bool:
    """Whether the drop that was found lies where the guard expected it."""
    guard = rows[own]["guard"]
    return guard["low_points"] <= found_drop(rows, own) <= guard["high_points"]


def found_drop(rows: Mapping[str, Any], own: str) -> float:
    return 100 * (rows["ResNet-50, restricted"]["accuracy"] - rows[own]["accuracy"])


def _of_input(inputs: Mapping[str, Any], other: str, one: Mapping[str, Any]) -> dict[str, Verdict]:
    ours, theirs = inputs["rows"][OURS], inputs["rows"][other]
    found = {"right": of_points(**one["points"]), "fast": of_speed(**one["speed"])}
    if "cost" in theirs:
        own, cost = ours["cost"], theirs["cost"]
        found |= {
            "seconds to get there": of_cost(own["cpu_s"], cost["cpu_s"], "s"),
            "memory to get there": of_cost(own["peak_bytes"] / 1e9, cost["peak_bytes"] / 1e9, "GB", 1),
            "lines": of_count(ours["lines"], theirs["lines"], "lines"),
        }
    else:
        found |= {
            "seconds to get there": Verdict("loses", f"{ours['cost']['cpu_s']:,.0f} s against none"),
            "memory to get there": Verdict("loses", f"{ours['cost']['peak_bytes'] / 1e9:.1f} GB against none"),
        }
    return found


def _of_accelerator(one: Mapping[str, Any]) -> dict[str, Verdict]:
    ours = [cost["cpu_s"] for array in one["arrays"] for cost in _first(array["cost"]["edgewise"])]
    theirs = [array["cost"]["SCALE-Sim"]["cpu_s"] for array in one["arrays"]]
    own_peak = max(cost["peak_bytes"] for array in one["arrays"] for cost in array["cost"]["edgewise"])
    peak = max(array["cost"]["SCALE-Sim"]["peak_bytes"] for array in one["arrays"])
    layers, agree, blocks, but = (
        sum(array[key] for array in one["arrays"]) for key in ("layers", "agree", "in_blocks", "agree_but_for_blocks")
    )
    cycles, scale_sim = (sum(array[key] for array in one["arrays"]) for key in ("cycles", "scale_sim_cycles"))
    same = (
        f"{agree} of {layers} layers agree to the cycle, once three known differences are counted, and {but} but for "
        f"the {blocks} that edgewise cuts into blocks that fit the buffers, as SCALE-Sim does not; in all "
        f"{100 * (cycles / scale_sim - 1):+.1f}%"
    )
    return {
        "cycles": Verdict("even" if but == layers else "undecided", same),
        "seconds to get there": of_cost(sum(ours), sum(theirs), "s"),
        "memory to get there": of_cost(own_peak / 1e9, peak / 1e9, "GB", 1),
        "lines": of_count(one["lines"]["edgewise"], one["lines"]["SCALE-Sim"], "lines"),
        "traces of every address, banks, layouts": of_having(False, True, "only SCALE-Sim simulates them"),
        "gradients, energy, area, other precisions": of_having(True, False, "only edgewise models them"),
    }


def _first(costs: Sequence[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """The middle one of several runs."""
    return [sorted(costs, key=lambda cost: cost["cpu_s"])[len(costs) // 2]]


def words(result: Mapping[str, Any]) -> list[str]:
    """The verdicts in sentences, losses first."""
    found = _refusals(result["contests"].get("users", {"compared": {}}))
    for contest, rivals in verdicts(result).items():
        found += [f"{_title(contest)}: {sentence}" for sentence in _sentences(rivals)]
        parts = [one for things in rivals.values() for one in things.items()]
        answers = [one for thing, one in parts if thing in NAMES]
        rest = [one for thing, one in parts if thing not in NAMES]
        counted = f"{_title(contest)}, counted over all rivals: edgewise"
        if answers:
            found.append(f"{counted}, in accuracy and speed, {tally(answers)}; in all else {tally(rest)}.")
        else:
            found.append(f"{counted} {tally(rest)}.")
    return found


def _refusals(users: Mapping[str, Any]) -> list[str]:
    """The ways in which edgewise gave some users, or all, nothing."""
    found: list[str] = []
    for own in users["compared"]:
        many, made = len(users["users"]), made_for(users, own)
        spent = f"{users['over_users'][own]['cpu_s']:,.0f} s of CPU"
        if not made:
            found.append(
                f"A, {own}: **edgewise made nothing**: its guard refused for all {many} users, after {spent} each in "
                "the mean. They stay with ResNet-50, and nothing is compared."
            )
        elif made < many:
            found.append(
                f"A, {own}: **edgewise made nothing for {many - made} of {many} users**, whose guard refused. They "
                "stay with ResNet-50, and its accuracy and speed count for them below: an accuracy won so is not that "
                "of a smaller network. User by user it stands in section A."
            )
    return found


def _by_outcome(things: Mapping[str, Verdict]) -> dict[str, list[str]]:
    """Accuracy and speed by what comes of them."""
    of: dict[str, list[str]] = {"wins": [], "loses": [], "undecided": [], "even": []}
    for thing, named in NAMES.items():
        of[things[thing].outcome].append(named)
    return of


def in_short(result: Mapping[str, Any]) -> list[list[str]]:
    """A row for each contest of accuracy and speed: the rivals that edgewise loses to, trades with, and so on."""
    rows: list[list[str]] = []
    for contest, rivals in verdicts(result).items():
        found: dict[str, list[str]] = {"loses": [], "trades": [], "neither": [], "wins": []}
        for other, things in rivals.items():
            if "fast" in things:
                of = _by_outcome(things)
                kind = (
                    "trades" if of["wins"] and of["loses"] else next((k for k in ("loses", "wins") if of[k]), "neither")
                )
                found[kind].append(other)
        if any(found.values()):
            rows.append([_title(contest), *("; ".join(names) for names in found.values())])
    return rows


def _title(contest: str) -> str:
    kind, _, own = contest.partition(": ")
    return f"{CONTESTS[kind][:1]}{f', {own}' if own else ''}"


def _sentences(rivals: Mapping[str, Mapping[str, Verdict]]) -> list[str]:
    """Rival by rival, losses first: what is surely lost, surely won, and what is not known."""
    found: list[str] = []
    for other, things in rivals.items():
        if "fast" not in things:
            spent = things["seconds to get there"]
            found.append(f"beside {other}, {things['cycles'].by}; seconds to get there, {spent}.")
            continue
        of = _by_outcome(things)
        open_ones = "".join(
            f", {' and '.join(of[outcome])} {outcome}" for outcome in ("undecided", "even") if of[outcome]
        )
        both = ", ".join(things[thing].by for thing in NAMES)
        if of["wins"] and of["loses"]:
            said = f"against {other} it trades: it loses {of['loses'][0]} and wins {of['wins'][0]}"
        elif of["loses"]:
            said = f"**edgewise loses to {other}** in {' and '.join(of['loses'])}{open_ones}"
        elif of["wins"]:
            said = f"edgewise wins against {other} in {' and '.join(of['wins'])}{open_ones}"
        else:
            said = f"against {other} nothing is won or lost{open_ones}"
        found.append(f"{said}: {both}.")
    return sorted(found, key=lambda sentence: "loses to" not in sentence)
