"""What groups cost adds up to what the network costs, and the command shows it."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [torch] is not installed")
pytest.importorskip("torch_pruning", reason="the extra [torch] is not installed")
import numpy as np
import torch
import typer
from typer.testing import CliRunner

from edgewise.cli import prune as command
from edgewise.errors import EdgewiseError, UsageError
from edgewise.prune.groups import Group
from edgewise.prune.inspect import inspect, inspection
from edgewise.prune.source import network_of
from edgewise.prune.torch_pruning_groups import find_groups
from edgewise.prune.work import network_work
from edgewise.zoo.loaders import load
from edgewise.zoo.macs.torch import count_macs
from edgewise.zoo.sources import find
from tests.prune.small_networks import NETWORKS, SIZE_PX, Dense, Grouped, Inverted, Residual, drawn, noise

pytestmark = pytest.mark.torch

FACTORY = """
import sys
sys.path.insert(0, {root!r})
from tests.prune.small_networks import Inverted, drawn

def make():
    return drawn(Inverted).float()
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def factory(tmp_path: Path) -> str:
    path = tmp_path / "net.py"
    path.write_text(FACTORY.format(root=str(ROOT)))
    (tmp_path / "make.toml").write_text(f"size_px = {SIZE_PX}\n")
    return f"torch:{path}:make"


def run(*arguments: str) -> str:
    """The standard output of `edgewise prune ...`; its errors are raised."""
    root = typer.Typer()
    root.add_typer(command.app, name="prune")
    root.callback()(lambda: None)
    done = CliRunner().invoke(root, ["prune", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


class TestWork:
    @pytest.mark.parametrize("make", NETWORKS)
    def test_macs_are_those_of_pytorchs_own_counter(self, make: type) -> None:
        network = drawn(make).float()
        assert network_work(network, noise(3).float()).macs == count_macs(network, SIZE_PX)

    def test_layers_in_execution_order(self) -> None:
        network = drawn(Residual)
        work = network_work(network, noise(1), runs=2)
        assert [layer.path for layer in work.layers][:3] == ["stem", "bn", "one"]
        stem = work.layers[0]
        assert (stem.kind, stem.takes, stem.gives, stem.macs) == ("Conv2d", 3, 8, 8 * 27 * SIZE_PX**2)
        assert (stem.parameter_bytes, work.runs) == (8 * 27 * 8, 2)
        assert min(layer.ms for layer in work.layers) > 0
        assert not any(module._forward_hooks for module in network.modules())


class TestInspect:
    @pytest.mark.parametrize("make", [Dense, Grouped, Inverted, Residual])
    def test_every_layer_counts_once(self, make: type) -> None:
        network = drawn(make)
        work, groups = network_work(network, noise(1)), find_groups(network, noise(1))
        found = inspection(groups, work, (3, SIZE_PX, SIZE_PX))
        # What a concatenation or a part of a layer shares out is rounded.
        assert sum(group.macs for group in found.groups) == pytest.approx(found.macs, abs=len(groups))
        whole = sum(p.numel() * p.element_size() for p in network.parameters())
        assert found.parameter_bytes == whole
        assert sum(group.parameter_bytes for group in found.groups) == pytest.approx(whole, abs=len(groups))

    def test_shares_are_of_the_whole(self) -> None:
        found = inspect(drawn(Inverted), noise(1), runs=2)
        assert all(group.latency_share > 0 for group in found.groups)
        assert found.input == (3, SIZE_PX, SIZE_PX)
        shares = sum(group.latency_share for group in found.groups) + found.share_outside
        assert shares == pytest.approx(1) or found.share_outside == 0
        by_name = {group.name: group for group in found.groups}
        assert by_name["head"].whole == "it is the network's output"
        assert by_name["expand"].layers[:3] == ("expand", "bn", "depthwise")

    def test_a_unit_may_be_several_channels(self) -> None:
        found = inspect(drawn(Grouped), noise(1), runs=1).groups[0]
        assert (found.channels, found.outputs) == (4, 12)

    def test_costs_of_no_groups(self) -> None:
        groups: list[Group] = []
        found = inspection(groups, network_work(drawn(Residual), noise(1)), (3, SIZE_PX, SIZE_PX))
        assert found.share_outside == 1


class TestCommand:
    def test_json(self, factory: str) -> None:
        found = json.loads(run("inspect", factory, "--json", "--runs", "1"))
        assert (found["engine"], found["inspection"]["input"]) == ("PyTorch", [3, SIZE_PX, SIZE_PX])
        groups = {group["name"]: group for group in found["inspection"]["groups"]}
        assert groups["expand"]["channels"] == 12
        assert groups["stem"]["macs"] == (6 * 27 + 6 * 12) * SIZE_PX**2  # the stem, and what projects back to it

    def test_table(self, factory: str) -> None:
        shown = run("inspect", factory, "--quiet", "--input", "16", "--runs", "1")
        words = " ".join(shown.split())  # the title is folded, and so are cells: word by word
        assert "at 3 x 16 x 16" in words
        assert "3 of 4 groups can be cut" in words
        assert "█" in shown
        assert "network's" in words
        assert "In no group: " in shown

    def test_several_networks(self) -> None:
        with pytest.raises(UsageError, match="means 4 classifiers"):
            run("inspect", "tiny:*")


class TestSource:
    @pytest.mark.parametrize("name", ["tflite:net.tflite", "ensemble:tiny:s+tiny:m"])
    def test_what_is_no_pytorch(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("net.tflite").touch()
        with pytest.raises(UsageError, match="no PyTorch network; only such can be pruned") as error:
            network_of(find([name])[0])
        assert "timm:NAME" in error.value.hint

    def test_a_bundled_network_comes_with_its_own_weights(self) -> None:
        (source,) = find(["tiny:s"])
        network, size_px = network_of(source)
        answers = load(source).predict(image := np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype("f4"))
        assert size_px == 64
        with torch.no_grad():
            np.testing.assert_allclose(network(torch.from_numpy(image)).numpy(), answers, rtol=1e-3, atol=1e-3)

    def test_classes_of_its_own(self, factory: str) -> None:
        with pytest.raises(UsageError, match="has classes of its own"):
            network_of(find([factory])[0], classes=3)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("name", "size_px"),
        [("timm:resnet10t", 176), ("torchvision:squeezenet1_1", 224), ("torchvision:inception_v3", 299)],
    )
    def test_a_librarys_network_needs_no_weights(self, name: str, size_px: int) -> None:
        network, found_px = network_of(find([name])[0], classes=7)
        assert found_px == size_px
        assert network(torch.zeros(1, 3, size_px, size_px)).shape == (1, 7)

    def test_an_unknown_name(self) -> None:
        with pytest.raises(EdgewiseError, match="timm has no 'resnt18'"):
            network_of(find(["timm:resnt18"])[0])
