"""Class-aware or class-blind: how much the network's own answers would change without a channel, to first order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.criterion import Magnitude, Ranking, ranked
from edgewise.prune.groups import Group
from edgewise.prune.own_answers import backward_from_drawn, few_at_once, frozen
from edgewise.prune.reads import readers, watching


@dataclass(frozen=True)
class Taylor:
    """The squared sum over all places of activation times gradient, averaged over the user's images.

    The gradient is that of the cross-entropy of an answer among `classes`, or among all of the network's where none is
    named (class-blind); it is taken where the channel is read, over all of its readers together. The network keeps no
    gradient. Costs are half of it: nats by which the answers diverge to second order, were channels to go one by one
    (Theis et al. 2018), so they can be compared between groups. Only a group that no layer reads is ranked by L2.

    Source: Molchanov et al. 2017, "Pruning Convolutional Neural Networks for Resource Efficient Inference", 2.2, and
    2019, "Importance Estimation for Neural Network Pruning" (squares, of a gate at the channel).
    Reading: there are no labels, and against its own soft answers the network's gradient is zero. So an answer is drawn
    for each image by the network's own probabilities: the expected square is then the Fisher information of the gate.
    Its likeliest answer instead would hardly count images that it is sure of, and never say what else it might answer.
    """

    classes: tuple[int, ...] = ()
    images: int = 256  # about so many are run forwards and backwards
    seed: int = 0

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        generator = torch.Generator().manual_seed(self.seed)
        squares = {group.name: np.zeros(group.channels) for group in groups if readers(group)}
        wanted = few_at_once(batches, self.images) if squares else ()
        gates: dict[str, Tensor] = {}

        def gated(path: str, taken: Tensor, axis: int) -> Tensor:
            # The gradient of a gate that is open is the sum over all places of activation times gradient.
            gates[path] = taken.new_ones(len(taken), taken.shape[axis], requires_grad=True)
            shape = [size if place in (0, axis) else 1 for place, size in enumerate(taken.shape)]
            return taken * gates[path].reshape(shape)

        with watching(network, groups, gated), frozen(network), torch.enable_grad():
            for done, batch in enumerate(wanted):
                backward_from_drawn(network(batch), self.classes, generator)
                for group in groups:
                    if group.name in squares:
                        squares[group.name] += _felt(group, gates).square().sum(dim=0).numpy()
                progress("weighing channels", done + 1, len(wanted))
        seen = max(sum(len(batch) for batch in wanted), 1)
        return {
            group.name: ranked(0.5 * squares[group.name] / seen, whole=1.0)
            if group.name in squares
            else Magnitude(2).rank(network, [group], batches)[group.name]
            for group in groups
        }


def _felt(group: Group, gates: Mapping[str, Tensor]) -> Tensor:
    """float64 [n, channels]: what each image's cross-entropy would change by without each channel."""
    total = torch.zeros(0)
    for number, member in enumerate(readers(group)):
        gradient = gates[member.path].grad
        assert gradient is not None, "a layer that reads has a part in the answer"
        own = gradient.double()[:, torch.from_numpy(member.index)].sum(dim=2)
        total = total + own if number else own
    return total
