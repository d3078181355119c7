"""ONNX files, for ONNX Runtime and for whatever else reads them."""

import shutil
from pathlib import Path

from edgewise.errors import ModelError
from edgewise.export.network import Images, Network, Precision
from edgewise.zoo.model_files import files_of

PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")


def export_onnx_runtime(network: Network, path: Path, precision: Precision, images: Images | None) -> None:
    """The file as it is, or quantised by ONNX Runtime's own quantiser."""
    if precision == "int8":
        from edgewise.export.int8_onnx import int8_onnx

        assert images is not None, "the caller saw to it"
        int8_onnx(network.onnx_path, images, path)
        return
    if len(files_of(network.onnx_path)) > 1:
        raise ModelError(
            f"{network.onnx_path} keeps its weights in a file beside it, whose name stands in it.", "Copy both files."
        )
    shutil.copyfile(network.onnx_path, path)
