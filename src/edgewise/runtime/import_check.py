"""Import packages one after another, try the engines out, and print what came of it, a JSON object a line.

`edgewise.runtime.health` runs it in a process of its own: a broken package can crash the process that imports it. A
package that is named and not judged is the one that crashed it.
"""

import importlib
import json
from collections.abc import Callable
from importlib import metadata, resources
from time import perf_counter

import numpy as np

from edgewise.private import hide_openvino_telemetry

_BESIDE_TORCH = ("torchvision", "timm", "onnx2torch")  # the others import the first


def main(distributions: list[str]) -> None:
    """Check each distribution; never raises."""
    hide_openvino_telemetry()
    for name in distributions:
        print(json.dumps({"package": name}), flush=True)  # noqa: T201 - this is the protocol
        started = perf_counter()
        try:
            note = _check(name)
            reply = {"package": name, "ok": True, "note": note}
        except BaseException as error:  # whatever a broken package raises
            said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
            reply = {"package": name, "ok": False, "note": f"{type(error).__name__}: {said}"[:300]}
        print(json.dumps(reply | {"seconds": round(perf_counter() - started, 2)}), flush=True)  # noqa: T201


def _check(name: str) -> str:
    if name in _BESIDE_TORCH:
        from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators

        declare_operators()
    importlib.import_module(_module_name(name))
    return _TRIALS[name]() if name in _TRIALS else "imports"


def _module_name(distribution: str) -> str:
    """The package that a distribution installs, where it is not named like it."""
    listed = (metadata.distribution(distribution).read_text("top_level.txt") or "").split()
    usual = distribution.replace("-", "_").lower()
    return _MODULES.get(distribution) or (usual if usual in listed or not listed else listed[0])


def _run_onnx() -> str:
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import find

    model = load(find(["tiny:xs"])[0])
    logits, _, infer_ms = model.classify(np.full((40, 60, 3), 128, np.uint8))
    assert np.isfinite(logits).all(), "tiny:xs gave no numbers"
    return f"runs: tiny:xs in {infer_ms:.2f} ms"


def _run_torch() -> str:
    import torch

    ones = torch.ones(64, 64)
    assert (ones @ ones)[0, 0].item() == 64, "a matrix product was wrong"
    return f"runs: a matrix product, {torch.get_num_threads()} threads"


def _run_litert() -> str:
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_content=resources.files("edgewise.runtime").joinpath("relu.tflite").read_bytes())
    network.allocate_tensors()
    (taken,), (given,) = network.get_input_details(), network.get_output_details()
    network.set_tensor(taken["index"], np.array([-1, 0, 1, 2], np.float32))
    network.invoke()
    assert network.get_tensor(given["index"]).tolist() == [0, 0, 1, 2], "a network of one operator was wrong"
    return "runs: a network of one operator"


def _run_openvino() -> str:
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import find

    model = load(find(["tiny:xs"])[0], engine="openvino")
    logits, _, infer_ms = model.classify(np.full((40, 60, 3), 128, np.uint8))
    assert np.isfinite(logits).all(), "tiny:xs gave no numbers"
    return f"runs: tiny:xs in {infer_ms:.2f} ms"


def _run_executorch() -> str:
    import torch

    from edgewise.runtime.executorch import import_executorch

    content = resources.files("edgewise.runtime").joinpath("relu.pte").read_bytes()
    program = import_executorch("The trial")._load_program_from_buffer(content)
    (given,) = program.load_method("forward")([torch.tensor([-1.0, 0.0, 1.0, 2.0])])
    assert given.tolist() == [0, 0, 1, 2], "a network of one operator was wrong"
    return "runs: a network of one operator"


def _run_ncnn() -> str:
    from edgewise.runtime.ncnn import import_ncnn

    ncnn = import_ncnn("The trial")
    network = ncnn.Net()
    assert network.load_param_mem("7767517\n2 2\nInput in 0 1 image\nReLU relu 1 1 image out\n") == 0, "was not loaded"
    values = np.array([-1, 0, 1, 2], np.float32)
    with network.create_extractor() as extractor:
        extractor.input("image", ncnn.Mat(values).clone())
        _, given = extractor.extract("out")
        assert np.array(given).tolist() == [0, 0, 1, 2], "a network of one operator was wrong"
    return "runs: a network of one operator"


_MODULES = {"opencv-python-headless": "cv2", "pillow": "PIL", "scikit-learn": "sklearn"}
_TRIALS: dict[str, Callable[[], str]] = {
    "onnxruntime": _run_onnx,
    "torch": _run_torch,
    "ai-edge-litert": _run_litert,
    "openvino": _run_openvino,
    "executorch": _run_executorch,
    "ncnn": _run_ncnn,
}
