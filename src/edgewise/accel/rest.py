"""What of a network is no product of matrices."""

from collections.abc import Sequence
from dataclasses import dataclass

_AS_RESULTS_LEAVE = (
    "native_batch_norm",
    "_native_batch_norm_legit_no_training",
    "relu",
    "hardtanh",
    "hardswish",
    "hardsigmoid",
    "sigmoid",
    "silu",
    "gelu",
    "add",
    "mul",
)


@dataclass(frozen=True)
class Rest:
    """One operation, by PyTorch's own name."""

    operation: str
    after: int  # so many products
    values: int  # tensors that go in and come out, together


def left_to_host(rest: Sequence[Rest]) -> int:
    """Values of what is not done as a layer's results leave the array: pooling, softmax, gathers, sums over channels.

    Reading: batch norm is folded into the weights; activations and sums of two tensors are applied on the way out.
    """
    return sum(one.values for one in rest if one.operation.removesuffix("_") not in _AS_RESULTS_LEAVE)
