"""A network as an ExecuTorch program: lowered to XNNPACK, quantised by PT2E where int8 is asked for."""

import copy
import re
from pathlib import Path
from typing import Any

from edgewise.errors import MissingExtra, ModelError, UsageError
from edgewise.export.network import Images, Network, Precision
from edgewise.export.quiet_compiler import quiet_compiler
from edgewise.runtime.executorch import import_executorch
from edgewise.store import atomic_path

PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
_HINT = "Export it for another runtime, or replace them in the network."
_NOT_CORE = re.compile(r"_ops\.(\S+?) is not in Core ATen")


def export_executorch(network: Network, path: Path, precision: Precision, images: Images | None) -> tuple[str, ...]:
    """Write `path`, a program for one image of the network's size; returns the operators that XNNPACK did not take.

    Those run in ExecuTorch's portable kernels, which are slow. int8 is static and symmetric, of weights per channel,
    calibrated on `images`. Raises `ModelError` that names the operators which ExecuTorch has no kernel for,
    `UsageError` for another precision, `MissingExtra` without the packages.
    """
    if precision not in PRECISIONS:
        raise UsageError(f"ExecuTorch has no {precision} here.", f"Take {', '.join(PRECISIONS)}.")
    source = network.classifier.card.source
    module: Any = network.module
    native = import_executorch("Exporting to ExecuTorch")
    with quiet_compiler():
        import torch

        # A copy: XNNPACK's compiler refuses weights in the channels-last order that the session has them in.
        module = copy.deepcopy(module).to(memory_format=torch.contiguous_format).eval()
        try:
            exported = torch.export.export(module, (torch.zeros(1, 3, network.size_px, network.size_px),))
            if precision == "int8":
                assert images is not None, "the caller saw to it"
                exported = _quantised(exported, images)
            program = _lowered(exported)
        except MissingExtra:
            raise
        except Exception as error:  # of the compiler, of many kinds
            raise _refused(source, error) from error
    operators = _operators(program)
    if missing := sorted(set(operators) - set(native._get_operator_names())):
        raise ModelError(f"{source} has operators that ExecuTorch has no kernel for: {', '.join(missing)}.", _HINT)
    with atomic_path(path) as temporary:
        temporary.write_bytes(program.buffer)
    return operators


def _lowered(exported: Any) -> Any:
    try:
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import (  # pyright: ignore[reportMissingImports]
            XnnpackPartitioner,
        )
        from executorch.exir import to_edge_transform_and_lower  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise MissingExtra("Exporting to ExecuTorch", "executorch") from error
    return to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()]).to_executorch()


def _quantised(exported: Any, images: Images) -> Any:
    """The program with its layers on 8-bit integers, as they lie in these images."""
    try:
        from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (  # pyright: ignore[reportMissingImports]
            XNNPACKQuantizer,
            get_symmetric_quantization_config,
        )
        from torchao.quantization.pt2e.quantize_pt2e import (  # pyright: ignore[reportMissingImports]
            convert_pt2e,
            prepare_pt2e,
        )
    except ImportError as error:
        raise MissingExtra("Quantising for ExecuTorch", "executorch") from error
    import torch

    quantizer = XNNPACKQuantizer()
    quantizer.set_global(get_symmetric_quantization_config(is_per_channel=True, is_dynamic=False))
    observed = prepare_pt2e(exported.module(), quantizer)
    example: Any = None
    with torch.no_grad():
        for image in images():
            example = torch.from_numpy(image.copy())
            observed(example)
    return torch.export.export(convert_pt2e(observed), (example,))


def _operators(program: Any) -> tuple[str, ...]:
    """The operators of a program that no delegate computes, by their full names."""
    (plan,) = program.executorch_program.execution_plan
    return tuple(sorted({f"{op.name}.{op.overload}" if op.overload else op.name for op in plan.operators}))


def _refused(source: str, error: Exception) -> ModelError:
    """What the compiler says, of which the first cause says most."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    texts = [str(cause) for cause in causes]
    if names := list(dict.fromkeys(name for text in texts for name in _NOT_CORE.findall(text))):
        return ModelError(f"{source} has operators that ExecuTorch has no kernel for: {', '.join(names)}.", _HINT)
    told = next((line.strip() for text in reversed(texts) for line in text.splitlines() if line.strip()), "")
    return ModelError(f"{source} cannot be exported to ExecuTorch: {told[:300] or type(error).__name__}.", _HINT)
