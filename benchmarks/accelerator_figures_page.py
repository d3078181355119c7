"""The page of `accelerator_figures.py`."""

import statistics
from typing import Any

from pages import markdown_list, markdown_table

_GOAL_MS, _GOAL_S = 10, 3


def page(result: dict[str, Any]) -> list[str]:
    """All of it, from the stored result."""
    return [
        "# The accelerator's model: speed, a real product, and a study",
        f"Made by `python benchmarks/accelerator_figures.py` ({result['rounds']} rounds). What the figures rest "
        "on, and how far they go, says [How far to trust these numbers](accelerator.md).",
        *_speed(result["speed"]),
        *_published(result),
        *_study(result["study"]),
    ]


def _speed(found: dict[str, Any]) -> list[str]:
    run, sweep, tried = found["run_ms"], found["sweep_s"], found["sweep"]
    return [
        "## How fast it is",
        markdown_list(
            [
                f"ResNet-50, answers and both gradients, on one array: {run['median']:.1f} ms ({run['least']:.1f} to "
                f"{run['most']:.1f}); the goal was under {_GOAL_MS}: {_met(run['median'] < _GOAL_MS)}.",
                f"{tried['points']:,} accelerators for ResNet-50's answers: {sweep['median']:.1f} s "
                f"({sweep['least']:.1f} to {sweep['most']:.1f}), {tried['points'] / sweep['median']:,.0f} a second; "
                f"the goal was under {_GOAL_S} s: {_met(sweep['median'] < _GOAL_S)}. {tried['fit']:,} fit, "
                f"{tried['front']} are not beaten.",
            ]
        ),
    ]


def _met(holds: bool) -> str:
    return "met" if holds else "missed"


def _published(result: dict[str, Any]) -> list[str]:
    rows = result["published"]
    ratios = [_modelled(row) / row["published_ms"] for row in rows]
    near = sum(0.5 <= ratio <= 2 for ratio in ratios)
    return [
        "## Beside a real product",
        "The preset `edge-tpu-like` beside the times that Coral publishes of its Dev Board "
        f"({result['published_at']}). Of {len(rows)} networks {near} are within a factor of two; the "
        f"median of model over published is {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}). Two readings of the preset were "
        "chosen with these figures in view: that small groups are packed (the column beside says what it is without), "
        "and how much of the buffer keeps weights. Networks are those of torchvision and timm, which may differ in "
        "details from those that were measured.",
        markdown_table(
            [
                "network",
                "px",
                "G MACs",
                "M weights",
                "published ms",
                "model ms",
                "model / published",
                "of it the array's work",
                "of it the host's",
                "groups not packed, ms",
                "DRAM MB",
            ],
            [
                [
                    row["network"],
                    str(row["size_px"]),
                    f"{row['macs'] / 1e9:.2f}",
                    f"{row['weights'] / 1e6:.1f}",
                    f"{row['published_ms']:g}",
                    f"{_modelled(row):.1f}",
                    f"{_modelled(row) / row['published_ms']:.2f}",
                    f"{row['compute_ms']:.1f}",
                    f"{row['host_ms']:.1f}",
                    f"{row['unpacked_ms'] + row['host_ms']:.1f}",
                    f"{row['dram_mb']:.1f}",
                ]
                for row in rows
            ],
        ),
        "What decides is not the array but the half gigabyte a second behind it: where weights do not fit, they are "
        "fetched for each image. Far off are networks whose activations do not fit the buffers by the model's "
        "reckoning (MobileNet v2: a compiler fuses its blocks), and those with many small operations beside their "
        "products (DenseNet).",
    ]


def _modelled(row: dict[str, Any]) -> float:
    """With what the host does beside."""
    return row["model_ms"] + row["host_ms"]


def _study(study: dict[str, Any]) -> list[str]:
    how = study["retraining"]
    fewer = {name: study["generic_macs"] / macs for name, macs in study["user_macs"].items()}
    parts = [
        "## One user's networks on four devices",
        "ResNet-50 at 224 px, pruned by `edgewise prune --target-speedup 3` for five classes of dogs (60 training "
        f"images of each): {_listed(fewer)}. Retraining by gradients: {how['images']} images, {how['epochs']} times, "
        f"in {how['steps']} steps of {how['batch']}. *Tail*: what comes before the first open layer was computed while "
        "serving. *Whole*: answers and gradients of all layers. All on the preset `reading`, whose host does 20 G "
        "MACs a second. `edgewise accel study FOLDER` gives such a table of any user's network, and a page with "
        "pictures.",
    ]
    for first, rows in study["rows"].items():
        parts += [f"### Open from {first} on", _table(rows)]
    return [*parts, *_said(study), *_silicon(study)]


def _listed(fewer: dict[str, float]) -> str:
    return " and ".join(f"{name}, {ratio:.2f} times fewer MACs" for name, ratio in fewer.items())


def _table(rows: list[dict[str, Any]]) -> str:
    return markdown_table(
        [
            "network",
            "device",
            "generic ms",
            "user's ms",
            "times as fast",
            "generic mJ",
            "user's mJ",
            "tail s",
            "tail J",
            "tail DRAM GB",
            "whole s",
            "whole J",
            "mm2",
            "tail pays after",
            "whole pays after",
        ],
        [_cells(row) for row in rows],
    )


def _cells(row: dict[str, Any]) -> list[str]:
    generic, user, shared, full = (row[name] for name in ("generic", "user", "shared", "full"))
    pays = (row["pays"][name] for name in ("shared", "full"))
    return [
        row["network"],
        row["device"],
        f"{_ms(generic):.3g}",
        f"{_ms(user):.3g}",
        f"{_ms(generic) / _ms(user):.2f}",
        f"{_mj(generic):.3g}",
        f"{_mj(user):.3g}",
        f"{_ms(shared) / 1e3:.3g}",
        f"{_mj(shared) / 1e3:.3g}",
        f"{shared['dram_mb'] / 1e3:.3g}",
        f"{_ms(full) / 1e3:.3g}",
        f"{_mj(full) / 1e3:.0f}",
        f"{row['mm2']:.1f}" if row["mm2"] else "-",
        *("never" if one is None else f"{one:,}" for one in pays),
    ]


def _ms(spent: dict[str, float]) -> float:
    return spent["array_ms"] + spent["host_ms"]


def _mj(spent: dict[str, float]) -> float:
    return spent["array_mj"] + spent["host_mj"]


def _faster(row: dict[str, Any]) -> str:
    """The user's network than the generic one."""
    return f"{_ms(row['generic']) / _ms(row['user']):.2f}"


def _said(study: dict[str, Any]) -> list[str]:
    """What the tables show, in the figures of the last one."""
    rows = {(row["network"], row["device"]): row for row in list(study["rows"].values())[-1]}
    network, other = list(study["user_macs"])[:2]
    proposed = "int8 array with block floating point"
    cpu, plain, array = (rows[network, name] for name in ("CPU", "int8 array, gradients on the CPU", proposed))
    own_cpu, own_array = rows[other, "CPU"], rows[other, proposed]
    host = array["shared"]["host_ms"] / _ms(array["shared"])
    return [
        markdown_list(
            [
                f"**Pruning pays less on an array.** The same cut is {_faster(cpu)} times as fast on the CPU and "
                f"{_faster(array)} times on the array, which waits for its memory and for each layer's start.",
                "**Gradients on the array**: the tail is retrained "
                f"{_ms(plain['shared']) / _ms(array['shared']):.1f} times as fast as with gradients on the CPU, for "
                f"{array['pruning_mm2']:.2f} of {array['mm2']:.1f} mm2. "
                f"{100 * host:.0f}% of what is left is the host's: batch norm, activations, and the update.",
                f"**Sharing**: the tail alone takes {_ms(array['full']) / _ms(array['shared']):.1f} times less than "
                f"the whole network on the array, {_ms(cpu['full']) / _ms(cpu['shared']):.1f} times on the CPU.",
                f"**Channels of one's own** (asymmetric): {_faster(own_cpu)} times as fast on the CPU, "
                f"{_faster(own_array)} times on the array, where "
                f"{study['gathers'][other] - study['gathers'][network]:,} values more are gathered by the host.",
                f"**Break-even**: the array serves so fast that what pruning saves is small; the shared retraining is "
                f"paid for after {array['pays']['shared']:,} images there, after {cpu['pays']['shared']:,} on the CPU.",
            ]
        )
    ]


def _silicon(study: dict[str, Any]) -> list[str]:
    whole = sum(one["mm2"] for one in study["silicon"])
    extra = sum(one["mm2"] for one in study["silicon"] if one["for_pruning"])
    return [
        "### Silicon",
        f"{whole:.1f} mm2 (45 nm), {extra:.2f} of them, {100 * extra / whole:.1f}%, for pruning.",
        markdown_table(
            ["part", "for", "count", "um2 each", "mm2"],
            [
                [
                    one["name"],
                    "pruning" if one["for_pruning"] else "",
                    f"{one['count']:,.0f}",
                    f"{one['um2']:g}",
                    f"{one['mm2']:.3f}",
                ]
                for one in study["silicon"]
            ],
        ),
    ]
