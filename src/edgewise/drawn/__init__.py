"""A drawn data set of ten everyday objects: 64 x 64 RGB, from truly easy to truly hard, the same on every machine."""

from edgewise.drawn.objects import CLASSES
from edgewise.drawn.scene import draw
from edgewise.drawn.split import Split, draw_split, write_split

__all__ = ["CLASSES", "Split", "draw", "draw_split", "write_split"]
