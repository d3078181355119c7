"""Batch norm re-estimated: what each norm is fed in the cut network is brought to the mean and spread it had before.

No label, no gradient, and the statistics that a network was stored with do not matter: where they were folded away
(mean 0, variance 1, all else in weight and bias), re-estimating them alone would change what the network computes. So
the generic network's are measured on the same images, and each norm of the cut network is made to do to a value of its
own what the generic one's does to the value as far from its mean, in standard deviations.
Source: Li et al. 2020, "EagleEye" (adaptive batch norm); Differs: as above, and norm after norm from the input on,
so that each one sees what norms before it give once they are right, not moving averages over all of them at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.chain import Segment, chain_of
from edgewise.prune.own_answers import spread_over

_MOST_STRETCHED = 10.0  # what is left of a channel that has all but died is mostly noise
_CONSTANT = 1e-6  # a variance that is less of the squared mean is mostly rounding


def renormalise(
    generic: nn.Module,
    cut: nn.Module,
    kept: Mapping[str, Tensor],
    batches: Sequence[Tensor],
    *,
    images: int = 64,
    progress: Progress = silent,
) -> int:
    """Re-estimate the batch norms of `cut`, in place, from the input on; how many there were. Both are in eval mode.

    `kept`: of each norm, by path, the generic one's channels that it still has, int64; all of those not named.
    `batches`: [n, 3, h, w] of the networks' type, of which about so many `images` are run, once through each network:
    few are enough, as both see the same. What is alive at one place of the cut network is held for all of them, in full
    precision (ResNet-50, 64 images of 224 px: 0.6 GB). Norms without weights or stored statistics stay as they are.
    Raises `UsageError` without images, or where `kept` does not fit the norms; then nothing has changed.
    """
    if not batches:
        raise UsageError("No images to learn from.", "Give the stream of this user; a few hundred images are enough.")
    batches = spread_over(batches, images)
    wanted = _statistics(generic, batches)
    theirs = dict(_norms(generic))
    norms = {path: norm for path, norm in _norms(cut) if path in wanted}
    stay = {path: _that_stay(path, norm.num_features, theirs[path].num_features, kept) for path, norm in norms.items()}
    done = 0
    values = list(batches)
    for segment in chain_of(cut, batches[0][:1]):
        runs = [_Run(segment, values.pop(0)) for _ in range(len(values))]
        for node in segment.module.graph.nodes:
            path = _norm_of(node)
            if path in norms:
                found = _Statistics()
                for run in runs:
                    found.add(run.fed_to(node))
                _correct(norms[path], found, theirs[path], wanted[path], stay[path])
                done += 1
                progress("re-estimating norms", done, len(norms))
            for run in runs:
                run.step(node)
        values += [run.given for run in runs]
    return done


@dataclass(eq=False)
class _Statistics:
    """Of each channel, over all images and places; float64."""

    count: int = 0
    sums: Tensor | float = 0.0
    squares: Tensor | float = 0.0

    def add(self, values: Tensor) -> None:
        rows = values.flatten(2)  # summed image by image: sums in double precision are many times as slow
        self.count += rows.shape[0] * rows.shape[2]
        self.sums = self.sums + rows.sum(dim=2).double().sum(dim=0)
        self.squares = self.squares + torch.linalg.vector_norm(rows, dim=2).double().square().sum(dim=0)

    @property
    def mean(self) -> Tensor:
        return torch.as_tensor(self.sums) / self.count

    @property
    def variance(self) -> Tensor:
        return (torch.as_tensor(self.squares) / self.count - self.mean.square()).clamp(min=0)


class _Run(fx.Interpreter):
    """One batch on its way through a segment, node by node; what is needed no more is let go."""

    def __init__(self, segment: Segment, images: Tensor) -> None:
        super().__init__(segment.module)
        self._images: Tensor | None = images
        self.given = torch.zeros(0)

    def fed_to(self, node: fx.Node) -> Tensor:
        """What a node is about to take."""
        return self.env[node.all_input_nodes[0]]

    def step(self, node: fx.Node) -> None:
        """Run one node, in the order of the graph."""
        if node.op == "placeholder":
            self.env[node], self._images = self._images, None
        elif node.op == "output":
            self.given = self.fed_to(node)
        else:
            with torch.no_grad():
                self.env[node] = self.run_node(node)
        for spent in self.user_to_last_uses.get(node, ()):
            del self.env[spent]


def _statistics(network: nn.Module, batches: Sequence[Tensor]) -> dict[str, _Statistics]:
    """What each norm is fed, by path."""
    found: dict[str, _Statistics] = {}
    hooks = []
    for path, norm in _norms(network):

        def look(layer: nn.Module, taken: tuple[Tensor], path: str = path) -> None:
            found.setdefault(path, _Statistics()).add(taken[0])

        hooks.append(norm.register_forward_pre_hook(look))
    try:
        with torch.no_grad():
            for batch in batches:
                network(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _norms(network: nn.Module) -> Iterator[tuple[str, nn.BatchNorm2d]]:
    for path, layer in network.named_modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.affine and layer.running_mean is not None:
            yield path, layer


def _norm_of(node: fx.Node) -> str:
    """The path of the norm that a node runs, if it runs one: some are traced into, down to the function."""
    if node.target is functional.batch_norm and isinstance(node.args[1], fx.Node):
        return str(node.args[1].target).rpartition(".")[0]
    return str(node.target) if node.op == "call_module" else ""


def _that_stay(path: str, left: int, channels: int, kept: Mapping[str, Tensor]) -> Tensor:
    """Of the `channels` of the generic network's norm those that are `left`, int64."""
    stay = kept.get(path, torch.arange(channels))
    if len(stay) != left:
        raise UsageError(
            f"{path} has {left} channels, and {len(stay)} of {channels} are said to be kept.",
            "Name the channels that each norm keeps.",
        )
    return stay


def _correct(
    norm: nn.BatchNorm2d, found: _Statistics, generic: nn.BatchNorm2d, wanted: _Statistics, stay: Tensor
) -> None:
    """Make a norm do to what it is `found` to be fed what the generic one does to what that is fed."""
    assert generic.running_mean is not None, "norms without statistics are left out"
    assert generic.running_var is not None, "norms without statistics are left out"
    scale = generic.weight.double() / (generic.running_var.double() + generic.eps).sqrt()
    middle = generic.bias.double() + scale * (wanted.mean - generic.running_mean.double())
    mean, variance = wanted.mean[stay], wanted.variance[stay]
    stretch = (variance / found.variance).sqrt().clamp(max=_MOST_STRETCHED)
    stretch = torch.where(variance > _CONSTANT * mean.square(), stretch, 1.0)
    own = {
        "running_mean": found.mean,
        "running_var": found.variance,
        "weight": scale[stay] * stretch * (found.variance + norm.eps).sqrt(),
        "bias": middle[stay],
    }
    with torch.no_grad():
        for name, numbers in own.items():
            getattr(norm, name).copy_(numbers)
