"""Which networks can be pruned: timm's families of convolutional networks, each cut and compared with its twin.

Run `python benchmarks/prunable.py`; it takes about three minutes and writes benchmarks/results/prunable.json and
docs/prunable.md. Nothing is fetched: the weights are drawn.
"""

from dataclasses import asdict
from typing import Any

from pages import markdown_table, write_page, write_result

from edgewise.errors import EdgewiseError
from edgewise.prune.architectures import ARCHITECTURES, TOLERANCE, Prunable, randomise, try_network
from edgewise.zoo.timm_catalogue import import_timm

SEED = 0
CLASSES = 10
SIZES_PX = {"inception_v3": 128}
SIZE_PX = 64
FAMILIES = {
    "resnet18": "ResNet",
    "resnet50": "ResNet",
    "resnext50_32x4d": "ResNeXt",
    "inception_v3": "Inception-V3",
    "densenet121": "DenseNet",
    "mobilenetv2_100": "MobileNetV2",
    "mobilenetv3_small_100": "MobileNetV3",
    "efficientnet_b0": "EfficientNet",
    "regnety_002": "RegNet",
    "convnext_atto": "ConvNeXt",
    "ghostnet_100": "GhostNet",
    "vgg11_bn": "VGG",
}


def main() -> None:
    timm = import_timm("The benchmark")
    import torch

    torch.set_num_threads(1)
    found: dict[str, Prunable | str] = {}
    for name in ARCHITECTURES:
        torch.manual_seed(SEED)
        network = timm.create_model(name, num_classes=CLASSES).eval().double()
        randomise(network, SEED)
        size_px = SIZES_PX.get(name, SIZE_PX)
        image = torch.randn(1, 3, size_px, size_px, dtype=torch.float64)
        try:
            found[name] = try_network(network, image, seed=SEED)
        except EdgewiseError as error:
            found[name] = error.message
        print(name, found[name])
    rows = {
        name: {"works": one.works, **asdict(one)} if isinstance(one, Prunable) else {"works": False, "error": one}
        for name, one in found.items()
    }
    result = {"seed": SEED, "classes": CLASSES, "size_px": SIZE_PX, "sizes_px": SIZES_PX, "tolerance": TOLERANCE}
    machine = write_result("prunable", {**result, "timm": timm.__version__, "networks": rows})
    write_page("prunable", _page(rows, timm.__version__, machine))


def _page(rows: dict[str, Any], version: str, machine: dict[str, Any]) -> list[str]:
    works = {FAMILIES[name] for name, row in rows.items() if row["works"]}
    whole = {
        f"{name}: {group}": reason
        for name, row in rows.items()
        for group, reason in row.get("whole", {}).items()
        if "network's output" not in reason
    }
    parts = [
        "# Which networks can be pruned",
        f"Made by `python benchmarks/prunable.py` (timm {version}, {machine['cpu']}; drawn weights with drawn norm "
        f"statistics, {CLASSES} classes, {SIZE_PX} px, Inception-V3 {SIZES_PX['inception_v3']} px; seed {SEED}). "
        f"{len(works)} of {len(set(FAMILIES.values()))} families work.",
        "A network works when, with every group that can be cut halved at once, by random channels, the smaller "
        "network answers in float64 as its twin in full width does whose removed channels are silenced (weights, "
        f"biases, norm statistics), to within {TOLERANCE:g} of the largest output; when so do three groups cut alone; "
        "and when the MACs that hooks count on the smaller network are those that the plan told. A group's channels "
        "are units: all channels of one group of a grouped convolution go together.",
        markdown_table(
            [
                "network",
                "works",
                "groups",
                "can be cut",
                "MACs left %",
                "parameters left %",
                "twin differs by",
                "one group alone",
                "finding, s",
            ],
            [_row(name, row) for name, row in rows.items()],
        ),
        "## What stays whole",
        "The head's outputs stay in every network: they are the classes. Besides:",
        markdown_table(["group", "why"], [[group, reason] for group, reason in whole.items()]),
    ]
    return parts


def _row(name: str, row: dict[str, Any]) -> list[str]:
    if "error" in row:
        return [name, "no", "", "", "", "", row["error"], "", ""]
    return [
        name,
        "yes" if row["works"] else "**no**",
        str(row["groups"]),
        str(row["can_be_cut"]),
        f"{100 * row['macs_left'] / row['macs']:.1f}",
        f"{100 * row['parameters_left'] / row['parameters']:.1f}",
        f"{row['relative_error']:.1e}",
        f"{row['single_error']:.1e}",
        f"{row['seconds']:.1f}",
    ]


if __name__ == "__main__":
    main()
