"""The features as the paper's page prints them: their order, their price, and what each is worth."""

from dataclasses import dataclass

from edgewise.report.fair_rows import NONE
from edgewise.report.figures import digits_ms, percent, points, points_range
from edgewise.report.paper_tracks import Track, track, track_scale
from edgewise.select.features.elimination import Elimination
from edgewise.select.features.importance import Importances
from edgewise.select.paper.study import Study


@dataclass(frozen=True)
class CandidateRow:
    """One candidate: its price, and how far it came."""

    name: str
    of_the_paper: bool  # one of the features that the paper ends with
    alone_ms: str
    alone_percent: float  # of the dearest
    place: str  # 1 = the last that was left; a dash where the filter dropped it
    with_those_above: str  # what the chain reaches with it and all that outlasted it
    with_those_above_ms: str
    why: str  # because of which feature the filter dropped it; empty = it did not


@dataclass(frozen=True)
class ImportanceRow:
    """One feature's worth and price."""

    name: str
    removed: str
    removed_range: str
    removed_track: Track
    shuffled: str
    shuffled_range: str
    shuffled_track: Track
    saved_ms: str


def candidate_rows(study: Study) -> tuple[CandidateRow, ...]:
    """All candidates: what elimination left last first, then what the filter dropped, in the order in which it went."""
    features, prices = study.features, study.overhead.features_ms
    dropped = {
        one.name: f"{one.r:+.2f} with {one.because}" if one.because else "it never varies"
        for one in features.filter.dropped
    }
    digits, dearest = digits_ms(list(prices.values())), max(prices.values())
    reached = {place: (share, ms) for place, share, ms in _reached(features.elimination)}

    def row(name: str, place: int | None) -> CandidateRow:
        share, ms = reached[place] if place else (None, None)
        return CandidateRow(
            name,
            name in study.settings.features,
            f"{prices[name]:.{digits}f}",
            100 * prices[name] / dearest if dearest else 0.0,
            NONE if place is None else str(place),
            NONE if share is None else percent(share, study.table.images),
            NONE if ms is None else f"{ms:.{digits}f}",
            dropped.get(name, ""),
        )

    return (
        *(row(name, place) for place, name in enumerate(lasting(features.elimination), start=1)),
        *(row(name, None) for name in dropped),
    )


def lasting(found: Elimination) -> tuple[str, ...]:
    """The features by how long they were in, the last one first."""
    return (*found.kept, *(removal.name for removal in reversed(found.removals)))


def _reached(found: Elimination) -> list[tuple[int, float, float]]:
    """(features left, what the chain then names right, what they cost), from all to the last."""
    total = len(found.names)
    without = [(total - 1 - i, one.accuracy, one.features_ms) for i, one in enumerate(found.removals)]
    return [(total, found.accuracy, found.features_ms), *without]


def importance_rows(found: Importances) -> tuple[ImportanceRow, ...]:
    """The features, the most missed first; both losses on one scale around no loss."""
    scale = track_scale([loss for one in found.features for loss in (one.removed, one.shuffled)], around_zero=True)
    digits = max(2, digits_ms([one.saved_ms for one in found.features]))
    return tuple(
        ImportanceRow(
            one.name,
            points(one.removed.value),
            points_range(one.removed),
            track(scale, one.removed, zero=0.0),
            points(one.shuffled.value),
            points_range(one.shuffled),
            track(scale, one.shuffled, zero=0.0),
            f"{one.saved_ms:.{digits}f}" if one.saved_ms > 0 else NONE,
        )
        for one in found.features
    )
