"""A ResNet-50 for one user's classes with Torch-Pruning alone: prune to a measured speed, fine-tune, write ONNX.

    python torch_pruning_user.py IMAGES OUT.onnx --classes 3,7,11 --cpu-seconds 360 [--resume TUNED.pth]

As a competent user of Torch-Pruning writes it: Taylor importance of whole groups, ranked over the network, channels in
eights, step by step until ONNX Runtime says that it is as fast as asked; then SGD with warm-up and cosine, on what the
generic network answers (`--labels generic`), or on the names of the folders (`--labels true`). What was tuned lies
beside OUT.onnx as OUT.pth, and can be tuned on from there, with a warm restart.
"""

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
import torch.nn.functional as F
import torch_pruning as tp
from checkpoint import resnet50
from torchvision import transforms as T
from torchvision.datasets import ImageFolder

SIZE, SPEEDUP, LR, BATCH = 192, 2.0, 0.01, 16
NORMAL = [T.ToTensor(), T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]


def session(model, size, path):
    torch.onnx.export(model.eval(), (torch.zeros(1, 3, size, size),), path, dynamo=False)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def times_as_fast(before, after, runs=15):
    times = {before: [], after: []}
    for _ in range(runs):
        for one, taken in times.items():
            given = one.get_inputs()[0]
            image = np.zeros(given.shape, np.float32)
            started = time.perf_counter()
            one.run(None, {given.name: image})
            taken.append(time.perf_counter() - started)
    return min(times[before]) / min(times[after])


def answers(generic, images, own):
    whole = ImageFolder(images, T.Compose([T.Resize(256), T.CenterCrop(224), *NORMAL]))
    with torch.no_grad():
        return torch.cat([generic(batch)[:, own].softmax(1) for batch, _ in torch.utils.data.DataLoader(whole, 32)])


def pruned(generic, images, targets, own, scratch):
    model = copy.deepcopy(generic)
    model.fc = torch.nn.Linear(generic.fc.in_features, len(own))
    model.fc.load_state_dict({key: value[own] for key, value in generic.fc.state_dict().items()})
    small = ImageFolder(images, T.Compose([T.Resize(SIZE * 256 // 224), T.CenterCrop(SIZE), *NORMAL]))
    for places in torch.randperm(len(small))[:64].split(BATCH):
        F.cross_entropy(model(torch.stack([small[place][0] for place in places])), targets[places]).backward()
    example = torch.zeros(1, 3, SIZE, SIZE)
    pruner = tp.pruner.BasePruner(
        model,
        example,
        tp.importance.GroupTaylorImportance(),
        global_pruning=True,
        pruning_ratio=0.8,
        max_pruning_ratio=0.9,
        iterative_steps=60,
        ignored_layers=[model.fc],
        round_to=8,
    )
    before = session(generic, 224, scratch)
    so_far = times_as_fast(before, session(model, SIZE, scratch))  # by the smaller input alone
    macs = tp.utils.count_ops_and_params(model, example)[0]
    while tp.utils.count_ops_and_params(model, example)[0] > 1.1 * macs * so_far / SPEEDUP:
        pruner.step()
    while times_as_fast(before, session(model, SIZE, scratch)) < SPEEDUP:
        pruner.step()
    left = tp.utils.count_ops_and_params(model, example)[0]
    print(f"pruned to {left / 1e6:,.0f} M MACs after {time.process_time():.0f} s", flush=True)
    return model


def tune(model, images, targets, until):
    crop = T.RandomResizedCrop(SIZE, scale=(0.5, 1.0))
    varied = ImageFolder(images, T.Compose([crop, T.RandomHorizontalFlip(), *NORMAL]))
    model = model.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.SGD(model.parameters(), lr=LR, momentum=0.9, weight_decay=1e-4, nesterov=True)
    began, steps, left = time.process_time(), 0, []
    while (spent := (time.process_time() - began) / max(until - began, 1)) < 1:
        left = left or list(torch.randperm(len(varied)).split(BATCH))
        places = left.pop()
        batch = torch.stack([varied[place][0] for place in places]).to(memory_format=torch.channels_last)
        optimiser.param_groups[0]["lr"] = LR * min(1, (steps + 1) / 10) * (1 + math.cos(math.pi * spent)) / 2
        loss = F.cross_entropy(model(batch), targets[places])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        steps += 1
        if steps % 10 == 0:
            print(f"{steps} steps, loss {loss.item():.3f}", flush=True)
    print(f"{steps} steps of {BATCH} images, {steps * BATCH / len(varied):.1f} epochs", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--classes", required=True, help="the places of the user's classes among the 1000")
    parser.add_argument("--cpu-seconds", type=float, required=True)
    parser.add_argument("--labels", choices=["generic", "true"], default="generic")
    parser.add_argument("--resume", type=Path)
    given = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    own = [int(one) for one in given.classes.split(",")]
    if given.resume:
        model, targets = torch.load(given.resume, weights_only=False)
    else:
        generic = resnet50()
        if given.labels == "true":
            targets = F.one_hot(torch.tensor(ImageFolder(given.images).targets)).float()
        else:
            targets = answers(generic, given.images, own)
        model = pruned(generic, given.images, targets, own, str(given.out))
    tune(model, given.images, targets, given.cpu_seconds)
    torch.save((model, targets), given.out.with_suffix(".pth"))
    session(model, SIZE, str(given.out))


if __name__ == "__main__":
    main()
