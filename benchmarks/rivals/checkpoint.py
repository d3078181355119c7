"""The evaluation data's networks as a published checkpoint has them; given to the rivals, and no line is counted.

The weights of the evaluation data come with batch norm folded (mean 0, variance 1), which edgewise does not mind and
training does. Here each norm gets the statistics that it really meets, measured on a few training images of all 20
classes, and weights that make up for it: the network answers as before, and can be trained like any other.
"""

import os
import sys
from pathlib import Path

import torch
from torch import nn
from torchvision import transforms
from torchvision.datasets import ImageFolder

DATA = Path(os.environ.get("EDGEWISE_DATA", Path(__file__).parents[3] / "shared" / "data")).resolve()
IMAGES = 48
sys.path.insert(0, str(DATA))  # where `nets` is


def resnet50() -> nn.Module:
    """In eval mode, 1000 outputs."""
    kept = os.environ.get("PROOF_CHECKPOINT")
    network = _folded("resnet50")
    if kept and Path(kept).is_file():
        network.load_state_dict(torch.load(kept, weights_only=True))
        return network.eval()
    _unfold(network)
    if kept:
        torch.save(network.state_dict(), kept)
    return network.eval()


def resnet18() -> nn.Module:
    """In eval mode, 1000 outputs; as it is, for it is not trained here."""
    return _folded("resnet18")


def _folded(name: str) -> nn.Module:
    import nets

    return getattr(nets, name)()


@torch.no_grad()
def _unfold(network: nn.Module) -> None:
    eats = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])
    normal = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    files = ImageFolder(str(DATA / "imagenet20" / "train"), eats)
    places = range(0, len(files), len(files) // IMAGES)
    images = normal(torch.stack([files[place][0] for place in places]))
    found: dict[nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}

    def look(norm: nn.Module, given: tuple[torch.Tensor]) -> None:
        found[norm] = given[0].mean((0, 2, 3)), given[0].var((0, 2, 3), unbiased=False)

    hooks = [norm.register_forward_pre_hook(look) for norm in network.modules() if isinstance(norm, nn.BatchNorm2d)]
    network.eval()(images)
    for hook in hooks:
        hook.remove()
    for norm, (mean, variance) in found.items():
        norm.bias += norm.weight * mean  # the old scale is 1: mean 0, variance 1 - eps
        norm.weight *= (variance + norm.eps).sqrt()
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
