"""What gathers cost: the layers that read ResNet-50's residual streams, each with a set of inputs of its own.

Run `python benchmarks/asymmetric.py`; it takes about three minutes and writes benchmarks/results/asymmetric.json and
docs/asymmetric.md. Nothing is fetched: the weights are drawn. Only times are measured; what a set costs in accuracy is
another matter.
"""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from pages import markdown_table, write_page, write_result

from edgewise.prune.asymmetric_rankings import asymmetric_readers
from edgewise.prune.gather_cost import LEAST_SAVING, GatherTimes, calm_ms, layer_shapes, time_gathers
from edgewise.prune.gather_probe import LayerShape
from edgewise.prune.plan import Cut, Plan
from edgewise.prune.surgery import cut
from edgewise.prune.torch_pruning_groups import find_groups
from edgewise.prune.work import network_work
from edgewise.zoo.export import to_onnx
from edgewise.zoo.timm_catalogue import import_timm

SEED, SIZE_PX = 0, 224
KEEPS = (0.75, 0.5, 0.25)
WHOLE_KEEP = 0.5
ROUNDS, WHOLE_ROUNDS, WHOLE_RUNS = 8, 8, 3
Times = dict[LayerShape, dict[float, GatherTimes]]


def main() -> None:
    timm = import_timm("The benchmark")
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    network = timm.create_model("resnet50").eval()
    image = torch.zeros(1, 3, SIZE_PX, SIZE_PX)
    groups = find_groups(network, image)
    readers, _ = asymmetric_readers(network, groups)
    shapes = {path: one for path, one in layer_shapes(network, readers, image).items() if isinstance(one, LayerShape)}
    times = {shape: _timed(shape) for shape in dict.fromkeys(shapes.values())}
    plans = _plans(groups, network, shapes, times)
    networks = {"whole": network} | {name: cut(network, plan, image) for name, plan in plans.items()}
    whole = _whole(networks, image)
    layers = [
        {
            "layers": [path for path, own in shapes.items() if own == shape],
            **asdict(shape),
            "times": {str(keep): {**asdict(one), "pays": one.pays} for keep, one in own_times.items()},
        }
        for shape, own_times in times.items()
    ]
    settings = {
        "seed": SEED,
        "size_px": SIZE_PX,
        "rounds": ROUNDS,
        "whole_rounds": WHOLE_ROUNDS,
        "least_saving": LEAST_SAVING,
    }
    result = {**settings, "threads": 1, "timm": timm.__version__, "layers": layers, "whole": whole}
    machine = write_result("asymmetric", result)
    write_page("asymmetric", _page(result, machine))


def _timed(shape: LayerShape) -> dict[float, GatherTimes]:
    sets = [_some(shape.inputs, keep) for keep in KEEPS]
    found = dict(zip(KEEPS, time_gathers(shape, sets, rounds=ROUNDS), strict=True))
    print(shape, found)
    return found


def _some(channels: int, keep: float) -> tuple[int, ...]:
    """A set of inputs, drawn, as a ranking would leave it: hardly any two follow each other."""
    rng = np.random.default_rng([SEED, channels])
    return tuple(np.sort(rng.permutation(channels)[: round(keep * channels)]).tolist())


def _plans(groups: Any, network: Any, shapes: dict[str, LayerShape], times: Times) -> dict[str, Plan]:
    """Half of the inputs of all readers, of those whose gathers pay, and half of the streams for all alike."""
    reads = {path: Cut(one.inputs, _some(one.inputs, WHOLE_KEEP)) for path, one in shapes.items()}
    paying = {path: own for path, own in reads.items() if times[shapes[path]][WHOLE_KEEP].pays}
    touched = [
        group
        for group in groups
        if group.whole is None and any(one.side == "reads" and one.path in shapes for one in group.members)
    ]
    kept = {group.name: _some(group.channels, WHOLE_KEEP) for group in touched}
    writers = {one.path: group for group in touched for one in group.members if one.side == "writes"}
    writes = {path: Cut(group.channels, kept[group.name]) for path, group in writers.items()}
    input_px = (3, SIZE_PX, SIZE_PX)
    return {
        "readers that pay": Plan.of(groups, {}, input=input_px, reads=paying),
        "all readers": Plan.of(groups, {}, input=input_px, reads=reads),
        "all writers": Plan.of(groups, {}, input=input_px, writes=writes),
        "symmetric": Plan.of(groups, kept, input=input_px),
    }


def _whole(networks: dict[str, Any], image: Any) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        models = []
        for number, network in enumerate(networks.values()):
            path = Path(folder) / f"{number}.onnx"
            path.write_bytes(to_onnx(network, SIZE_PX, "the network"))
            models.append((path, SIZE_PX))
        times = calm_ms(models, runs=WHOLE_RUNS, rounds=WHOLE_ROUNDS)
    return {
        name: {"ms": ms, "macs": network_work(network, image).macs}
        for (name, network), ms in zip(networks.items(), times, strict=True)
    }


def _page(result: dict[str, Any], machine: dict[str, Any]) -> list[str]:
    return [
        "# What gathers cost",
        f"Made by `python benchmarks/asymmetric.py` (timm {result['timm']}, {machine['cpu']}; ResNet-50 with drawn "
        f"weights, {SIZE_PX} px, ONNX Runtime, one image, one thread; the lowest of {ROUNDS} medians of a "
        f"few runs each, all of which took turns; seed {SEED}).",
        "Asymmetric pruning lets each layer that reads a residual stream read channels of its own choice, while the "
        "stream stays whole: a gather picks them, and the layer behind it is narrower. ONNX Runtime keeps maps between "
        "convolutions in blocks of channels, so a gather costs more than a copy: the maps are put in plain order "
        "before it and blocked again behind it. A gather pays where gather and narrower layer take at most "
        f"{100 * (1 - LEAST_SAVING):.0f}% of the whole layer's time; other layers are refused and read on as they did.",
        "## Layer by layer",
        "In ms, each with the cheap layer that writes its input. Behind the slash: as if the stream itself had no more "
        "channels than are kept, as a symmetric cut gives. **Bold**: refused.",
        markdown_table(
            ["inputs, outputs", "map px", "stride", "layers", "whole", *(f"keeps {keep:g}" for keep in KEEPS)],
            [_row(layer) for layer in result["layers"]],
        ),
        "## The whole network",
        f"Every set keeps {WHOLE_KEEP:g}. Writers fill in zeros for what they do not compute, so that the sum stays "
        "whole. The symmetric cut takes half of the streams from all of their writers and readers. Two layers that "
        "read the same set of one tensor share a gather; layer by layer each is timed as if it had its own.",
        markdown_table(["sets of their own", "ms", "MACs, G", "times as fast", "by MACs"], _whole_rows(result)),
    ]


def _row(layer: dict[str, Any]) -> list[str]:
    times = layer["times"].values()
    cells = [
        f"{'' if one['pays'] else '**'}{one['gathered_ms']:.2f}{'' if one['pays'] else '**'} / {one['narrow_ms']:.2f}"
        for one in times
    ]
    window = layer["window"]
    return [
        f"{layer['inputs']}, {layer['outputs']}",
        str(layer["size_px"]),
        str(window["stride"][0]) if window else "",
        str(len(layer["layers"])),
        f"{next(iter(times))['whole_ms']:.2f}",
        *cells,
    ]


def _whole_rows(result: dict[str, Any]) -> list[list[str]]:
    rows = result["whole"]
    base = rows["whole"]
    return [
        [
            name,
            f"{row['ms']:.1f}",
            f"{row['macs'] / 1e9:.2f}",
            f"{base['ms'] / row['ms']:.2f}",
            f"{base['macs'] / row['macs']:.2f}",
        ]
        for name, row in rows.items()
    ]


if __name__ == "__main__":
    main()
