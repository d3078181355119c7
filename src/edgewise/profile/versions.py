"""The versions that a profile hangs on."""

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import edgewise
from edgewise.plugins import plugin_named
from edgewise.zoo.sources import KINDS, Source

# What turns a file into an answer, apart from the engines: other versions may decode, scale or round otherwise.
_PACKAGES = ("pillow", "opencv-python-headless")
_ONNX = ("onnxruntime",)
_ENGINES: Mapping[str, tuple[str, ...]] = {
    "tflite": ("ai-edge-litert",),
    "openvino": ("openvino",),
    "executorch": ("executorch",),
    "ncnn": ("ncnn",),
    "torch": ("torch",),
    "timm": ("torch", "timm"),
    "torchvision": ("torch", "torchvision"),
}


def versions(sources: Sequence[Source]) -> dict[str, str]:
    """Of each package that decodes, prepares or runs; "absent" where one is not installed."""
    engines = {package for source in sources for package in _engines(source)}
    found = {"edgewise": edgewise.__version__}
    for package in (*_PACKAGES, *sorted(engines)):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def _engines(source: Source) -> Sequence[str]:
    """The packages that run a model."""
    if source.members:
        return [package for member in source.members for package in _engines(member)]
    if source.kind == "hf":
        kind = {".onnx": "onnx", ".tflite": "tflite"}.get(Path(source.where).suffix, "timm")
        return _ENGINES.get(kind, _ONNX)
    plugin = None if source.kind in KINDS else plugin_named("runtime", source.kind)
    return (plugin.package.name,) if plugin else _ENGINES.get(source.kind, _ONNX)
