"""An ONNX file made ready to become a PyTorch network: one image, shapes worked out, in the operators of opset 17."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError
from edgewise.runtime.session import Layout

OPSET = 17  # the newest whose forms onnx2torch takes
_QUANTISED = ("Quantize", "Dequantize", "DynamicQuantize", "QLinear", "MatMulInteger", "ConvInteger")
_AXES_WERE_ATTRIBUTES = (  # until opset 18
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd"),
    "ReduceSumSquare",
)
_DROPPED = {"Split": "num_outputs", "Reshape": "allowzero"}  # they say nothing of chunks and shapes that are known
_SOFTMAX_OF_ONE_AXIS = 13  # the opset from which on
_STANDARD = ("", "ai.onnx")


@dataclass(frozen=True, eq=False)
class Lowered:
    """A graph from one image to the logits."""

    model: Any  # onnx.ModelProto
    without_softmax: bool  # the file goes on with a Softmax


def lowered(path: Path, size_px: int, layout: Layout, output: str | None) -> Lowered:
    """Read a file of one image input as what it computes of one image, [1, 3, h, w] whatever the file's `layout` is.

    The input's sides are set to `size_px`; what then depends on shapes alone is computed, so that constants are left.
    `output` names that of the classes where there are several. A Softmax at the end is left out: what it takes are the
    logits. Raises `ModelError` for a file that cannot be read, and for one that is quantised or in half precision.
    """
    import onnx
    from onnxscript.optimizer import optimize
    from onnxscript.rewriter import rewrite
    from onnxscript.rewriter.rules.common import matmul_add_to_gemm_rule, transpose_transpose_rule

    try:
        model = onnx.load(path)
        _see_that_it_is_in_float32(path, model.graph)
        _keep_output(model.graph, output)
        _fix_shape(model.graph, size_px, layout)
        model = rewrite(optimize(model), [transpose_transpose_rule, matmul_add_to_gemm_rule])
    except ModelError:
        raise
    except Exception as error:  # the packages' own, of many kinds
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(
            f"{path} cannot be read as a graph: {first[:300]}", "Export it again; `onnx.checker` may say more."
        ) from error
    _without_inputs_of_constants(model.graph)
    without_softmax = _cut_softmax(model)
    _lower(model)
    return Lowered(model, without_softmax)


def _see_that_it_is_in_float32(path: Path, graph: Any) -> None:
    from onnx import TensorProto

    found = next((node.op_type for node in graph.node if node.op_type.startswith(_QUANTISED)), None)
    if found is not None:
        raise ModelError(
            f"{path} is quantised (it uses {found}); only networks in float32 can be pruned.",
            "Give the file that it was quantised from; what comes out can be quantised again.",
        )
    halves = (TensorProto.FLOAT16, TensorProto.BFLOAT16)
    half = next((tensor for tensor in graph.initializer if tensor.data_type in halves), None)
    if half is not None:
        raise ModelError(
            f"{path} is in half precision ({half.name}); only networks in float32 can be pruned.",
            "Export it in float32.",
        )


def _keep_output(graph: Any, output: str | None) -> None:
    if output is not None:
        kept = [value for value in graph.output if value.name == output]
        del graph.output[:]
        graph.output.extend(kept)


def _fix_shape(graph: Any, size_px: int, layout: Layout) -> None:
    """One image of three channels, which come first."""
    from onnx import TensorProto, helper

    stored = {tensor.name for tensor in graph.initializer}
    (image,) = [value for value in graph.input if value.name not in stored]
    if layout == "nhwc":
        taken, image.name = image.name, f"{image.name}_channels_first"
        turned = helper.make_node("Transpose", [image.name], [taken], f"{taken}_channels_last", perm=[0, 2, 3, 1])
        graph.node.insert(0, turned)
    image.CopyFrom(helper.make_tensor_value_info(image.name, TensorProto.FLOAT, [1, 3, size_px, size_px]))
    del graph.value_info[:]  # they may hold the open sides


def _without_inputs_of_constants(graph: Any) -> None:
    """Files of old list their weights among the inputs."""
    stored = {tensor.name for tensor in graph.initializer}
    kept = [value for value in graph.input if value.name not in stored]
    del graph.input[:]
    graph.input.extend(kept)


def _cut_softmax(model: Any) -> bool:
    """End the graph before a Softmax over the classes, if it ends with one."""
    graph, output = model.graph, model.graph.output[0]
    last = next((node for node in graph.node if output.name in node.output), None)
    if last is None or last.op_type != "Softmax" or last.domain not in _STANDARD:
        return False
    sides = output.type.tensor_type.shape.dim
    usual = -1 if _version(model).version >= _SOFTMAX_OF_ONE_AXIS else 1
    axis = next((attribute.i for attribute in last.attribute if attribute.name == "axis"), usual)
    if axis not in (1, 1 - len(sides)) or any(side.dim_value != 1 for side in sides[2:]):
        return False
    output.name = last.input[0]
    graph.node.remove(last)
    return True


def _lower(model: Any) -> None:
    """Say in older forms what came after opset 17; operators that are newer stay, to be named."""
    from onnx import helper, numpy_helper

    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type in _AXES_WERE_ATTRIBUTES and len(node.input) > 1 and node.input[1] in stored:
            axes = numpy_helper.to_array(stored[node.input[1]]).tolist()
            del node.input[1:]
            node.attribute.append(helper.make_attribute("axes", axes))
        dropped = _DROPPED.get(node.op_type)
        kept = [attribute for attribute in node.attribute if attribute.name != dropped]
        del node.attribute[:]
        node.attribute.extend(kept)
    version = _version(model)
    version.version = min(version.version, OPSET)


def _version(model: Any) -> Any:
    return next(one for one in model.opset_import if one.domain in _STANDARD)
