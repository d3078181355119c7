"""The inference engines that edgewise knows: what they are called, where they come from, what they read."""

from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata

from edgewise.errors import UsageError


class Engine(StrEnum):
    """An inference engine."""

    ONNX_RUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    LITERT = "litert"
    EXECUTORCH = "executorch"
    NCNN = "ncnn"
    TORCH = "torch"


@dataclass(frozen=True)
class About:
    """What is known of an engine without importing it."""

    title: str
    package: str  # as it is installed
    extra: str  # of edgewise, that brings it; empty: it is always there
    reads: tuple[str, ...]  # kinds of source, the first of which are its own


ABOUT = {
    Engine.ONNX_RUNTIME: About("ONNX Runtime", "onnxruntime", "", ("onnx", "tiny")),
    Engine.OPENVINO: About("OpenVINO", "openvino", "openvino", ("openvino", "onnx", "tiny")),
    Engine.LITERT: About("LiteRT", "ai-edge-litert", "litert", ("tflite",)),
    Engine.EXECUTORCH: About("ExecuTorch", "executorch", "executorch", ("executorch",)),
    Engine.NCNN: About("ncnn", "ncnn", "ncnn", ("ncnn",)),
    Engine.TORCH: About("PyTorch", "torch", "torch", ("torch", "timm", "torchvision", "hf")),
}


def engines_for(kind: str) -> tuple[Engine, ...]:
    """The engines that read a kind of source, the usual one first; none for an ensemble."""
    return tuple(engine for engine, about in ABOUT.items() if kind in about.reads)


def engine_named(name: str, kind: str) -> Engine:
    """The engine of a name for a kind of source. Raises `UsageError` for one that is none, or does not read it."""
    allowed = engines_for(kind)
    found = next((engine for engine in Engine if engine.value == name), None)
    if found is None or found not in allowed:
        known = ", ".join(allowed) or "its members' own"
        what = "no engine" if found is None else f"no engine for {kind}: sources"
        raise UsageError(f"{name!r} is {what}.", f"Allowed here: {known}.")
    return found


def installed_version(engine: Engine) -> str | None:
    """The version of its package; None where that is not installed."""
    try:
        return metadata.version(ABOUT[engine].package)
    except metadata.PackageNotFoundError:
        return None
