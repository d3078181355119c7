"""Latency foretold for networks that never ran: how far off, when each is left out of the table.

    python benchmarks/predict_latency.py [--work DIR] [--passes N]

Networks of timm and torchvision with drawn weights, and pruned ones, are exported (some minutes, once) and measured
with one thread and with two: layers by ONNX Runtime's profiler, and the whole by itself. Each pass over all takes some
five minutes; the lesser time of all passes stays, as what disturbs only adds. Nothing is fetched. Writes
benchmarks/results/predict_latency.json and docs/predict_latency.md; --passes 0 judges the table that is in --work.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pages import markdown_list, markdown_table, write_page, write_result
from predict_latency_measured import measure
from predict_latency_networks import NETWORKS, SEED

from edgewise.devices.layer_model import Likeness
from edgewise.devices.predict import MeasuredNetwork, left_out, measured_networks
from edgewise.devices.roofline import Roofline
from edgewise.devices.table import DeviceTable
from edgewise.devices.whole import Whole

THREADS = (1, 2)
MACS, OWN, RATES, LIKE, CHOSEN = (
    "MACs alone",
    "its own layers, measured",
    "rates of kernels",
    "rates and likeness",
    "chosen by the others",
)
CANDIDATES = {RATES: Roofline.fit, LIKE: Likeness().fit, "rates and likeness, near": Likeness(reach=1.0).fit}
FAMILIES = {network.name: network.family for network in NETWORKS}
Ratios = Callable[[Sequence[MeasuredNetwork]], np.ndarray]


def by_macs(measured: Sequence[MeasuredNetwork]) -> np.ndarray:
    """A line through nothing: the others' median of ms for a MAC."""
    macs = np.array([sum(layer.macs for layer in one.layers) for one in measured])
    ms = np.array([one.ms for one in measured])
    others = [np.median(np.delete(ms / macs, place)) for place in range(len(ms))]
    return np.array(others) * macs / ms


def by_own_layers(measured: Sequence[MeasuredNetwork]) -> np.ndarray:
    """What no foretelling of layers can do better than: the network's own layers, added up by the others' rule."""
    return np.array(
        [
            Whole.fit([*measured[:place], *measured[place + 1 :]]).ms(np.array([layer.ms for layer in one.layers]))
            / one.ms
            for place, one in enumerate(measured)
        ]
    )


def without_family(measured: Sequence[MeasuredNetwork]) -> np.ndarray:
    """Foretold / measured of each network by those of other families alone."""
    ratios = []
    for one in measured:
        others = [other for other in measured if FAMILIES[other.model] != FAMILIES[one.model]]
        model = Likeness().fit([layer for other in others for layer in other.layers])
        ratios.append(Whole.fit(others).ms(model.ms(one.shapes)) / one.ms)
    return np.array(ratios)


def chosen(found: Mapping[str, np.ndarray]) -> np.ndarray:
    """For each network the candidate that does best on the others, each of them left out too.

    Reading: when another network is judged, this one is among those that its model is made of; what is chosen by is
    the error of the others alone.
    """
    errors = {name: np.abs(np.log(found[name])) for name in CANDIDATES}
    count = len(next(iter(errors.values())))
    best = [min(errors, key=lambda name: float(np.delete(errors[name], place).mean())) for place in range(count)]
    return np.array([found[name][place] for place, name in enumerate(best)])


def judged(measured: Sequence[MeasuredNetwork]) -> dict[str, Any]:
    found = {MACS: by_macs(measured), OWN: by_own_layers(measured)}
    for name, fit in CANDIDATES.items():
        found[name] = left_out(measured, fit)
        print(name, file=sys.stderr)
    found[CHOSEN] = chosen(found)
    found["rates and likeness, without its family"] = without_family(measured)
    return {
        "ways": {name: summary(ratios) for name, ratios in found.items()},
        "networks": [
            {
                "network": one.model,
                "family": FAMILIES[one.model],
                "ms": one.ms,
                "layers": len(one.layers),
                **{name: float(found[name][place]) for name in (MACS, OWN, LIKE)},
            }
            for place, one in enumerate(measured)
        ],
    }


def summary(ratios: np.ndarray) -> dict[str, float]:
    errors = np.abs(ratios - 1)
    return {
        "median": float(np.median(errors)),
        "within_10": float(np.mean(errors <= 0.1)),
        "within_20": float(np.mean(errors <= 0.2)),
        "worst": float(errors.max()),
    }


def page(result: dict[str, Any]) -> list[str]:
    machine = result["machine"]
    best = {threads: one["ways"][LIKE] for threads, one in result["threads"].items()}
    medians = " and ".join(f"{100 * one['median']:.0f}%" for one in best.values())
    worst = " and ".join(f"{100 * one['worst']:.0f}%" for one in best.values())
    parts = [
        "# Latency foretold",
        f"Made by `python benchmarks/predict_latency.py` (seed {result['seed']}) on {machine['cpu']}, "
        f"{machine['cores']} cores, ONNX Runtime {machine['packages']['onnxruntime']}, float32, one image. "
        f"{result['networks']} networks of {result['families']} families with drawn weights; each "
        "is foretold from the layers of all others. The error is |foretold - measured| / measured.",
        f"With one thread and with two half of the networks are off by more than {medians}, and the worst by {worst}. "
        "That tells fast networks from slow ones, and is no substitute for a measurement: a choice between two "
        "networks that are nearer than that must be measured.",
        "The machine was shared with other work while this was measured. What a network's own measured layers add up "
        "to is off too (the second line of each table), and most of that is such noise: it is a floor for the rest.",
    ]
    for threads, one in result["threads"].items():
        parts += [f"## {threads} thread{'s' if int(threads) > 1 else ''}", _ways(one), _networks(one)]
    parts += [
        "## How",
        markdown_list(
            [
                "Layers are those that ONNX Runtime runs with all of its optimisations on, by its own profiler. At "
                "lower levels the kernels are others: there, a ResNet-50 takes half as long again.",
                f'"{RATES}": for each kind of kernel ms = start + MACs + bytes + weights + places, no rate below 0.',
                f'"{LIKE}" is what `edgewise devices predict` does: what these rates miss is learned from layers of '
                "like sides by a Gaussian process; a layer of a shape that was measured gets nearly that one's time.",
                "What the profiler adds to each layer comes off by a rule of two numbers, fitted to the others by "
                "least absolute errors; least squares, tried first, let disturbed networks pull it down by a tenth.",
                f'"{CHOSEN}": for each network, whichever of the candidates is best for all others.',
                "Random forests of each kernel (nn-Meter, MobiSys 2021, has thousands of kernels measured for them) "
                "were tried on an earlier pass: no better in the median, worse at the worst.",
                "Reach, spread and noise of the likeness were set by hand on an earlier pass over most of these "
                "networks; neighbours of them did nearly the same. The rates alone do as well or "
                "better in the median; what the likeness is worth shows on a quiet machine, if anywhere.",
            ]
        ),
    ]
    return parts


def _ways(one: dict[str, Any]) -> str:
    rows = [
        [
            name,
            f"{100 * way['median']:.0f}",
            f"{100 * way['worst']:.0f}",
            f"{100 * way['within_10']:.0f}",
            f"{100 * way['within_20']:.0f}",
        ]
        for name, way in one["ways"].items()
    ]
    columns = ["by", "median error %", "worst %", "within 10%, % of networks", "within 20%"]
    return markdown_table(columns, rows)


def _networks(one: dict[str, Any]) -> str:
    rows = [
        [
            row["network"],
            row["family"],
            str(row["layers"]),
            f"{row['ms']:.3g}",
            *(f"{100 * (row[name] - 1):+.0f}" for name in (MACS, OWN, LIKE)),
        ]
        for row in sorted(one["networks"], key=lambda row: (row["family"], row["network"]))
    ]
    return markdown_table(["network", "family", "layers", "ms", f"{MACS}, %", f"{OWN}, %", f"{LIKE}, %"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-predict-latency"))
    parser.add_argument("--passes", type=int, default=4)
    asked = parser.parse_args()
    table = DeviceTable(asked.work / "table")
    for _ in range(asked.passes):
        measure(NETWORKS, THREADS, asked.work, table)
    devices = table.devices()
    if len(devices) != 1:
        sys.exit(f"{table.folder} holds {len(devices)} devices; give a --work of its own.")
    by_threads = {threads: measured_networks(table, devices[0].id, threads) for threads in THREADS}
    names = {one.model for measured in by_threads.values() for one in measured}
    result = {
        "seed": SEED,
        "networks": len(names),
        "families": len({FAMILIES[name] for name in names}),
        "threads": {str(threads): judged(measured) for threads, measured in by_threads.items()},
    }
    machine = write_result("predict_latency", result)
    write_page("predict_latency", page(result | {"machine": machine}))


if __name__ == "__main__":
    main()
