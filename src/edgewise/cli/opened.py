"""The generic network of a state folder, and the smaller ones beside it: opened there first where they are new."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgewise.errors import UsageError
from edgewise.progress import Progress
from edgewise.text import printable

if TYPE_CHECKING:
    from edgewise.personal.generic import GenericParts
    from edgewise.zoo.sources import Source


def opened(
    folder: Path,
    model: str | None,
    smaller: Sequence[str],
    weights: Sequence[str],
    open_share: float,
    progress: Progress,
) -> "GenericParts":
    """What the folder `generic` of a state folder holds from now on.

    Raises `UsageError` for sources that are others than it holds, or none where it holds nothing, and what opening them
    raises.
    """
    from edgewise.personal.generic import RECORD, GenericParts

    state, known = printable(folder.parent), (folder / RECORD).is_file()
    if model is None and not known:
        raise UsageError(f"{state} holds no generic network yet.", "Name one with --model.")
    generic, others = _found(model, smaller, weights)
    if not known:
        assert generic is not None
        parts = _open_generic(generic, folder, open_share, progress)
    else:
        parts = GenericParts.read(folder)
        if generic is not None and parts.source["source"] != generic.text:
            raise UsageError(
                f"{state} belongs to {parts.source['source']}.",
                "Leave --model out, or name another folder for --state.",
            )
    if others:
        _open_smaller(others, folder, progress)
    return parts


def _found(
    model: str | None, smaller: Sequence[str], weights: Sequence[str]
) -> "tuple[Source | None, tuple[Source, ...]]":
    """The generic network's source, where it is named, and the smaller ones'."""
    from edgewise.zoo.sources import find

    named = [] if model is None else [model]
    if not named and not smaller:
        return None, ()
    found = find([*named, *smaller], weights)
    if model is None:
        return None, found
    count = len(find([model]))
    if count != 1:
        raise UsageError(f"{model!r} means {count} classifiers.", "Name one; `edgewise zoo list` shows them.")
    return found[0], found[1:]


def _open_generic(source: "Source", folder: Path, open_share: float, progress: Progress) -> "GenericParts":
    from edgewise.runtime.torch import import_torch

    import_torch("edgewise serve --model")
    from edgewise.personal.open_generic import open_generic

    progress("opening the generic network", 0, 1)
    parts = open_generic(source, folder, open_share=open_share)
    progress("opening the generic network", 1, 1)
    return parts


def _open_smaller(sources: "Sequence[Source]", folder: Path, progress: Progress) -> None:
    from edgewise.personal.open_smaller import open_smaller
    from edgewise.personal.smaller import read_smaller

    held = {one.source for one in read_smaller(folder)}
    if not held:
        progress("opening smaller networks", 0, 1)
        open_smaller(sources, folder)
        progress("opening smaller networks", 1, 1)
    elif held != {source.text for source in sources}:
        raise UsageError(
            f"{printable(folder.parent)} holds {', '.join(sorted(held))}.",
            "Leave --smaller out, or name another folder for --state.",
        )
