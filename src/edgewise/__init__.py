"""edgewise: vision inference that fits itself to its user and to each input, on the device.

from edgewise import Engine

engine = Engine()                        # the bundled zoo and selector; or Engine("my-selector/")
reply = engine.classify("picture.jpg")   # runs the one model that the selector chose
print(reply.label, reply.model, reply.why)
"""

from typing import TYPE_CHECKING, Any

from edgewise.private import keep_to_this_device

if TYPE_CHECKING:
    from edgewise.errors import EdgewiseError as EdgewiseError
    from edgewise.select.budget.budget import Budget as Budget
    from edgewise.serve.engine import Classification as Classification
    from edgewise.serve.engine import Engine as Engine

keep_to_this_device()

__version__ = "0.1.0"
__all__ = ["Budget", "Classification", "EdgewiseError", "Engine", "__version__"]

_HOMES = {
    "Budget": "edgewise.select.budget.budget",
    "EdgewiseError": "edgewise.errors",
    "Classification": "edgewise.serve.engine",
    "Engine": "edgewise.serve.engine",
}


def __getattr__(name: str) -> Any:
    """Public names are found on first use, so that `import edgewise` costs nothing."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'edgewise' has no attribute {name!r}")
