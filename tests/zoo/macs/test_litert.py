"""The work of LiteRT files, by hand and against published figures."""

from pathlib import Path

import pytest

from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work
from edgewise.zoo.macs.litert import count_litert
from edgewise.zoo.macs.work import Layer, Uncounted
from edgewise.zoo.sources import find

pytestmark = pytest.mark.litert


@pytest.mark.parametrize(("number", "kind"), [("float32", "float32"), ("int8", "int8"), ("uint8", "int8")])
def test_by_hand(tmp_path: Path, number: str, kind: str) -> None:
    from tests.litert_files import CHANNELS, CLASSES, SIDE, write_net

    half, weights = SIDE // 2, CHANNELS * 27
    maps = half * half * CHANNELS
    layers = count_litert(write_net(tmp_path / "a.tflite", number), SIDE).layers
    assert layers[0] == Layer(maps * 27, kind, weights, 3 * SIDE * SIDE + maps)  # type: ignore[arg-type]
    assert layers[1:] == (Layer(CHANNELS * CLASSES, kind, CHANNELS * CLASSES, CHANNELS + CLASSES),)  # type: ignore[arg-type]


def test_an_open_size(tmp_path: Path) -> None:
    """The shapes are those of the image asked for."""
    from tests.litert_files import SIDE, write_net

    path = write_net(tmp_path / "a.tflite", open_size=True)
    small, large = (count_litert(path, side).layers[0].macs for side in (SIDE, 2 * SIDE))
    assert large == 4 * small


def test_what_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "a.tflite").write_bytes(b"no network")
    with pytest.raises(Uncounted, match="does not tell its operators"):
        count_litert(tmp_path / "a.tflite", 8)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "million"),
    [
        # Howard et al. 2017, table 6 and the formula above it: 325 M at 224 px, by (192 / 224) ** 2.
        ("mobilenet_v1_0.75_192_quant", 239),
        ("mobilenet_v1_0.25_128_quant", 14),
        ("mobilenet_v1_0.5_160_quant", 77),
        ("mobilenet_v2_1.0_224_quant", 300),
    ],
)
def test_published_figures(evaluation_data: Path, name: str, million: int) -> None:
    work = count_work(load(find([str(evaluation_data / "weights" / f"{name}.tflite")])[0]))
    assert round(work.macs / 1e6) == pytest.approx(million, abs=1)
    assert {layer.number for layer in work.layers} == {"int8"}
