"""Users, images and networks of the evaluation data, for `prune_users.py` and its ablation."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pages import ROOT

from edgewise.images.decode import decode, read_file
from edgewise.store import atomic_path
from edgewise.zoo.classifier import Classifier

DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data")).resolve()
IMAGES = DATA / "imagenet20"
SEED, IMAGES_PER_STREAM = 0, 500
DOG_LAST = "n02115641"  # the ten dog classes at full aspect sort up to it; the springer is the other half's
SPRINGER = "n02102040"


@dataclass(frozen=True)
class User:
    """Classes of one user, as folders of the data set."""

    pool: str
    draw: int
    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.pool}-{len(self.classes)}-{self.draw}"


@dataclass(frozen=True)
class Network:
    """One network of the evaluation data at one input size."""

    kind: str
    size_px: int

    @property
    def name(self) -> str:
        return f"{self.kind} at {self.size_px} px"

    @property
    def key(self) -> str:
        return f"{_FUNCTIONS.get(self.kind, 'mobilenet_v2_int8')}-{self.size_px}"

    @property
    def known(self) -> list[str]:
        """The folder name of each of its outputs."""
        if self.kind == "Inception-V3":
            return folders()
        names = (DATA / "wnids_1000.txt").read_text().split()
        return ["background", *names] if self.kind == "MobileNetV2 int8" else names

    def columns(self, user: User) -> list[int]:
        """Its outputs for the user's classes."""
        known = self.known
        return [known.index(name) for name in user.classes]


_FUNCTIONS = {"ResNet-18": "resnet18", "ResNet-50": "resnet50", "Inception-V3": "inception_v3_20"}
BASELINES = (
    *(Network(kind, size_px) for kind in ("ResNet-50", "ResNet-18") for size_px in (224, 192, 160, 128)),
    *(Network("Inception-V3", size_px) for size_px in (299, 224)),
    Network("MobileNetV2 int8", 224),
)


def folders() -> list[str]:
    return sorted(path.name for path in (IMAGES / "train").iterdir())


def users(draws: dict[int, int]) -> Iterator[User]:
    """Of each pool so many for each number of classes, drawn by the seed: the first draws of all come first."""
    names = folders()
    dogs = [name for name in names if name.startswith("n02") and name <= DOG_LAST and name != SPRINGER]
    pools = {"dogs": dogs, "others": [name for name in names if name not in dogs], "mixed": names}
    for number in range(max(draws.values())):
        for classes in (classes for classes, count in draws.items() if number < count):
            for place, (pool, of) in enumerate(pools.items()):
                rng = np.random.default_rng([SEED, place] if classes == 5 else [SEED, place, classes])
                chosen = [rng.choice(len(of), classes, replace=False) for _ in range(number + 1)][number]
                yield User(pool, number, tuple(of[i] for i in sorted(chosen)))


def torch_classifier(network: Network) -> Classifier:
    """One of the PyTorch networks as the zoo loads it."""
    from edgewise.zoo.card import CardFile
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import Source

    function = _FUNCTIONS[network.kind]
    sys.path.insert(0, str(DATA))
    import nets

    eats = nets.INPUT[function]
    resize_px = round(eats.resize_px * network.size_px / eats.size_px)
    given = {"name": network.key, "size_px": network.size_px, "resize_px": resize_px}
    given |= {"mean": list(eats.mean), "std": list(eats.std)}
    classes = folders() if network.kind == "Inception-V3" else "imagenet1k"
    return load(Source("torch", f"{DATA / 'nets.py'}:{function}", CardFile(given | {"classes": classes}, "benchmark")))


def stream_of(user: User, work: Path, per_stream: int = IMAGES_PER_STREAM) -> Path:
    """A folder with links to training images of the user's classes, as many of each."""
    folder = work / user.name / f"stream-{per_stream}"
    for name in user.classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for path in sorted((IMAGES / "train" / name).iterdir())[: per_stream // len(user.classes)]:
            link = folder / name / path.name
            if not link.is_symlink():
                link.symlink_to(path)
    return folder


def validation(classes: Sequence[str]) -> tuple[list[Path], np.ndarray]:
    """All validation images of these classes, and the place of each one's class."""
    files = [(path, place) for place, name in enumerate(classes) for path in sorted((IMAGES / "val" / name).iterdir())]
    return [path for path, _ in files], np.array([place for _, place in files])


def foreign_images(user: User, each: int = 10) -> list[Path]:
    """The first validation images of each class of the data that is not the user's."""
    rest = [name for name in folders() if name not in user.classes]
    return [path for name in rest for path in sorted((IMAGES / "val" / name).iterdir())[:each]]


def prepared(paths: Sequence[Path], preprocess: Any) -> Iterator[np.ndarray]:
    """float32 [1, 3, size, size] each."""
    for path in paths:
        yield preprocess.apply(decode(read_file(path), path).pixels)[None]


def baseline_file(work: Path, network: Network) -> Path:
    """The ONNX or LiteRT file of a network at its size; exported once."""
    if network.kind == "MobileNetV2 int8":
        return DATA / "weights" / "mobilenet_v2_1.0_224_quant.tflite"
    from edgewise.zoo.export import export_onnx

    folder = work / "generic" / network.key
    if not (folder / "done").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        model = torch_classifier(network)
        exported = export_onnx(replace(model, card=replace(model.card, name="generic")), folder)
        (folder / "done").write_text(exported.model.name)
    return folder / (folder / "done").read_text()


def session_of(path: Path) -> Any:
    """One thread."""
    from edgewise.runtime.litert import LiteRtSession
    from edgewise.runtime.onnx import OnnxSession

    return LiteRtSession(path) if path.suffix == ".tflite" else OnnxSession(path)


def baseline_answers(work: Path, network: Network) -> np.ndarray:
    """float32 [n, outputs] on all validation images of all classes, in the order of `validation(folders())`."""
    from edgewise.images.preprocess import Preprocess

    done = work / "generic" / f"{network.key}.npy"
    if not done.is_file():
        path = baseline_file(work, network)
        if network.kind == "MobileNetV2 int8":
            preprocess = Preprocess(size_px=224, resize_px=256, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
        else:
            preprocess = torch_classifier(network).card.preprocess
        session = session_of(path)
        answers = [session.run(image)[0] for image in prepared(validation(folders())[0], preprocess)]
        with atomic_path(done) as temporary, temporary.open("wb") as file:
            np.save(file, np.stack(answers))
    return np.load(done)


def restricted_right(work: Path, network: Network, user: User) -> list[bool]:
    """Whether each answer among the user's classes is right."""
    _, labels = validation(folders())
    own = [folders().index(name) for name in user.classes]
    answers = baseline_answers(work, network)[:, network.columns(user)]
    return [bool(own[answer.argmax()] == label) for answer, label in zip(answers, labels, strict=True) if label in own]


def write_atomically(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(found))
