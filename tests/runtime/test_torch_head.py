"""The last layer of a PyTorch module is found, and what it takes is the module's own."""

from typing import Any

import numpy as np
import pytest

from edgewise.runtime.torch import TorchSession

pytest.importorskip("torch", reason="the extra [torch] is not installed")
import torch
from torch import nn

pytestmark = pytest.mark.torch
IMAGES = np.random.default_rng(0).normal(size=(3, 3, 16, 16)).astype(np.float32)


class Net(nn.Module):
    """A convolution, pooling, and a head that the caller chooses, which takes what `before` makes of the pooled map."""

    def __init__(self, head: nn.Module, *, flat: bool = True, pool_last: bool = False) -> None:
        super().__init__()
        self.head = head  # registered first: layers are told by when they run
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flat, self.pool_last = flat, pool_last

    def forward(self, image: Any) -> Any:
        maps = self.body(image)
        if self.pool_last:
            return self.pool(torch.relu(self.head(maps))).flatten(1)
        pooled = self.pool(maps)
        return self.head(pooled.flatten(1) if self.flat else pooled)


class Own(nn.Module):
    """A dense layer that is not PyTorch's."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 8))

    def forward(self, vectors: Any) -> Any:
        return vectors @ self.weight.T


class TwoHeads(nn.Module):
    """Their scores are averaged, as those of distilled networks are."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, vectors: Any) -> Any:
        return (self.one(vectors) + self.other(vectors)) / 2


def session(module: nn.Module) -> TorchSession:
    return TorchSession(module, "net", size_px=16, embedding=True)


@pytest.mark.parametrize(
    ("head", "options"),
    [
        (nn.Linear(8, 4), {}),
        (nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 4), nn.Softmax(1)), {}),
        (nn.Conv2d(8, 4, 1), {"flat": False}),
        (Own(), {}),
    ],
)
def test_the_head_makes_the_scores_of_it(head: nn.Module, options: dict[str, bool]) -> None:
    torch.manual_seed(0)
    module = Net(head, **options)
    asked, plain = session(module), TorchSession(module, "net", size_px=16)
    scores, vectors = asked.run_with_embedding(IMAGES)
    np.testing.assert_array_equal(scores, plain.run(IMAGES))
    assert plain.signature.embedding_width is None
    assert vectors.shape == (3, asked.signature.embedding_width) == (3, 8)
    last = head[3:] if isinstance(head, nn.Sequential) else head
    taken = torch.from_numpy(vectors)
    with torch.inference_mode():
        remade = last(taken if options.get("flat", True) else taken[:, :, None, None]).flatten(1)
    np.testing.assert_allclose(remade.numpy(), scores, atol=1e-6)


def test_a_map_that_is_pooled_after_the_head_is_averaged() -> None:
    module = Net(nn.Conv2d(8, 4, 1), pool_last=True)
    _, vectors = session(module).run_with_embedding(IMAGES)
    with torch.inference_mode():
        expected = module.body(torch.from_numpy(IMAGES)).mean((2, 3)).numpy()
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_two_heads_have_none() -> None:
    assert session(Net(TwoHeads())).signature.embedding_width is None


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.*is deprecated:DeprecationWarning")
def test_a_scripted_module_has_none() -> None:
    traced = torch.jit.trace(Net(nn.Linear(8, 4)).eval(), torch.zeros(1, 3, 16, 16))
    found = session(traced)
    assert found.signature.embedding_width is None
    assert found.run(IMAGES).shape == (3, 4)


def test_the_module_is_left_without_hooks() -> None:
    module = Net(nn.Linear(8, 4))
    session(module).run_with_embedding(IMAGES)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())
