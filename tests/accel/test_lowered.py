"""Products of matrices against PyTorch's own convolution: forward, and both gradients."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.gemm import Gemm
from edgewise.accel.lowered import forward, input_gradient, weight_gradient
from edgewise.errors import UsageError

pytestmark = pytest.mark.torch

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))


class Counted:
    """Multiplies, and remembers what."""

    def __init__(self) -> None:
        self.done: list[Gemm] = []

    def __call__(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        self.done.append(Gemm(len(left), left.shape[1], right.shape[1]))
        return left @ right

    @property
    def together(self) -> list[Gemm]:
        kinds = sorted(set(self.done), key=self.done.index)
        return [Gemm(one.m, one.k, one.n, self.done.count(one)) for one in kinds]


@st.composite
def layers(draw: st.DrawFn) -> Convolution:
    groups = draw(st.integers(1, 3))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    size, kernel, dilation = draw(st.tuples(st.integers(1, 9), st.integers(1, 9))), draw(PAIR), draw(PAIR)
    along = zip(size, kernel, padding, dilation, strict=True)
    assume(all(side + 2 * pad > gap * (taps - 1) for side, taps, pad, gap in along))
    return Convolution(
        "layer",
        batch=draw(st.integers(1, 2)),
        takes=groups * draw(st.integers(1, 3)),
        gives=groups * draw(st.integers(1, 3)),
        size=size,
        kernel=kernel,
        stride=draw(PAIR),
        padding=padding,
        dilation=dilation,
        groups=groups,
    )


@given(layer=layers(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_products_are_pytorchs_convolution_and_its_gradients(layer: Convolution, seed: int) -> None:
    import torch
    from torch.nn import functional

    random = np.random.default_rng(seed)
    given = torch.tensor(random.normal(size=(layer.batch, layer.takes, *layer.size)), requires_grad=True)
    weights = torch.tensor(
        random.normal(size=(layer.gives, layer.takes // layer.groups, *layer.kernel)), requires_grad=True
    )
    how = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups}
    expected = functional.conv2d(given, weights, None, **how)
    gradient = torch.tensor(random.normal(size=expected.shape))
    expected.backward(gradient)
    x, w, dy = given.detach().numpy(), weights.detach().numpy(), gradient.numpy()
    for found, wanted, product, gemms in (
        (lambda by: forward(layer, x, w, by), expected.detach(), Counted(), [layer.forward]),
        (lambda by: weight_gradient(layer, x, dy, by), weights.grad, Counted(), [layer.weight_gradient]),
        (lambda by: input_gradient(layer, dy, w, by), given.grad, Counted(), layer.input_gradient),
    ):
        assert wanted is not None
        np.testing.assert_allclose(found(product), wanted.numpy(), atol=1e-9)
        assert sum(one.macs for one in product.done) == sum(one.macs for one in gemms)
        assert {(one.m, one.k, one.n) for one in product.done} == {(one.m, one.k, one.n) for one in gemms}


def test_the_network_that_scale_sim_ships_without_padding() -> None:
    """ResNet-18's first layer: 64 channels of 7 x 7 taps on 112 x 112 pixels."""
    layer = Convolution("stem", 1, 3, 64, (224, 224), (7, 7), (2, 2), (3, 3))
    assert layer.forward == Gemm(112 * 112, 147, 64)
    assert layer.forward.macs == 118_013_952
    assert sum(one.macs for one in layer.input_gradient) == pytest.approx(layer.forward.macs, rel=0.01)
    assert len(layer.input_gradient) == 4


def test_a_dense_layer() -> None:
    layer = dense("head", 8, 512, 1000)
    assert layer.forward == Gemm(8, 512, 1000)
    assert layer.input_gradient == (Gemm(8, 1000, 512),)
    assert layer.weight_gradient == Gemm(512, 8, 1000)


def test_what_no_tap_reaches_costs_nothing() -> None:
    layer = Convolution("down", 1, 4, 8, (6, 6), (1, 1), (2, 2))
    assert layer.input_gradient == (Gemm(9, 8, 4),)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"groups": 2}, "2 groups"),
        ({"size": (2, 2)}, "smaller than a kernel"),
        ({"stride": (0, 1)}, "1 or more"),
        ({"padding": (-1, 0)}, "0 or more"),
    ],
)
def test_what_cannot_be_is_said(changed: dict[str, object], words: str) -> None:
    whole = {"name": "layer", "batch": 1, "takes": 3, "gives": 4, "size": (5, 5), "kernel": (3, 3)}
    with pytest.raises(UsageError, match=words):
        Convolution(**(whole | changed))  # type: ignore[arg-type]
