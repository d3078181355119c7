"""OpenVINO's files, quantised by NNCF where int8 is asked for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from edgewise.errors import MissingExtra, ModelError, StoreError
from edgewise.export.network import Images, Network, Precision
from edgewise.private import hide_openvino_telemetry
from edgewise.runtime.openvino import PRECISION, import_openvino, openvino_core, read_openvino
from edgewise.runtime.openvino_reason import reason_of

PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "bf16", "int8")
_NEEDS = {"fp16": "FP16", "bf16": "BF16"}  # as OpenVINO lists what the processor can do


def export_openvino(network: Network, path: Path, precision: Precision, images: Images | None) -> None:
    """`path` (.xml) and the weights beside it; fp16 and bf16 store half of the bytes, and compute in that type.

    Raises `ModelError` also for a precision in which this processor computes nothing.
    """
    what = "Exporting to OpenVINO"
    openvino, core = import_openvino(what), openvino_core(what)
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if precision in _NEEDS and _NEEDS[precision] not in able:
        raise ModelError(
            f"This processor does not compute in {precision}; OpenVINO says that it can do {', '.join(able)}.",
            "Export for it on a processor that can, or take int8.",
        )
    model = read_openvino(core, network.onnx_path)
    if precision == "int8":
        assert images is not None, "the caller saw to it"
        model = _quantised(model, lambda: map(network.fed, images()))
    else:
        model.set_rt_info(precision, list(PRECISION))
    try:
        openvino.save_model(model, path, compress_to_fp16=precision in _NEEDS)
    except RuntimeError as error:
        raise StoreError(f"{path} cannot be written: {reason_of(error)}", "See that there is space.") from error


def _quantised(model: Any, images: Images) -> Any:
    with _nncf() as nncf:
        count = sum(1 for _ in images())
        try:
            return nncf.quantize(
                model, nncf.Dataset(_Again(images)), subset_size=count, advanced_parameters=_whole_range(nncf)
            )
        except Exception as error:  # NNCF's own, of many kinds
            raise ModelError(f"NNCF cannot quantise it: {reason_of(error)}", "Export it in fp32.") from error


def _whole_range(nncf: Any) -> Any:
    """Activations from the smallest to the largest that was seen, not NNCF's usual mean of these over images.

    The mean clips: ResNet-18 then answers as before on 92 of 100 images, with the whole range on 98, and its largest
    error is twice as large.
    """
    from nncf.quantization.range_estimator import RangeEstimatorParametersSet

    return nncf.AdvancedQuantizationParameters(activations_range_estimator_params=RangeEstimatorParametersSet.MINMAX)


class _Again:
    """Iterates anew each time, as NNCF wants."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def __iter__(self) -> Iterator[Any]:
        return iter(self._images())


@contextmanager
def _nncf() -> Iterator[Any]:
    """NNCF without its progress bar."""
    hide_openvino_telemetry()
    try:
        import nncf
    except ImportError as error:
        raise MissingExtra("Quantising for OpenVINO", "openvino") from error
    nncf.set_log_level(logging.ERROR)
    with redirect_stdout(StringIO()):
        yield nncf
