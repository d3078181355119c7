"""ONNX files, for ONNX Runtime and for whatever else reads them."""

from pathlib import Path

from edgewise.export.network import Images, Network, Precision
from edgewise.export.one_file import copy_in_one

PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")


def export_onnx_runtime(network: Network, path: Path, precision: Precision, images: Images | None) -> None:
    """The file as it is, with its weights inside, or quantised by ONNX Runtime's own quantiser."""
    if precision == "int8":
        from edgewise.export.int8_onnx import int8_onnx

        assert images is not None, "the caller saw to it"
        int8_onnx(network.onnx_path, images, path, ends=network.ends)
        return
    copy_in_one(network.onnx_path, path)
