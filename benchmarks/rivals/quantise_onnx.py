"""Static int8 of an ONNX network by ONNX Runtime's quantiser, calibrated on a user's images.

python quantise_onnx.py NET.onnx OUT.onnx IMAGES --size 192
"""

import argparse
import tempfile
from pathlib import Path

import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torchvision import transforms as T
from torchvision.datasets import ImageFolder


class Reader(CalibrationDataReader):
    def __init__(self, path, images, size):
        normal = T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        eats = T.Compose([T.Resize(size * 256 // 224), T.CenterCrop(size), T.ToTensor(), normal])
        folder = ImageFolder(images, eats)
        name = ort.InferenceSession(path).get_inputs()[0].name
        self.feeds = ({name: folder[place][0][None].numpy()} for place in range(0, len(folder), len(folder) // 100))

    def get_next(self):
        return next(self.feeds, None)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("net")
    parser.add_argument("out")
    parser.add_argument("images", type=Path)
    parser.add_argument("--size", type=int, default=224)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        prepared = f"{scratch}/prepared.onnx"
        quant_pre_process(given.net, prepared)
        quantize_static(
            prepared,
            given.out,
            Reader(given.net, given.images, given.size),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


if __name__ == "__main__":
    main()
