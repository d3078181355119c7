from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError, UsageError

pytest.importorskip("torch", reason="the extra [torch] is not installed")
import torch
from torch import nn

from edgewise.prune.foreign import accepted_at, foreign_scores
from edgewise.prune.head import LogSumExpHead, distilled_head, restricted

pytestmark = pytest.mark.torch
CLASSES = [7, 2, 11]
WIDTH, KNOWN = 32, 40


def _classifier(kind: str = "linear", bias: bool = True) -> nn.Linear | nn.Conv2d:
    torch.manual_seed(0)
    if kind == "linear":
        return nn.Linear(WIDTH, KNOWN, bias=bias).eval()
    return nn.Conv2d(WIDTH, KNOWN, 1, bias=bias).eval()


def _features(inputs: int, seed: int, axes: slice = slice(0, 8)) -> torch.Tensor:
    """As after ReLU and pooling; `axes` are large."""
    rng = np.random.default_rng(seed)
    found = np.abs(rng.normal(size=(inputs, WIDTH)))
    found[:, axes] += 2
    return torch.from_numpy(found.astype(np.float32))


def _shaped(features: torch.Tensor, layer: nn.Module) -> torch.Tensor:
    return features[:, :, None, None] if isinstance(layer, nn.Conv2d) else features


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_the_exact_head_gives_what_all_classes_give(kind: str, bias: bool) -> None:
    classifier = _classifier(kind, bias)
    features = _shaped(_features(20, 0), classifier)
    head = restricted(classifier, CLASSES)
    with torch.inference_mode():
        every, found = classifier(features).flatten(1), head(features).flatten(1)
    assert isinstance(head, LogSumExpHead)
    assert found.shape == (20, 4)
    torch.testing.assert_close(found[:, :3], every[:, CLASSES])
    chances = torch.softmax(every.double(), dim=1)
    expected = torch.column_stack([chances[:, CLASSES], 1 - chances[:, CLASSES].sum(1)])
    torch.testing.assert_close(torch.softmax(found.double(), dim=1), expected, atol=1e-6, rtol=1e-5)
    with torch.no_grad():
        classifier.weight.zero_()
    with torch.inference_mode():
        torch.testing.assert_close(head(features).flatten(1), found)  # the head keeps its own weights


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_the_distilled_head_is_one_small_layer_that_comes_close(kind: str, bias: bool) -> None:
    classifier = _classifier(kind, bias)
    distilled = distilled_head(classifier, CLASSES, _features(200, 1).numpy())
    fresh = _shaped(_features(2000, 2), classifier)
    with torch.inference_mode():
        exact = restricted(classifier, CLASSES)(fresh).flatten(1)
        found = distilled.layer(fresh).flatten(1)
    assert type(distilled.layer) is type(classifier)
    assert distilled.layer.weight.shape[:2] == (4, WIDTH)
    assert torch.equal(distilled.layer.weight[:3], classifier.weight[CLASSES])
    missed = (exact[:, 3] - found[:, 3]).var() / exact[:, 3].var()
    assert distilled.r_squared > 0.9
    assert 1 - float(missed) == pytest.approx(distilled.r_squared, abs=0.03)
    assert float((exact[:, 3] - found[:, 3]).abs().max()) < 0.2


def test_foreign_inputs_are_told_by_the_distilled_head_as_by_the_exact_one() -> None:
    torch.manual_seed(1)
    classifier = nn.Linear(WIDTH, KNOWN).eval()
    with torch.no_grad():  # the user's three classes like the user's axes, others their own
        classifier.weight.mul_(0.5)
        classifier.weight[CLASSES, :8] += 0.4
        classifier.weight[20:, 16:24] += 0.25
    own, away = _features(1000, 3), _features(1000, 4, slice(16, 24))
    shares = []
    for head in (restricted(classifier, CLASSES), distilled_head(classifier, CLASSES, own[:500].numpy()).layer):
        with torch.inference_mode():
            own_logits, away_logits = head(own[500:]).numpy(), head(away).numpy()
        shares.append(accepted_at(foreign_scores("other", own_logits), foreign_scores("other", away_logits)))
    exact, distilled = shares
    assert exact < 0.05
    assert distilled == pytest.approx(exact, abs=0.05)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # in the exporter's own code
def test_the_exact_head_is_exported(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    head, features = restricted(_classifier(), CLASSES), _features(3, 5)
    path = tmp_path / "head.onnx"
    shapes = ({0: torch.export.Dim("n")},)
    program = torch.onnx.export(head, (features,), dynamic_shapes=shapes, dynamo=True, verbose=False)
    assert program is not None
    program.save(path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    more = _features(7, 6)
    (found,) = session.run(None, {session.get_inputs()[0].name: more.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(found, head(more).numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("classes", "says"),
    [
        ([3], "has 1 class; at least 2"),
        ([], "has 0 classes"),
        ([3, 5, 3], "Class 3 is named 2 times"),
        ([3, 40], "Class 40 is none of the model's; indices are 0 to 39"),
        ([-1, 3], "Class -1 is none"),
        (range(40), "all 40 classes"),
        (["cat", "dog"], "class indices"),
    ],
)
def test_classes_that_cannot_be(classes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        restricted(_classifier(), classes)
    with pytest.raises(UsageError, match=says):
        distilled_head(_classifier(), classes, np.zeros((5, WIDTH)))


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (nn.Sequential(nn.Linear(4, 4)), "is a Sequential"),
        (nn.Conv2d(4, 8, 3, padding=1), r"kernel \(3, 3\)"),
        (nn.Conv2d(4, 8, 1, groups=2), "2 groups"),
    ],
)
def test_layers_that_cannot_be_split(layer: nn.Module, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        restricted(layer, [0, 1])  # type: ignore[arg-type]


def test_weights_and_maps_that_cannot_be() -> None:
    classifier = _classifier("convolution")
    with pytest.raises(UsageError, match=r"maps of \(7, 7\)"):
        restricted(classifier, CLASSES)(torch.zeros(1, WIDTH, 7, 7))
    with torch.no_grad():
        classifier.bias[4] = torch.nan  # type: ignore[index]
    with pytest.raises(ModelError, match="bias is not finite"):
        restricted(classifier, CLASSES)
