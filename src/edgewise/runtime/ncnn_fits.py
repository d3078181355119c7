"""Whether the weights of an ncnn network fit what comes to them: ncnn itself reads past their end where they do not."""

from collections.abc import Callable, Sequence

from edgewise.runtime.ncnn_file import Layer

Sides = tuple[int, ...]  # of a blob: [channels, h, w], [h, w] or [w]


def misfit(layers: Sequence[Layer], sides_of: Callable[[str], Sides]) -> str:
    """What does not fit, in words, or nothing; `sides_of` computes a blob, and what leads to it.

    Looked at are the layers that most weights are in: dense ones, convolutions and batch norms.
    """
    for layer in layers:
        wanted = _channels(layer)
        if wanted is None:
            continue
        sides = sides_of(layer.takes[0])
        if wanted not in _as_channels(layer, sides):
            return f"{layer.kind} {layer.name} has weights for {wanted} channels, and gets {list(sides)}"
    return ""


def _channels(layer: Layer) -> int | None:
    """How many channels, or numbers, the weights of a layer are made for; None where they do not tell."""
    outputs, kernel = layer.number(0), layer.number(1)
    match layer.kind:
        case "InnerProduct":
            whole, parts = layer.number(2), outputs
        case "Convolution":
            whole, parts = layer.number(6), outputs * kernel * layer.number(11, kernel)
        case "ConvolutionDepthWise":
            whole, parts = layer.number(6), outputs // max(layer.number(7, 1), 1) * kernel * layer.number(11, kernel)
        case "BatchNorm":
            whole, parts = outputs, 1
        case _:
            return None
    return whole // parts if parts > 0 and whole % parts == 0 else -1


def _as_channels(layer: Layer, sides: Sides) -> tuple[int, ...]:
    """What a layer can take the channels of a blob for."""
    if layer.kind != "InnerProduct":
        return sides[:1]
    total = 1
    for side in sides:
        total *= side
    return (total, sides[-1]) if len(sides) == 2 else (total,)
