"""A network as it is, its last layer cut to a user's classes, as ONNX: fixed_network.py resnet18 CLASSES OUT.onnx"""

import sys

import checkpoint
import torch

own = [int(one) for one in sys.argv[2].split(",")]
model = getattr(checkpoint, sys.argv[1])().eval()
model.fc.weight.data, model.fc.bias.data = model.fc.weight.data[own], model.fc.bias.data[own]
torch.onnx.export(model, (torch.zeros(1, 3, 224, 224),), sys.argv[3], dynamo=True, external_data=False)
