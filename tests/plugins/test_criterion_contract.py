"""Rankings of another package's criterion are checked before anything is cut by them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from edgewise.errors import PluginError
from edgewise.plugins import plugin_named
from edgewise.prune.criteria import CRITERIA, package_of
from edgewise.prune.criterion import Ranking, criterion_named
from edgewise.prune.groups import Group, Member
from tests.plugins.installed import PACKAGE, install

pytestmark = pytest.mark.torch
GROUP = Group("conv", 4, (Member("conv", "writes", np.arange(4)[:, None]),))


def _rank(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, offered: object) -> dict[str, Ranking]:
    import sys
    from types import ModuleType

    module = ModuleType("acme_offered")
    module.offered = offered  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "acme_offered", module)
    monkeypatch.syspath_prepend(install(tmp_path, {"edgewise.criteria": {"acme": "acme_offered:offered"}}))
    assert plugin_named("criterion", "acme") is not None
    return criterion_named("acme", (1, 2), 7).rank(None, [GROUP], [])  # type: ignore[arg-type]


def _gives(ranking: object) -> Any:
    return lambda classes, seed: SimpleNamespace(rank=lambda *_: {"conv": ranking})


def test_it_is_made_for_the_user_and_ranks(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    made: list[Any] = []

    def offered(classes: tuple[int, ...], seed: int) -> Any:
        made.append((classes, seed))
        return SimpleNamespace(rank=lambda *_: {"conv": Ranking(np.array([2, 0]), np.array([0.1, 0.4]))})

    found = _rank(monkeypatch, tmp_path, offered)["conv"]
    assert (found.order.tolist(), found.costs.tolist()) == ([2, 0], [0.1, 0.4])
    assert made == [((1, 2), 7)]
    assert package_of("acme") == {"name": "acme-vision", "version": "2.3"}
    assert [package_of(name) for name in CRITERIA] == [None] * len(CRITERIA)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        (3, "is a int, which cannot be called"),
        (lambda classes: None, "failed when it was made: TypeError"),
        (lambda classes, seed: 3, "made a int, which has no function rank"),
        (lambda classes, seed: SimpleNamespace(rank=lambda *_: {}), "gave a NoneType for the group conv"),
        (lambda classes, seed: SimpleNamespace(rank=lambda *_: 1 / 0), "ranked channels: ZeroDivisionError"),
        (_gives([0, 1]), "gave a list for the group conv"),
        (_gives(Ranking(np.arange(4), np.arange(4.0))), "names 4 of 4 channels"),
        (_gives(Ranking(np.array([0, 4]), np.arange(2.0))), "names 2 of 4 channels, or others"),
        (_gives(Ranking(np.array([1, 1]), np.arange(2.0))), "does not name channels, each once"),
        (_gives(Ranking(np.array([0.5]), np.arange(1.0))), "does not name channels, each once"),
        (_gives(Ranking(np.array([1, 2]), np.array([2.0, 1.0]))), "not finite and rising"),
        (_gives(Ranking(np.array([1, 2]), np.array([0.0, np.nan]))), "not finite and rising"),
    ],
)
def test_anything_else_is_one_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, offered: object, said: str) -> None:
    with pytest.raises(PluginError, match=said) as raised:
        _rank(monkeypatch, tmp_path, offered)
    assert PACKAGE in raised.value.message
