"""Which channels stay, group by group: a file that can be read, compared, and carried out again on the original."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NotRequired, TypedDict

from edgewise import store
from edgewise.errors import StoreError, UsageError
from edgewise.prune.groups import Group
from edgewise.restore import restore

KIND = "pruning plan"
SCHEMA = 1
_AGAIN = "Name a plan that `edgewise prune` wrote, or make it again."
_MOST_NAMED = 6


@dataclass(frozen=True)
class Cut:
    """What stays of one group, or of one side of one layer: `kept`, rising, of `channels`."""

    channels: int
    kept: tuple[int, ...]

    @property
    def removed(self) -> tuple[int, ...]:
        """The channels that go, rising."""
        kept = set(self.kept)
        return tuple(channel for channel in range(self.channels) if channel not in kept)


@dataclass(frozen=True)
class Plan:
    """What stays of a network; a group that is not named here stays whole.

    `source` is the text that names the network, `input` the channels, height and width of the image by which its
    groups were found. Layers may besides keep sets of their own of what they read and write (`asymmetric`); they too
    are counted as in the original, and lie within what the cuts leave.
    """

    source: str
    input: tuple[int, int, int]
    cuts: dict[str, Cut]  # by the group's name, in execution order
    reads: dict[str, Cut] = field(default_factory=dict)  # by the layer's path: of its inputs
    writes: dict[str, Cut] = field(default_factory=dict)  # by the layer's path: of its outputs

    @classmethod
    def of(
        cls,
        groups: Sequence[Group],
        kept: Mapping[str, Collection[int]],
        *,
        source: str = "",
        input: tuple[int, int, int] = (3, 224, 224),
        reads: Mapping[str, Cut] | None = None,
        writes: Mapping[str, Cut] | None = None,
    ) -> "Plan":
        """The plan that keeps these channels of these groups, and all of the others.

        Groups and layers of which everything is kept are left out. Raises `UsageError` as `check` does.
        """
        _see_that_known(kept, groups)
        cuts = {
            group.name: Cut(group.channels, tuple(sorted(int(channel) for channel in kept[group.name])))
            for group in groups
            if group.name in kept
        }
        sides = dict(reads or {}), dict(writes or {})
        for what, some in (("Group", cuts), ("Layer", sides[0]), ("Layer", sides[1])):
            for name, cut in some.items():  # before a repeated channel can pass for a whole group
                _see_that_in_range(name, cut, what)
        plan = cls(source, input, *map(_felt, (cuts, *sides)))
        plan.check(groups)
        return plan

    @property
    def kept(self) -> dict[str, tuple[int, ...]]:
        """The channels that stay, by the group's name."""
        return {name: cut.kept for name, cut in self.cuts.items()}

    @property
    def removes(self) -> bool:
        """Whether anything goes; only a network that was restricted to the user's classes has a plan without."""
        return any(len(cut.kept) < cut.channels for cut in (*self.cuts.values(), *(cut for _, cut in self._sides)))

    def check(self, groups: Sequence[Group]) -> None:
        """See that the plan can be carried out on a network with these groups.

        Raises `UsageError` for a group that is unknown, of another width or must stay whole, for channels that are out
        of range, not rising, not a multiple of the group's step or none at all, and for a plan that removes nothing.
        Whether the layers fit is seen when it is carried out.
        """
        _see_that_known(self.cuts, groups)
        known = {group.name: group for group in groups}
        for name, cut in self.cuts.items():
            _see_that_fits(known[name], cut)
        for path, cut in self._sides:
            _see_that_in_range(path, cut, "Layer")
        if not self.removes:
            raise UsageError(
                _nothing(groups), "Keep fewer channels of some group; `edgewise prune inspect` shows them."
            )

    def diff(self, other: "Plan") -> tuple[str, ...]:
        """How another plan differs from this one, a sentence each; empty where both do the same."""
        lines: list[str] = []
        if self.source != other.source:
            lines.append(f"The network is {other.source or 'unnamed'}, not {self.source or 'unnamed'}.")
        if self.input != other.input:
            lines.append(f"The input is {_by(other.input)}, not {_by(self.input)}.")
        for what, ours, theirs in (
            ("Group", self.cuts, other.cuts),
            ("Reader", self.reads, other.reads),
            ("Writer", self.writes, other.writes),
        ):
            names = dict.fromkeys((*ours, *theirs))
            lines += [_changed(f"{what} {name}", ours.get(name), theirs.get(name)) for name in names]
        return tuple(line for line in lines if line)

    def write(self, path: Path, weights_sha256: str | None = None) -> None:
        """Write it as JSON, atomically, with the hash of the weights that belong to it, if any lie beside it."""
        data = {"source": self.source, "input": list(self.input), "cuts": _stored(self.cuts)}
        data |= {name: _stored(cuts) for name, cuts in (("reads", self.reads), ("writes", self.writes)) if cuts}
        store.write_json(path, KIND, SCHEMA, data | ({"weights_sha256": weights_sha256} if weights_sha256 else {}))

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """The plan in a file. Raises `StoreError` when it is missing, torn, of another schema or no plan."""
        return read_with_hash(path)[0]

    @property
    def _sides(self) -> tuple[tuple[str, Cut], ...]:
        return (*self.reads.items(), *self.writes.items())


class _Stored(TypedDict):
    """`plan.json`."""

    source: str
    input: tuple[int, int, int]
    cuts: dict[str, Cut]
    reads: NotRequired[dict[str, Cut]]
    writes: NotRequired[dict[str, Cut]]
    weights_sha256: NotRequired[str]


def read_with_hash(path: Path) -> tuple[Plan, str | None]:
    """The plan in a file, and the hash of the weights that lie beside it. Raises `StoreError` as `Plan.read` does."""
    stored = restore(_Stored, store.read_json(path, KIND, SCHEMA, _AGAIN), path)
    reads, writes = stored.get("reads", {}), stored.get("writes", {})
    try:
        for what, cuts in (("Group", stored["cuts"]), ("Layer", reads), ("Layer", writes)):
            for name, cut in cuts.items():
                _see_that_in_range(name, cut, what)
    except UsageError as error:
        raise StoreError(f"{path}: {error.message}", _AGAIN) from error
    return Plan(stored["source"], stored["input"], stored["cuts"], reads, writes), stored.get("weights_sha256")


def _felt(cuts: Mapping[str, Cut]) -> dict[str, Cut]:
    """Those that remove something."""
    return {name: cut for name, cut in cuts.items() if len(cut.kept) < cut.channels}


def _stored(cuts: Mapping[str, Cut]) -> dict[str, object]:
    return {name: {"channels": cut.channels, "kept": list(cut.kept)} for name, cut in cuts.items()}


def _see_that_known(names: Collection[str], groups: Sequence[Group]) -> None:
    known = [group.name for group in groups]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"The network has no group {unknown[0]!r}; its groups are {_some(known)}.",
            "The plan is another network's, or was changed; `edgewise prune inspect` shows the groups.",
        )


def _see_that_fits(group: Group, cut: Cut) -> None:
    if cut.channels != group.channels:
        raise UsageError(
            f"Group {group.name} has {group.channels} channels; the plan was made for {cut.channels}.",
            "Give the network that the plan was made for.",
        )
    _see_that_in_range(group.name, cut)
    gone = cut.channels - len(cut.kept)
    if gone and group.whole is not None:
        raise UsageError(f"Group {group.name} must stay whole: {group.whole}.", "Leave it out of the plan.")
    if gone % group.step:
        raise UsageError(
            f"Group {group.name} would lose {gone} channels; they go in multiples of {group.step}.",
            f"Keep {len(cut.kept) + gone % group.step} of its {group.channels} channels.",
        )


def _see_that_in_range(name: str, cut: Cut, what: str = "Group") -> None:
    if not cut.kept:
        raise UsageError(f"Nothing of {what.lower()} {name} would be kept.", f"Keep a channel of each {what.lower()}.")
    outside = [channel for channel in cut.kept if not 0 <= channel < cut.channels]
    if outside:
        raise UsageError(
            f"{what} {name} has no channel {outside[0]}; it has 0 to {cut.channels - 1}.", "Correct the plan."
        )
    for before, after in zip(cut.kept, cut.kept[1:], strict=False):
        if before == after:
            raise UsageError(f"{what} {name} would keep channel {after} twice.", "Name each channel once.")
        if before > after:
            raise UsageError(f"{what} {name} keeps {after} behind {before}.", "Name the channels in rising order.")


def _nothing(groups: Sequence[Group]) -> str:
    whole = [group for group in groups if group.whole is not None]
    if len(whole) == len(groups):
        reasons = _some([f"{group.name} ({group.whole})" for group in whole])
        return f"The plan removes nothing, and no group of this network can be cut: {reasons}."
    return f"The plan removes nothing: all channels of all {len(groups)} groups are kept."


def _changed(name: str, before: Cut | None, after: Cut | None) -> str:
    if before == after:
        return ""
    if before is None or after is None:
        cut = before or after
        assert cut is not None
        now = f"keeps {len(cut.kept)} of {cut.channels} channels" if before is None else "is whole"
        was = f"kept {len(cut.kept)} of {cut.channels}" if after is None else "was whole"
        return f"{name} {now}; it {was}."
    if before.channels != after.channels:
        return f"{name} has {after.channels} channels, not {before.channels}."
    back, gone = sorted({*after.kept} - {*before.kept}), sorted({*before.kept} - {*after.kept})
    moves = [
        f"{word} {len(moved)} ({_some(list(map(str, moved)))})"
        for word, moved in (("gets back", back), ("loses", gone))
        if moved
    ]
    return f"{name} {' and '.join(moves)}: it keeps {len(after.kept)} channels, not {len(before.kept)}."


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (
        f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    )
