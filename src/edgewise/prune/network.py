"""What a network must be before its channels can be followed: a sound classifier with convolutions and one head."""

import contextlib
import copy
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from edgewise.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

_FOUR = 4  # batch, channels, height, width


def check_network(network: Any, image: Any) -> tuple[str, ...]:
    """See that a network can be pruned; the paths of its layers with weights, in execution order.

    `image` is float [n, channels, h, w]. Raises `ModelError` for what is no module, has no convolution, holds numbers
    that are not finite or not float32 or float64, shares weights, fails on the image, or gives anything but one tensor
    [n, classes].
    """
    import torch

    if not isinstance(network, torch.nn.Module) or isinstance(network, torch.jit.ScriptModule):
        raise ModelError(
            f"A {type(network).__name__} cannot be pruned; expected a torch.nn.Module in Python.",
            "Give the network that the file or the script was made from.",
        )
    if not any(isinstance(layer, torch.nn.modules.conv._ConvNd) for layer in network.modules()):
        raise ModelError(
            f"The network ({type(network).__name__}) has no convolution.", "Only convolutional networks can be pruned."
        )
    if not isinstance(image, torch.Tensor) or image.dim() != _FOUR:
        found = list(image.shape) if isinstance(image, torch.Tensor) else type(image).__name__
        raise ModelError(
            f"The image is {found}; expected a tensor [n, channels, h, w].", "Give one as the network takes."
        )
    _see_that_numbers_are_sound(network)
    _see_that_nothing_is_shared(network)
    return _run(network, image)


@contextlib.contextmanager
def quiet_copy(network: "nn.Module") -> "Iterator[nn.Module]":
    """A copy in eval mode to run as one likes, while warnings of foreign code about it are not shown.

    Within, gradients are kept even where the caller is in inference mode.
    """
    import torch

    with warnings.catch_warnings(), torch.inference_mode(False):
        warnings.simplefilter("ignore")
        yield copy.deepcopy(network).eval()


def _see_that_numbers_are_sound(network: "nn.Module") -> None:
    import torch

    for path, numbers in (*network.named_parameters(), *network.named_buffers()):
        if not numbers.is_floating_point():
            continue
        if numbers.dtype not in (torch.float32, torch.float64):
            raise ModelError(f"{path} is {numbers.dtype}; expected float32 or float64.", "Convert it: network.float().")
        if not torch.isfinite(numbers).all():
            raise ModelError(f"{path} holds numbers that are not finite.", "Its training failed; give sound weights.")


def _see_that_nothing_is_shared(network: "nn.Module") -> None:
    seen: dict[int, str] = {}
    for path, weight in network.named_parameters(remove_duplicate=False):
        before = seen.setdefault(id(weight), path)
        if before != path:
            raise ModelError(
                f"{before} and {path} are one and the same weights.", "Pruning needs a layer of its own at each place."
            )


def _run(network: "nn.Module", image: "Tensor") -> tuple[str, ...]:
    """Run the network once; the paths of its layers with weights as they ran."""
    import torch

    ran: list[str] = []
    with quiet_copy(network) as copied, torch.no_grad():
        for path, layer in copied.named_modules():
            if next(layer.parameters(recurse=False), next(layer.buffers(recurse=False), None)) is not None:
                layer.register_forward_pre_hook(lambda _layer, _inputs, path=path: ran.append(path))
        try:
            output = copied(image)
        except Exception as error:  # foreign code
            raise ModelError(
                f"The network failed on an input of shape {list(image.shape)}: {error}",
                "Give an image as the network takes it.",
            ) from error
    twice = [path for path, times in Counter(ran).items() if times > 1]
    if twice:
        raise ModelError(f"{twice[0]} runs more than once for one image.", "Pruning needs a layer for each place.")
    if not isinstance(output, torch.Tensor) or output.dim() != 2 or len(output) != len(image):
        shown = list(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise ModelError(
            f"The network gives {shown}; expected one tensor [{len(image)}, classes].",
            "Wrap a network with several heads or outputs in a module that gives one.",
        )
    return tuple(ran)
