"""A PyTorch network as a topology for SCALE-Sim: topology_of.py FILE.py:FUNCTION PX TOPOLOGY.csv

SCALE-Sim knows no padding, so that an image is written as large as its padding makes it.
"""

import importlib.util
import sys
from pathlib import Path

import torch
from torch import nn

source, px, out = sys.argv[1:]
file, function = source.split(":")
spec = importlib.util.spec_from_file_location("network", file)
module = importlib.util.module_from_spec(spec)
sys.modules["network"] = module
spec.loader.exec_module(module)
network = getattr(module, function)().eval()
lines = ["Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"]


def written(name):
    def hook(layer, given, gives):
        if isinstance(layer, nn.Linear):
            numbers = 1, 1, 1, 1, layer.in_features, layer.out_features, 1
        else:
            assert layer.groups == 1, "SCALE-Sim knows no groups"
            sides = [side + 2 * pad for side, pad in zip(given[0].shape[2:], layer.padding, strict=True)]
            numbers = *sides, *layer.kernel_size, layer.in_channels, layer.out_channels, layer.stride[0]
        lines.append(", ".join([name, *map(str, numbers)]) + ",")

    return hook


for name, layer in network.named_modules():
    if isinstance(layer, nn.Conv2d | nn.Linear):
        layer.register_forward_hook(written(name))
with torch.no_grad():
    network(torch.zeros(1, 3, int(px), int(px)))
Path(out).write_text("\n".join(lines) + "\n")
