"""Images that a zoo of drawn objects knows, and images that it cannot know; and what the bundled zoo says of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import cv2
import numpy as np

from edgewise.drawn import CLASSES, draw
from edgewise.drawn.camera import photograph
from edgewise.drawn.scene import SIZE_PX
from edgewise.progress import Progress
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import NAMES

_SEED = 4_2026  # of no split that a network was trained on
_BATCH = 64
_TILE_PX = 16
_GLYPHS = "ABEGKMQRSWXZ&@#?2345689"


def familiar(images: int) -> tuple[np.ndarray, np.ndarray]:
    """Drawn objects uint8 [n, 64, 64, 3], and labels int64 [n], in random order."""
    labels = np.random.default_rng(_SEED).integers(0, len(CLASSES), images)
    return np.stack([draw(int(label), _rng(image)) for image, label in enumerate(labels)]), labels


def unfamiliar(known: np.ndarray) -> dict[str, np.ndarray]:
    """As many images of each kind that no class has, uint8 [n, 64, 64, 3]; some are made of `known` ones."""
    makers: Mapping[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
        "noise": lambda _, rng: rng.integers(0, 256, (SIZE_PX, SIZE_PX, 3)).astype(np.uint8),
        "blank": lambda _, rng: np.broadcast_to(rng.integers(0, 256, 3), (SIZE_PX, SIZE_PX, 3)).astype(np.uint8),
        "letters and digits": lambda _, rng: _glyph(rng),
        "shuffled tiles": _shuffled,
        "inverted colours": lambda image, _: 255 - image,
        "upside down": lambda image, _: image[::-1],
        "badly blurred": lambda image, _: np.asarray(cv2.GaussianBlur(image, (0, 0), 4.0)),
    }
    return {
        name: np.stack([make(image, _rng(10_000_000 + place)) for place, image in enumerate(known)])
        for name, make in makers.items()
    }


@dataclass(frozen=True)
class Answers:
    """What every model of the bundled zoo says of every kind of image."""

    models: tuple[str, ...]  # smallest first
    mega_macs: np.ndarray  # float64 [m]: what an answer of each takes
    logits: Mapping[str, tuple[np.ndarray, ...]]  # for each kind m arrays float32 [n, classes]
    embeddings: Mapping[str, tuple[np.ndarray, ...]]  # likewise float32 [n, width]; empty without torch


def answers(kinds: Mapping[str, np.ndarray], progress: Progress) -> Answers:
    """Run the bundled zoo on images uint8 [n, 64, 64, 3] of several kinds."""
    zoo = sorted((load(source) for source in find(NAMES)), key=lambda one: one.card.macs or 0)
    logits: dict[str, tuple[np.ndarray, ...]] = {}
    for done, (name, images) in enumerate(kinds.items()):
        logits[name] = tuple(
            np.concatenate([one.predict(_prepared(one, images[i : i + _BATCH])) for i in range(0, len(images), _BATCH)])
            for one in zoo
        )
        progress("running the bundled zoo", done + 1, len(kinds))
    macs = np.array([one.card.macs or 0 for one in zoo]) / 1e6
    embeddings: dict[str, tuple[np.ndarray, ...]] = {}
    if find_spec("torch"):
        embeddings = {name: tuple(_embedding(one, images) for one in zoo) for name, images in kinds.items()}
    return Answers(tuple(one.card.name for one in zoo), macs, logits, embeddings)


def _prepared(classifier: Classifier, images: np.ndarray) -> np.ndarray:
    return np.stack([classifier.preprocess(image) for image in images])


def _embedding(classifier: Classifier, images: np.ndarray) -> np.ndarray:
    """What goes into the head of a bundled network."""
    import torch

    from edgewise.zoo.tiny import load as load_module

    network: Any = load_module(classifier.card.name)
    with torch.inference_mode():
        inputs = torch.from_numpy(_prepared(classifier, images))
        return network.pool(network.blocks(network.stem(inputs))).flatten(1).numpy()


def _rng(image: int) -> np.random.Generator:
    return np.random.default_rng([_SEED, image])


def _glyph(rng: np.random.Generator) -> np.ndarray:
    """One letter or digit on blotches, photographed as the drawn objects are."""
    ground = rng.uniform(30.0, 225.0, 3)
    blotches = np.clip(ground + rng.normal(0.0, 20.0, (4, 4, 3)), 0, 255).astype(np.uint8)
    canvas = np.ascontiguousarray(cv2.resize(blotches, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_LINEAR))
    colour = np.where(ground > 127, ground - 100, ground + 100).tolist()
    text = str(rng.choice(list(_GLYPHS)))
    place = (int(rng.integers(6, 22)), int(rng.integers(44, 58)))
    cv2.putText(canvas, text, place, cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(1.2, 1.9)), colour, 4)
    return photograph(canvas, *rng.uniform(0, 0.5, 3).tolist(), rng)


def _shuffled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The tiles of an image in another order: its colours and textures without its shape."""
    side = SIZE_PX // _TILE_PX
    tiles = image.reshape(side, _TILE_PX, side, _TILE_PX, 3).swapaxes(1, 2).reshape(-1, _TILE_PX, _TILE_PX, 3)
    tiles = tiles[rng.permutation(len(tiles))].reshape(side, side, _TILE_PX, _TILE_PX, 3)
    return tiles.swapaxes(1, 2).reshape(SIZE_PX, SIZE_PX, 3)
