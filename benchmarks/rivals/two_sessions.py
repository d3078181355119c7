"""A plain cascade of two ONNX networks: the small one answers, unless its softmax is too low; then the large one does.

    python two_sessions.py tune MODELS.toml FOLDER_OF_CLASSES CASCADE.json small large
    python two_sessions.py answer MODELS.toml FOLDER_OF_IMAGES CASCADE.json

The threshold is the least at which the cascade is as often right on the tuning images as the large network alone.
"""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime as ort
from PIL import Image


class Model:
    def __init__(self, entry, classes):
        self.entry, self.columns = entry, [entry["classes"].index(name) for name in classes]
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = ort.InferenceSession(entry["source"].removeprefix("onnx:"), options)
        self.given = self.session.get_inputs()[0]

    def __call__(self, image):
        size, resize = self.given.shape[2], self.entry["resize_px"]
        image = image.resize([max(resize, round(side * resize / min(image.size))) for side in image.size])
        left, top = ((side - size) // 2 for side in image.size)
        pixels = np.asarray(image.crop((left, top, left + size, top + size)), np.float32) / 255
        normal = (pixels - np.float32(self.entry["mean"])) / np.float32(self.entry["std"])
        logits = self.session.run(None, {self.given.name: normal.transpose(2, 0, 1)[None]})[0][0][self.columns]
        raised = np.exp(logits - logits.max())
        return raised / raised.sum()


def answer(small, large, threshold, path):
    image = Image.open(path).convert("RGB")
    found = small(image)
    return int((found if found.max() >= threshold else large(image)).argmax())


def tune(small, large, files, labels):
    images = (Image.open(path).convert("RGB") for path in files)
    small, large = (np.array(one) for one in zip(*((small(image), large(image)) for image in images), strict=True))
    wanted = (large.argmax(1) == labels).mean()
    for threshold in [0.0, *np.unique(small.max(1)), 1.1]:
        found = np.where((small.max(1) >= threshold)[:, None], small, large)
        if (found.argmax(1) == labels).mean() >= wanted:
            return float(threshold)


def main():
    what, file, folder, kept, *names = sys.argv[1:]
    entries = {one["name"]: one for one in tomllib.loads(Path(file).read_text())["model"]}
    if what == "tune":
        classes = sorted(path.name for path in Path(folder).iterdir())
        files = sorted(Path(folder).glob("*/*"))
        labels = np.array([classes.index(path.parent.name) for path in files])
        threshold = tune(*(Model(entries[name], classes) for name in names), files, labels)
        found = {"small": names[0], "large": names[1], "threshold": threshold, "classes": classes}
        Path(kept).write_text(json.dumps(found))
    else:
        found = json.loads(Path(kept).read_text())
        models = [Model(entries[found[name]], found["classes"]) for name in ("small", "large")]
        for path in sorted(Path(folder).rglob("*.*")):
            print(path, found["classes"][answer(*models, found["threshold"], path)])


if __name__ == "__main__":
    main()
