"""What a whole bottom-up run costs with inference's computation shared, and without.

    python benchmarks/bottom_up_run.py [--work DIR]

Data and users are those of `prune_users.py`: the first user of five classes of each pool. ResNet-18 at 160 px is cut
from the output to the input, stage 4, stage 3, stage 2, a quarter of the channels inside blocks each time, by L1; after
each cut it is distilled from the generic network's answers, as many steps as the other way takes. Shared: only the
stages behind the cut are trained, on what inference left in an int8 cache. Not shared: every step runs all of the
network forwards and backwards, from the images. Both ways take turns, stage by stage. MACs are those of the steps and
their checks, seconds the clock's; filling caches is inference's own work in both. Accuracy is that on the official
validation images. Writes benchmarks/results/bottom_up_run.json and docs/bottom_up_run.md.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from pages import markdown_table, write_page, write_result
from prune_users_data import (
    IMAGES,
    SEED,
    Network,
    User,
    prepared,
    stream_of,
    torch_classifier,
    users,
    validation,
)
from prune_users_drop import drop_over_users
from prune_users_page import NOTICE, points_of
from torch import Tensor, nn

from edgewise.prune.activation_cache import ActivationCache
from edgewise.prune.allocate import Limits, uniform
from edgewise.prune.criterion import criterion_named
from edgewise.prune.distill import Distillation, distil
from edgewise.prune.stream import read_stream
from edgewise.prune.surgery import cut_groups
from edgewise.prune.tail import open_at
from edgewise.prune.torch_pruning_groups import find_groups

BASE = Network("ResNet-18", 160)
STAGES = ("layer4", "layer3", "layer2")
KEEP, LEARNED, BATCH, MEMORY_MB = 0.75, 300, 25, 2000
LESSONS = Distillation(steps=40, check_every=40, patience=40, seed=SEED)


class Way:
    """One network on its way down, and what it has cost."""

    def __init__(self, generic: nn.Module, images: Tensor, *, shared: bool) -> None:
        self.network, self.macs, self.seconds, self.held_bytes = generic, 0, 0.0, 0
        self._generic, self._images, self._shared = generic, images, shared

    def step(self, stage: str, classes: Sequence[int]) -> None:
        """Cut one stage, and train."""
        image = self._images[:1]
        groups = [
            group
            for group in find_groups(self.network, image)
            if group.whole is None and all(path.startswith(stage) for path in group.layers)
        ]
        ranked = criterion_named("l1", tuple(classes), SEED).rank(self.network, groups, [])
        kept = uniform(groups, ranked, KEEP, Limits())
        self.network = cut_groups(self.network, groups, kept).eval()
        place: str | int = stage if self._shared else 0
        enters, whole = open_at(self._generic, image, place), open_at(self._generic, image, 0)
        cache = ActivationCache(MEMORY_MB, "int8" if self._shared else "float32", SEED)
        for batch in self._images.split(BATCH):
            served = whole.serve(batch)
            cache.add(enters.enter(batch), served.logits, served.features)
        found = distil(open_at(self.network, image, place), cache, classes, LESSONS)
        self.macs += found.macs
        self.seconds += found.seconds
        self.held_bytes = max(self.held_bytes, cache.nbytes)


def run(work: Path, user: User) -> dict[str, Any]:
    model = torch_classifier(BASE)
    generic = model.session.module  # type: ignore[attr-defined]
    images = read_stream(stream_of(user, work), model.card.preprocess, limit=LEARNED, seed=SEED).images
    columns = BASE.columns(user)
    ways = {"shared": Way(generic, images, shared=True), "not shared": Way(generic, images, shared=False)}
    for stage in STAGES:
        for name, way in ways.items():
            way.step(stage, columns)
            print(f"{user.name}: {stage}, {name}", file=sys.stderr)
    paths, labels = validation(user.classes)
    inputs = torch.from_numpy(np.concatenate(list(prepared(paths, model.card.preprocess))))
    rows: dict[str, Any] = {"generic": {"right": right(generic, inputs, columns, labels)}}
    for name, way in ways.items():
        rows[name] = {
            "right": right(way.network, inputs, columns, labels),
            "macs": way.macs,
            "seconds": way.seconds,
            "held_bytes": way.held_bytes,
        }
    return {"pool": user.pool, "classes": list(user.classes), "rows": rows}


def right(network: nn.Module, inputs: Tensor, columns: Sequence[int], labels: np.ndarray) -> list[bool]:
    with torch.no_grad():
        said = torch.cat([network(batch)[:, list(columns)].argmax(1) for batch in inputs.split(BATCH)])
    return (said.numpy() == labels).tolist()


def lost(found: Sequence[dict[str, Any]], name: str, against: str) -> dict[str, float]:
    """Of accuracy, with its interval over users and images."""
    before, after = ([user["rows"][one]["right"] for user in found] for one in (against, name))
    return drop_over_users(before, after)


def page(result: dict[str, Any]) -> list[str]:
    ways = [name for name in result["lost"] if name != "shared against not shared"]
    return [
        "# A whole bottom-up run, shared and not",
        f"Made by `python benchmarks/bottom_up_run.py` (seed {result['seed']}). {BASE.name}, {len(result['users'])} "
        f"users of five classes, {LEARNED} unlabelled images each. From the output to the input, stage by stage "
        f"({', '.join(STAGES)}), a quarter of the channels inside blocks goes by L1; {LESSONS.steps} steps of "
        f"{LESSONS.batch} images follow each cut. Shared: the stages behind the cut alone, on an int8 cache of what "
        "enters them; not shared: all of the network, from the images. MACs and seconds are those of the steps and "
        "their checks; filling caches is left out of both, as inference's own work.",
        f"The shared run takes {100 * result['macs_ratio']:.0f}% of the MACs and {100 * result['seconds_ratio']:.0f}% "
        f"of the seconds (medians over users; goal: at most half); its accuracy is "
        f"{points_of(result['lost']['shared against not shared'])} points beside the other's.",
        markdown_table(
            ["", "points against the generic network (95%)", "steps, G MACs", "seconds", "cache, MB"],
            [
                [
                    name,
                    points_of(result["lost"][name]),
                    *(
                        f"{median(user['rows'][name][key] for user in result['users']) / unit:,.{digits}f}"
                        for key, unit, digits in (("macs", 1e9, 0), ("seconds", 1, 0), ("held_bytes", 1e6, 0))
                    ),
                ]
                for name in ways
            ],
        ),
        "## Notice",
        NOTICE,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    torch.set_num_threads(1)
    found = [run(options.work, user) for user in users({5: 1})]

    def ratio(key: str) -> float:
        return median(user["rows"]["shared"][key] / user["rows"]["not shared"][key] for user in found)

    result: dict[str, Any] = {
        "seed": SEED,
        "lost": {name: lost(found, name, "generic") for name in ("shared", "not shared")}
        | {"shared against not shared": lost(found, "shared", "not shared")},
        "macs_ratio": ratio("macs"),
        "seconds_ratio": ratio("seconds"),
    }
    for user in found:
        for row in user["rows"].values():
            row["accuracy"] = float(np.mean(row.pop("right")))
    result["users"] = found
    write_result("bottom_up_run", result)
    write_page("bottom_up_run", page(result))


if __name__ == "__main__":
    main()
