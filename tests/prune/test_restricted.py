"""A network of which only the head became the user's: written, read again, and told of."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from edgewise.images.preprocess import Preprocess  # noqa: E402
from edgewise.prune.load import load_pruned, save_pruned  # noqa: E402
from edgewise.prune.make import UserNetwork  # noqa: E402
from edgewise.prune.record import write_user_network  # noqa: E402
from edgewise.prune.restricted import restricted_network  # noqa: E402
from edgewise.prune.settings import Settings  # noqa: E402
from edgewise.prune.taught import Taught  # noqa: E402
from edgewise.prune.user_record import read_user_record  # noqa: E402
from edgewise.runtime.torch import TorchSession  # noqa: E402
from edgewise.zoo.card import Card  # noqa: E402
from edgewise.zoo.classes import ClassSet  # noqa: E402
from edgewise.zoo.classifier import Classifier  # noqa: E402
from tests.prune.test_make import CLASSES, LENIENT, _generic, _images  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture
def restricted() -> UserNetwork:
    generic, images = _generic(), _images(40)
    with torch.no_grad():
        taught = Taught(generic(images).numpy(), CLASSES)
    return restricted_network(generic, images, CLASSES, Settings(), LENIENT, taught, source="torch:own.py:net")


def test_it_answers_as_the_network_does(restricted: UserNetwork) -> None:
    images = _images(8, seed=7)
    with torch.no_grad():
        expected = _generic()(images)[:, list(CLASSES)]
        given = restricted.network(images)
    torch.testing.assert_close(given[:, :-1], expected)
    assert given.shape == (8, len(CLASSES) + 1)
    assert restricted.evidence.drop_points == 0
    assert restricted.evidence.inputs == 20
    assert {one.step for one in restricted.cost.steps} == {"restricting the head", "asking the guard"}


def test_it_is_read_as_it_was_written(restricted: UserNetwork, tmp_path: Path) -> None:
    save_pruned(tmp_path, restricted.plan, restricted.network)
    images = _images(4, seed=7)
    with torch.no_grad():
        assert (load_pruned(tmp_path, _generic())(images) == restricted.network(images)).all()


@pytest.mark.slow  # exports two networks
def test_its_record_and_its_page_say_that_nothing_was_cut(restricted: UserNetwork, tmp_path: Path) -> None:
    classes = ClassSet(tuple("abcdefgh"))
    small, whole = (
        Classifier(
            Card(name, f"torch:own.py:{name}", classes, Preprocess(size, size)),
            TorchSession(_generic(), name, size_px=size),
            "0",
        )
        for name, size in (("small", 16), ("large", 32))
    )
    written = write_user_network(tmp_path / "user", restricted, small, whole, threads=1)
    record = read_user_record(tmp_path / "user")
    assert (record.base, record.replaces, record.cut, record.layers) == ("small", "large", False, ())
    html = written.report.read_text()
    assert "It is small at 16 px" in html
    assert "What was cut" not in html
