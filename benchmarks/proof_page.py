"""What `proof.py` found, in words and tables for the docs: every verdict is made of the figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table
from proof_verdict import Verdict, of_cost, of_count, of_having, of_points, of_speed, tally
from prune_users_page import NOTICE

PICTURE = "accuracy against speed: networks for one user"
LETTERS = {"users": "A", "inputs": "B", "accelerator": "C"}
CONTESTS = {
    "users": "A. A network for one user",
    "inputs": "B. A model for each input",
    "accelerator": "C. A network on an accelerator",
}
NAMES = {"right": "accuracy", "fast": "speed"}  # what an answer is worth; all else is what it takes to get there
_OURS = "edgewise: profile, select fit, classify"


def verdicts(result: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Verdict]]]:
    """Of each contest, rival by rival, what edgewise wins, loses and cannot tell, thing by thing."""
    contests = result["contests"]
    found: dict[str, dict[str, dict[str, Verdict]]] = {}
    if users := contests.get("users"):
        for own, others in users["compared"].items():
            found[f"users: {own}"] = {other: _of_user(users, own, other, one) for other, one in others.items()}
    if inputs := contests.get("inputs"):
        found["inputs"] = {other: _of_input(inputs, other, one) for other, one in inputs["compared"].items()}
    if accelerator := contests.get("accelerator"):
        found["accelerator"] = {"SCALE-Sim": _of_accelerator(accelerator)}
    return found


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
        f"a bound for the drop held for {sum(held)} of {len(held)}, and certified {sum(sure)}; {refused} refused; "
        "of the rival: nothing"
    )
    if not all(held):
        return Verdict("loses", f"{said}, and nothing wrong")
    return Verdict("wins" if any(sure) else "undecided", said)


def _within(rows: Mapping[str, Any], own: str) -> bool:
    """Whether the drop that was found lies where the guard expected it."""
    guard = rows[own]["guard"]
    return guard["low_points"] <= _found_drop(rows, own) <= guard["high_points"]


def _found_drop(rows: Mapping[str, Any], own: str) -> float:
    return 100 * (rows["ResNet-50, restricted"]["accuracy"] - rows[own]["accuracy"])


def _of_input(inputs: Mapping[str, Any], other: str, one: Mapping[str, Any]) -> dict[str, Verdict]:
    ours, theirs = inputs["rows"][_OURS], inputs["rows"][other]
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
        f"{agree} of {layers} layers agree to the cycle, once three known differences are counted, and {but} "
        f"but for the {blocks} that edgewise cuts into blocks that fit the buffers, as SCALE-Sim does not; in all "
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
    found: list[str] = []
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
        of: dict[str, list[str]] = {"wins": [], "loses": [], "undecided": [], "even": []}
        for thing, named in NAMES.items():
            of[things[thing].outcome].append(named)
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


def page(result: Mapping[str, Any], picture: str) -> list[str]:
    """The whole page."""
    found = verdicts(result)
    contests = result["contests"]
    return [
        *_head(result, found),
        *(_users(contests["users"], picture) if "users" in contests else ()),
        *(_inputs(contests["inputs"]) if "inputs" in contests else ()),
        *(_accelerator(contests["accelerator"]) if "accelerator" in contests else ()),
        "## What may be unfair here",
        markdown_list(_unfair(result)),
        "## Notice",
        NOTICE,
    ]


def _head(result: Mapping[str, Any], found: Mapping[str, Mapping[str, Mapping[str, Verdict]]]) -> list[str]:
    machine = result["machine"]
    parts = [
        "# Proof: edgewise beside what you would pick instead",
        f"Made by `python benchmarks/proof.py {result['options']}` on {machine['cpu']}, {machine['cores']} cores that "
        f"others use too, one thread (seed {result['seed']}): {_sizes(result['contests'])}. The rivals' scripts are "
        "real files in `benchmarks/rivals/`. Every verdict on this page is made of the figures by "
        "`benchmarks/proof_verdict.py`: accuracy and speed are won or lost where the 95% interval leaves out equality "
        "(of speed: 3% either way), and are undecided otherwise; costs, measured once, where they differ by more than "
        "a tenth.",
        "## Verdict",
        markdown_list(words(result)),
    ]
    for contest, rivals in found.items():
        kind, _, own = contest.partition(": ")
        things = list(dict.fromkeys(thing for one in rivals.values() for thing in one))
        parts += [
            f"### {CONTESTS[kind]}{f': {own}' if own else ''}",
            "What edgewise does against each:",
            markdown_table(
                ["against", *things],
                [[other, *(str(one.get(thing, "")) for thing in things)] for other, one in rivals.items()],
            ),
        ]
    return parts


def _sizes(contests: Mapping[str, Any]) -> str:
    """How much was looked at, and what was not."""
    said: list[str] = []
    if users := contests.get("users"):
        many = len(users["users"])
        said.append(f"contest A with {many} user{'s' if many > 1 else ''}")
    if inputs := contests.get("inputs"):
        said.append(f"B with {inputs['images_judged_on']} images")
    if accelerator := contests.get("accelerator"):
        said.append(f"C with {sum(array['layers'] for array in accelerator['arrays'])} layers")
    said += [f"{letter} was not run" for name, letter in LETTERS.items() if name not in contests]
    return ", ".join(said)


def _users(users: Mapping[str, Any], picture: str) -> list[str]:
    ways = {way["name"]: way for way in users["ways"]}
    own = [name for name, way in ways.items() if way["ours"]]
    rows = [
        [
            f"**{name}**" if way["ours"] else name,
            _share(users["over_users"][name]["accuracy"]),
            f"{users['over_users'][name]['ms']:.1f}",
            _times(users["over_users"][name]["to_generic"]["speed"]),
            f"{users['over_users'][name]['cpu_s']:,.0f}",
            f"{users['over_users'][name]['peak_bytes'] / 1e9:.1f}",
            str(way["lines"]),
            way["known"],
        ]
        for name, way in ways.items()
    ]
    columns = ["", "right % (95%)", "ms", "times as fast as ResNet-50 (95%)", "CPU s", "peak GB", "lines"]
    parts = [
        f"## {CONTESTS['users']}",
        f"Five classes, {users['images']} unlabelled training images of them; judged on the official validation images "
        "of these classes, 50 each, which nothing else saw. edgewise and Torch-Pruning start from the same ResNet-50, "
        f"shrink its input to {users['size_px']} px and cut channels until ONNX Runtime says "
        f"{users['speedup']:g} times as fast; Torch-Pruning then tunes on what ResNet-50 answers, for as much time of "
        f"one core as the whole command of edgewise took, and {users['longer']} times as much. `restricted`: the "
        "network as it is, read at the five classes. ms: one image, one thread, all in turns.",
        picture,
        markdown_table([*columns, "known beforehand"], rows),
    ]
    for user in users["users"]:
        parts += [
            f"### {user['pool']}: {', '.join(user['classes'])}",
            markdown_table(
                ["", "right %", "ms", "CPU s", "s", "peak GB", ""],
                [
                    [
                        name,
                        f"{100 * row['accuracy']:.1f}",
                        f"{row['ms']:.1f}",
                        f"{row['cost']['cpu_s']:,.0f}",
                        f"{row['cost']['wall_s']:,.0f}",
                        f"{row['cost']['peak_bytes'] / 1e9:.1f}",
                        _said(user["rows"], name, name in own),
                    ]
                    for name, row in user["rows"].items()
                ],
            ),
        ]
    return parts


def _said(rows: Mapping[str, Any], name: str, ours: bool) -> str:
    row = rows[name]
    if not ours:
        return "; ".join(row.get("said", ()))
    if "refused" in row:
        return f"its guard wrote nothing, so that the user stays with ResNet-50: {row['refused']}"
    guard = row["guard"]
    return (
        f"{row['base']}, {'cut' if row['cut'] else 'whole'}, {row['macs'] / 1e6:,.0f} M MACs; the guard, "
        f"{guard['verdict']}: a drop of {guard['drop_points']:.1f} points ({guard['low_points']:.1f} to "
        f"{guard['high_points']:.1f}); found: {_found_drop(rows, name):.1f}"
    )


def _inputs(inputs: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            f"**{name}**" if name == _OURS else name,
            _share(row["accuracy"]),
            f"{row['mean_ms']:.1f}",
            f"{row['p90_ms']:.1f}",
            f"{row['cost']['cpu_s']:,.0f}" if "cost" in row else "",
            f"{row['cost']['peak_bytes'] / 1e9:.1f}" if "cost" in row else "",
            str(row["lines"]) if "lines" in row else "",
        ]
        for name, row in inputs["rows"].items()
    ]
    columns = ["", "right % (95%)", "mean ms", "p90 ms", "CPU s", "peak GB", "lines"]
    cascades = [
        f"{name}: {one['small']} answers where its softmax is at least {one['threshold']:.3f}, else {one['large']}."
        for name, one in inputs["cascades"].items()
    ]
    return [
        f"## {CONTESTS['inputs']}",
        f"Seven networks restricted to {inputs['classes']} classes. Selector and cascades are learned and tuned on "
        f"{inputs['images_tuned_on']} official validation images and judged on {inputs['images_judged_on']} others, "
        "drawn by the seed, alike for each class. All want the same: as accurate as the best network alone, as fast "
        "as possible. ms: CPU time from the file to the answer, one thread, all ways in turns on every image. The "
        f"list of the networks ({inputs['lines_of_the_zoo']} lines) is needed by both and counted for neither.",
        markdown_list([*cascades, f"edgewise says of itself, before it is judged: {inputs['said']}"]),
        markdown_table(columns, rows),
    ]


def _accelerator(one: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            array["dataflow"],
            str(array["layers"]),
            f"{array['scale_sim_cycles']:,}",
            f"{array['cycles']:,}",
            str(array["agree_as_reported"]),
            str(array["agree"]),
            str(array["in_blocks"]),
            f"{array['cost']['SCALE-Sim']['cpu_s']:,.0f}",
            " ".join(f"{cost['cpu_s']:.1f}" for cost in array["cost"]["edgewise"]),
        ]
        for array in one["arrays"]
    ]
    columns = [
        "stationary",
        "layers",
        "SCALE-Sim's cycles",
        "edgewise's",
        "agree as reported",
        "agree to the cycle",
        "in blocks",
    ]
    return [
        f"## {CONTESTS['accelerator']}",
        f"Every layer of a {one['network']} at {one['px']} px on an array of {one['rows']} x {one['columns']} with "
        f"{one['sram_kib']} KiB for each operand, by the same configuration file. From the PyTorch network to the "
        "report, Python's start and PyTorch's import included on both sides; SCALE-Sim ran once, edgewise "
        f"{one['rounds']} times.",
        markdown_table([*columns, "SCALE-Sim, CPU s", "edgewise, CPU s"], rows),
        markdown_list(SCOPE),
    ]


SCOPE = (
    "SCALE-Sim says, and edgewise does not: which address is read and written in which cycle, on chip and off; bank "
    "conflicts and data layouts; a DRAM simulated by Ramulator; sparsity; several cores. Whoever needs these needs "
    "SCALE-Sim: edgewise knows nothing of single addresses.",
    "edgewise says, and SCALE-Sim does not: both gradients, and so what training takes; layers with groups and padding "
    "as they are; int8 and block floating point; energy of operations, buffers and DRAM, and area, by tables of "
    "published figures; what a user's cut network takes; some thousand arrays a second.",
    "Neither has been held against a chip here. Cycles agree because both count the same model; that says nothing of "
    "whether the model is right. The same work is not done: SCALE-Sim steps through every cycle, which is where its "
    "time goes. For ResNet and others in SCALE-Sim's own list of topologies its user writes no topology script.",
)


UNFAIR = (
    "In B, half of the images of this data set are stored squashed to a square; selector, cascades and single networks "
    "all meet both halves. Which network is best alone must be found out on labelled images as well, so that `none` is "
    "too little for whoever does not know it yet.",
    "Lines are counted without comments, docstrings and blanks. A script of another style would have other counts; "
    "what is counted of edgewise is a command, and its options must be read about like any function.",
    "Seconds are those of the CPU, for the cores are shared: they still grow when others fill the caches. What is "
    "quoted as a speed was measured in turns.",
)


def _unfair_for_users(users: Mapping[str, Any]) -> list[str]:
    return [
        "To Torch-Pruning: its user may well have a GPU and days, and labels; then it will do better than here. Its "
        "importance, step and schedule are usual ones and were not searched for, whereas edgewise was developed with "
        "this data at hand ([ablation](prune_ablation.md)). On the other side it is given all images of the user, "
        "those of edgewise's guard too.",
        "To edgewise: its seconds contain what the rivals leave out, the guard and the report.",
        "To both: batch norm of these ResNets comes folded. Torch-Pruning gets a network whose statistics were made "
        "whole again, without cost in time or lines (`benchmarks/rivals/checkpoint.py`).",
        "The guard was asked to estimate where it cannot be sure (`--undecided estimate`). By default edgewise writes "
        f"nothing then: {_refusals(users)}",
        "The ResNets are product-quantised networks and know ImageNet's training images, from which the users' streams "
        "are drawn: their answers on the stream are better than on images of a real user, for edgewise and "
        "Torch-Pruning alike. ResNet-18 and MobileNetV2 know the same classes, so that a fixed network needs no work "
        "here; where no small network of the user's classes is published, that row does not exist.",
    ]


def _unfair(result: Mapping[str, Any]) -> list[str]:
    users = result["contests"].get("users")
    said = [*(_unfair_for_users(users) if users else ()), *UNFAIR]
    if users and result["left_out"]:
        said.append(f"Left out of this run, for they take long: {'; '.join(result['left_out'])}.")
    return said


def _refusals(users: Mapping[str, Any]) -> str:
    own = [way["name"] for way in users["ways"] if way["ours"]]
    rows = [user["rows"][name] for user in users["users"] for name in own]
    written = sum("guard" in row and row["guard"]["verdict"] == "passes" for row in rows)
    left = len(rows) - written
    return f"of the {len(rows)} networks here it would have written {written}, at one point, and refused {left}."


def _share(one: Mapping[str, float]) -> str:
    return f"{100 * one['value']:.1f} ({100 * one['low']:.1f} to {100 * one['high']:.1f})"


def _times(one: Mapping[str, float]) -> str:
    return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})"
