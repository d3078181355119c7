"""The sample images as the page shows them: pictures where they may and can be shown, names where not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewise.profile.originals import Originals
from edgewise.profile.outcomes import Outcomes
from edgewise.report.figures import count
from edgewise.report.samples import Sample, SampleGroup
from edgewise.report.thumbnails import Thumbnail, thumbnail


@dataclass(frozen=True)
class Picture:
    """One sample and its picture; None where pictures are not shown at all."""

    sample: Sample
    thumbnail: Thumbnail | None


@dataclass(frozen=True)
class Wall:
    """One group of pictures."""

    title: str
    words: str
    pictures: tuple[Picture, ...]
    of: int


@dataclass(frozen=True)
class Gallery:
    """All groups, and what is to be said where pictures are missing."""

    walls: tuple[Wall, ...]
    note: str


def hang(outcomes: Outcomes, groups: Sequence[SampleGroup], *, show_images: bool) -> Gallery:
    """Load the pictures of all samples from the profile's data root, when `show_images` allows."""
    originals = Originals(outcomes)
    walls = tuple(
        Wall(
            group.title,
            group.words,
            tuple(Picture(s, thumbnail(originals, s.row) if show_images else None) for s in group.samples),
            group.of,
        )
        for group in groups
    )
    return Gallery(walls, _note(walls, originals.root, show_images=show_images))


def _note(walls: Sequence[Wall], root: Path, *, show_images: bool) -> str:
    if not show_images:
        return "The pictures were left out on request; the names remain."
    pictures = [picture.thumbnail for wall in walls for picture in wall.pictures]
    missing = [picture.missing for picture in pictures if picture and picture.missing]
    if not missing:
        return ""
    if len(missing) == len(pictures):
        return f"None of the pictures could be loaded from {root} ({missing[0]}), so only their names are shown."
    return f"{count(len(missing), 'picture')} of {len(pictures)} could not be loaded from {root} ({missing[0]})."
