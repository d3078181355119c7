"""What a LiteRT file's last layer takes comes out beside its scores, which stay what they were to the bit."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.runtime.litert import LiteRtSession
from edgewise.runtime.litert_penultimate import find_in_litert, with_output
from edgewise.runtime.session import Ends

pytest.importorskip("ai_edge_litert", reason="the extra [litert] is not installed")
from tests.litert_files import CHANNELS, DENSE, DENSE_BIAS, SIDE, write_net

pytestmark = pytest.mark.litert
IMAGES = np.random.default_rng(0).random((3, 3, SIDE, SIDE), np.float32)


@pytest.mark.parametrize("number", ["float32", "int8", "uint8"])
@pytest.mark.parametrize("softmax", [False, True])
def test_the_dense_layer_makes_the_scores_of_it(tmp_path: Path, number: str, softmax: bool) -> None:
    path = write_net(tmp_path / "a.tflite", number, softmax=softmax)
    plain, session = LiteRtSession(path), LiteRtSession(path, embedding=True)
    scores, vectors = session.run_with_embedding(IMAGES)
    np.testing.assert_array_equal(scores, plain.run(IMAGES))
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, session.signature.embedding_width) == (3, CHANNELS)
    assert plain.signature.embedding_width is None
    logits = vectors @ DENSE.T + DENSE_BIAS
    if softmax:
        logits = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scores, logits, atol=1e-5 if number == "float32" else 0.12)
    assert len(np.unique(vectors, axis=0)) == 3


def test_an_output_already_is_not_added_again(tmp_path: Path) -> None:
    path = write_net(tmp_path / "a.tflite", two_outputs=True)
    session = LiteRtSession(path, ends=Ends(output_name="logits"), embedding=True)
    assert session.signature.embedding_width == CHANNELS
    assert find_in_litert(path, None) is None  # which of the two is meant is not said
    found = find_in_litert(path, "logits")
    assert found is not None
    assert with_output(path, found.index) == path.read_bytes()


def test_an_open_size_is_given(tmp_path: Path) -> None:
    path = write_net(tmp_path / "a.tflite", open_size=True)
    session = LiteRtSession(path, ends=Ends(size_px=SIDE), embedding=True)
    scores, vectors = session.run_with_embedding(IMAGES)
    np.testing.assert_allclose(scores, vectors @ DENSE.T + DENSE_BIAS, atol=1e-5)


@pytest.mark.parametrize("content", [b"", b"no network", bytes(200)])
def test_a_broken_file_says_what_it_says_without(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tflite").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be loaded by LiteRT"):
        LiteRtSession(tmp_path / "a.tflite", embedding=True)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "width"), [("mobilenet_v1_0.25_128_quant", 256), ("mobilenet_v2_1.0_224_quant", 1280)]
)
def test_published_networks_answer_the_same(evaluation_data: Path, name: str, width: int) -> None:
    path = evaluation_data / "weights" / f"{name}.tflite"
    plain, session = LiteRtSession(path), LiteRtSession(path, embedding=True)
    assert session.signature.embedding_width == width
    side = plain.signature.size_px
    images = np.random.default_rng(0).normal(size=(5, 3, side, side)).astype(np.float32)
    scores, vectors = session.run_with_embedding(images)
    np.testing.assert_array_equal(scores, plain.run(images))
    assert vectors.min() >= 0  # ReLU6, averaged
    assert vectors.max() <= 6
    assert len(np.unique(vectors, axis=0)) == 5
