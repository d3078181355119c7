"""Static int8 of an ONNX file, by ONNX Runtime's own quantiser.

Weights are int8 by channel, activations uint8, and their bounds the least and the most that was seen. On x86 with VNNI,
ResNet-18 and ResNet-50 take as long with activations of int8 as with float32; bounds by entropy, percentiles and moving
averages, and weights of 7 bits (`reduce_range`), agree with the float network on no more images than 400 can tell
apart, and entropy and percentiles keep the activations of all images. Where there is no VNNI, sums of products may
saturate with 8 bits: whoever judges the file on such a device sees it.

Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edgewise.errors import EdgewiseError, MissingExtra, ModelError, UsageError
from edgewise.export.int8_graph import check_quantisable, keep_scores_whole, name_nodes, nodes_behind_last_layer
from edgewise.export.network import Images
from edgewise.export.quiet_quantiser import quiet_quantiser
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.onnx_engine import PROVIDERS, options_for, wrong_for
from edgewise.runtime.session import Ends
from edgewise.store import atomic_path, cannot_write

_OLDEST_OPSET = 13  # whose QuantizeLinear knows channels


def int8_onnx(onnx_path: Path, images: Images, out: Path, *, ends: Ends | None = None) -> None:
    """Write the network of a float32 ONNX file with int8 arithmetic, its inputs and outputs as they were.

    `images` yields float32 [1, 3, h, w], normalised, as many as are to show the ranges of activations (a hundred of
    those that the network will meet; each is held alone). NHWC files and those that take uint8 pixels are fed as
    `OnnxSession` feeds them. The scores, what comes behind them, and the vector that the last layer takes are not
    rounded. Raises `ModelError` for a file that cannot be quantised, or is already; `UsageError` where there are no
    images, `MissingExtra` without the package onnx, `StoreError` where `out` cannot be written.
    """
    try:
        import onnx  # noqa: F401 - the quantiser needs it and says so badly
    except ImportError as error:
        raise MissingExtra("Quantising an ONNX file", "torch") from error
    session = OnnxSession(onnx_path, ends=ends)
    check_quantisable(onnx_path, session.signature.number)
    with tempfile.TemporaryDirectory(prefix="edgewise-int8-") as folder, quiet_quantiser():
        reader = _Reader(session, images)
        try:
            made = _quantised(onnx_path, reader, Path(folder))
        except EdgewiseError:
            raise
        except OSError as error:
            raise cannot_write(Path(folder), error) from error
        except Exception as error:  # the quantiser's, the converter's and ONNX Runtime's share no base class
            raise _refused(onnx_path, error) from error
        _check(onnx_path, made, reader.first, ends)
        with atomic_path(out) as temporary:
            shutil.copyfile(made, temporary)


def _quantised(path: Path, reader: "_Reader", folder: Path) -> Path:
    """The file, in a folder that is thrown away."""
    import onnx
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    plain, prepared, made = (folder / f"{name}.onnx" for name in ("plain", "prepared", "int8"))
    _simplify(_in_one_file(path, folder), wrong_for(path), plain)
    quant_pre_process(str(plain), str(prepared), skip_optimization=True, skip_symbolic_shape=True)
    model = name_nodes(onnx.load(prepared))
    onnx.save(model, prepared)
    quantize_static(
        str(prepared),
        str(made),
        reader,  # type: ignore[arg-type] - it has the methods
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        nodes_to_exclude=nodes_behind_last_layer(model),
    )
    onnx.save(keep_scores_whole(onnx.load(made)), made)
    return made


def _in_one_file(path: Path, folder: Path) -> Path:
    """The file, with its weights inside and of a version of the operators that is new enough; itself where it is so."""
    import onnx
    from onnx import external_data_helper, version_converter

    header = onnx.load(path, load_external_data=False)
    version = max((one.version for one in header.opset_import if one.domain in ("", "ai.onnx")), default=0)
    beside = any(external_data_helper.uses_external_data(one) for one in header.graph.initializer)
    if version >= _OLDEST_OPSET and not beside:
        return path
    model = onnx.load(path)
    if version < _OLDEST_OPSET:
        model = version_converter.convert_version(model, _OLDEST_OPSET)
    whole = folder / "whole.onnx"
    onnx.save(model, whole)
    return whole


def _simplify(path: Path, wrong: list[str], out: Path) -> None:
    """Fold batch norms and constants as ONNX Runtime would on loading, but for what it does wrong (`wrong_for`)."""
    import onnx
    import onnxruntime as ort

    options = options_for(1)
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    ort.InferenceSession(path, options, providers=PROVIDERS, disabled_optimizers=wrong)
    model = onnx.load(out)
    used = {node.domain or "ai.onnx" for node in model.graph.node} | {"ai.onnx"}
    kept = [one for one in model.opset_import if (one.domain or "ai.onnx") in used]
    del model.opset_import[:]  # ONNX Runtime names all that it knows
    model.opset_import.extend(kept)
    onnx.save(model, out)


class _Reader:
    """Images, one at a time, as ONNX Runtime's calibration asks for them."""

    def __init__(self, session: OnnxSession, images: Images) -> None:
        self._session = session
        self._images: Iterator[np.ndarray] = iter(images())
        self.first: np.ndarray | None = None

    def get_next(self) -> dict[str, np.ndarray] | None:
        image = next(self._images, None)
        if image is None:
            if self.first is None:
                raise UsageError("There are no images to calibrate with.", "Give a hundred of those that will come.")
            return None
        if self.first is None:
            self.first = image
        return self._session.feed(image)


def _check(path: Path, made: Path, image: np.ndarray | None, ends: Ends | None) -> None:
    """It loads, and gives numbers of the shape that it did."""
    assert image is not None, "the reader raised where there was none"
    if not np.isfinite(OnnxSession(made, ends=ends).run(image)).all():
        raise ModelError(f"{path} gives no numbers at int8.", "See that its images are finite numbers.")


def _refused(path: Path, error: Exception) -> ModelError:
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return ModelError(
        f"{path} cannot be quantised to int8: {reason[:300]}",
        "Run it at float32, or export it anew with a newer opset.",
    )
