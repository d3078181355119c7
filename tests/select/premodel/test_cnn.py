import sys
from dataclasses import replace

import numpy as np
import pytest

from edgewise.errors import MissingExtra, UsageError
from edgewise.images import thumbnail
from edgewise.select.judge.evaluate import OnFeatures, evaluate
from edgewise.select.premodel import cnn
from edgewise.select.premodel.cnn import Cnn
from edgewise.select.premodel.cnn_fit import CnnMethod, fit_cnn
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.saved import load_selector, save_selector


def _thumbnails(brightness: np.ndarray, seed: int = 0) -> np.ndarray:
    """A noisy thumbnail of each brightness 0..1."""
    noise = np.random.default_rng(seed).normal(0, 20, (len(brightness), 3072))
    return (brightness[:, None] * 255 + noise).round().clip(0, 255)


@pytest.fixture
def random_cnn() -> Cnn:
    rng = np.random.default_rng(0)
    shapes = ((16, 3, 3, 3), (32, 16, 3, 3), (64, 32, 3, 3))
    kernels = tuple(rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes)
    biases = tuple(rng.normal(0, 0.2, shape[0]).astype(np.float32) for shape in shapes)
    head = rng.normal(0, 1, (4, 64)).astype(np.float32)
    return Cnn(kernels, biases, head, rng.normal(0, 1, 4).astype(np.float32))


def test_it_sees_what_the_thumbnail_shows() -> None:
    assert cnn.SIZE_PX == thumbnail.SIZE_PX


def test_one_image_and_a_batch_agree_to_the_bit(random_cnn: Cnn) -> None:
    images = _thumbnails(np.random.default_rng(1).random(12))
    together = random_cnn.choose(images)
    alone = np.vstack([random_cnn.choose(image[None]).scores for image in images])
    assert (together.scores == alone).all()
    assert together.scores.sum(axis=1) == pytest.approx(np.ones(12))


def test_state_and_back(random_cnn: Cnn) -> None:
    images = _thumbnails(np.random.default_rng(1).random(5))
    again = Cnn.from_state(*random_cnn.state())
    assert (again.choose(images).scores == random_cnn.choose(images).scores).all()
    assert (again.levels, again.width) == (3, 3072)


def test_why_gives_the_probability(random_cnn: Cnn) -> None:
    choices = random_cnn.choose(np.zeros((1, 3072)))
    share = 100 * choices.scores.max()
    assert random_cnn.why(choices, 0, "mid") == f"the network that sees the thumbnail gives mid {share:.0f}%"


@pytest.mark.parametrize("pixels", [np.zeros((2, 7)), np.full((1, 3072), np.nan), np.zeros(3072)])
def test_pixels_that_are_no_thumbnails(random_cnn: Cnn, pixels: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"[Tt]humbnail|pixel"):
        random_cnn.choose(pixels)


@pytest.mark.torch
def test_it_computes_what_torch_computes(random_cnn: Cnn) -> None:
    import torch

    images = _thumbnails(np.random.default_rng(1).random(6))
    values = torch.from_numpy(cnn.scaled(images).reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy())
    for kernel, bias in zip(random_cnn.kernels, random_cnn.biases, strict=True):
        values = torch.conv2d(values, torch.from_numpy(kernel), torch.from_numpy(bias), stride=2, padding=1).relu()
    theirs = values.mean(dim=(2, 3)) @ torch.from_numpy(random_cnn.head).T + torch.from_numpy(random_cnn.head_bias)
    ours = np.vstack([random_cnn.logits(image) for image in images])
    assert ours == pytest.approx(theirs.numpy(), abs=1e-4)


@pytest.mark.torch
def test_the_seed_alone_decides_the_weights_and_the_caller_s_luck_is_left_alone() -> None:
    import torch

    images, labels = _thumbnails(np.linspace(0, 1, 80)), np.arange(80) // 40
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = (fit_cnn(images, labels, 1, epochs=1, seed=seed) for seed in (0, 0, 1))
    assert (torch.get_rng_state() == before).all()
    assert all((one == two).all() for one, two in zip(first.kernels, again.kernels, strict=True))
    assert (first.head == again.head).all()
    assert (first.head != other.head).any()


@pytest.mark.torch
@pytest.mark.slow
def test_it_learns_from_pixels_and_is_judged_beside_the_others(make_trials) -> None:
    trials = make_trials(images=240, specialists=True, reach=(0.45, 0.9))
    seen = OnFeatures(CnnMethod(on_fail="refuse"), _thumbnails(trials.features[:, 0]), thumbnail.NAMES)
    evaluation = evaluate(trials, {"cnn": seen}, folds=3, bootstrap=20)
    row = next(row for row in evaluation.table.rows if row.name == "cnn")
    assert row.selection_accuracy is not None
    assert row.selection_accuracy > 0.8


@pytest.mark.torch
def test_routing_is_the_decide_loop_and_loading_needs_no_torch(make_trials, decide_loop, tmp_path) -> None:
    trials = make_trials(images=120, specialists=True)
    trials = replace(trials, features=_thumbnails(trials.features[:, 0]), feature_names=thumbnail.NAMES)
    selector = CnnMethod(epochs=2).fit(trials)
    save_selector(tmp_path, selector, {})
    loaded = load_selector(tmp_path)
    assert isinstance(loaded, Premodel)
    routed, looped = loaded.route(trials), decide_loop(selector, trials)
    for name in ("ran", "chosen", "top", "steps"):
        assert (getattr(routed, name) == getattr(looped, name)).all(), name


def test_without_torch_the_extra_is_named(make_trials, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    trials = replace(make_trials(images=20), features=np.zeros((20, 3072)), feature_names=thumbnail.NAMES)
    with pytest.raises(MissingExtra, match=r"\[torch\]"):
        CnnMethod().fit(trials)


@pytest.mark.torch
def test_other_features_are_no_thumbnail(make_trials) -> None:
    with pytest.raises(UsageError, match="1 features") as caught:
        CnnMethod().fit(make_trials(images=20))
    assert "edgewise.images.thumbnail" in caught.value.hint


@pytest.mark.torch
@pytest.mark.parametrize(("rows", "epochs"), [(0, 1), (4, 0)])
def test_nothing_to_learn_from(rows: int, epochs: int) -> None:
    with pytest.raises(UsageError, match="teach nothing"):
        fit_cnn(np.zeros((rows, 3072)), np.zeros(rows, int), 1, epochs=epochs, seed=0)
