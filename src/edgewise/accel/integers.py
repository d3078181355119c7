"""int8: numbers as whole ones and the size of their step, products summed in 32 bits, and sums brought back to 8 bits.

NumPy alone. Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-
Only Inference", 2. Differs: zero is at 0 for activations as well, so that nothing has to be subtracted, and -128 is
left out for them as it is for weights.
"""

import math
from dataclasses import dataclass

import numpy as np

from edgewise.errors import OutputError, UsageError

MOST = 127
_INT32 = np.iinfo(np.int32)
_NOT_FINITE = "Look for what overflows before it."


@dataclass(frozen=True, eq=False)
class Int8:
    """Whole numbers from -127 to 127, and the step that each counts."""

    integers: np.ndarray  # int8
    steps: np.ndarray  # float32: one, or one for each place along an axis, in a shape that meets `integers`

    @property
    def values(self) -> np.ndarray:
        """float32, as `integers`."""
        return self.integers.astype(np.float32) * self.steps


def quantised(values: np.ndarray, axis: int | None = None) -> Int8:
    """Numbers of any shape in steps of a 127th of the greatest: of all, or of those at each place along `axis`.

    To the nearest step, to even where two are as near; in float32, as the layers on PyTorch do it. What is all zeros
    has steps of 1. Raises `OutputError` for what is not finite, `UsageError` for an axis that is not there.
    """
    values = np.asarray(values, np.float32)
    if axis is not None and not -values.ndim <= axis < values.ndim:
        raise UsageError(f"There is no axis {axis} among {values.ndim}.")
    if not np.isfinite(values).all():
        raise OutputError("Numbers that are not finite have no int8.", _NOT_FINITE)
    others = None if axis is None else tuple(place for place in range(values.ndim) if place != axis % values.ndim)
    greatest = np.abs(values).max(axis=others, keepdims=axis is not None, initial=0.0)
    steps = np.asarray(greatest / np.float32(MOST), np.float32)
    steps = np.where(steps > 0, steps, np.float32(1))
    return Int8(np.clip(np.rint(values / steps), -MOST, MOST).astype(np.int8), steps)


def accumulated(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """int32 [m, n], of int8 [m, k] and [k, n]: exact.

    Reading: an accumulator is right where the whole sum fits, though it may have wrapped around on the way, as two's
    complements do. Raises `OutputError` where a sum does not fit, `UsageError` for what is not int8 or does not meet.
    """
    if left.dtype != np.int8 or right.dtype != np.int8:
        raise UsageError(f"Products are of int8, not of {left.dtype} and {right.dtype}.", "Quantise both first.")
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise UsageError(f"Matrices of {list(left.shape)} and {list(right.shape)} do not meet.")
    sums = left.astype(np.float64) @ right.astype(np.float64)  # whole numbers up to 2^53 are exact
    return _in_32_bits(sums, "A sum of products")


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """float32 [m, n], of float [m, k] in int8 with one step, and [k, n] with a step for each column.

    Of a layer's forward pass (`lowered.forward`): activations per tensor, weights per output channel. Raises what
    `quantised` and `accumulated` do.
    """
    first, second = quantised(left), quantised(right, axis=1)
    return accumulated(first.integers, second.integers).astype(np.float32) * (first.steps * second.steps)


@dataclass(frozen=True)
class Requantiser:
    """Brings int32 sums to int8, with whole numbers alone: sums times `multiplier` / 2^31 times 2^`shift`.

    As TFLite does it (gemmlowp's doubling high product, and then a shift), ties away from 0 in both: Jacob et al. 2018,
    2.2. Two roundings: the result may be 1 off the one that is nearest where that is nearly a tie.
    """

    multiplier: int  # 2^30 up to 2^31 - 1
    shift: int  # to the left; below 0 to the right

    def __post_init__(self) -> None:
        """Raises `UsageError` for numbers that do not fit their registers."""
        if not 2**30 <= self.multiplier < 2**31:
            raise UsageError(f"The multiplier is {self.multiplier}; it must be from 2^30 to 2^31 - 1.")
        if not -31 <= self.shift <= 30:
            raise UsageError(f"The shift is {self.shift}; it must be from -31 to 30.")

    @classmethod
    def of(cls, scale: float) -> "Requantiser":
        """The nearest to a real `scale`: step of the input times step of the weights, over the output's step.

        Raises `UsageError` for one that is not above 0, or too great or too small for 32 bits.
        """
        if not (math.isfinite(scale) and scale > 0):
            raise UsageError(f"Sums are scaled by {scale}; it must be a finite number above 0.")
        mantissa, shift = math.frexp(scale)
        multiplier = round(mantissa * 2**31)
        if multiplier == 2**31:
            multiplier, shift = 2**30, shift + 1
        if not -31 <= shift <= 30:
            raise UsageError(
                f"Sums are scaled by {scale:g}; it must be from 2^-32 to 2^30.", "Choose another step for the output."
            )
        return cls(multiplier, shift)

    @property
    def scale(self) -> float:
        """What it multiplies by."""
        return self.multiplier * 2.0 ** (self.shift - 31)

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """int8, of int32 of any shape; what is beyond -127 or 127 becomes that.

        Raises `UsageError` for what is not int32, and `OutputError` where a shift to the left goes beyond 32 bits.
        """
        if sums.dtype != np.int32:
            raise UsageError(f"Sums are int32, not {sums.dtype}.")
        shifted = _in_32_bits(sums.astype(np.int64) << max(self.shift, 0), "A sum that is shifted to the left")
        high = _divided(shifted.astype(np.int64) * self.multiplier, 31)
        return np.clip(_divided(high, max(-self.shift, 0)), -MOST, MOST).astype(np.int8)


def requantised(sums: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """int8 [m, channels], of int32 sums and a scale for each channel, or one for all. Raises as `Requantiser` does."""
    every = np.broadcast_to(np.asarray(scales, np.float64).reshape(-1), sums.shape[-1:])
    columns = [Requantiser.of(float(scale)).apply(sums[..., place]) for place, scale in enumerate(every)]
    return np.stack(columns, axis=-1)


def _divided(values: np.ndarray, bits: int) -> np.ndarray:
    """int64 over 2^bits, to the nearest, away from 0 where two are as near."""
    half = (1 << bits) >> 1
    return np.sign(values) * ((np.abs(values) + half) >> bits)


def _in_32_bits(values: np.ndarray, what: str) -> np.ndarray:
    if values.size and (values.max() > _INT32.max or values.min() < _INT32.min):
        worst = values.flat[np.abs(values).argmax()]
        raise OutputError(
            f"{what} is {worst:.0f}, which does not fit 32 bits.", "Take fewer products in one sum, or a smaller scale."
        )
    return values.astype(np.int32)
