"""A trained network of the bundled zoo, opened for a device: ten drawn classes, 64 px."""

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np

from edgewise.zoo.tiny import WEIGHTS

CODE = """
from edgewise.zoo.tiny.nets import load

def drawn():
    return load("tiny:l")
"""
CARD = "size_px = 64\nresize_px = 64\nclasses = {classes}\n"


def factory(folder: Path) -> str:
    """The source of the network, out of a file that is written there, with its card."""
    from edgewise.drawn import CLASSES

    path = folder / "drawn_net.py"
    path.write_text(CODE)
    (folder / "drawn.toml").write_text(CARD.format(classes=json.dumps(CLASSES)))
    return f"torch:{path}:drawn"


def bundled_file(folder: Path) -> Path:
    """The same network as an ONNX file, with its card beside it."""
    for suffix in ("onnx", "toml"):
        shutil.copy(WEIGHTS / f"l.{suffix}", folder / f"own.{suffix}")
    return folder / "own.onnx"


def opened(folder: Path) -> Path:
    """A folder for the state of a device, with the network in it."""
    from edgewise.personal.generic import FOLDER
    from edgewise.personal.open_generic import open_generic
    from edgewise.zoo.sources import find

    state = folder / "state"
    open_generic(find([factory(folder)])[0], state / FOLDER)
    return state


@cache
def images(per_class: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """uint8 [n, 64, 64, 3] and int64 [n]"""
    from edgewise.drawn import draw_split

    return draw_split("profile", per_class)
