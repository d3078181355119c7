"""Class-aware: how far the layers that read a channel would miss their outputs on this user's images without it."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.brain_surgeon import Reading, removal
from edgewise.prune.cost_scale import Trial, measured_scales
from edgewise.prune.criterion import Magnitude, Ranking
from edgewise.prune.groups import Group, Member
from edgewise.prune.layer_moments import read_moments, reading_of
from edgewise.prune.moments import Moments
from edgewise.prune.sensitivity import sensitivities

_TRIED = 0.1  # of a group's channels go for a trial
_STEPS = 24  # in which the channels of a group go: more are slower and hardly better


@dataclass(frozen=True)
class ReconstructionError:
    """Group-wise Optimal Brain Surgeon on the inputs that the network's layers are fed on the user's images.

    The cost of a channel is what its readers' outputs miss once all other weights have made up for it as well as they
    can. With `classes`, each output counts by how much the answers among those classes depend on it (`sensitivities`),
    so that costs of all groups are in one unit, nats of cross-entropy, and those are held against what some channels
    cost when they are silenced (`measured_scales`); without, they are shares of the readers' output variance. A group
    whose readers are no plain convolutions or linear layers is ranked by L2.
    """

    classes: tuple[int, ...] = ()
    ridge: float = 1e-2
    images: int = 150  # that are looked at, at most
    places_per_weight: float = 2.5  # places read for each weight of an output,
    fewest_places: int = 10_000  # and as many at least
    seed: int = 0

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Progress = silent
    ) -> dict[str, Ranking]:
        batches = _first(batches, self.images)
        readers = {group.name: list(_readers(network, group)) for group in groups}
        paths = sorted({member.path for members in readers.values() for member in members})
        moments = read_moments(
            network,
            paths,
            batches,
            places_per_weight=self.places_per_weight,
            fewest_places=self.fewest_places,
            seed=self.seed,
            progress=progress,
        )
        weights = (
            sensitivities(network, paths, batches, self.classes, seed=self.seed, progress=progress)
            if self.classes
            else {}
        )
        found: dict[str, Ranking] = {}
        trials: dict[str, Trial] = {}
        waiting = Counter(member.path for members in readers.values() for member in members)
        for done, group in enumerate(groups):
            if readers[group.name]:
                readings = [
                    _reading(network, member, moments[member.path], weights.get(member.path))
                    for member in readers[group.name]
                ]
                for member in readers[group.name]:
                    waiting[member.path] -= 1
                    if not waiting[member.path]:
                        del moments[member.path]  # all together they take hundreds of MB
                gone = removal(readings, group.channels - 1, step=math.ceil(group.channels / _STEPS), ridge=self.ridge)
                unit = 0.5 if weights else 1 / max(gone.variance, 1e-30)
                found[group.name] = Ranking(gone.order.numpy(), unit * gone.losses.numpy())
                tried = gone.order[: max(1, round(_TRIED * group.channels))]
                foretold = 0.5 * sum(reading.uncompensated(tried) for reading in readings)
                trials[group.name] = Trial(tuple(tried.tolist()), foretold)
            else:
                found |= Magnitude(2).rank(network, [group], batches)
            progress("ranking channels", done + 1, len(groups))
        if self.classes:
            scales = measured_scales(network, groups, trials, batches, self.classes, progress)
            found |= {name: Ranking(found[name].order, scale * found[name].costs) for name, scale in scales.items()}
        return found


def _first(batches: Sequence[Tensor], images: int) -> list[Tensor]:
    """The first batches, up to so many images but one batch at least."""
    seen = np.cumsum([len(batch) for batch in batches])
    return list(batches[: max(1, int((seen <= images).sum()))])


def _readers(network: nn.Module, group: Group) -> Iterator[Member]:
    for member in group.members:
        layer = network.get_submodule(member.path)
        plain = (isinstance(layer, nn.Conv2d) and layer.groups == 1) or isinstance(layer, nn.Linear)
        if member.side == "reads" and plain:
            yield member


def _reading(network: nn.Module, member: Member, moments: Moments, importance: Tensor | None) -> Reading:
    layer = network.get_submodule(member.path)
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    return reading_of(layer, moments, torch.from_numpy(member.index), importance)
