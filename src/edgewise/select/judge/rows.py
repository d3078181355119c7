"""Contestants and how they stand, as the rows of the fair table."""

from collections.abc import Sequence

import numpy as np

from edgewise.select.judge.bootstrap import interval, verdict
from edgewise.select.judge.contestants import Contestant
from edgewise.select.judge.fair_table import Interval, Mark, Row
from edgewise.select.judge.standing import Standing

_JUDGED = ("selector", "control")
_MIXED = (*_JUDGED, "oracle")  # a model alone, or one of them for all images, is on the line or under it


def rows_of(
    contestants: Sequence[Contestant], stand: Standing, models: tuple[str, ...], fastest: np.ndarray
) -> tuple[Row, ...]:
    """A row for each contestant. `fastest`: int [n], the fastest right model of each image, -1 where none is."""
    singles = [place for place, one in enumerate(contestants) if one.kind == "single"]
    best = singles[int(np.argmax(stand.score[singles]))]
    marked: tuple[tuple[int, Mark], ...] = ((singles[0], "smallest"), (singles[-1], "largest"), (best, "best"))
    return tuple(
        _row(
            contestant,
            models,
            fastest,
            accuracy=interval(stand.score[place], stand.scores[:, place]),
            mixing=stand.coin[place],
            gain=interval(stand.score[place] - stand.coin[place], stand.scores[:, place] - stand.coins[:, place]),
            marks=tuple(mark for at, mark in marked if at == place),
            over_best=None
            if place == best
            else interval(stand.score[place] - stand.score[best], stand.scores[:, place] - stand.scores[:, best]),
        )
        for place, contestant in enumerate(contestants)
    )


def _row(
    contestant: Contestant,
    models: tuple[str, ...],
    fastest: np.ndarray,
    *,
    accuracy: Interval,
    mixing: float,
    gain: Interval,
    marks: tuple[Mark, ...],
    over_best: Interval | None,
) -> Row:
    mixed = contestant.kind in _MIXED
    energy_mj = contestant.energy_mj
    return Row(
        name=contestant.name,
        kind=contestant.kind,
        accuracy=accuracy,
        mean_ms=float(contestant.time_ms.mean()),
        p90_ms=float(np.quantile(contestant.slow_ms, 0.9)),
        choose_ms=contestant.choose_ms,
        # The oracle is told which model is right, so how often it picks that one says nothing.
        selection_accuracy=None if contestant.kind == "oracle" else float((contestant.chosen == fastest).mean()),
        refusal_rate=float((contestant.chosen < 0).mean()),
        shares={name: float((contestant.chosen == model).mean()) for model, name in enumerate(models)},
        mixing_accuracy=float(mixing) if mixed else None,
        gain=gain if mixed else None,
        verdict=verdict(gain) if contestant.kind in _JUDGED else "",
        marks=marks,
        over_best=over_best,
        mean_energy_mj=None if energy_mj is None else float(energy_mj.mean()),
    )
