"""The work of a PyTorch network: one forward pass, watched below the modules, where attention is a product too."""

from typing import Any

from edgewise.zoo.macs.work import Layer, Uncounted, Work, number_of, widest


def count_macs(module: Any, size_px: int) -> int | None:
    """Multiply-accumulates for one image [1, 3, size_px, size_px]; None when the module cannot be watched."""
    try:
        return count_torch(module, size_px).macs
    except Uncounted:
        return None


def count_torch(module: Any, size_px: int) -> Work:
    """The work for one image [1, 3, size_px, size_px], on the device of its weights.

    What an operator multiplies is told by the formulas of PyTorch's own counter. Raises `Uncounted` when the module
    fails while it is watched.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    formulas = _formulas(torch)
    stored = {_storage(weight) for weight in module.parameters()}
    layers: list[Layer] = []

    class Watch(TorchDispatchMode):
        """Sees every operator with its tensors, once PyTorch has taken the composite ones apart."""

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            given = func(*args, **kwargs)
            formula = formulas.get(func.overloadpacket)
            if formula is not None:
                operations = formula(*args, **kwargs, out_val=given)  # a multiplication and an addition each
                tensors = [one for one in args if isinstance(one, torch.Tensor) and one.dim() > 1]  # biases are few
                output = given[0] if isinstance(given, tuple) else given
                layers.append(_layer(func.overloadpacket.__name__, operations // 2, tensors, output, stored))
            return given

    some = next(module.parameters(), torch.zeros(()))
    try:
        with torch.no_grad(), Watch():
            module(torch.zeros(1, 3, size_px, size_px, device=some.device, dtype=some.dtype))
    except Uncounted:
        raise
    except Exception as error:  # foreign code under a watch that it was not written for
        raise Uncounted(f"it cannot be watched: {error}") from error
    return Work(tuple(layers))


def _formulas(torch: Any) -> dict[Any, Any]:
    """Operator -> what its arguments make it do; with attention as it runs on a CPU, which PyTorch's list lacks."""
    from torch.utils.flop_counter import flop_registry, sdpa_flop

    attention = getattr(torch.ops.aten, "_scaled_dot_product_flash_attention_for_cpu", None)
    return {attention: sdpa_flop, **flop_registry}


def _layer(operator: str, macs: int, tensors: list[Any], output: Any, stored: set[int]) -> Layer:
    """A layer out of the tensors that an operator took; those that lie where weights are stored are its weights."""
    sizes = [(_storage(tensor) in stored, tensor.numel()) for tensor in tensors]
    return Layer(
        macs,
        widest([number_of(str(tensor.dtype), operator) for tensor in tensors]),
        weights=sum(size for is_weight, size in sizes if is_weight),
        activations=sum(size for is_weight, size in sizes if not is_weight) + output.numel(),
    )


def _storage(tensor: Any) -> int:
    """Where a tensor's numbers are; a view of it has the same."""
    return tensor.untyped_storage().data_ptr()
