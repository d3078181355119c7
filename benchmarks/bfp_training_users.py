"""Networks and images that `bfp_training.py` retrains and judges."""

import copy
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from prune_users_data import (
    IMAGES,
    SEED,
    Network,
    User,
    prepared,
    torch_classifier,
    users,
    validation,
    write_atomically,
)
from torch import Tensor, nn
from torch.nn import functional

from edgewise.accel.bfp_layers import with_bfp
from edgewise.accel.blocks import BlockFormat
from edgewise.drawn import draw_split
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.zoo.tiny import load
from edgewise.zoo.tiny.nets import SHAPES
from edgewise.zoo.tiny.train import normalise, shrink

RESAMPLES, BATCH = 2000, 16
BLOCKS, BITS = (8, 32, 64, 128), (4, 5, 6, 8)
RESNET_PX = 112
DRAWN_PER_CLASS = 100


@dataclass(frozen=True, eq=False)
class Case:
    """A trained network, images of its user to learn from without labels, and others to be judged on."""

    name: str
    network: nn.Module  # in eval mode; gives the user's classes alone
    learned: Tensor  # float32 [n, 3, size, size]
    judged: Tensor
    labels: np.ndarray  # int [judged]
    rate: float
    epochs: int
    formats: tuple[BlockFormat, ...]  # that are retrained; all others are judged as they come
    int8_formats: tuple[BlockFormat, ...]  # of gradients where int8 is retrained

    @property
    def key(self) -> str:
        """For file names."""
        return "".join(sign if sign.isalnum() else "-" for sign in self.name)


def grid() -> tuple[BlockFormat, ...]:
    return tuple(BlockFormat(block, bits) for bits in BITS for block in BLOCKS)


def resnet(pool: str) -> Case:
    """A user of five classes, on ResNet-18."""
    user: User = next(one for one in users({5: 1}) if one.pool == pool)
    network = Network("ResNet-18", RESNET_PX)
    classifier = torch_classifier(network)
    module: Any = copy.deepcopy(classifier.session.module)
    own = network.columns(user)
    module.fc = _rows_of(module.fc, own)
    images: Callable[..., Tensor] = partial(_images, preprocess=classifier.card.preprocess)
    paths, labels = validation(user.classes)
    learned = [path for name in user.classes for path in sorted((IMAGES / "train" / name).iterdir())]
    name = f"{network.name}, five classes ({pool})"
    formats = tuple(one for one in grid() if one.block == 64 or one.mantissa_bits == 4)
    int8_formats = tuple(one for one in formats if one.block >= 64)
    return Case(name, module, images(learned), images(paths), labels, 3e-5, 1, formats, int8_formats)


def tiny(name: str, formats: tuple[BlockFormat, ...]) -> Case:
    """A network of the bundled zoo, which knows the ten drawn classes; its user meets all of them."""
    size_px = SHAPES[name].size_px

    def images(pixels: np.ndarray) -> Tensor:
        return normalise(torch.from_numpy(shrink(pixels, size_px)).permute(0, 3, 1, 2))

    learned, _ = draw_split("train", DRAWN_PER_CLASS)
    judged, labels = draw_split("profile", DRAWN_PER_CLASS)
    return Case(f"{name}, ten classes", load(name), images(learned), images(judged), labels, 5e-4, 2, formats, formats)


def measured(case: Case, work: Path) -> dict[str, Any]:
    """The network as it is and retrained, in float32 and int8, and in every format of the grid."""
    own = answered_right(case.network, case)
    taught = functional.log_softmax(_outputs(case.network, case.learned), 1)

    def told(what: str, make: Callable[[], nn.Module], *, learned: bool = False) -> dict[str, Any]:
        kept = work / case.key / f"{what}.json"
        if not kept.is_file():
            network = retrained(make(), case, taught) if learned else make()
            write_atomically(kept, against(answered_right(network, case), own))
            print(case.name, what, kept.read_text(), file=sys.stderr)
        return json.loads(kept.read_text())

    result: dict[str, Any] = {"name": case.name, "learned": len(case.learned), "judged": len(case.labels)}
    result |= {"right": 100 * float(own.mean()), "epochs": case.epochs, "rate": case.rate, "batch": BATCH}
    result["float32 retrained"] = told("float32-retrained", lambda: copy.deepcopy(case.network), learned=True)
    result["int8"] = told("int8", lambda: with_bfp(case.network))
    result["rows"] = []
    for format in grid():
        row: dict[str, Any] = {"block": format.block, "mantissa_bits": format.mantissa_bits}
        name = f"{format.mantissa_bits}-{format.block}"
        in_blocks, in_int8 = (partial(with_bfp, case.network, format, forward) for forward in ("bfp", "int8"))
        row["blocks"] = told(f"blocks-{name}", in_blocks)
        if format in case.formats:
            row["blocks retrained"] = told(f"blocks-{name}-retrained", in_blocks, learned=True)
        if format in case.int8_formats:
            row["int8 retrained"] = told(f"int8-{name}-retrained", in_int8, learned=True)
        result["rows"].append(row)
    return result


def retrained(network: nn.Module, case: Case, taught: Tensor) -> nn.Module:
    """All weights, held to the float32 network's own log-probabilities [n, classes]; norms keep their statistics."""
    random = np.random.default_rng(SEED)
    batches = [
        rows for _ in range(case.epochs) for rows in torch.from_numpy(random.permutation(len(taught))).split(BATCH)
    ]
    optimiser = torch.optim.AdamW(network.parameters(), lr=case.rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, len(batches))
    for rows in batches:
        optimiser.zero_grad()
        given = network(case.learned[rows]).log_softmax(1)
        functional.kl_div(given, taught[rows], reduction="batchmean", log_target=True).backward()
        optimiser.step()
        schedule.step()
    return network


def answered_right(network: nn.Module, case: Case) -> np.ndarray:
    """bool [judged]"""
    return _outputs(network, case.judged).argmax(1).numpy() == case.labels


def against(right: np.ndarray, own: np.ndarray) -> dict[str, Any]:
    """What is right, and the points that are gained on what the float32 network gets right of the same images."""
    points = 100 * (right.astype(float) - own)
    gained = interval(float(points.mean()), resampled_means(points[:, None], RESAMPLES, SEED)[:, 0])
    return {"right": 100 * float(right.mean()), "points": asdict(gained)}


@torch.no_grad()
def _outputs(network: nn.Module, images: Tensor) -> Tensor:
    return torch.cat([network(batch) for batch in images.split(BATCH)])


def _images(paths: Sequence[Any], preprocess: Any) -> Tensor:
    stacked = torch.from_numpy(np.concatenate(list(prepared(paths, preprocess))))
    return stacked.contiguous(memory_format=torch.channels_last)


def _rows_of(head: nn.Linear, rows: Sequence[int]) -> nn.Linear:
    made = nn.Linear(head.in_features, len(rows))
    with torch.no_grad():
        made.weight.copy_(head.weight[list(rows)])
        made.bias.copy_(head.bias[list(rows)])
    return made
