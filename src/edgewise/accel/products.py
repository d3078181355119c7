"""A layer's products as an accelerator meets them: matrices, and the values in memory that they are made of."""

from dataclasses import dataclass
from typing import Literal, get_args

from edgewise.accel.convolution import Convolution, Phase
from edgewise.accel.gemm import Gemm
from edgewise.accel.numbers import Numbers

Kind = Literal["forward", "input gradient", "weight gradient"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_FP32 = 32


@dataclass(frozen=True)
class Product:
    """A product of matrices whose left one is drawn from an image: taps see the same pixel several times.

    Both sides and the result are counted for one of its `gemm.count` products. DRAM's bits may be others than those in
    the array's memory: what comes in as FP32 is converted at the edge.
    """

    gemm: Gemm
    left_values: float  # in memory; at most m x k, of which the array is fed each
    halo_values: float  # that neighbouring tiles of pixels both need
    pixels_along_k: bool  # else along m
    left_bits: float  # in DRAM
    right_bits: float
    result_bits: float
    sram_bits: float  # of either side, where it is fed from

    @property
    def read_bytes(self) -> float:
        """Of both sides, each once."""
        gemm = self.gemm
        return gemm.count * (self.left_values * self.left_bits + gemm.k * gemm.n * self.right_bits) / 8

    @property
    def converted(self) -> float:
        """Values of both sides that are converted as they come in."""
        gemm, sides = self.gemm, 0.0
        sides += self.left_values if self.left_bits != self.sram_bits else 0
        sides += gemm.k * gemm.n if self.right_bits != self.sram_bits else 0
        return sides * gemm.count


def products_of(layer: Convolution, kind: Kind, numbers: Numbers) -> tuple[Product, ...]:
    """Those of one kind. `numbers`: what the array multiplies.

    Reading: the answers' activations and weights lie in DRAM as the array multiplies them. Where numbers share
    exponents the host keeps weights and gradients as FP32; the way back reads and writes them so, and converts them for
    each product along its own reduction axis, which no stored copy could serve; activations come as the answers left
    them, in bytes. Else weights and gradients lie there as they are multiplied. A strided input gradient reads the
    output's gradient anew for each phase of the stride.
    """
    if kind == "forward":
        return (_forward(layer, numbers),)
    own = _FP32 if numbers.shares_exponents else numbers.bits  # of a gradient, or a weight, in DRAM
    if kind == "weight gradient":
        return (_weight_gradient(layer, numbers, own),)
    rows, columns = layer.phases
    spans = [_span(layer, row) for row in rows for _ in columns]
    pairs = zip(layer.input_gradient, spans, strict=True)
    return tuple(_input_gradient(layer, gemm, span, numbers, own) for gemm, span in pairs)


def _forward(layer: Convolution, numbers: Numbers) -> Product:
    gemm = layer.forward
    return Product(
        gemm,
        left_values=min(_input_values(layer), gemm.m * gemm.k),
        halo_values=_halo(layer),
        pixels_along_k=False,
        left_bits=numbers.bits,
        right_bits=numbers.bits,
        result_bits=numbers.bits,
        sram_bits=numbers.bits,
    )


def _weight_gradient(layer: Convolution, numbers: Numbers, own: float) -> Product:
    gemm = layer.weight_gradient
    return Product(
        gemm,
        left_values=min(_input_values(layer), gemm.m * gemm.k),
        halo_values=_halo(layer),
        pixels_along_k=True,
        left_bits=8 if numbers.shares_exponents else numbers.bits,
        right_bits=own,
        result_bits=own,
        sram_bits=numbers.bits,
    )


def _span(layer: Convolution, phase: Phase) -> int:
    """Rows of the output between the first and the last that a row of the input is reached from."""
    return layer.dilation[0] * (phase.taps[-1] - phase.taps[0]) // layer.stride[0]


def _input_gradient(layer: Convolution, gemm: Gemm, span: int, numbers: Numbers, own: float) -> Product:
    height, width = layer.gives_size
    values = layer.batch * layer.gives // layer.groups * height * width
    return Product(
        gemm,
        left_values=min(values, gemm.m * gemm.k),
        halo_values=layer.gives // layer.groups * width * span,
        pixels_along_k=False,
        left_bits=own,
        right_bits=own,
        result_bits=own,
        sram_bits=numbers.bits,
    )


def _input_values(layer: Convolution) -> int:
    height, width = layer.size
    return layer.batch * layer.takes // layer.groups * height * width


def _halo(layer: Convolution) -> int:
    """Rows of the input that two neighbouring tiles of output rows both see. Reading: tiles are cut between rows."""
    rows = max(0, layer.dilation[0] * (layer.kernel[0] - 1) + 1 - layer.stride[0])
    return layer.takes // layer.groups * layer.size[1] * rows
