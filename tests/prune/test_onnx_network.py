"""ONNX files become PyTorch networks that answer alike and are cut as the originals are; others are refused."""

from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.prune.groups import Group
from edgewise.zoo.sources import find, from_description
from edgewise.zoo.tiny import WEIGHTS

pytest.importorskip("torch", reason="the extra [torch] is not installed")
pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.chain import chain_of
from edgewise.prune.onnx_network import on_pytorch
from edgewise.prune.source import trained
from edgewise.prune.surgery import cut_groups, mask_groups
from edgewise.prune.torch_pruning_groups import find_groups
from tests.onnx_files import channel_means
from tests.prune.onnx_exports import export, keras_like, loaded
from tests.prune.small_networks import (
    CLASSES,
    Chunked,
    Dense,
    Flat,
    Ghost,
    Grouped,
    Inverted,
    Residual,
    drawn,
    noise,
)
from tests.prune.test_surgery import answer, some_kept

pytestmark = pytest.mark.torch
_NETWORKS = (Residual, Dense, Inverted, Grouped, Flat, Ghost)
_TOLERANCE = 1e-9
_DRAWS = 4


@cache
def original(make: Callable[[], nn.Module]) -> nn.Module:
    return drawn(make).float()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[], nn.Module]], Path]:
    """The ONNX file of a small network, exported once."""
    folder = tmp_path_factory.mktemp("files")

    @cache
    def exported(make: Callable[[], nn.Module]) -> Path:
        return export(original(make), noise(1).float(), folder / f"{make.__name__}.onnx", open_batch=make is Residual)

    return exported


def shapes(groups: tuple[Group, ...]) -> Counter[tuple[int, bool]]:
    """How many channels each group has, and whether it can be cut."""
    return Counter((group.channels, group.whole is None) for group in groups)


def see_that_cuts_are_right(network: nn.Module, groups: tuple[Group, ...]) -> None:
    """By random sets: the smaller network answers as its silenced twin in full width."""
    rng, images = np.random.default_rng(0), noise(3)
    for _ in range(_DRAWS):
        kept = some_kept(rng, groups)
        small, twin = cut_groups(network, groups, kept), mask_groups(network, groups, kept)
        torch.testing.assert_close(answer(small, images), answer(twin, images), rtol=_TOLERANCE, atol=_TOLERANCE)
        assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("make", _NETWORKS)
def test_it_is_cut_as_the_original_is(
    make: Callable[[], nn.Module], files: Callable[[Callable[[], nn.Module]], Path]
) -> None:
    _, network = trained(find([str(files(make))])[0])
    images = noise(3)
    np.testing.assert_allclose(
        answer(network, images.float()), answer(original(make), images.float()), rtol=1e-3, atol=1e-4
    )
    network = network.double()
    groups = find_groups(network, noise(1))
    assert shapes(groups) == shapes(find_groups(original(make).double(), noise(1)))
    original(make).float()
    see_that_cuts_are_right(network, groups)


def test_what_is_sliced_at_fixed_places_is_cut_right_or_not_at_all(
    files: Callable[[Callable[[], nn.Module]], Path],
) -> None:
    _, network = trained(find([str(files(Chunked))])[0])
    groups = find_groups(network.double(), noise(1))
    assert [group.channels for group in groups if group.whole is not None][:1] == [6]  # the slice's end is a number
    see_that_cuts_are_right(network, groups)


@pytest.mark.parametrize("make", [Residual, Dense, Inverted])
def test_its_segments_one_after_the_other_are_the_network(
    make: Callable[[], nn.Module], files: Callable[[Callable[[], nn.Module]], Path]
) -> None:
    _, network = trained(find([str(files(make))])[0])
    segments = chain_of(network, noise(1).float())
    assert len(segments) == len(chain_of(original(make), noise(1).float()))
    found = noise(2).float()
    with torch.no_grad():
        for segment in segments:
            found = segment(found)
        torch.testing.assert_close(found, network(noise(2).float()))


@pytest.mark.slow  # today's exporter takes seconds
@pytest.mark.parametrize("make", [Residual, Dense, Inverted, Chunked])
def test_todays_exporter_as_it_is_called_by_itself(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    path = export(original(make), noise(1).float(), tmp_path / "net.onnx", new=True)
    _, network = trained(find([str(path)])[0])
    torch.testing.assert_close(
        answer(network, noise(3).float()), answer(original(make), noise(3).float()), rtol=1e-3, atol=1e-4
    )
    groups = find_groups(network.double(), noise(1))
    assert shapes(groups) == shapes(find_groups(drawn(make), noise(1)))


@pytest.mark.parametrize("opset", [11, 13, 18, 20])
def test_a_files_softmax_is_left_out_and_its_pixels_are_turned(tmp_path: Path, opset: int) -> None:
    file = loaded(keras_like(tmp_path / "net.onnx", opset=opset))
    found = on_pytorch(file)
    assert (file.card.output, found.card.output) == ("probabilities", "logits")
    images = np.random.default_rng(1).normal(size=(5, 3, 32, 32)).astype(np.float32)
    logits = torch.from_numpy(found.predict(images))
    np.testing.assert_allclose(logits.log_softmax(dim=1), file.predict(images), rtol=1e-4, atol=1e-5)
    heads = [layer for layer in found.session.module.modules() if isinstance(layer, nn.Linear)]  # type: ignore[attr-defined]
    assert [(head.in_features, head.out_features, head.bias is not None) for head in heads] == [(12, 5, True)]


def test_a_file_without_softmax_gives_the_same_logits(tmp_path: Path) -> None:
    with_it, without = (loaded(keras_like(tmp_path / f"net{end}.onnx", end=end)) for end in ("Softmax", ""))
    images = np.random.default_rng(1).normal(size=(3, 3, 32, 32)).astype(np.float32)
    np.testing.assert_allclose(on_pytorch(with_it).predict(images), without.predict(images), rtol=1e-4, atol=1e-5)


def test_the_fingerprint_is_the_files_and_the_description_finds_it_again(tmp_path: Path) -> None:
    from edgewise.zoo.sources import describe

    (source,) = find([str(keras_like(tmp_path / "net.onnx"))])
    classifier, _ = trained(source)
    again, network = trained(from_description(describe(source)))
    assert classifier.fingerprint == again.fingerprint == loaded(tmp_path / "net.onnx").fingerprint
    assert not network.training


def test_the_bundled_files_answer_as_their_own_weights() -> None:
    from edgewise.zoo.tiny.nets import load

    _, network = trained(find([f"onnx:{WEIGHTS / 'l.onnx'}"])[0])
    images = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = load("tiny:l").eval()(images)
        torch.testing.assert_close(network(images), expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))


class TestRefused:
    def test_quantised(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"net\.onnx is quantised \(it uses QuantizeLinear\)") as error:
            on_pytorch(loaded(keras_like(tmp_path / "net.onnx", quantised=True)))
        assert "that it was quantised from" in error.value.hint

    def test_half_precision_inside(self, tmp_path: Path) -> None:
        import onnx

        model = onnx.load(keras_like(tmp_path / "net.onnx"))
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones(3, np.float16), "some"))
        onnx.save(model, tmp_path / "net.onnx")
        with pytest.raises(ModelError, match=r"is in half precision \(some\); only networks in float32"):
            on_pytorch(loaded(tmp_path / "net.onnx"))

    def test_an_operator_without_a_counterpart_is_named(self, tmp_path: Path) -> None:
        path = keras_like(tmp_path / "net.onnx", opset=20, end="Gelu")
        with pytest.raises(ModelError, match=r"net\.onnx uses Gelu.*, which cannot be turned into PyTorch") as error:
            on_pytorch(loaded(path))
        assert "Export it in other operators" in error.value.hint

    def test_probabilities_of_another_kind(self, tmp_path: Path) -> None:
        (tmp_path / "net.toml").write_text('output = "probabilities"\n')
        with pytest.raises(ModelError, match="does not make them by a Softmax at its end") as error:
            on_pytorch(loaded(keras_like(tmp_path / "net.onnx", end="Sigmoid")))
        assert "without its last layer" in error.value.hint

    def test_raw_pixels(self, tmp_path: Path) -> None:
        path = channel_means(tmp_path / "net.onnx", ["n", 3, 8, 8], number="uint8")
        with pytest.raises(ModelError, match=r"takes uint8; only networks in float32"):
            on_pytorch(loaded(path))

    def test_what_answers_otherwise(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import onnx2torch

        convert = onnx2torch.convert

        def wrong(model: object) -> nn.Module:
            network = convert(model)
            with torch.no_grad():
                next(network.parameters()).mul_(1.1)
            return network

        monkeypatch.setattr(onnx2torch, "convert", wrong)
        with pytest.raises(
            ModelError, match=r"net\.onnx, turned into .* other outputs .* they differ by 0\.\d+ of the largest"
        ) as error:
            on_pytorch(loaded(keras_like(tmp_path / "net.onnx", end="")))
        assert "Export it once more" in error.value.hint

    def test_images_that_are_mixed(self, tmp_path: Path) -> None:
        class Mixing(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(100, CLASSES)

            def forward(self, image: torch.Tensor) -> torch.Tensor:
                rows = self.conv(image).reshape(4, 100)
                return self.head(rows.mean(dim=0, keepdim=True))

        path = export(Mixing(), noise(1).float(), tmp_path / "net.onnx")
        with pytest.raises(ModelError, match=r"cannot be turned into a PyTorch network: .* makes \[4, 100\]") as error:
            on_pytorch(loaded(path))
        assert "timm:NAME" in error.value.hint
