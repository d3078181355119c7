"""The products of a PyTorch network, as shapes. Needs the extra `torch`.

What runs is watched, not what the network is made of: functional calls count as modules do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.module_tracker import ModuleTracker

from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.rest import Rest
from edgewise.errors import ModelError

_aten = torch.ops.aten
_NEUTRAL = (1, 1, 1, 0, 1)  # size, kernel, stride, padding, dilation along an axis that is not there


@dataclass(frozen=True)
class Traced:
    """A network as an accelerator sees it."""

    layers: tuple[Convolution, ...]
    rest: tuple[Rest, ...]


def layers_of(network: nn.Module, image: Tensor) -> tuple[Convolution, ...]:
    """Convolutions, dense layers and other products of a network in eval mode, in the order in which they run.

    `image`: float32 [n, channels, h, w]. Raises `ModelError` for convolutions of more than two dimensions, or
    transposed ones, and for a network that has no products.
    """
    return trace(network, image).layers


def trace(network: nn.Module, image: Tensor) -> Traced:
    """The products and what is none. Raises what `layers_of` does."""
    try:
        with torch.no_grad(), _attention_by_products(), _Watch() as watch:
            network(image)
    except (RuntimeError, AssertionError, ValueError) as error:  # a network's own, about the size of the image
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"The network does not take images of {list(image.shape)}: {said}.") from error
    if not watch.found:
        raise ModelError("Nothing in this network is a product of matrices.")
    return Traced(tuple(watch.found), tuple(watch.rest))


@contextmanager
def _attention_by_products() -> Iterator[None]:
    """Without kernels that do all of it at once, in which no product is seen."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


class _Watch(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Convolution] = []
        self.rest: list[Rest] = []
        self._where = ModuleTracker()

    def __enter__(self) -> "_Watch":
        self._where.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._where.__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        told = _TOLD.get(func._overloadpacket)
        if told is not None:
            self.found.append(told(self._name, *args))
        given = func(*args, **(kwargs or {}))
        values = sum(one.numel() for one in tree_leaves((args, given)) if isinstance(one, Tensor))
        if told is None and values and not func.is_view and func._overloadpacket not in _NO_WORK:
            self.rest.append(Rest(func._overloadpacket.__name__, len(self.found), values))
        return given

    @property
    def _name(self) -> str:
        """Of the module that runs, as the network calls it."""
        innermost = max((name for name in self._where.parents if name != "Global"), key=len, default="")
        return innermost.partition(".")[2] or innermost


def _convolution(name: str, given: Tensor, weights: Tensor, *others: Any) -> Convolution:
    _, stride, padding, dilation, transposed, _, groups = others
    if transposed or given.ndim not in (3, 4):
        kind = "a transposed convolution" if transposed else f"a convolution of {given.ndim - 2} dimensions"
        raise ModelError(
            f"{name} is {kind}; such is not modelled.", "Leave it to the CPU: give the network without it."
        )
    along = [_pair(values) for values in (given.shape[2:], weights.shape[2:], stride, padding, dilation)]
    if given.ndim == 3:  # along one line
        along = [(neutral, pair[1]) for neutral, pair in zip(_NEUTRAL, along, strict=True)]
    size, kernel, stride, padding, dilation = along
    return Convolution(name, len(given), given.shape[1], len(weights), size, kernel, stride, padding, dilation, groups)


def _pair(values: Any) -> tuple[int, int]:
    return int(values[0]), int(values[-1])


def _dense(name: str, _: Tensor, left: Tensor, right: Tensor, *__: Any) -> Convolution:
    return _product(name, left, right)


def _product(name: str, left: Tensor, right: Tensor, *_: Any) -> Convolution:
    return dense(name, len(left), left.shape[1], right.shape[1])


def _products(name: str, left: Tensor, right: Tensor, *_: Any) -> Convolution:
    """Several, which are groups of one."""
    count, rows, takes = left.shape
    return Convolution(name, rows, count * takes, count * right.shape[2], (1, 1), groups=count)


_NO_WORK = (_aten._unsafe_view,)
_TOLD = {_aten.convolution: _convolution, _aten.addmm: _dense, _aten.mm: _product, _aten.bmm: _products}
