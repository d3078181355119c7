"""Converts a stored PyTorch program to LiteRT; `to_litert` runs this file with a Python of its own.

That Python has litert-torch, which cannot live beside what edgewise is tested with, and need not have edgewise: this
file imports nothing of it. Arguments: the program (`torch.export.save`), the file to write, and for int8 a folder of
images, float32 [1, side, side, 3] each, in .npy files. What went wrong is the last line of stderr, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(program: str, out: str, images: str = "") -> None:
    """Write the network as a .tflite file that takes an image in NHWC order, as float32 or, quantised, as int8."""
    import litert_torch  # pyright: ignore[reportMissingImports] - in an environment of its own
    import torch

    stored = torch.export.load(program)
    assert stored.example_inputs is not None, "it was exported with some"
    taken: torch.Tensor = stored.example_inputs[0][0]
    module = stored.module()

    class ChannelsLast(torch.nn.Module):
        """Takes the image as LiteRT's other networks do; the converter moves the permutation into the layers."""

        def __init__(self) -> None:
            super().__init__()
            self.network = module

        def forward(self, image: Any) -> Any:
            return self.network(image.permute(0, 3, 1, 2))

    example = torch.zeros(*(taken.shape[i] for i in (0, 2, 3, 1)))
    converted = litert_torch.convert(ChannelsLast(), (example,))
    converted.export(out)
    if images:
        _quantise(out, images)


def _quantise(path: str, images: str) -> None:
    """Weights and activations become int8, weights per channel; the input and the output too."""
    import numpy as np
    from ai_edge_quantizer import quantizer, recipe  # pyright: ignore[reportMissingImports]

    rounded = quantizer.Quantizer(path)
    rounded.load_quantization_recipe(recipe.static_wi8_ai8())
    (key, name), *_ = _inputs(path).items()
    bounds: dict[str, Any] = {}
    for file in sorted(Path(images).glob("*.npy")):
        # One by one: over several, the calibrator moves 5% of the way to each, so that the first decides.
        for tensor, seen in rounded.calibrate({key: [{name: np.load(file)}]}).items():
            known = bounds.setdefault(tensor, seen)
            if "min" in known and "min" in seen:
                known["min"] = np.minimum(known["min"], seen["min"])
                known["max"] = np.maximum(known["max"], seen["max"])
    rounded.quantize(bounds).export_model(path, overwrite=True)


def _inputs(path: str) -> dict[str, str]:
    """The name of the input of each signature."""
    from ai_edge_litert.interpreter import Interpreter

    listed = Interpreter(model_path=path).get_signature_list()
    return {key: signature["inputs"][0] for key, signature in listed.items()}


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Exception as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        print(json.dumps({"error": f"{type(error).__name__}: {reason}", "text": str(error)[-4000:]}), file=sys.stderr)  # noqa: T201
        sys.exit(1)
