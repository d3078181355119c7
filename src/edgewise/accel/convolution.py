"""A convolution's three products of matrices: forward, and the gradients of its input and of its weights."""

from dataclasses import dataclass
from functools import cached_property

from edgewise.accel.gemm import Gemm
from edgewise.errors import UsageError

_MOST = 2**31  # of a side, a count
Pair = tuple[int, int]  # along height and width


@dataclass(frozen=True)
class Phase:
    """Input places along one axis whose distance to the taps that reach them is the same, modulo the stride."""

    places: tuple[int, ...]
    taps: tuple[int, ...]


@dataclass(frozen=True)
class Convolution:
    """Shapes alone. A dense layer is one of 1 x 1 on an input of 1 x 1, with a row of the batch for each vector."""

    name: str
    batch: int
    takes: int  # channels
    gives: int
    size: Pair  # of the input
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)  # zeros on either side
    dilation: Pair = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        counts = (self.batch, self.takes, self.gives, self.groups, *self.size, *self.kernel, *self.stride)
        if min(*counts, *self.dilation) < 1 or min(self.padding) < 0:
            raise UsageError(f"{self.name}: sizes must be 1 or more, padding 0 or more; it is {self}.")
        if max(*counts, *self.dilation, *self.padding) > _MOST:
            raise UsageError(f"{self.name}: sizes must be {_MOST:,} at most.")
        if self.takes % self.groups or self.gives % self.groups:
            raise UsageError(
                f"{self.name}: {self.groups} groups do not divide both {self.takes} and {self.gives} channels."
            )
        if min(self.gives_size) < 1:
            raise UsageError(f"{self.name}: an input of {self.size} is smaller than a kernel of {self.kernel}.")

    @property
    def gives_size(self) -> Pair:
        """Of the output."""
        along = zip(self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        height, width = ((size + 2 * pad - gap * (taps - 1) - 1) // step + 1 for size, taps, step, pad, gap in along)
        return height, width

    @property
    def forward(self) -> Gemm:
        """[pixels, taps] x [taps, channels], a group each; what pads the input is multiplied as well."""
        return Gemm(self._pixels, self._taps, self.gives // self.groups, self.groups)

    @property
    def weight_gradient(self) -> Gemm:
        """[taps, pixels] x [pixels, channels]: the input's columns, transposed, and the output's gradient."""
        return Gemm(self._taps, self._pixels, self.gives // self.groups, self.groups)

    @property
    def input_gradient(self) -> tuple[Gemm, ...]:
        """[input pixels, output channels and taps] x [those, input channels], one for each phase of the stride.

        With a stride above 1 the taps that reach an input pixel depend on its place modulo the stride. Taken apart by
        that, nothing is multiplied by the zeros that a transposed convolution would put between the output's pixels.
        """
        rows, columns = self.phases
        return tuple(
            Gemm(
                self.batch * len(row.places) * len(column.places),
                self.gives // self.groups * len(row.taps) * len(column.taps),
                self.takes // self.groups,
                self.groups,
            )
            for row in rows
            for column in columns
        )

    @cached_property
    def phases(self) -> tuple[tuple[Phase, ...], tuple[Phase, ...]]:
        """Along height and width; without those that no tap reaches, where the gradient is 0."""
        first, second = (self._phases(axis) for axis in range(2))
        return first, second

    def _phases(self, axis: int) -> tuple[Phase, ...]:
        step, pad, gap = self.stride[axis], self.padding[axis], self.dilation[axis]
        found = (
            Phase(
                tuple(range((rest - pad) % step, self.size[axis], step)),
                tuple(tap for tap in range(self.kernel[axis]) if tap * gap % step == rest),
            )
            for rest in range(step)
        )
        return tuple(one for one in found if one.places and one.taps)

    @property
    def _pixels(self) -> int:
        height, width = self.gives_size
        return self.batch * height * width

    @property
    def _taps(self) -> int:
        return self.takes // self.groups * self.kernel[0] * self.kernel[1]


def dense(name: str, rows: int, takes: int, gives: int) -> Convolution:
    """A dense layer for so many vectors."""
    return Convolution(name, rows, takes, gives, (1, 1))
