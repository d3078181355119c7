"""A plain cascade of two networks: the small one answers, unless its softmax is too low; then the large one does.

    python plain_cascade.py tune MODELS.toml FOLDER_OF_CLASSES CASCADE.json small large
    python plain_cascade.py tune MODELS.toml FOLDER_OF_CLASSES CASCADE.json        (all pairs are tried)
    python plain_cascade.py answer MODELS.toml FOLDER_OF_IMAGES CASCADE.json

The threshold is the least at which the cascade is as often right on the tuning images as the best model alone.
"""

import itertools
import json
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import onnxruntime as ort
from ai_edge_litert.interpreter import Interpreter
from PIL import Image


class Model:
    def __init__(self, entry, classes):
        self.entry, self.path = entry, entry["source"].split(":", 1)[1]
        known = entry["classes"]
        self.columns = [known.index(name) for name in classes]
        if self.path.endswith(".tflite"):
            self.session = Interpreter(self.path, num_threads=1)
            self.session.allocate_tensors()
            self.given, self.gives = self.session.get_input_details()[0], self.session.get_output_details()[0]
            self.size = self.given["shape"][1]
        else:
            options = ort.SessionOptions()
            options.intra_op_num_threads = 1
            self.session = ort.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
            self.name = self.session.get_inputs()[0].name
            self.size = self.session.get_inputs()[0].shape[2]

    def prepared(self, image):
        resize = self.entry["resize_px"]
        scale = resize / min(image.size)
        image = image.resize([max(resize, round(side * scale)) for side in image.size], Image.Resampling.BILINEAR)
        left, top = ((side - self.size) // 2 for side in image.size)
        return np.asarray(image.crop((left, top, left + self.size, top + self.size)))

    def __call__(self, image):
        pixels = self.prepared(image)
        if self.path.endswith(".tflite"):
            self.session.set_tensor(self.given["index"], pixels[None])
            self.session.invoke()
            own = self.session.get_tensor(self.gives["index"])[0].astype(float)[self.columns]
            return own / max(own.sum(), 1)
        normal = (pixels / np.float32(255) - np.float32(self.entry["mean"])) / np.float32(self.entry["std"])
        own = self.session.run(None, {self.name: normal.transpose(2, 0, 1)[None]})[0][0][self.columns]
        own = np.exp(own - own.max())
        return own / own.sum()


class Cascade:
    def __init__(self, small, large, threshold):
        self.small, self.large, self.threshold = small, large, threshold

    def __call__(self, path):
        image = Image.open(path).convert("RGB")
        found = self.small(image)
        return int((found if found.max() >= self.threshold else self.large(image)).argmax())


def tune(models, files, labels):
    answers = {name: [] for name in models}
    seconds = dict.fromkeys(models, 0.0)
    for path in files:
        image = Image.open(path).convert("RGB")
        for name, model in models.items():
            started = time.perf_counter()
            answers[name].append(model(image))
            seconds[name] += time.perf_counter() - started
    found = {name: np.array(rows) for name, rows in answers.items()}
    right = {name: rows.argmax(1) == labels for name, rows in found.items()}
    wanted = max(rows.mean() for rows in right.values())
    best = max(models, key=lambda name: right[name].mean())
    kept = {"small": best, "large": best, "threshold": 0.0}, seconds[best] / len(files)
    for small, large in itertools.permutations(models, 2):
        sure = found[small].max(1)
        for threshold in np.unique(sure):
            asks = sure < threshold
            spent = (seconds[small] + asks.mean() * seconds[large]) / len(files)
            if np.where(asks, right[large], right[small]).mean() >= wanted and spent < kept[1]:
                kept = {"small": small, "large": large, "threshold": float(threshold)}, spent
    return kept[0]


def load(file, classes, names):
    entries = {one["name"]: one for one in tomllib.loads(Path(file).read_text())["model"]}
    return {name: Model(entries[name], classes) for name in names or entries}


def main():
    what, file, folder, kept, *names = sys.argv[1:]
    if what == "tune":
        classes = sorted(path.name for path in Path(folder).iterdir())
        files = [path for name in classes for path in sorted((Path(folder) / name).iterdir())]
        labels = np.array([classes.index(path.parent.name) for path in files])
        found = tune(load(file, classes, names), files, labels)
        Path(kept).write_text(json.dumps(found | {"classes": classes}))
        print(found)
    else:
        found = json.loads(Path(kept).read_text())
        models = load(file, found["classes"], [found["small"], found["large"]])
        cascade = Cascade(models[found["small"]], models[found["large"]], found["threshold"])
        for path in sorted(Path(folder).rglob("*.*")):
            print(path, found["classes"][cascade(path)])


if __name__ == "__main__":
    main()
