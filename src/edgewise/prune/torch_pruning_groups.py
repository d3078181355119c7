"""Finds the groups of coupled channels by Torch-Pruning's dependency graph.

Torch-Pruning says which layer hands its channels to which, and how their numbers move through concatenation,
flattening, splits and slices. What must go together is then the connected components of "this channel of this layer is
that channel of that layer", over every channel at once, so that couplings that fold a tensor onto itself (a residual
sum of concatenations) come out as they are. Two couplings are added to its graph: all inputs and outputs of one group
of a grouped convolution go together, and so do the channels at the same place of equal chunks.

Nothing of this is believed: each group is tried out (`edgewise.prune.trial`), and stays whole where it fails.
"""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewise.prune.groups import Group, Member, Side
from edgewise.prune.layers import channels_of
from edgewise.prune.network import check_network, quiet_copy
from edgewise.prune.operations import Operations, with_suspects
from edgewise.prune.torch_pruning_graph import dependency_graph, onwards, why_not

if TYPE_CHECKING:
    from torch import Tensor, nn

_OUTPUT = "it is the network's output"
_SIDES: dict[str, Side] = {"out": "writes", "in": "reads", "both": "passes"}


def find_groups(network: "nn.Module", image: "Tensor") -> tuple[Group, ...]:
    """The groups of coupled channels of a convolutional classifier, in execution order.

    `image` is float [n, channels, h, w]; its values do not matter. The network is left as it is. Groups that cannot be
    followed stay whole and say why. Raises `ModelError` for a network that cannot be pruned at all (see
    `check_network`), `MissingExtra` without torch-pruning.
    """
    from edgewise.prune.trial import try_out

    channels = _Channels(network, image, check_network(network, image))
    groups = channels.groups()
    return try_out(network, image, groups, {group.name: channels.met(group) for group in groups})


@dataclass
class _Side:
    """The channels of one side of one layer, or of a split, in the list of all."""

    path: str  # of the layer; empty for a split
    side: str  # "in", "out", or "both" where a channel comes out as the one that went in
    start: int
    channels: int


@dataclass
class _Channels:
    """All channels of all layers, numbered through, and the pairs that go together."""

    network: "nn.Module"
    image: "Tensor"
    order: tuple[str, ...]
    _sides: dict[tuple[int, str], _Side] = field(default_factory=dict)
    _pairs: list[np.ndarray] = field(default_factory=list)  # int64 [n, 2]
    _reasons: dict[int, str] = field(default_factory=dict)  # channel -> why it must stay
    _met: dict[str, dict[str, None]] = field(default_factory=dict)  # layer -> what its outputs meet, in order
    _count: int = 0

    def groups(self) -> tuple[Group, ...]:
        with quiet_copy(self.network) as traced:
            operations = Operations(traced)
            graph, last = dependency_graph(traced, self.image, operations)
            paths = {id(layer): path for path, layer in traced.named_modules()}
            nodes = [node for node in graph.module2node.values() if id(node.module) in paths]
            for node in nodes:
                self._number(graph, node, paths[id(node.module)])
            for node in nodes:
                if (id(node), "out") in self._sides:
                    self._spread(graph, node, last, operations)
            for node in nodes:
                self._couple_grouped(node)
        return self._grouped()

    def _number(self, graph: Any, node: Any, path: str) -> None:
        """Give the channels of a layer their numbers."""
        wide_in, wide_out = channels_of(node.module)
        if not wide_out or not _is_own(node.module):
            return
        pruner = graph.get_pruner_of_module(node.module)
        if pruner.prune_in_channels == pruner.prune_out_channels and wide_in == wide_out:
            self._add(node, path, "both", wide_out)
        else:
            self._add(node, path, "in", wide_in)
            self._add(node, path, "out", wide_out)

    def _add(self, node: Any, path: str, side: str, channels: int) -> _Side:
        added = self._sides[id(node), side] = _Side(path, side, self._count, channels)
        self._count += channels
        return added

    def met(self, group: Group) -> tuple[str, ...]:
        """The operations that a group's channels meet between layers, of which some may not leave them apart."""
        writers = [member.path for member in group.members if member.side == "writes"]
        return tuple(dict.fromkeys(one for path in writers for one in self._met.get(path, ())))

    def _spread(self, graph: Any, root: Any, last: Any, operations: Operations) -> None:
        """Follow all channels that a layer writes to wherever they go."""
        start = self._sides[id(root), "out"]
        every = np.arange(start.channels)
        visits = [(root, "out", np.stack([every, every], axis=1))]
        seen: dict[tuple[int, str], set[tuple[int, int]]] = {}
        while visits:
            node, side, pairs = visits.pop()
            known = seen.setdefault((id(node), side), set())
            fresh = [pair for pair in map(tuple, pairs.tolist()) if pair not in known]
            if not fresh:
                continue
            known.update(fresh)
            pairs = np.array(fresh, np.int64)
            doubt = operations.doubtful(node.grad_fn) if (id(node), side) not in self._sides else None
            if doubt:
                self._met.setdefault(start.path, {})[doubt] = None
            if not self._arrive(graph, node, side, pairs, start, last):
                continue
            visits += onwards(graph, node, side, pairs)

    def _arrive(self, graph: Any, node: Any, side: str, pairs: np.ndarray, start: _Side, last: Any) -> bool:
        """Couple what arrives at a node with where it came from; says whether to go on from there."""
        from torch_pruning.ops import OPTYPE

        roots = start.start + pairs[:, 0]
        if (node is last and side != "in") or node.type == OPTYPE.OUTPUT:
            self._keep(roots, _OUTPUT)
        here = self._sides.get((id(node), side)) or self._split(node, side)
        if here is None:
            reason = why_not(graph, node)
            if reason:
                self._keep(roots, reason)
            return True
        inside = (pairs[:, 1] >= 0) & (pairs[:, 1] < here.channels)
        if not inside.all():
            met = list(self._met.get(start.path, ()))
            self._keep(roots, with_suspects(f"its channels cannot be followed to {here.path or 'a split'}", met))
            return False
        self._pairs.append(np.stack([roots, here.start + pairs[:, 1]], axis=1))
        return True

    def _keep(self, channels: np.ndarray, reason: str) -> None:
        for channel in channels.tolist():
            self._reasons.setdefault(channel, reason)

    def _split(self, node: Any, side: str) -> _Side | None:
        """The channels of a tensor that is split into equal chunks: those at the same place go together."""
        sizes = getattr(node.module, "split_sizes", None)
        if not sizes or len(set(sizes)) != 1 or None in sizes:
            return None
        added = self._add(node, "", side, sum(sizes))
        first = np.arange(added.start, added.start + sizes[0])
        self._pairs += [np.stack([first, first + i * sizes[0]], axis=1) for i in range(1, len(sizes))]
        return added

    def _couple_grouped(self, node: Any) -> None:
        """One group of a grouped convolution goes as a whole, inputs and outputs."""
        groups, inputs = getattr(node.module, "groups", 1), self._sides.get((id(node), "in"))
        if groups == 1 or inputs is None:
            return
        outputs = self._sides[id(node), "out"]
        first = outputs.start + np.arange(groups) * (outputs.channels // groups)
        for side in (inputs, outputs):
            each = side.channels // groups
            every = side.start + np.arange(side.channels)
            self._pairs.append(np.stack([np.repeat(first, each), every], axis=1))

    def _grouped(self) -> tuple[Group, ...]:
        """Connected components, those of one kind put together into a group."""
        units = _components(self._count, self._pairs)
        sides = sorted((side for side in self._sides.values() if side.path), key=self._when)
        owner = np.full(self._count, -1)
        for number, side in enumerate(sides):
            owner[side.start : side.start + side.channels] = number
        kinds: dict[tuple[Any, ...], list[np.ndarray]] = {}
        for unit in units:
            unit = unit[owner[unit] >= 0]
            unit = unit[np.lexsort((unit, owner[unit]))]
            reason = next((self._reasons[c] for c in unit.tolist() if c in self._reasons), None)
            kinds.setdefault((reason, *owner[unit].tolist()), []).append(unit)
        groups = [self._group(sides, owner, kind[0], units) for kind, units in kinds.items()]
        found = [group for group in groups if any(member.side == "writes" for member in group.members)]
        found.sort(key=lambda group: (self._place(group.writer.path), int(group.writer.index[0, 0])))
        return _named(found)

    def _group(self, sides: list[_Side], owner: np.ndarray, reason: str | None, units: list[np.ndarray]) -> Group:
        """Units [n, r], whose columns belong to the same sides, as a group."""
        table = np.stack(units)
        belongs = owner[table[0]]
        members: list[Member] = []
        for number in dict.fromkeys(belongs.tolist()):
            side = sides[number]
            index = np.sort(table[:, belongs == number] - side.start, axis=1)
            members.append(Member(side.path, _SIDES[side.side], index.astype(np.int64)))
        members = _one_for_grouped(members, self.network)
        first = next((m for m in members if m.side == "writes"), members[0])
        rank = np.argsort(first.index[:, 0], kind="stable")
        members = [replace(member, index=np.ascontiguousarray(member.index[rank])) for member in members]
        if reason is None and not any(m.side == "reads" for m in members):
            reason = "no layer reads it"
        if reason is None and len(table) == 1:
            reason = "it has one channel"
        return Group(first.path, len(table), tuple(members), whole=reason)

    def _place(self, path: str) -> int:
        return self.order.index(path) if path in self.order else len(self.order)

    def _when(self, side: _Side) -> tuple[int, bool]:
        return self._place(side.path), side.side == "out"


def _is_own(layer: "nn.Module") -> bool:
    """Whether a layer's weights are its own numbers, and are not computed from others."""
    names = [name for name in ("weight", "bias") if getattr(layer, name, None) is not None]
    return all(name in layer._parameters for name in names)


def _components(count: int, pairs: list[np.ndarray]) -> list[np.ndarray]:
    """The channels that hang together, int64 rising, in the order of their smallest."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64)
    graph = coo_array((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _one_for_grouped(members: list[Member], network: "nn.Module") -> list[Member]:
    """A grouped convolution reads and writes the same group: its channels pass, counted as its outputs."""
    grouped = {member.path for member in members if getattr(network.get_submodule(member.path), "groups", 1) > 1}
    return [
        replace(member, side="passes") if member.path in grouped else member
        for member in members
        if not (member.path in grouped and member.side == "reads")
    ]


def _named(groups: list[Group]) -> tuple[Group, ...]:
    """The groups under names of their own."""
    times: dict[str, int] = {}
    named: list[Group] = []
    for group in groups:
        times[group.name] = times.get(group.name, 0) + 1
        taken = times[group.name] > 1
        named.append(replace(group, name=f"{group.name}#{times[group.name]}") if taken else group)
    return tuple(named)
