"""Which function of PyTorch ran in which module: what a channel meets between two layers, by name and path."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

# They keep channels apart, and zeros zero. Whatever else a group meets is named where its trial fails.
_HARMLESS = frozenset(
    (
        *("relu", "relu_", "relu6", "hardtanh", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "tanh"),
        *("hardswish", "prelu", "dropout", "dropout2d", "add", "add_", "__add__", "__radd__", "__iadd__", "sub", "cat"),
        *("mul", "mul_", "__mul__", "__rmul__", "__imul__", "max_pool2d", "boolean_dispatch", "avg_pool2d", "pad"),
        *("adaptive_avg_pool2d", "adaptive_max_pool2d", "interpolate", "contiguous", "clone", "flatten"),
    )
)
_MOST_NAMED = 3


class Operations:
    """Watches one forward pass of a network that may be hooked; afterwards it knows each gradient's function."""

    def __init__(self, network: "nn.Module") -> None:
        self._inside: list[str] = []
        self._known: dict[Any, tuple[str, str]] = {}
        for path, module in network.named_modules():
            module.register_forward_pre_hook(lambda _module, _inputs, path=path: self._inside.append(path))
            module.register_forward_hook(lambda _module, _inputs, _given: self._leave())

    def run(self, network: "nn.Module", image: "Tensor") -> Any:
        """What the network gives for an image."""
        from torch.overrides import TorchFunctionMode

        note = self._note

        class Watch(TorchFunctionMode):
            """Sees every function that the network's code calls."""

            def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                given = func(*args, **(kwargs or {}))
                note(getattr(func, "__name__", str(func)), given)
                return given

        with Watch():
            return network(image)

    def doubtful(self, gradient: Any) -> str | None:
        """The function that made a tensor with this gradient, and where; None for those that do no harm."""
        name, path = self._known.get(gradient, ("", ""))
        if not name or name in _HARMLESS:
            return None
        return f"{name.strip('_')} in {path}" if path else f"{name.strip('_')} in the network itself"

    def _note(self, name: str, given: Any) -> None:
        for tensor in given if isinstance(given, list | tuple) else (given,):
            gradient = getattr(tensor, "grad_fn", None)
            if gradient is not None:
                self._known.setdefault(gradient, (name, self._inside[-1] if self._inside else ""))

    def _leave(self) -> None:
        self._inside.pop()


def with_suspects(reason: str, met: Sequence[str]) -> str:
    """A reason why a group must stay whole, with the operations that could be to blame."""
    shown = ", ".join(met[:_MOST_NAMED]) + (", ..." if len(met) > _MOST_NAMED else "")
    return f"{reason}; it meets {shown}" if shown else reason
