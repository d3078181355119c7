"""Networks of random weights whose answers depend on the image, and images to ask them about.

timm starts networks where half of them does nothing (the last batch norm of a residual block has gamma 0, layer scales
are 1e-6), and exporters fold what does nothing away: so norms, scales and biases are drawn too, and batch norms are
given the statistics of some images.
"""

from typing import Any

import numpy as np


def blobs(count: int, size_px: int, seed: int) -> np.ndarray:
    """Images uint8 [n, size, size, 3] of a few large areas of one colour each."""
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), dtype=np.uint8)
    side = -(-size_px // 4)
    return coarse.repeat(side, axis=1).repeat(side, axis=2)[:, :size_px, :size_px]


def leave_out_repeats(network: Any, size_px: int) -> None:
    """Of the blocks whose output has their input's shape, keep the first of each kind: class and names of weights."""
    import torch
    from torch import nn

    class Nothing(nn.Module):
        def forward(self, x: Any, *_: Any, **__: Any) -> Any:
            return x

    keeping: set[nn.Module] = set()

    def note(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        if inputs and getattr(inputs[0], "shape", 0) == getattr(output, "shape", 1):
            keeping.add(module)

    hooks = [module.register_forward_hook(note) for module in network.modules()]
    with torch.no_grad():
        network(torch.zeros(1, 3, size_px, size_px))
    for hook in hooks:
        hook.remove()
    kinds: set[Any] = set()
    left_out: set[nn.Module] = set()
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()) if parent not in left_out else ():
            layers = [layer for layer in child.modules() if list(layer.parameters(recurse=False))]
            if child not in keeping or len(layers) < 2:
                continue
            kind = type(child), tuple(weight for weight, _ in child.named_parameters())
            if kind in kinds:
                setattr(parent, name, Nothing())
                left_out.update(child.modules())
            kinds.add(kind)


def draw_weights(network: Any, size_px: int, seed: int = 0) -> None:
    """Draw every norm, scale and bias, and let batch norms see some images."""
    import torch
    from torch import nn

    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if name.endswith("bias"):
                weight.uniform_(-0.2, 0.2, generator=random)
            elif weight.numel() == max(weight.shape, default=1):
                weight.uniform_(0.5, 1.5, generator=random)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = None  # the mean of all that it sees
                module.reset_running_stats()
                module.train()
        images = torch.from_numpy(blobs(8, size_px, seed)).permute(0, 3, 1, 2)
        network((images.float() - 128) / 64)
