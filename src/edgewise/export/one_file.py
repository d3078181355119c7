"""An ONNX file whose weights lie in others, as one file."""

import shutil
from pathlib import Path

from edgewise.errors import MissingExtra, ModelError
from edgewise.zoo.model_files import files_of


def copy_in_one(path: Path, out: Path) -> None:
    """Write the file with its weights in itself. Raises `ModelError` for more than 2 GiB, which no such file holds."""
    if len(files_of(path)) == 1:
        shutil.copyfile(path, out)
        return
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra(f"Putting {path} and its weights into one file", "torch") from error
    try:
        out.write_bytes(onnx.load(path).SerializeToString())
    except Exception as error:  # protobuf's, and of what lies beside it: many kinds
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ModelError(
            f"{path} and its weights cannot be put into one file: {reason[:300]}", "Copy all of its files."
        ) from error
