"""Count a network's multiply-accumulates by watching one forward pass."""

import torch
from torch import nn


def count_macs(network: nn.Module, size_px: int) -> int:
    """Multiply-accumulates of every convolution and linear layer for one image [1, 3, size_px, size_px]."""
    total = 0

    def add(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += output.numel() * module.in_features

    hooks = [m.register_forward_hook(add) for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, size_px, size_px))
    finally:
        for hook in hooks:
            hook.remove()
        network.train(training)
    return total
