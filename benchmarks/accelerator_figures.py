"""How fast the accelerator's model is, how near it comes to a real product, and a study of a real user's networks.

    python benchmarks/accelerator_figures.py [--work DIR]

Speed: ResNet-50's answers and gradients on one array, and a sweep of some 10,000 accelerators; medians, seconds of the
clock. A real product: the preset `edge-tpu-like` beside the times that Coral publishes of its Dev Board, shapes of
torchvision's and timm's networks, drawn weights. The study needs data (EDGEWISE_DATA, default ../shared/data): it
prunes ResNet-50 for five classes of dogs, once alike for all readers of a tensor and once with channels of their own,
in some twenty minutes, and keeps both in the work folder. Writes benchmarks/results/accelerator_figures.json and
docs/accelerator_figures.md.
"""

import argparse
import statistics
import sys
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from accelerator_figures_page import page
from accelerator_plans import DATA, made_plans
from pages import write_page, write_result

from edgewise.accel.accelerator import DEFAULT, read_accelerator
from edgewise.accel.area import parts_of
from edgewise.accel.explore import Sweep, explore, front
from edgewise.accel.rest import left_to_host
from edgewise.accel.run import run_layers, total_of
from edgewise.accel.study import Retraining, Row, Shape, study
from edgewise.accel.traced import trace
from edgewise.prune.load import load_pruned
from edgewise.prune.source import network_of
from edgewise.zoo.sources import find_one

ROUNDS = 31
LANES = tuple(range(8, 136, 8))
SRAM_KIB = tuple(round(64 * 2 ** (step / 1.5)) for step in range(13))
PUBLISHED_AT = "https://coral.ai/docs/edgetpu/benchmarks"
PUBLISHED_MS = (  # on the Dev Board, whose processor reaches the Edge TPU by PCIe
    ("MobileNet v1", "timm:mobilenetv1_100", 224, 2.4),
    ("MobileNet v2", "torchvision:mobilenet_v2", 224, 2.6),
    ("SqueezeNet", "torchvision:squeezenet1_0", 224, 2.0),
    ("Inception v1", "torchvision:googlenet", 224, 4.1),
    ("DenseNet", "torchvision:densenet121", 224, 25.0),
    ("ResNet-50 V1", "torchvision:resnet50", 299, 56.0),
    ("ResNet-152 V2", "timm:resnetv2_152", 299, 151.0),
    ("Inception v4", "timm:inception_v4", 299, 102.0),
    ("Inception-ResNet V2", "timm:inception_resnet_v2", 299, 69.0),
    ("VGG16", "torchvision:vgg16", 224, 343.0),
    ("VGG19", "torchvision:vgg19", 224, 357.0),
)
HOW = (Retraining("layer4.0.conv1"), Retraining("layer3.0.conv1"))


def shape(name: str, network: torch.nn.Module, side: int) -> Shape:
    found = trace(network.eval(), torch.zeros(1, 3, side, side))
    return Shape(name, found.layers, found.rest)


def generic(source: str, side: int) -> Shape:
    return shape(source, network_of(find_one(source))[0], side)


def speed() -> dict[str, Any]:
    """Seconds of both goals."""
    layers, accelerator = generic("torchvision:resnet50", 224).layers, read_accelerator(DEFAULT)
    runs = []
    for _ in range(ROUNDS):
        before = perf_counter()
        run_layers(layers, accelerator, "both")
        runs.append(1e3 * (perf_counter() - before))
    sweep = Sweep(LANES, LANES, SRAM_KIB)
    sweeps = []
    for _ in range(3):
        before = perf_counter()
        points = explore(layers, accelerator, sweep)
        sweeps.append(perf_counter() - before)
    print(f"a run {statistics.median(runs):.1f} ms, a sweep {statistics.median(sweeps):.1f} s", file=sys.stderr)
    return {
        "run_ms": {"median": statistics.median(runs), "least": min(runs), "most": max(runs)},
        "sweep": {"points": len(sweep), "fit": len(points), "front": len(front(points))},
        "sweep_s": {"median": statistics.median(sweeps), "least": min(sweeps), "most": max(sweeps)},
    }


def published() -> list[dict[str, Any]]:
    """The model beside the product, with small groups packed and without."""
    accelerator = read_accelerator("edge-tpu-like")
    rows = []
    for name, source, side, ms in PUBLISHED_MS:
        network = generic(source, side)
        total, plain = (
            total_of(run_layers(network.layers, one), one)
            for one in (accelerator, replace(accelerator, packs_groups=False))
        )
        rows.append(
            {
                "network": name,
                "source": source,
                "size_px": side,
                "macs": total.macs,
                "weights": network.weights,
                "published_ms": ms,
                "model_ms": total.ms,
                "unpacked_ms": plain.ms,
                "compute_ms": total.compute_cycles / accelerator.clock_mhz / 1e3,
                "dram_mb": total.dram_bytes / 1e6,
                "host_ms": left_to_host(network.rest) / accelerator.host.gb_per_s / 1e6,
            }
        )
        print(f"{name}: {total.ms:.1f} ms, published {ms}", file=sys.stderr)
    return rows


def studied(work: Path) -> dict[str, Any]:
    """Real plans on all devices, open from two layers on."""
    source, folders = made_plans(work)
    network, side = network_of(find_one(source))
    whole = shape("ResNet-50", network, side)
    users = [shape(name, load_pruned(folder, network), side) for name, folder in folders.items()]
    accelerator = read_accelerator(DEFAULT)
    rows = {how.first: study(whole, users, accelerator, how) for how in HOW}
    return {
        "generic_macs": whole.macs,
        "user_macs": {one.name: one.macs for one in users},
        "gathers": {one.name: left_to_host(one.rest) for one in (whole, *users)},
        "retraining": {**asdict(HOW[0]), "steps": HOW[0].steps},
        "rows": {name: [_written(row) for row in found] for name, found in rows.items()},
        "silicon": [{**asdict(part), "mm2": part.mm2} for part in parts_of(accelerator)],
    }


def _written(row: Row) -> dict[str, Any]:
    return {**asdict(row), "pays": {"shared": row.break_even(shared=True), "full": row.break_even(shared=False)}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("accelerator_work"), help="for the users' networks")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"There is no {DATA}: set EDGEWISE_DATA to the evaluation data.")
    torch.set_num_threads(1)
    result = {"rounds": ROUNDS, "speed": speed(), "published_at": PUBLISHED_AT, "published": published()}
    result["study"] = studied(options.work)
    write_result("accelerator_figures", result)
    write_page("accelerator_figures", page(result))


if __name__ == "__main__":
    main()
