"""Networks that are files: which kinds there are, and which files beside the named one belong to it."""

from pathlib import Path

from edgewise.errors import ModelError
from edgewise.store import file_sha256

SUFFIXES = {"onnx": ".onnx", "tflite": ".tflite", "openvino": ".xml", "executorch": ".pte", "ncnn": ".param"}
FILE_KINDS = tuple(SUFFIXES)
_WITH_WEIGHTS_BESIDE = (".xml", ".param")  # in a .bin file


def kind_of(path: Path) -> str:
    """The kind of source that a file's name tells; empty where it tells none."""
    return next((kind for kind, suffix in SUFFIXES.items() if path.suffix.lower() == suffix), "")


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, and the one that holds its weights where that is another."""
    if path.suffix in _WITH_WEIGHTS_BESIDE:
        return path, path.with_suffix(".bin")
    external = path.with_name(f"{path.name}.data")  # where exporters put large weights of ONNX files
    return (path, external) if external.is_file() else (path,)


def file_bytes(path: Path) -> int | None:
    """How large a network is; None for one that cannot be read."""
    try:
        return sum(part.stat().st_size for part in files_of(path))
    except OSError:
        return None


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a network's file and of the one beside it, one after the other. Raises `ModelError`."""
    try:
        return "".join(file_sha256(part) for part in files_of(path))
    except OSError as error:
        raise ModelError(
            f"The model {path} cannot be read: {error.strerror or error}: {error.filename}.",
            "Correct the path; a file of weights that belongs to it must lie beside it.",
        ) from error
