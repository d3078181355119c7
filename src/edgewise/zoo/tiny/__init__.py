"""The bundled tiny zoo: four small CNNs, of spread capacity, trained on the drawn data set.

`build`, `load` and `train_tiny` need torch and import it when first asked for; the rest does not.
"""

from typing import TYPE_CHECKING, Any

from edgewise.zoo.tiny.shipped import NAMES, WEIGHTS, shipped_path

if TYPE_CHECKING:
    from edgewise.zoo.tiny.nets import build, load
    from edgewise.zoo.tiny.train import train_tiny

__all__ = ["NAMES", "WEIGHTS", "build", "load", "shipped_path", "train_tiny"]


def __getattr__(name: str) -> Any:
    if name in ("build", "load"):
        from edgewise.zoo.tiny import nets

        return getattr(nets, name)
    if name == "train_tiny":
        from edgewise.zoo.tiny.train import train_tiny

        return train_tiny
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
