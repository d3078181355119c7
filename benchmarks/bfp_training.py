"""What training on block floating point takes on PyTorch, what it costs in accuracy, and what retraining wins back.

    python benchmarks/bfp_training.py [--rounds 5] [--work DIR]

Data: EDGEWISE_DATA (default ../shared/data). First the time of a training step of ResNet-50 (batch 4 of 224 px, one
thread): in float32, in int8 with gradients in blocks, and in blocks forward and backward, all ways in turns. Then
accuracy: of a user of five classes on ResNet-18 at 112 px (training images without labels to learn from, the official
validation images to be judged on) and of two bundled networks on drawn images. Each is converted to int8 and to blocks
of all lengths and mantissas, and retrained in them, held to what the float32 network answers. What was judged is kept
in --work, so a run that was cut off goes on. Takes about 25 minutes; writes benchmarks/results/bfp_training.json and
docs/bfp_training.md.
"""

import argparse
import copy
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any

import torch
from bfp_training_page import FLOAT, FLOAT_LAST, page, words
from bfp_training_users import grid, measured, resnet, tiny
from pages import write_page, write_result
from prune_users_data import IMAGES, SEED
from torch import Tensor, nn
from torch.nn import functional

from edgewise.accel.bfp_layers import with_bfp
from edgewise.accel.blocks import BlockFormat
from edgewise.zoo.loaders.torchvision import import_models

BATCH, SIZE_PX = 4, 224
RATE = 1e-4
POOL = "dogs"
TINY = {"tiny:s": grid(), "tiny:l": (BlockFormat(64, 4),)}  # the formats that are retrained


def ways(network: nn.Module) -> dict[str, nn.Module]:
    """The same weights in each kind of arithmetic."""
    stochastic = BlockFormat(rounding="stochastic")
    return {
        FLOAT: copy.deepcopy(network),
        FLOAT_LAST: copy.deepcopy(network).to(memory_format=torch.channels_last),
        "int8, gradients in BFP16": with_bfp(network),
        "BFP16, gradients in BFP16": with_bfp(network, forward="bfp"),
        "int8, gradients in BFP16, stochastic rounding": with_bfp(network, stochastic, seed=SEED),
    }


def step(network: nn.Module, images: Tensor, labels: Tensor, optimiser: torch.optim.Optimizer) -> None:
    """One training step: forward, backward, update."""
    optimiser.zero_grad()
    functional.cross_entropy(network(images), labels).backward()
    optimiser.step()


def timed(every: dict[str, nn.Module], images: Tensor, rounds: int) -> dict[str, Any]:
    """Seconds of a step of each way, all in turns; one round to warm up."""
    labels = torch.arange(len(images))
    steps: dict[str, Callable[[], None]] = {}
    for name, network in every.items():
        optimiser = torch.optim.SGD(network.parameters(), RATE, momentum=0.9)
        order = torch.contiguous_format if name == FLOAT else torch.channels_last
        given = images.contiguous(memory_format=order)
        steps[name] = lambda network=network, given=given, own=optimiser: step(network.train(), given, labels, own)
    rows: dict[str, Any] = {name: {"seconds": [], "wall_seconds": []} for name in every}
    for turn in range(rounds + 1):
        for name, take in steps.items():
            started, since = process_time_ns(), perf_counter_ns()
            take()
            if turn:
                rows[name]["seconds"].append((process_time_ns() - started) / 1e9)
                rows[name]["wall_seconds"].append((perf_counter_ns() - since) / 1e9)
    return {name: row | summary(row, rows) for name, row in rows.items()}


def summary(row: dict[str, Any], rows: dict[str, Any]) -> dict[str, Any]:
    """Medians, and times as long as each of the two float32 steps; of the usual one in the worst round as well."""
    found: dict[str, Any] = {"median_s": statistics.median(row["seconds"])}
    found["median_wall_s"] = statistics.median(row["wall_seconds"])
    for name in (FLOAT, FLOAT_LAST):
        found[f"times {name}"] = found["median_s"] / statistics.median(rows[name]["seconds"])
    ratios = [own / one for own, one in zip(row["seconds"], rows[FLOAT]["seconds"], strict=True)]
    found["times_least"], found["times_most"] = min(ratios), max(ratios)
    found["wall_times"] = found["median_wall_s"] / statistics.median(rows[FLOAT]["wall_seconds"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of steps against the clock")
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-bfp-training"))
    options = parser.parse_args()
    rounds = options.rounds
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    network = import_models("The step's time").resnet50(weights=None)
    times = timed(ways(network), torch.randn(BATCH, 3, SIZE_PX, SIZE_PX), rounds)
    for name, row in times.items():
        print(name, row, file=sys.stderr)
    every = [resnet(POOL), *(tiny(name, formats) for name, formats in TINY.items())]
    cases = [measured(case, options.work) for case in every]
    result: dict[str, Any] = {"seed": SEED, "batch": BATCH, "size_px": SIZE_PX, "rounds": rounds}
    result |= {"times": times, "cases": cases}
    result["in_words"] = words(result)
    machine = write_result("bfp_training", result)
    write_page("bfp_training", page({**result, "machine": machine}))


if __name__ == "__main__":
    main()
