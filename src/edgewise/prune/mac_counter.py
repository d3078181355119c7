"""Multiply-accumulates as they are computed: every operation of PyTorch that runs meanwhile is seen, backwards too."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from edgewise.prune.cost import Macs

_aten = torch.ops.aten


class MacCounter(TorchDispatchMode):
    """A context that counts; the same one may be entered again.

    Convolutions count as forward or backward, of a gradient only what is asked for; of other products of matrices
    `addmm` counts as forward, being what a dense layer is, the others as products. In the backward pass all is
    backward. What is done element by element counts for nothing. NumPy's work is not seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.macs = Macs()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and PyTorch would take seconds to import its compiler first

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        counted = _COUNTED.get(func._overloadpacket)
        if counted is None and _has_parts(func):  # in inference mode a layer comes whole
            with self:
                return func.decompose(*args, **kwargs)
        given = func(*args, **kwargs)
        if counted is not None:
            kind, count = counted
            # What runs backwards is part of a graph's task.
            kind = "backward" if torch._C._current_graph_task_id() != -1 else kind
            self.macs = replace(self.macs, **{kind: getattr(self.macs, kind) + count(given, *args)})
        return given


@cache
def _has_parts(func: Any) -> bool:
    """Whether an operation is made of others."""
    return func.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd)


def _convolution(given: Tensor, taken: Tensor, weight: Tensor, *others: Any) -> int:
    transposed = others[4]
    return (taken if transposed else given).numel() * weight[0].numel()


def _convolution_backward(_: Any, gradient: Tensor, taken: Tensor, weight: Tensor, *others: Any) -> int:
    """As many for each of the two gradients as forwards; that of the biases is a sum."""
    transposed, wanted = others[4], others[7]
    return (taken if transposed else gradient).numel() * weight[0].numel() * sum(wanted[:2])


def _product(_: Tensor, left: Tensor, right: Tensor) -> int:
    return left.numel() * right.shape[-1]


def _added_product(given: Tensor, _: Tensor, left: Tensor, right: Tensor, **__: Any) -> int:
    return _product(given, left, right)


def _lu_solved(_: Any, system: Tensor, sides: Tensor, *__: Any) -> int:
    return _cubes(system, 3) + system.shape[-1] * sides.numel()


def _cholesky_factored(_: Any, system: Tensor, *__: Any) -> int:
    return _cubes(system, 6)


def _cholesky_solved(_: Any, sides: Tensor, factor: Tensor, *__: Any) -> int:
    return factor.shape[-1] * sides.numel()


def _cholesky_inverted(_: Any, factor: Tensor, *__: Any) -> int:
    return _cubes(factor, 3)


def _triangular_solved(_: Any, factor: Tensor, sides: Tensor, **__: Any) -> int:
    return factor.shape[-1] * sides.numel() // 2


def _cubes(systems: Tensor, part: int) -> int:
    """n^3 / `part` for each system of n."""
    return prod(systems.shape[:-2]) * (systems.shape[-1] ** 3 // part)


_COUNTED: dict[Any, tuple[str, Callable[..., int]]] = {
    _aten.convolution: ("forward", _convolution),
    _aten.convolution_backward: ("backward", _convolution_backward),
    _aten.addmm: ("forward", _added_product),
    _aten.addmm_: ("products", _added_product),
    _aten.mm: ("products", _product),
    _aten.bmm: ("products", _product),
    _aten.baddbmm: ("products", _added_product),
    _aten.baddbmm_: ("products", _added_product),
    _aten._linalg_solve_ex: ("solves", _lu_solved),
    _aten.linalg_cholesky_ex: ("solves", _cholesky_factored),
    _aten.cholesky_solve: ("solves", _cholesky_solved),
    _aten.cholesky_inverse: ("solves", _cholesky_inverted),
    _aten.linalg_solve_triangular: ("solves", _triangular_solved),
}
