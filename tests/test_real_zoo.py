"""Real networks on real photographs, through the same path as everything else."""

from pathlib import Path

import pytest

from edgewise.profile.run import Settings, profile

pytestmark = [pytest.mark.real, pytest.mark.litert, pytest.mark.torch]


def zoo_file(folder: Path, data: Path, *, inception: bool) -> Path:
    """Two quantised LiteRT networks, a PyTorch ResNet-18, and a network of another class set."""
    text = f"""
[[model]]
source = "tflite:{data}/weights/mobilenet_v1_0.25_128_quant.tflite"

[[model]]
source = "tflite:{data}/weights/mobilenet_v2_1.0_224_quant.tflite"

[[model]]
source = "torch:{data}/nets.py:resnet18"
resize_px = 256
"""
    if inception:
        classes = sorted(path.name for path in (data / "imagenet20" / "val").iterdir())
        text += f"""
[[model]]
source = "torch:{data}/nets.py:inception_v3_20"
size_px = 299
resize_px = 299
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
classes = {classes}
"""
    path = folder / "zoo.toml"
    path.write_text(text)
    return path


def test_1000_way_on_unbiased_images(evaluation_data: Path, tmp_path: Path) -> None:
    """The first 100 official validation images, labels as class numbers; published top-1 is about 40, 70 and 67%."""
    labels = evaluation_data / "imagenet_val_first100" / "labels.csv"
    outcomes = profile(Settings((str(zoo_file(tmp_path, evaluation_data, inception=False)),), labels, tmp_path / "out"))
    smallest, mobilenet, resnet = (outcomes.logits(name).argmax(1) == outcomes.labels for name in outcomes.models)
    assert 0.30 <= smallest.mean() <= 0.50
    assert 0.62 <= mobilenet.mean() <= 0.80
    assert 0.55 <= resnet.mean() <= 0.75


@pytest.mark.long
def test_20_way_across_class_sets(evaluation_data: Path, tmp_path: Path) -> None:
    """1001, 1000 and 20 classes meet in the 20 that the data set has; labels are WordNet ids."""
    data = tmp_path / "data"
    for folder in sorted((evaluation_data / "imagenet20" / "val").iterdir()):
        (data / folder.name).mkdir(parents=True)
        for image in sorted(folder.iterdir())[:3]:
            (data / folder.name / image.name).symlink_to(image)
    zoo = zoo_file(tmp_path, evaluation_data, inception=True)
    outcomes = profile(Settings((str(zoo),), data, tmp_path / "out", classes=("data",)))
    assert len(outcomes.classes) == 20
    accuracy = {name: (outcomes.logits(name).argmax(1) == outcomes.labels).mean() for name in outcomes.models}
    assert accuracy["mobilenet_v1_0.25_128_quant"] > 0.6
    assert min(accuracy["resnet18"], accuracy["inception_v3_20"], accuracy["mobilenet_v2_1.0_224_quant"]) > 0.8
