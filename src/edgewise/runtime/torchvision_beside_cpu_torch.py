"""Lets torchvision import beside a PyTorch build that its compiled operators were not made for.

torchvision's registry wheel is built against the CUDA build of PyTorch. Beside a CPU build its operator library does
not load, and `import torchvision` (so `import timm`) dies with "operator torchvision::nms does not exist", because it
registers a shape function for an operator that is not there. Declaring the two operators is enough for models,
transforms and data sets to work; calling `ops.nms` itself still fails.
"""

from functools import cache
from importlib import metadata
from typing import Any


@cache
def declare_operators() -> Any:
    """Declare what `import torchvision` expects where the builds do not match; returns the library that holds it."""
    import torch

    try:
        matched = "+cpu" in metadata.version("torchvision") or "+cpu" not in torch.__version__
    except metadata.PackageNotFoundError:
        matched = True
    if matched:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")
    for schema in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        library.define(schema)
    return library
