"""Layers on PyTorch against the same products carried out one by one; and a network that learns by them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from edgewise.accel import lowered  # noqa: E402
from edgewise.accel.bfp_layers import BfpConv2d, BfpLinear, with_bfp  # noqa: E402
from edgewise.accel.blocks import BFP16, BlockFormat  # noqa: E402
from edgewise.accel.convolution import Convolution, dense  # noqa: E402
from edgewise.accel.integers import quantised  # noqa: E402
from edgewise.errors import OutputError, UsageError  # noqa: E402

pytestmark = pytest.mark.torch

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
FORMATS = st.builds(BlockFormat, block=st.integers(1, 20), mantissa_bits=st.integers(3, 9))


@st.composite
def layers(draw: st.DrawFn) -> Convolution:
    groups = draw(st.integers(1, 3))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    size, kernel, dilation = draw(st.tuples(st.integers(1, 8), st.integers(1, 8))), draw(PAIR), draw(PAIR)
    along = zip(size, kernel, padding, dilation, strict=True)
    assume(all(side + 2 * pad > gap * (taps - 1) for side, taps, pad, gap in along))
    batch, takes, gives = draw(st.integers(1, 2)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    stride = draw(PAIR)
    return Convolution("layer", batch, groups * takes, groups * gives, size, kernel, stride, padding, dilation, groups)


class Case:
    """A layer, what it is given, and what comes back; the batch is as PyTorch and as NumPy have it."""

    def __init__(self, shape: Convolution, seed: int) -> None:
        self.shape = shape
        torch.manual_seed(seed)
        how = (shape.kernel, shape.stride, shape.padding, shape.dilation, shape.groups)
        self.layer = nn.Conv2d(shape.takes, shape.gives, *how)
        self.given = torch.randn(shape.batch, shape.takes, *shape.size).exp_()
        self.given *= torch.randn_like(self.given)
        self.gradient = torch.randn(shape.batch, shape.gives, *shape.gives_size)

    def run(self, layer: nn.Module) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Output, and gradients of the input, the weights and the bias."""
        given = self.given.clone().requires_grad_()
        layer.zero_grad()
        made = layer(given)
        made.backward(self.gradient)
        found = (made.detach(), given.grad, layer.weight.grad, layer.bias.grad)
        return tuple(one.numpy().copy() for one in found)  # type: ignore[return-value]

    @property
    def x(self) -> np.ndarray:
        return self.given.numpy()

    @property
    def w(self) -> np.ndarray:
        return self.layer.weight.detach().numpy()

    @property
    def b(self) -> np.ndarray:
        return self.layer.bias.detach().numpy()[:, None, None]

    @property
    def dy(self) -> np.ndarray:
        return self.gradient.numpy()


def _tap_by_tap(format: BlockFormat, channels: int) -> lowered.Product:
    """The channels of a tap, filled up to whole blocks, and then those of the next one."""

    def ordered(rows: np.ndarray) -> np.ndarray:
        apart = rows.reshape(len(rows), channels, -1).transpose(0, 2, 1)
        whole = np.pad(apart, ((0, 0), (0, 0), (0, -channels % format.block)))
        return whole.reshape(len(rows), -1)

    return lambda left, right: format.product(ordered(left), ordered(right.T).T)


def _near(found: np.ndarray, wanted: np.ndarray, most: np.ndarray) -> None:
    """Up to the rounding of sums in float32; `most`: the sums of what is added up, without its signs."""
    assert (np.abs(found - wanted) <= 1e-5 * most + 1e-30).all()


@given(shape=layers(), format=FORMATS, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_all_three_products_are_those_of_the_blocks(shape: Convolution, format: BlockFormat, seed: int) -> None:
    case = Case(shape, seed)
    y, dx, dw, db = case.run(BfpConv2d.of(case.layer, format, "bfp"))
    own_in, own_out = shape.takes // shape.groups, shape.gives // shape.groups
    x, w, dy = case.x, case.w, case.dy
    slack = 4.0  # numbers grow by less when they are rounded to blocks
    wanted = lowered.forward(shape, x, w, _tap_by_tap(format, own_in)) + case.b
    _near(y, wanted, slack * lowered.forward(shape, abs(x), abs(w)) + abs(case.b))
    wanted = lowered.input_gradient(shape, dy, w, _tap_by_tap(format, own_out))
    _near(dx, wanted, slack * lowered.input_gradient(shape, abs(dy), abs(w)))
    wanted = lowered.weight_gradient(shape, x, dy, format.product)
    _near(dw, wanted, slack * lowered.weight_gradient(shape, abs(x), abs(dy)))
    np.testing.assert_allclose(db, dy.sum((0, 2, 3)), atol=1e-4)


@given(shape=layers(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_forward_in_int8_is_that_of_whole_numbers(shape: Convolution, seed: int) -> None:
    """Bit for bit: sums of so few products are whole numbers that float32 has."""
    case = Case(shape, seed)
    found = BfpConv2d.of(case.layer, BFP16, "int8")(case.given).detach().numpy()
    x, w = quantised(case.x), quantised(case.w, axis=0)
    sums = lowered.forward(shape, x.integers.astype(float), w.integers.astype(float)).astype(np.float32)
    np.testing.assert_array_equal(found, sums * (x.steps * w.steps.reshape(-1, 1, 1)) + case.b)


@given(shape=layers(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_gradients_do_not_depend_on_what_came_forward(shape: Convolution, seed: int) -> None:
    case = Case(shape, seed)
    runs = [case.run(BfpConv2d.of(case.layer, BFP16, forward)) for forward in ("int8", "bfp", "float")]  # type: ignore[arg-type]
    for other in runs[1:]:
        for one, same in zip(runs[0][1:], other[1:], strict=True):
            np.testing.assert_array_equal(one, same)
    np.testing.assert_allclose(runs[2][0], case.layer(case.given).detach().numpy(), rtol=1e-4, atol=1e-5)


@given(shape=layers(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_wide_mantissas_come_near_the_gradients_of_floats(shape: Convolution, seed: int) -> None:
    case = Case(shape, seed)
    exact = case.run(case.layer)
    errors = []
    for bits in (4, 8, 12):
        found = case.run(BfpConv2d.of(case.layer, BlockFormat(4, bits), "bfp"))
        pairs = zip(found[:3], exact[:3], strict=True)
        errors.append([float(np.linalg.norm(one - other)) for one, other in pairs])
    norms = lowered.forward, lowered.input_gradient, lowered.weight_gradient
    given = ((case.x, case.w), (case.dy, case.w), (case.x, case.dy))
    for place, (run, pair) in enumerate(zip(norms, given, strict=True)):
        most = float(np.linalg.norm(run(shape, *(abs(one) for one in pair))))
        for bits, error in zip((4, 8, 12), errors, strict=True):
            assert error[place] <= 5 * 2.0 ** (2 - bits) * most


@given(
    rows=st.integers(1, 9),
    takes=st.integers(1, 9),
    gives=st.integers(1, 9),
    format=FORMATS,
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=40, deadline=None)
def test_a_dense_layer(rows: int, takes: int, gives: int, format: BlockFormat, seed: int) -> None:
    torch.manual_seed(seed)
    layer, given = nn.Linear(takes, gives), torch.randn(rows, takes, requires_grad=True)
    gradient = torch.randn(rows, gives)
    BfpLinear.of(layer, format, "bfp")(given).backward(gradient)
    x, w, dy = given.detach().numpy(), layer.weight.detach().numpy(), gradient.numpy()
    made = BfpLinear.of(layer, format, "bfp")(given).detach().numpy()
    np.testing.assert_allclose(made, format.product(x, w.T) + layer.bias.detach().numpy(), atol=1e-5)
    assert given.grad is not None
    assert layer.weight.grad is not None
    np.testing.assert_allclose(given.grad.numpy(), format.product(dy, w), atol=1e-5)
    np.testing.assert_allclose(layer.weight.grad.numpy(), format.product(dy.T, x), atol=1e-5)
    first, second = quantised(x), quantised(w, axis=0)
    sums = lowered.forward(
        dense("layer", rows, takes, gives),
        first.integers.astype(np.float32)[:, :, None, None],
        second.integers.astype(np.float32)[:, :, None, None],
    )
    found = BfpLinear.of(layer, format, "int8")(given).detach().numpy()
    wanted = sums[:, :, 0, 0] * (first.steps * second.steps.ravel()) + layer.bias.detach().numpy()
    np.testing.assert_array_equal(found, wanted)


def test_a_dense_layer_takes_rows_of_any_shape() -> None:
    layer, given = nn.Linear(5, 3, bias=False), torch.randn(2, 4, 5)
    made = BfpLinear.of(layer)(given)
    assert made.shape == (2, 4, 3)
    assert torch.equal(made.flatten(0, 1), BfpLinear.of(layer)(given.flatten(0, 1)))
    assert BfpLinear.of(layer)(given[0, 0]).shape == (3,)


def test_stochastic_gradients_err_to_neither_side_and_come_again() -> None:
    case = Case(Convolution("layer", 2, 4, 4, (5, 5), (3, 3), padding=(1, 1)), 0)
    format = BlockFormat(8, 4, rounding="stochastic")
    exact = case.run(case.layer)
    layer = BfpConv2d.of(case.layer, format, "bfp", seed=3)
    runs = [case.run(layer) for _ in range(150)]
    again = case.run(BfpConv2d.of(case.layer, format, "bfp", seed=3))
    for place in range(3):
        every = np.stack([run[place] for run in runs])
        np.testing.assert_array_equal(every[0], again[place])
        spread = every.std(axis=0).mean() / 150**0.5
        assert spread > 0
        # Saturation alone has a side: what rounds to beyond the greatest mantissa.
        assert np.abs(every.mean(axis=0) - exact[place]).mean() < 4 * spread
    assert not np.array_equal(runs[0][1], runs[1][1])


class Small(nn.Module):
    """Plain, strided, depthwise and dense layers, and a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(1, 8, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.apart = nn.Conv2d(8, 8, 3, 2, 1, groups=8)
        self.across = nn.Conv2d(8, 16, 1)
        self.head = nn.Linear(16, 4)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        values = torch.relu(self.norm(self.one(images)))
        values = torch.relu(self.across(torch.relu(self.apart(values))))
        return self.head(values.mean((2, 3)))


def _stripes(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [n, 1, 8, 8] of stripes in one of four directions, with noise."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (count,), generator=random)
    rows, columns = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    along = torch.stack([rows, columns, rows + columns, rows - columns])[labels]
    shift = 2 * torch.rand(count, 1, 1, generator=random)
    images = torch.sin(1.6 * along + shift) + 0.3 * torch.randn(along.shape, generator=random)
    return images[:, None], labels


@pytest.mark.parametrize("rounding", ["nearest", "stochastic"])
def test_a_network_learns_with_gradients_in_blocks_and_int8_forward(rounding: str) -> None:
    torch.manual_seed(0)
    network = with_bfp(Small(), BlockFormat(16, rounding=rounding))  # type: ignore[arg-type]
    images, labels = _stripes(256, 0)
    others, truth = _stripes(200, 1)

    def right() -> float:
        with torch.no_grad():
            return float((network.eval()(others).argmax(1) == truth).float().mean())

    before, losses = right(), []
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    network.train()
    for _ in range(6):
        for rows in torch.arange(256).split(32):
            optimiser.zero_grad()
            loss = functional.cross_entropy(network(images[rows]), labels[rows])
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    assert before < 0.5
    assert right() > 0.9
    assert np.mean(losses[-8:]) < 0.4 * np.mean(losses[:4])


def test_a_copy_has_the_same_parameters_and_the_network_stays_as_it_is() -> None:
    network = Small()
    made = with_bfp(network, forward="float")
    assert type(network.one) is nn.Conv2d
    assert [type(one).__name__ for one in made.children()] == [
        "BfpConv2d",
        "BatchNorm2d",
        "BfpConv2d",
        "BfpConv2d",
        "BfpLinear",
    ]
    assert made.state_dict().keys() == network.state_dict().keys()
    images = _stripes(4, 0)[0]
    torch.testing.assert_close(made.eval()(images), network.eval()(images))
    network.load_state_dict(made.state_dict())
    assert with_bfp(nn.Linear(3, 2))(torch.zeros(1, 3)).shape == (1, 2)
    assert "8 bits in blocks of 64, forward='float'" in repr(made)


def test_a_layer_that_stands_twice_stays_one() -> None:
    layer = nn.Linear(3, 3)
    made = with_bfp(nn.Sequential(layer, nn.ReLU(), layer))
    assert made[0] is made[2]  # type: ignore[index]


def test_same_padding_is_that_of_pytorch() -> None:
    layer = nn.Conv2d(2, 2, 3, padding="same", dilation=2)
    given = torch.randn(1, 2, 6, 6)
    torch.testing.assert_close(BfpConv2d.of(layer, forward="float")(given), layer(given))


class Odd(nn.Conv2d):
    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return super().forward(input).relu()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: with_bfp(nn.ReLU()), "no convolution of two dimensions"),
        (lambda: with_bfp(nn.Sequential(nn.ReLU(), Odd(1, 1, 1))), "^1: Odd computes something else"),
        (lambda: with_bfp(nn.Sequential(nn.Conv2d(1, 1, 3, padding_mode="reflect"))), "^0: It pads by 'reflect'"),
        (lambda: BfpConv2d.of(nn.Conv2d(1, 1, 2, padding="same")), "more on one side"),
        (lambda: BfpLinear.of(nn.Linear(1, 1).double()), "weight is torch.float64"),
        (lambda: BfpLinear.of(nn.Linear(1, 1), forward="int4"), "'int4'; it must be one of int8, bfp, float"),  # type: ignore[arg-type]
        (lambda: BfpConv2d.of(nn.Conv2d(2, 1, 3))(torch.zeros(1, 3, 5, 5)), r"\[n, 2, h, w\], not float32 \[1, 3"),
        (lambda: BfpConv2d.of(nn.Conv2d(2, 1, 3))(torch.zeros(1, 2, 2, 2)), "smaller than a kernel"),
        (lambda: BfpLinear.of(nn.Linear(2, 1))(torch.zeros(1, 3)), r"\[..., 2\], not float32 \[1, 3\]"),
    ],
)
def test_what_cannot_be_is_said(make: Callable[[], object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()


@pytest.mark.parametrize("forward", ["int8", "bfp"])
def test_what_is_no_number_is_said_forward_and_backward(forward: str) -> None:
    layer = BfpConv2d.of(nn.Conv2d(2, 2, 3), forward=forward)  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="not finite"):
        layer(torch.full((1, 2, 4, 4), float("nan")))
    made = layer(torch.ones(1, 2, 4, 4, requires_grad=True))
    with pytest.raises(OutputError, match="not finite"):
        made.sum().mul(float("inf")).backward()
