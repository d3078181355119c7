"""Which of its outputs each layer still gives, once channels of some groups are gone."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.prune.groups import Group, losses


def outputs_left(generic: nn.Module, groups: Sequence[Group], kept: Mapping[str, Collection[int]]) -> dict[str, Tensor]:
    """int64, by path, of each convolution, linear layer and batch norm that loses some."""
    left: dict[str, Tensor] = {}
    for path, loss in losses(groups, kept).items():
        gone = np.union1d(loss.outputs, loss.passing)
        layer = generic.get_submodule(path)
        if len(gone) and isinstance(layer, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            left[path] = torch.from_numpy(np.setdiff1d(np.arange(len(layer.weight)), gone))
    return left
