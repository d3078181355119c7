"""The page of `proof.py`: verdicts, tables and what may be unfair."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import markdown_list, markdown_table
from proof_unfair import unfair
from proof_verdict import Verdict
from proof_words import CONTESTS, LETTERS, OURS, found_drop, in_short, verdicts, words
from prune_users_page import NOTICE

PICTURE = "accuracy against speed: networks for one user"


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
        markdown_list(unfair(result)),
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
        "In accuracy and speed; a loss in one without a win in the other is a loss, and the other way round.",
        markdown_table(
            ["", "loses to", "trades with", "neither wins nor loses against", "wins against"], in_short(result)
        ),
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
    return [*parts, *(part for user in users["users"] for part in _one_user(user, own))]


def _one_user(user: Mapping[str, Any], own: Sequence[str]) -> list[str]:
    rows = [
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
    ]
    return [
        f"### {user['pool']}: {', '.join(user['classes'])}",
        markdown_table(["", "right %", "ms", "CPU s", "s", "peak GB", ""], rows),
    ]


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
        f"{guard['high_points']:.1f}); found: {found_drop(rows, name):.1f}"
    )


def _inputs(inputs: Mapping[str, Any]) -> list[str]:
    rows = [
        [
            f"**{name}**" if name == OURS else name,
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


def _share(one: Mapping[str, float]) -> str:
    return f"{100 * one['value']:.1f} ({100 * one['low']:.1f} to {100 * one['high']:.1f})"


def _times(one: Mapping[str, float]) -> str:
    return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})"
