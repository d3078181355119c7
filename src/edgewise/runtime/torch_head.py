"""The last layer with weights of a PyTorch module, and what it takes."""

from collections.abc import Callable
from typing import Any

_OF_CONVOLUTION, _OF_DENSE = 4, 2  # how many sides the weights of such a layer have


def find_head(module: Any, images: Any) -> Any | None:
    """The layer with weights that runs last, if all that the scores tell of an image comes through it.

    Whether it does is tried out: with zeros in place of what it gives, two images [2, 3, h, w] must get the same
    scores. None where they do not, as with two heads whose scores are averaged, and where no such layer is seen, as in
    a scripted module.
    """
    import torch

    ran: list[Any] = []
    layers = [layer for layer in module.modules() if _is_layer(layer)]
    hooks = [layer.register_forward_hook(lambda layer, *_: ran.append(layer)) for layer in layers]
    try:
        module(images[:1])
    finally:
        _remove(hooks)
    if not ran:
        return None
    hook = ran[-1].register_forward_hook(lambda _layer, _taken, given: torch.zeros_like(given))
    try:
        one, other = (module(image) for image in images.split(1))
    finally:
        _remove([hook])
    return ran[-1] if torch.equal(one, other) else None


def run_watching(head: Any, run: Callable[[], Any]) -> tuple[Any, Any]:
    """What `run` gives, and what the layer took in it."""
    taken: list[Any] = []
    hook = head.register_forward_pre_hook(lambda _layer, inputs: taken.append(inputs[0]))
    try:
        given = run()
    finally:
        _remove([hook])
    return given, taken[-1]


def takes_channels_first(head: Any) -> bool:
    """Whether what the layer takes lies as [n, width, ...], not as [n, ..., width]."""
    return head.weight.ndim == _OF_CONVOLUTION


def _is_layer(module: Any) -> bool:
    """Dense or a convolution, PyTorch's own or another's."""
    weight = getattr(module, "weight", None)
    return not list(module.children()) and getattr(weight, "ndim", 0) in (_OF_DENSE, _OF_CONVOLUTION)


def _remove(hooks: list[Any]) -> None:
    for hook in hooks:
        hook.remove()
