"""What a training step costs when inference's activations are shared and the backward pass stops at the open tail.

    python benchmarks/shared_backward.py [--rounds 4]

Data: EDGEWISE_DATA (default ../shared/data). ResNet-50 and ResNet-18 at 224 px, batches of 8 training images, one
thread. A step reads its batch, runs forward and backward and updates the weights that it trains. Three kinds take
turns: everything; only the tail, its prefix computed anew; only the tail, what enters it from a cache. The tail is
stage 4 or stages 3 and 4, the cache in three precisions. Gradients are held against those of the whole computation.
Seconds are the processor's, which other work on the machine disturbs least; those of the clock stand beside.
Takes three to five minutes; writes benchmarks/results/shared_backward.json and docs/shared_backward.md.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any, get_args

import torch
from pages import write_page, write_result
from shared_backward_page import page, words
from torch import Tensor, nn
from torch.nn import functional

from edgewise.prune.activation_cache import ActivationCache, Precision
from edgewise.prune.distill import own_and_others
from edgewise.prune.step_macs import step_macs
from edgewise.prune.tail import Tail, open_at

DATA = Path(os.environ.get("EDGEWISE_DATA", Path(__file__).parents[2] / "shared" / "data")).resolve()
NETWORKS = {"ResNet-50": "resnet50", "ResNet-18": "resnet18"}
PLACES = {"stage 4": "layer4", "stages 3-4": "layer3"}
WHOLE = "everything"
SEED, BATCH, USER_CLASSES = 0, 8, 5
NOISE = 0.1  # of each weight's layer, as pruning would leave it: without it there would be nothing to learn
MEMORY_MB = 1000


@dataclass(frozen=True, eq=False)
class Way:
    """One way to take a training step on the batch."""

    name: str
    tail: Tail
    read: Callable[[], Tensor]  # what enters the tail
    macs: int  # of one input


def ways(network: nn.Module, images: Tensor, places: dict[str, str]) -> tuple[list[Way], dict[str, Any]]:
    """All ways for a network whose caches hold `images`; and what each cache takes for an input."""
    whole = open_at(network, images[:1], 0)
    found = [Way(WHOLE, whole, lambda: images, step_macs(whole, images[:1]).total)]
    caches: dict[str, Any] = {}
    for name, path in places.items():
        tail = open_at(network, images[:1], path)
        served = tail.serve(images)
        macs = step_macs(tail, served.activations[:1])
        prefix = step_macs(whole, images[:1]).forward - macs.forward
        found.append(Way(f"{name}, recomputed", tail, lambda tail=tail: tail.enter(images), macs.total + prefix))
        caches[name] = {}
        for precision in get_args(Precision):
            cache, add_ms = ActivationCache(MEMORY_MB, precision, SEED), []
            for row in range(len(images)):
                started = process_time_ns()
                cache.add(*(one[row : row + 1] for one in (served.activations, served.logits, served.features)))
                add_ms.append((process_time_ns() - started) / 1e6)
            caches[name][precision] = {"bytes": cache.bytes_per_row, "add_ms": statistics.median(add_ms)}
            read = lambda cache=cache: cache.batch(range(len(images)))  # noqa: E731
            found.append(Way(f"{name}, shared {precision}", tail, read, macs.total))
    return found, caches


def inference_ms(network: nn.Module, images: Tensor) -> float:
    """Median of one input at a time, on PyTorch."""
    times: list[float] = []
    with torch.no_grad():
        for image in images.split(1):
            started = process_time_ns()
            network(image)
            times.append((process_time_ns() - started) / 1e6)
    return statistics.median(times)


def step(way: Way, wanted: Tensor, classes: Sequence[int], optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """One training step; its gradients by name. `wanted`: log-probabilities [n, K + 1]."""
    with way.tail.opened() as parameters:
        given = own_and_others(way.tail(way.read()), classes).log_softmax(1)
        functional.kl_div(given, wanted, reduction="batchmean", log_target=True).backward()
        optimiser.step()
        return {name: weight.grad for name, weight in parameters.items() if weight.grad is not None}


def held_bytes(network: nn.Module, take: Callable[[], object]) -> int:
    """The most bytes that a step holds for its backward pass, the weights left out."""
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}
    sizes: dict[int, int] = {}

    def note(kept: Tensor) -> Tensor:
        storage = kept.untyped_storage()
        if storage.data_ptr() not in weights:
            sizes[storage.data_ptr()] = storage.nbytes()
        return kept

    with torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
        take()
    return sum(sizes.values())


def compared(found: dict[str, Tensor], whole: dict[str, Tensor]) -> dict[str, float]:
    """Gradients of the tail against those of the whole computation: all together, and the worst parameter."""
    errors = {name: float((one - whole[name]).norm() / whole[name].norm()) for name, one in found.items()}
    ours = torch.cat([one.flatten() for one in found.values()]).double()
    theirs = torch.cat([whole[name].flatten() for name in found]).double()
    return {
        "relative_error": float((ours - theirs).norm() / theirs.norm()),
        "worst_relative_error": max(errors.values()),
        "cosine": float(functional.cosine_similarity(ours, theirs, dim=0)),
    }


def measured(
    network: nn.Module, images: Tensor, wanted: Tensor, classes: Sequence[int], places: dict[str, str], rounds: int
) -> dict[str, Any]:
    """Costs and gradients of all ways: one round to warm up and compare, then all ways in turns against the clock."""
    every, caches = ways(network, images, places)
    # Rate 0: an update's work is done, and all ways stay at the same weights.
    optimisers = [torch.optim.AdamW(way.tail.parameters().values(), 0.0, weight_decay=0.0) for way in every]
    whole: dict[str, Tensor] = {}
    rows: dict[str, Any] = {}
    for way, optimiser in zip(every, optimisers, strict=True):
        gradients: dict[str, Tensor] = {}
        kept = held_bytes(network, lambda: gradients.update(step(way, wanted, classes, optimiser)))  # noqa: B023
        whole = whole or gradients
        rows[way.name] = {"macs": way.macs, "held_bytes": kept, **compared(gradients, whole)}
        rows[way.name] |= {"seconds": [], "wall_seconds": []}
    for _ in range(rounds):
        for way, optimiser in zip(every, optimisers, strict=True):
            started, since = process_time_ns(), perf_counter_ns()
            step(way, wanted, classes, optimiser)
            rows[way.name]["seconds"].append((process_time_ns() - started) / 1e9)
            rows[way.name]["wall_seconds"].append((perf_counter_ns() - since) / 1e9)
    for row in rows.values():
        row["median_s"] = statistics.median(row["seconds"])
        row["median_wall_s"] = statistics.median(row["wall_seconds"])
        row["times_cheaper"] = rows[WHOLE]["median_s"] / row["median_s"]
        ratios = [one / own for one, own in zip(rows[WHOLE]["seconds"], row["seconds"], strict=True)]
        row["times_cheaper_least"], row["times_cheaper_most"] = min(ratios), max(ratios)
        row["wall_times_cheaper"] = rows[WHOLE]["median_wall_s"] / row["median_wall_s"]
        row["times_fewer_macs"] = rows[WHOLE]["macs"] / row["macs"]
    return {"ways": rows, "caches": caches, "inference_ms": inference_ms(network, images)}


def real(factory: str) -> tuple[nn.Module, Tensor, Tensor, list[int]]:
    """A network whose last two stages are disturbed, a batch, what the undisturbed one makes of it, and the classes."""
    from edgewise.images.decode import decode, read_file
    from edgewise.prune.source import trained
    from edgewise.zoo.sources import CardFile, Source

    names = sorted(path.name for path in (DATA / "imagenet20" / "train").iterdir())[:USER_CLASSES]
    folders = [DATA / "imagenet20" / "train" / names[place % USER_CLASSES] for place in range(BATCH)]
    paths = [sorted(folder.iterdir())[place // USER_CLASSES] for place, folder in enumerate(folders)]
    source = Source("torch", f"{DATA / 'nets.py'}:{factory}", CardFile({"resize_px": 256}, "the benchmark"))
    model, network = trained(source)
    prepare = model.card.preprocess.apply
    images = torch.stack([torch.from_numpy(prepare(decode(read_file(path), path).pixels)) for path in paths])
    known = (DATA / "wnids_1000.txt").read_text().split()
    classes = [known.index(name) for name in names]
    with torch.no_grad():
        wanted = own_and_others(network(images), classes).log_softmax(1)
    disturb(network, ("layer3", "layer4"))
    return network, images, wanted, classes


@torch.no_grad()
def disturb(network: nn.Module, blocks: Sequence[str]) -> None:
    generator = torch.Generator().manual_seed(SEED)
    for block in blocks:
        for layer in network.get_submodule(block).modules():
            if isinstance(layer, nn.Conv2d):
                drawn = torch.randn(layer.weight.shape, generator=generator)
                layer.weight.add_(drawn * NOISE * layer.weight.std())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    rounds = parser.parse_args().rounds
    if not (DATA / "imagenet20").is_dir():
        sys.exit(f"No evaluation data at {DATA}; set EDGEWISE_DATA to its folder.")
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    for name, factory in NETWORKS.items():
        network, images, wanted, classes = real(factory)
        found[name] = measured(network, images, wanted, classes, PLACES, rounds)
    result = {"seed": SEED, "batch": BATCH, "rounds": rounds, "noise": NOISE, "networks": found}
    result["in_words"] = words(result)
    machine = write_result("shared_backward", result)
    write_page("shared_backward", page({**result, "machine": machine}))


if __name__ == "__main__":
    main()
