"""Where a generic network is opened, and which are refused."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.personal.generic import FOLDER, GenericNetwork, GenericParts
from edgewise.store import file_sha256
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, find
from tests.tiny_generic import bundled_file, factory, images

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("behind", "share", "place"),
    [
        ([100, 60, 30, 10], 0.5, 1),
        ([100, 60, 30, 10], 0.6, 1),
        ([100, 60, 30, 10], 0.61, 0),
        ([100, 60, 30, 10], 0.05, 3),
        ([100, 60, 60, 10], 0.5, 2),
    ],
)
def test_the_shortest_tail_of_that_share(behind: list[int], share: float, place: int) -> None:
    from edgewise.prune.opening import place_for

    assert place_for(np.array(behind), share) == place


@pytest.mark.parametrize("share", [0.0, 1.1, -0.5, float("nan")])
def test_a_share_that_cannot_be(share: float) -> None:
    from edgewise.prune.opening import place_for

    with pytest.raises(UsageError, match="above 0, at most 1"):
        place_for(np.array([2, 1]), share)


def test_the_tail_has_the_share_that_was_asked_for(opened_once: Path) -> None:
    parts = GenericParts.read(opened_once / FOLDER)
    assert parts.place > 0
    assert 0.5 <= parts.tail_share < 1


@pytest.fixture
def text(tmp_path: Path) -> str:
    return factory(tmp_path)


def _other(tmp_path: Path, module: str, card: str) -> Source:
    """A small network of another make."""
    path = tmp_path / "other_net.py"
    path.write_text(f"import torch\n\ndef other():\n    return torch.nn.Sequential({module})\n")
    (tmp_path / "other.toml").write_text("size_px = 8\nresize_px = 8\n" + card)
    return find([f"torch:{path}:other"])[0]


_FEATURES = "torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), "


@pytest.mark.parametrize(
    ("module", "card", "match"),
    [
        ("torch.nn.Linear(3, 5), torch.nn.Softmax(dim=1)", 'output = "probabilities"\n', "gives probabilities"),
        ("torch.nn.Linear(3, 5)", "skip_outputs = 1\n", "outputs that stand for no class"),
        ("torch.nn.Linear(3, 65537)", "", "has 65,537 classes; 65,536 are the most"),
    ],
)
def test_a_network_without_one_logit_for_each_of_not_too_many_classes_is_refused(
    tmp_path: Path, module: str, card: str, match: str
) -> None:
    from edgewise.personal.open_generic import open_generic

    with pytest.raises(UsageError, match=match):
        open_generic(_other(tmp_path, _FEATURES + module, card), tmp_path / "generic")
    assert not (tmp_path / "generic").exists()


def test_a_share_that_leaves_no_prefix_is_refused(tmp_path: Path, text: str) -> None:
    from edgewise.personal.open_generic import open_generic

    with pytest.raises(UsageError, match=r"0\.999 of the MACs leave no prefix"):
        open_generic(find([text])[0], tmp_path / "generic", open_share=0.999)
    assert not (tmp_path / "generic").exists()


def test_an_onnx_file_is_opened_as_the_network_that_it_was_made_from(opened_once: Path, tmp_path: Path) -> None:
    from edgewise.personal.open_generic import open_generic

    (source,) = find([str(bundled_file(tmp_path))])
    parts, expected = open_generic(source, tmp_path / "generic"), GenericParts.read(opened_once / FOLDER)
    assert (parts.place, parts.entering, parts.macs, parts.tail_macs) == (
        expected.place,
        expected.entering,
        expected.macs,
        expected.tail_macs,
    )
    assert parts.fingerprint == file_sha256(tmp_path / "own.onnx")
    assert parts.classes.names == expected.classes.names
    network, classifier = GenericNetwork(tmp_path / "generic"), load(source)
    for pixels in images(1)[0]:
        logits = classifier.classify(pixels)[0]
        np.testing.assert_allclose(
            network.answer(network.enter(pixels)[0])[0], logits, atol=1e-3 * np.abs(logits).max()
        )
