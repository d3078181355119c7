"""Write a trained tiny network: ONNX file, safetensors weights and TOML card."""

import json
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn

from edgewise.drawn import CLASSES
from edgewise.zoo.tiny.macs import count_macs
from edgewise.zoo.tiny.shipped import file_stem

OPSET = 20


@dataclass(frozen=True)
class TinyCard:
    """What the card file of a tiny network says; the fields are the file's keys, in its order."""

    name: str
    output: str
    size_px: int
    resize_px: int
    resize: str
    interpolation: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]
    macs: int
    params: int
    licence: str
    paper: str


def export(network: nn.Module, name: str, size_px: int, mean: float, std: float, out: Path) -> TinyCard:
    """Write `NAME.onnx` (image float32 [n, 3, size, size] to logits [n, 10]), `NAME.safetensors` and `NAME.toml`.

    Raises OSError when `out` cannot be written.
    """
    network = network.eval().cpu()
    stem = out / file_stem(name)
    card = TinyCard(
        name=name,
        output="logits",
        size_px=size_px,
        resize_px=size_px,
        resize="crop",
        interpolation="area",
        mean=(mean,) * 3,
        std=(std,) * 3,
        classes=CLASSES,
        macs=count_macs(network, size_px),
        params=sum(weight.numel() for weight in network.parameters()),
        licence="Apache-2.0",
        paper="",
    )
    weights = {key: value.contiguous() for key, value in network.state_dict().items()}
    # Not save_file: that makes a file which only its owner may read.
    stem.with_suffix(".safetensors").write_bytes(save(weights))
    _export_onnx(network, size_px, stem.with_suffix(".onnx"))
    # JSON strings, numbers and arrays of them are TOML too.
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in asdict(card).items()]
    stem.with_suffix(".toml").write_text("".join(lines), encoding="utf-8")
    return card


def _export_onnx(network: nn.Module, size_px: int, path: Path) -> None:
    # Two images: an example batch of one would be taken for a constant.
    example = torch.zeros(2, 3, size_px, size_px)
    with warnings.catch_warnings():
        # The exporter warns of deprecations in its own code.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        program = torch.onnx.export(
            network,
            (example,),
            input_names=["image"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    # The exporter notes the stack trace of every node, with the paths of this machine.
    for node in model.graph.node:
        del node.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    path.write_bytes(model.SerializeToString())
