"""ncnn's files answer as NumPy does, and what cannot work is said before ncnn reads past its memory."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.runtime.ncnn_file import precision_of, read_ncnn_file, with_input
from edgewise.runtime.session import Ends

pytest.importorskip("ncnn", reason="the extra [ncnn] is not installed")
from edgewise.runtime.ncnn import NcnnSession

pytestmark = pytest.mark.ncnn
SIDE, CHANNELS, CLASSES = 7, 5, 4  # an odd side: its rows do not fill ncnn's blocks
RANDOM = np.random.default_rng(3)
KERNEL = RANDOM.normal(size=(CHANNELS, 3)).astype(np.float32)
DENSE = RANDOM.normal(size=(CLASSES, CHANNELS)).astype(np.float32)
IMAGES = RANDOM.normal(size=(3, 3, SIDE, SIDE)).astype(np.float32)
PARAM = f"""7767517
4 4
Input        in   0 1 image
Convolution  conv 1 1 image maps 0={CHANNELS} 1=1 6={KERNEL.size} 9=1
Pooling      mean 1 1 maps vector 0=1 4=1
InnerProduct fc   1 1 vector scores 0={CLASSES} 2={DENSE.size}
"""


def write(folder: Path, param: str = PARAM, cut: int | None = None) -> Path:
    """A convolution, a mean and a dense layer."""
    flag = np.zeros(1, np.float32)  # weights follow as float32
    weights = np.concatenate([flag, KERNEL.ravel(), flag, DENSE.ravel()]).tobytes()
    (folder / "a.bin").write_bytes(weights[:cut])
    (folder / "a.param").write_text(param)
    return folder / "a.param"


def in_numpy(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores and penultimate vectors."""
    maps = np.maximum(np.einsum("nchw,oc->nohw", images, KERNEL), 0)
    return maps.mean((2, 3)) @ DENSE.T, maps.mean((2, 3))


def test_scores_and_penultimate_vectors(tmp_path: Path) -> None:
    session = NcnnSession(write(tmp_path), ends=Ends(size_px=SIDE), embedding=True)
    scores, vectors = in_numpy(IMAGES)
    np.testing.assert_allclose(session.run(IMAGES), scores, rtol=1e-4, atol=1e-5)
    found = session.run_with_embedding(IMAGES)
    np.testing.assert_allclose(found[0], scores, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1], vectors, rtol=1e-4, atol=1e-5)
    assert (session.signature.size_px, session.signature.outputs, session.signature.embedding_width) == (None, 4, 5)


def test_any_array_of_images(tmp_path: Path) -> None:
    """ncnn's matrices do not hold the arrays that they were made of."""
    session = NcnnSession(write(tmp_path), ends=Ends(size_px=SIDE))
    large = np.tile(IMAGES, (1, 1, 40, 40))
    for images in (large.astype(np.float64), large[:, :, ::-1], np.asfortranarray(large)):
        np.testing.assert_allclose(session.run(images), in_numpy(images)[0], rtol=1e-3, atol=1e-4)


def test_a_file_can_say_its_size_and_precision(tmp_path: Path) -> None:
    path = write(tmp_path, with_input(PARAM, SIDE, "bf16"))
    assert precision_of(read_ncnn_file(path)) == "bf16"
    session = NcnnSession(path)
    assert session.signature.size_px == SIDE
    scores = in_numpy(IMAGES)[0]
    np.testing.assert_allclose(session.run(IMAGES), scores, rtol=0.05, atol=0.05)
    assert precision_of(read_ncnn_file(write(tmp_path))) == "fp32"
    with pytest.raises(ModelError, match=r"on 8 x 8 pixels: it takes 7 x 7"):
        session.run(np.zeros((1, 3, 8, 8), np.float32))


def test_weights_that_do_not_fit_are_said(tmp_path: Path) -> None:
    fixed = PARAM.replace("Pooling      mean 1 1 maps vector 0=1 4=1", "Reshape      mean 1 1 maps vector 0=-1")
    path = write(tmp_path, fixed)
    with pytest.raises(
        ModelError, match=r"on 3 x 3 pixels: InnerProduct fc has weights for 5 channels, and gets \[45\]"
    ):
        NcnnSession(path, ends=Ends(size_px=3))
    session = NcnnSession(path, ends=Ends(size_px=1))
    with pytest.raises(ModelError, match=r"on 9 x 9 pixels: .*and gets \[405\]"):
        session.run(np.zeros((1, 3, 9, 9), np.float32))
    with pytest.raises(ModelError, match=r"Convolution conv has weights for 5 channels, and gets \[3, 7, 7\]"):
        NcnnSession(write(tmp_path, PARAM.replace("maps 0=5", "maps 0=3")), ends=Ends(size_px=SIDE))


@pytest.mark.parametrize(
    ("param", "reason"),
    [
        ("hello\n" * 5, "its first line is not 7767517"),
        (PARAM[:60], "cannot be read|not whole"),
        (PARAM.replace("1 1 vector scores", "9 1 vector scores"), "fc has other blobs than it says"),
        (PARAM.replace("Pooling     ", "torch.sort"), r"operators that ncnn .* does not know: torch.sort"),
        (PARAM.replace("1 1 image maps", "1 1 nothing maps"), "outputs|cannot be loaded"),
        (PARAM.replace("Input        in   0 1 image", "Input in 0 1 image 0=9 1=7 2=3"), "7 x 9 pixels"),
        (PARAM.replace("Input        in   0 1 image", "Input in 0 1 image 0=7 1=7 2=1"), "Only colour|expected"),
    ],
)
def test_broken_layers_are_said(tmp_path: Path, param: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        NcnnSession(write(tmp_path, param), ends=Ends(size_px=SIDE))


@pytest.mark.parametrize("cut", [0, 3, 10, -1])
def test_torn_weights_are_said(tmp_path: Path, cut: int, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded by ncnn: ModelBin read .* failed"):
        NcnnSession(write(tmp_path, cut=cut), ends=Ends(size_px=SIDE))
    assert capfd.readouterr().err == ""


def test_the_ends_of_a_card(tmp_path: Path) -> None:
    path = write(tmp_path)
    with pytest.raises(ModelError, match="has no input 'x'; its input is image"):
        NcnnSession(path, ends=Ends(input_name="x", size_px=SIDE))
    with pytest.raises(ModelError, match="has no output 'y'; it has scores"):
        NcnnSession(path, ends=Ends(output_name="y", size_px=SIDE))
    with pytest.raises(ModelError, match='its card says layout = "nhwc"'):
        NcnnSession(path, ends=Ends(layout="nhwc", size_px=SIDE))
