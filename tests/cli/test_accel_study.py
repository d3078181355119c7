"""`edgewise accel study` on plans of a small PyTorch network."""

import json
from pathlib import Path

import pytest

from edgewise.errors import DataError, UsageError
from tests.cli.conftest import Here
from tests.cli.test_prune import NETWORK

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same network with some channels of a layer, and of all but the last."""
    import runpy

    import torch

    from edgewise.prune.load import save_pruned
    from edgewise.prune.plan import Plan
    from edgewise.prune.surgery import cut
    from edgewise.prune.torch_pruning_groups import find_groups

    folder = tmp_path_factory.mktemp("plans")
    (folder / "own.py").write_text(NETWORK)
    network, image = runpy.run_path(str(folder / "own.py"))["net"](), torch.zeros(1, 3, 32, 32)
    groups = find_groups(network, image)
    few, many = ({group.name: range(4) for group in groups[first:-1]} for first in (1, 0))
    for name, kept in (("few", few), ("many", many)):
        plan = Plan.of(groups, kept, source=f"torch:{folder / 'own.py'}:net", input=(3, 32, 32))
        (folder / name).mkdir()
        save_pruned(folder / name, plan, cut(network, plan, image))
    return folder / "few", folder / "many"


def test_two_users_networks(here: Here, plans: tuple[Path, Path], tmp_path: Path) -> None:
    asked = ("accel", "study", *plans, "--images", 16, "--epochs", 2, "--batch", 4)
    found = json.loads(here(*asked, "--json", "--html", tmp_path / "page.html"))
    assert found["retraining"]["first"] in ("outer", "wide")
    assert [row["network"] for row in found["rows"]] == ["few"] * 4 + ["many"] * 4
    assert found["rows"][4]["user"]["host_ms"] < found["rows"][0]["user"]["host_ms"]
    assert all(row["break_even_shared"] < row["break_even_full"] for row in found["rows"])
    assert "A user's network on four devices" in (tmp_path / "page.html").read_text()
    assert "8 steps of 4" in here(*asked)


def test_what_cannot_be_is_said(here: Here, plans: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        here("accel", "study", plans[0], "--first", "nowhere")
    assert "It has: stem" in str(caught.value)
    with pytest.raises(DataError) as caught:
        here("accel", "study", tmp_path)
    assert "plan.json" in str(caught.value)
