"""The engine answers what the selector decided, with the classes and times that belong to it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewise import Engine
from edgewise.drawn import CLASSES, draw_split
from edgewise.errors import ImageError, ModelError, StoreError
from edgewise.images.decode import decode
from edgewise.profile.outcomes import Outcomes
from edgewise.profile.run import Settings, profile
from edgewise.select.named import Options, method_named
from edgewise.serve.deployment import save_deployment
from edgewise.zoo.tiny import WEIGHTS


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Outcomes:
    return profile(Settings(("tiny:*",), drawn_folder, tmp_path_factory.mktemp("profile") / "out"))


def deploy(outcomes: Outcomes, folder: Path, name: str, **options: object) -> Path:
    trials = outcomes.trials()
    selector = method_named(name, Options(**options), trials).fit(trials)  # type: ignore[arg-type]
    save_deployment(folder, selector, outcomes.manifest, {})
    return folder


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("premodel", {"on_fail": "run"}),
        ("premodel", {"on_fail": "refuse"}),
        ("premodel", {"chain": "tree.nb", "features": ("contrast", "hue1")}),
        ("premodel", {"chain": "svm", "single": True}),
        ("premodel", {"doubt": 0.3}),
        ("cascade", {}),
        ("single", {"model": "tiny:s"}),
    ],
)
def test_engine_does_what_was_judged(
    outcomes: Outcomes, drawn_folder: Path, tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    """Image by image, the engine runs and answers what `route` says on the profile."""
    folder = deploy(outcomes, tmp_path / "s", name, **options)
    engine = Engine(folder)
    trials = outcomes.trials()
    routes = engine.deployment.selector.route(trials)
    for i in range(0, len(trials), 7):
        reply = engine.classify(drawn_folder / outcomes.images["image"][i])
        assert set(reply.ran) == {m for m, ran in zip(trials.models, routes.ran[i], strict=True) if ran}
        assert reply.refused == (routes.chosen[i] < 0)
        assert reply.why
        if not reply.refused:
            assert reply.label == outcomes.classes.names[routes.top[i, 0]]
            assert reply.model == trials.models[routes.chosen[i]]
            assert sum(p for _, p in reply.top) <= 1 + 1e-5


def test_bundled_default_answers_drawn_images() -> None:
    engine = Engine()
    images, labels = draw_split("sample", 10)
    replies = [engine.classify(image) for image in images]
    right = np.mean([reply.label == CLASSES[label] for reply, label in zip(replies, labels, strict=True)])
    assert right > 0.8
    assert sum(reply.load_ms > 0 for reply in replies) <= 4
    assert replies[-1].total_ms == pytest.approx(replies[-1].decode_ms + replies[-1].choose_ms + replies[-1].infer_ms)


def test_path_bytes_pixels_and_pillow_agree(drawn_folder: Path) -> None:
    path = next(drawn_folder.rglob("*.png"))
    content = path.read_bytes()
    engine = Engine()
    with Image.open(path) as opened:
        replies = [engine.classify(x) for x in (path, str(path), content, decode(content).pixels, opened)]
    assert len({(reply.top, reply.ran, reply.why) for reply in replies}) == 1


def test_what_is_no_image_is_said() -> None:
    with pytest.raises(ImageError, match="is a NoneType; expected a path"):
        Engine().classify(None)  # type: ignore[arg-type]


def test_a_pillow_image_is_converted_as_a_file_is(tmp_path: Path, drawn_folder: Path) -> None:
    with Image.open(next(drawn_folder.rglob("*.png"))) as opened:
        glass = opened.convert("RGBA")
    glass.putalpha(128)
    glass.save(tmp_path / "glass.png")
    engine = Engine()
    of_image, of_file = engine.classify(glass), engine.classify(tmp_path / "glass.png")
    assert (of_image.top, of_image.converted) == (of_file.top, of_file.converted)
    torn = tmp_path / "torn.png"
    torn.write_bytes((tmp_path / "glass.png").read_bytes()[:200])
    with Image.open(torn) as opened, pytest.raises(ImageError, match="is broken or truncated"):
        engine.classify(opened)


def test_restricted_classes(tmp_path: Path, drawn_folder: Path) -> None:
    """Models restricted to three classes answer among those three."""
    wanted = CLASSES[2:5]
    data = tmp_path / "data"
    for label in wanted:
        shutil.copytree(drawn_folder / label, data / label)
    outcomes = profile(Settings(("tiny:*",), data, tmp_path / "out", classes=("data",)))
    assert outcomes.classes.names == wanted
    engine = Engine(deploy(outcomes, tmp_path / "s", "cascade"))
    labels = {engine.classify(path).label for path in sorted(drawn_folder.rglob("*.png"))[::5]}
    assert labels <= set(wanted)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_bad_pixels_are_said(pixels: np.ndarray) -> None:
    with pytest.raises(ImageError, match="expected uint8"):
        Engine().classify(pixels)


def test_changed_model_is_refused(tmp_path: Path, drawn_folder: Path) -> None:
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "a.onnx")
    shutil.copy(WEIGHTS / "xs.toml", tmp_path / "a.toml")
    outcomes = profile(Settings((str(tmp_path / "a.onnx"),), drawn_folder, tmp_path / "out"))
    folder = deploy(outcomes, tmp_path / "s", "single")
    content = bytearray((tmp_path / "a.onnx").read_bytes())
    place = content.index(b"pytorch")  # the producer's name: the network still loads and answers the same
    content[place : place + 7] = b"PYTORCH"
    (tmp_path / "a.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="has changed since"):
        Engine(folder).classify(np.zeros((9, 9, 3), np.uint8))


def test_folder_without_a_selector(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        Engine(tmp_path)


def test_selector_that_does_not_know_its_models(outcomes: Outcomes, tmp_path: Path) -> None:
    folder = deploy(outcomes, tmp_path / "s", "cascade")
    stored = json.loads((folder / "selector.json").read_text())
    stored["data"]["about"]["models"] = []
    stored["data"]["about"]["outputs"] = []
    (folder / "selector.json").write_text(json.dumps(stored))
    with pytest.raises(StoreError, match="does not describe"):
        Engine(folder)


def test_answering_loads_neither_torch_nor_sklearn_nor_scipy(
    outcomes: Outcomes, drawn_folder: Path, tmp_path: Path
) -> None:
    """For every kind of selector, through the command's own entry."""
    image = next(drawn_folder.rglob("*.png"))
    folders = [str(deploy(outcomes, tmp_path / name, name)) for name in ("premodel", "cascade", "single")]
    code = (
        "import sys\n"
        "from edgewise.cli.app import app\n"
        f"for folder in {folders!r}:\n"
        f"    app(['classify', {str(image)!r}, '--selector', folder], standalone_mode=False)\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(loaded & {'torch', 'sklearn', 'scipy', 'pyarrow', 'pandas'})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "set()"


def test_importing_edgewise_loads_nothing_heavy() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\nimport edgewise\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "['edgewise']"
