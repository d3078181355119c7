"""What inference computed on its way, kept in bounded memory, so that training need not compute it again.

A row holds the activations that entered the first unfrozen segment for one input, and what the generic network made of
it: its logits, and its pooled last features to be mimicked. The maps of its last block would take as much as the
activations do; pooled, they take a fiftieth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from edgewise.errors import OutputError, UsageError

Precision = Literal["float32", "float16", "int8"]

_MB = 1_000_000
_LEVELS = 255
_HALF_MOST = torch.finfo(torch.float16).max


class ActivationCache:
    """Rows of activations and teachings, at most `memory_mb` of them; once full, a uniform sample of all that came.

    `precision`: of the activations. "int8" keeps 8 bits between the least and the greatest value that each channel
    takes in that one input, with both as float32: nothing is calibrated beforehand, no later input can fall outside,
    and outputs of a ReLU, which are never negative, use all 8 bits. Activations without places, [n, d], share one
    range. Logits are kept in float32, features in half precision ("float32": in full).
    Memory is that of the tensors, up to 1 MB = 10^6 bytes each. It is taken as rows come. Sampling is by reservoir,
    drawn from `seed`: input number t replaces a row with a probability of rows / t, however the inputs are batched.
    Source: Vitter 1985, "Random Sampling with a Reservoir" (algorithm R).
    """

    def __init__(self, memory_mb: float, precision: Precision = "int8", seed: int = 0) -> None:
        if precision not in get_args(Precision):
            raise UsageError(
                f"There is no precision {precision!r}.", f"Choose one of {', '.join(get_args(Precision))}."
            )
        if not memory_mb > 0:
            raise UsageError(f"The memory is {memory_mb:g} MB; it must be above 0.")
        self.memory_mb, self.precision, self.seen = memory_mb, precision, 0
        self._random = np.random.default_rng(seed)
        self._rows: list[_Row] = []
        self._capacity = 0
        self._shapes: tuple[object, ...] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return sum(row.nbytes for row in self._rows)

    @property
    def bytes_per_row(self) -> int:
        """Raises `UsageError` while nothing is in."""
        self._see_that_something_is_in()
        return self._rows[0].nbytes

    def add(self, activations: Tensor, logits: Tensor, features: Tensor | None = None) -> None:
        """Take in a batch as inference goes by.

        `activations`: float [n, channels, ...]; `logits`: float [n, C] and `features`: float [n, d] of the generic
        network. Raises `UsageError` for a batch of other shapes than the first, or whose rows take more than the whole
        memory; `OutputError` for what is not finite, and then no row of the batch is in.
        """
        given = [activations, logits] if features is None else [activations, logits, features]
        self._see_that_it_fits(given)
        for place in range(len(activations)):
            slot = self._slot()
            if slot is not None:
                row = self._row([one[place].detach() for one in given])
                self._rows[slot : slot + 1] = [row]  # one beyond the last is a new one

    def batch(self, indices: Sequence[int] | Tensor) -> Tensor:
        """The activations of some rows, float32 [n, channels, ...], to be overwritten at will."""
        rows = self._chosen(indices)
        kept = torch.stack([row.activations for row in rows])
        if rows[0].low is None or rows[0].step is None:
            return kept.float()
        low = torch.stack([row.low for row in rows if row.low is not None])
        step = torch.stack([row.step for row in rows if row.step is not None])
        return torch.addcmul(low, kept.float(), step).reshape(len(rows), *rows[0].shape)

    def logits(self, indices: Sequence[int] | Tensor) -> Tensor:
        """What the generic network answered, float32 [n, C]."""
        return torch.stack([row.logits for row in self._chosen(indices)])

    def features(self, indices: Sequence[int] | Tensor) -> Tensor:
        """The generic network's pooled last features, float32 [n, d]. Raises `UsageError` where none were given."""
        found = [row.features for row in self._chosen(indices) if row.features is not None]
        if not found:
            raise UsageError("The cache holds no features.", "Give them to `add`, or set mimicry to 0.")
        return torch.stack(found).float()

    def _slot(self) -> int | None:
        """Where the next input goes, if anywhere."""
        self.seen += 1
        if len(self._rows) < self._capacity:
            return len(self._rows)
        drawn = int(self._random.integers(self.seen))
        return drawn if drawn < self._capacity else None

    def _row(self, given: Sequence[Tensor]) -> "_Row":
        activations, logits, *features = given
        keep: Callable[[Tensor], Tensor] = _full if self.precision == "float32" else _half
        low = step = None
        shape = tuple(activations.shape)
        if self.precision == "int8":
            activations, low, step = _quantised(activations)
        else:
            activations = keep(activations)
        return _Row(activations, low, step, shape, _full(logits), keep(features[0]) if features else None)

    def _see_that_it_fits(self, given: Sequence[Tensor]) -> None:
        counts = {len(one) for one in given}
        shapes = tuple(tuple(one.shape[1:]) for one in given)
        if len(counts) != 1 or any(one.dim() != 2 for one in given[1:]) or given[0].dim() < 2:
            raise UsageError(
                f"A batch has shapes {[tuple(one.shape) for one in given]}; expected activations [n, channels, ...], "
                "logits [n, C] and features [n, d] of the same inputs."
            )
        if self._shapes is not None and shapes != self._shapes:
            raise UsageError(f"A row has shapes {shapes}; those before have {self._shapes}.", "Begin a new cache.")
        if not all(torch.isfinite(one).all() for one in given):
            raise OutputError("Activations, logits or features are not finite.", "Look for weights that are NaN.")
        if self._shapes is None and counts != {0}:
            row_bytes = self._row([one[0].detach() for one in given]).nbytes
            self._capacity = int(self.memory_mb * _MB // row_bytes)
            if self._capacity == 0:
                raise UsageError(
                    f"One row takes {row_bytes / _MB:.3g} MB, and {self.memory_mb:g} MB are allowed.",
                    "Allow more, open the network nearer to its output, or keep int8.",
                )
            self._shapes = shapes

    def _see_that_something_is_in(self) -> None:
        if not self._rows:
            raise UsageError("The cache is empty.", "Fill it with `add` while inference runs.")

    def _chosen(self, indices: Sequence[int] | Tensor) -> "list[_Row]":
        self._see_that_something_is_in()
        wanted = indices.tolist() if isinstance(indices, Tensor) else list(indices)
        beyond = [index for index in wanted if not 0 <= index < len(self._rows)]
        if beyond or not wanted:
            raise UsageError(f"Rows {beyond} were asked for; there are 0 to {len(self._rows) - 1}.")
        return [self._rows[index] for index in wanted]


@dataclass(frozen=True, eq=False)
class _Row:
    """One input; tensors of its own, so that no batch is kept alive."""

    activations: Tensor  # float, or uint8 [channels, places]
    low: Tensor | None  # float32 [channels, 1]: what code 0 stands for
    step: Tensor | None  # float32 [channels, 1]: what each further one adds
    shape: tuple[int, ...]
    logits: Tensor
    features: Tensor | None

    @property
    def nbytes(self) -> int:
        kept = (self.activations, self.low, self.step, self.logits, self.features)
        return sum(one.numel() * one.element_size() for one in kept if one is not None)


def _quantised(row: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Codes, and what they stand for, channel by channel."""
    maps = row.float().flatten(1) if row.dim() > 1 else row.float()[None]
    low, high = maps.aminmax(dim=1, keepdim=True)
    step = (high - low) / _LEVELS
    codes = ((maps - low) / torch.where(step > 0, step, 1)).round().clamp(0, _LEVELS)
    return codes.to(torch.uint8), low, step


def _full(row: Tensor) -> Tensor:
    return row.float().clone(memory_format=torch.contiguous_format)


def _half(row: Tensor) -> Tensor:
    return row.clamp(-_HALF_MOST, _HALF_MOST).to(torch.float16, copy=True, memory_format=torch.contiguous_format)
