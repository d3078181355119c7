"""Networks that are files: which kinds there are, and which files beside the named one belong to it."""

from pathlib import Path

from edgewise.errors import ModelError
from edgewise.plugins import plugin_named
from edgewise.runtime.onnx_file import read_onnx_file
from edgewise.store import file_sha256

SUFFIXES = {"onnx": ".onnx", "tflite": ".tflite", "openvino": ".xml", "executorch": ".pte", "ncnn": ".param"}
FILE_KINDS = tuple(SUFFIXES)
OTHER_KINDS = ("tiny", "torch", "timm", "torchvision", "hf", "ensemble")
_WITH_WEIGHTS_BESIDE = (".xml", ".param")  # in a .bin file


def is_file_kind(kind: str) -> bool:
    """Whether a kind of source is a network's file: one of ours, or one for another package's runtime."""
    return kind in SUFFIXES or (kind not in OTHER_KINDS and plugin_named("runtime", kind) is not None)


def kind_of(path: Path) -> str:
    """The kind of source that a file's name tells; empty where it tells none."""
    return next((kind for kind, suffix in SUFFIXES.items() if path.suffix.lower() == suffix), "")


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, and those that hold its weights where these are others."""
    if path.suffix in _WITH_WEIGHTS_BESIDE:
        return path, path.with_suffix(".bin")
    stored = read_onnx_file(path) if path.suffix == ".onnx" else None
    return path, *(path.parent / name for name in (stored.beside if stored else ()))


def are_there(path: Path) -> bool:
    """Whether a network's file is, and the ones beside it that belong to it."""
    return all(part.is_file() for part in files_of(path))


def file_bytes(path: Path) -> int | None:
    """How large a network is; None for one that cannot be read."""
    try:
        return sum(part.stat().st_size for part in files_of(path))
    except OSError:
        return None


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a network's file and of those beside it, one after the other. Raises `ModelError`."""
    try:
        return "".join(file_sha256(part) for part in files_of(path))
    except OSError as error:
        raise ModelError(
            f"The model {path} cannot be read: {error.strerror or error}: {error.filename}.",
            "Correct the path; a file of weights that belongs to it must lie beside it.",
        ) from error
