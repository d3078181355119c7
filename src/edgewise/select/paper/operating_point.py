"""What flags catch at a given rate of false alarms, whatever their own settings were."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Flags(Protocol):
    """What was flagged at one setting."""

    @property
    def detection_rate(self) -> float: ...

    @property
    def false_alarm_rate(self) -> float: ...


def detection_at(flags: Sequence[Flags], false_alarm_rate: float) -> float | None:
    """The share of wrong choices that is flagged where so many right ones are; None where a rate is unknown.

    Between two settings lies the straight line that a coin which takes one or the other reaches; flagging nothing and
    flagging everything are settings too. Flags that look at nothing catch as many wrong choices as right ones.
    """
    points = np.array([(one.false_alarm_rate, one.detection_rate) for one in flags])
    if not np.isfinite(points).all():
        return None
    points = np.vstack([(0.0, 0.0), *points, (1.0, 1.0)])
    points = points[np.lexsort((points[:, 1], points[:, 0]))]
    return float(np.interp(false_alarm_rate, points[:, 0], np.maximum.accumulate(points[:, 1])))
