"""Train the four tiny networks on the drawn data set, from a seed, and write what is shipped."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from edgewise.drawn import draw_split
from edgewise.progress import Progress, silent
from edgewise.zoo.tiny.export import TinyCard, export
from edgewise.zoo.tiny.nets import SHAPES, build
from edgewise.zoo.tiny.shipped import NAMES

MEAN, STD = 0.5, 0.25
BATCH = 64
SHIFT_PX = 4


@dataclass(frozen=True)
class TinyResult:
    """One trained network: its card, its top-1 on the held-out part of the train split, and what training took."""

    card: TinyCard
    holdout_accuracy: float
    training_s: float


def train_tiny(
    out: Path,
    *,
    seed: int = 0,
    per_class: int = 1800,
    holdout_per_class: int = 200,
    epochs: int = 14,
    threads: int = 2,
    names: tuple[str, ...] = NAMES,
    progress: Progress = silent,
) -> list[TinyResult]:
    """Train each network and write its `.onnx`, `.safetensors` and `.toml` into `out`.

    The images of the train split from index `per_class` on are held out; the profile split is never looked at.
    Progress counts epochs. The same seed, thread count and machine
    give the same weights to the bit; the networks draw their first weights one after another, so a choice of `names`
    gives other weights than the whole. Raises ValueError for an unknown name and OSError when `out` cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    images, labels = draw_split("train", per_class + holdout_per_class)
    held = np.arange(labels.size) % (per_class + holdout_per_class) >= per_class
    results = []
    with _torch_state(seed, threads):
        for name in names:
            started = time.perf_counter()
            network = build(name)
            size_px = SHAPES[name].size_px
            shrunk = shrink(images, size_px)
            _fit(network, shrunk[~held], labels[~held], epochs, seed, partial(progress, f"training {name}"))
            accuracy = top1(network, shrunk[held], labels[held])
            card = export(network, name, size_px, MEAN, STD, out)
            results.append(TinyResult(card, accuracy, time.perf_counter() - started))
    return results


def shrink(images: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """Square images uint8 [n, h, h, 3] to [n, size, size, 3] by area averaging, as the cards say."""
    if images.shape[1] == size_px:
        return images
    target = (size_px, size_px)
    return np.stack([cv2.resize(image, target, interpolation=cv2.INTER_AREA) for image in images]).astype(np.uint8)


def normalise(images: torch.Tensor) -> torch.Tensor:
    """Pixels uint8 [n, 3, h, w] to the networks' input float32, in channels-last memory."""
    scaled = (images.float() / 255.0 - MEAN) / STD
    return scaled.contiguous(memory_format=torch.channels_last)


def top1(network: nn.Module, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> float:
    """The share of images uint8 [n, size, size, 3] whose largest logit is their label."""
    network.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(images), 256):
            batch = torch.from_numpy(images[start : start + 256]).permute(0, 3, 1, 2)
            answers = network(normalise(batch)).argmax(1).numpy()
            right += int((answers == labels[start : start + 256]).sum())
    return right / len(images)


def _fit(
    network: nn.Module,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    epochs: int,
    seed: int,
    report: Callable[[int, int], None],
) -> None:
    """AdamW under a one-cycle rate; every batch is mirrored and shifted at random."""
    network.train()
    pixels, targets = torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels)
    # The shift is a share of the picture: small inputs move by fewer pixels.
    shift_px = SHIFT_PX * images.shape[1] // 64
    padded = functional.pad(pixels, (shift_px,) * 4, mode="replicate")
    random = torch.Generator().manual_seed(seed)
    steps = max(1, len(images) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps * epochs, pct_start=0.2)
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=random)
        for step in range(steps):
            rows = order[step * BATCH : (step + 1) * BATCH]
            logits = network(normalise(_augmented(padded, rows, images.shape[1], random)))
            loss = functional.cross_entropy(logits, targets[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        report(epoch + 1, epochs)


def _augmented(padded: torch.Tensor, rows: torch.Tensor, size_px: int, random: torch.Generator) -> torch.Tensor:
    """Crops uint8 [rows, 3, size, size] of the padded images at random places, half of them mirrored."""
    room = padded.shape[2] - size_px + 1
    top, left = torch.randint(room, (2, len(rows)), generator=random)
    span = torch.arange(size_px)
    mirrored = torch.rand(len(rows), generator=random) < 0.5
    columns = left[:, None] + torch.where(mirrored[:, None], span.flip(0), span)
    lines = top[:, None] + span
    return padded[rows[:, None, None], :, lines[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


@contextmanager
def _torch_state(seed: int, threads: int) -> Iterator[None]:
    """Seed torch and set its threads, and put both back afterwards."""
    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
