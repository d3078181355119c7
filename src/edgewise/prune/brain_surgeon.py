"""Which channels the layers that read them miss least, once their other weights have made up for it.

Group-wise Optimal Brain Surgeon: of a layer that is linear in its inputs, the least squared error after inputs go, with
all other weights solved anew, has a closed form. Channels go one after the other, the cheapest first.
Source: Hassibi and Stork 1992; blocks of inputs as in Frantar, Singh, Alistarh 2022, "Optimal Brain Compression", and
Kurtic, Frantar, Alistarh 2023, "ZipLM".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from edgewise.prune.precision import precision_for


@dataclass(frozen=True, eq=False)
class Reading:
    """One layer that reads the channels of a group."""

    covariance: Tensor  # float [d, d], of its inputs
    weights: Tensor  # float [o, d]; a row weighs as much as it is large
    index: Tensor  # int64 [channels, r]: the inputs that go with each channel

    def uncompensated(self, channels: Tensor) -> float:
        """The squared error where these channels go and no other weight makes up for it."""
        inputs = self.index[channels].reshape(-1)
        weights = self.weights[:, inputs].double()
        return float(((weights @ self.covariance[inputs][:, inputs].double()) * weights).sum())


@dataclass(frozen=True, eq=False)
class Removal:
    """Channels in the order in which they go."""

    order: Tensor  # int64 [removed]
    losses: Tensor  # float64 [removed]: the squared error of all readers once all channels up to this one are gone
    variance: float  # of the readers' outputs: the error if all went


def removal(readings: Sequence[Reading], remove: int, *, step: int = 1, ridge: float = 1e-2) -> Removal:
    """The `remove` channels that are missed least; `step` of them go at once, scored alone.

    `ridge`: added to each input's variance, as a share of their mean. Where inputs are as good as a copy of others, it
    says that leaning on the copy costs something.
    """
    surgeons = [_Surgeon(reading, ridge) for reading in readings]
    channels = len(readings[0].index)
    assert 0 <= remove < channels, (remove, channels)
    variance = sum(surgeon.variance for surgeon in surgeons)
    gone = torch.zeros(channels, dtype=torch.bool)
    order: list[int] = []
    losses: list[float] = []
    lost = 0.0
    while len(order) < remove:
        scores = torch.stack([surgeon.scores() for surgeon in surgeons]).sum(dim=0)
        scores[gone] = torch.inf
        chosen = scores.argsort(stable=True)[: min(step, remove - len(order))]
        lost += sum(surgeon.remove(chosen) for surgeon in surgeons)
        gone[chosen] = True
        order += chosen.tolist()
        losses += [lost] * len(chosen)
    return Removal(torch.tensor(order, dtype=torch.int64), torch.tensor(losses, dtype=torch.float64), variance)


def _inverse(damped: Tensor) -> Tensor:
    """float32: the updates are bound by memory."""
    factor, failed = torch.linalg.cholesky_ex(damped)
    if failed:
        factor = torch.linalg.cholesky(damped.double())
    return torch.cholesky_inverse(factor).float()


class _Surgeon:
    """One reader's inverse covariance and weights, kept up to date as inputs go."""

    def __init__(self, reading: Reading, ridge: float) -> None:
        damped = reading.covariance.to(precision_for(len(reading.covariance)), copy=True)
        variance = float(damped.diagonal().mean())
        damped.diagonal().add_(max(ridge * variance, 1e-12))
        self._inverse = _inverse(damped)
        self._weights = reading.weights.detach().clone().float()
        self._index = reading.index
        self.variance = float(((self._weights @ reading.covariance.float()) * self._weights).sum())

    def scores(self) -> Tensor:
        """float32 [channels]: what removing each alone would add to the squared error."""
        blocks = self._weights[:, self._index]  # [o, channels, r]
        inverse = self._inverse[self._index[:, :, None], self._index[:, None, :]]  # [channels, r, r]
        if self._index.shape[1] == 1:
            return blocks[:, :, 0].square().sum(dim=0) / inverse[:, 0, 0]
        products = torch.einsum("ocr,ocs->crs", blocks, blocks)
        return torch.linalg.solve(inverse, products).diagonal(dim1=1, dim2=2).sum(dim=1)

    def remove(self, channels: Tensor) -> float:
        """Take the channels' inputs out, let the other weights make up for it; the squared error that stays."""
        inputs = self._index[channels].reshape(-1)
        rows, weights = self._inverse[inputs], self._weights[:, inputs]
        block = rows[:, inputs]
        solved = torch.linalg.solve(block, rows)  # [removed, d]
        error = float((torch.linalg.solve(block, weights.T) * weights.T).sum())
        self._weights.addmm_(weights, solved, alpha=-1)
        self._inverse.addmm_(rows.T, solved, alpha=-1)
        # What is gone stays exactly zero, and its own block invertible.
        self._weights[:, inputs] = 0
        self._inverse[inputs] = 0
        self._inverse[:, inputs] = 0
        self._inverse[inputs, inputs] = 1
        return error
