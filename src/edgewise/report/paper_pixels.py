"""The premodel that sees pixels, for a profile whose images can still be read."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from time import perf_counter_ns

import numpy as np

from edgewise.errors import ImageError
from edgewise.images.decode import decode
from edgewise.images.thumbnail import NAMES, thumbnail_features
from edgewise.profile.originals import Originals
from edgewise.profile.outcomes import Outcomes
from edgewise.progress import Progress, silent
from edgewise.report.paper_rows import CNN
from edgewise.select.criterion import Criterion
from edgewise.select.feature_costs import at_once
from edgewise.select.judge.evaluate import OnFeatures
from edgewise.select.paper.study import Methods, no_more
from edgewise.select.premodel.cnn_fit import CnnMethod
from edgewise.select.premodel.fail_policy import OnFail


@dataclass(frozen=True)
class Pixels:
    """The CNN premodel by policy; none, and why, where it cannot be trained here."""

    methods: Callable[[OnFail], Methods]
    missing: str = ""


def pixel_methods(outcomes: Outcomes, criterion: Criterion, seed: int, progress: Progress = silent) -> Pixels:
    """Read all images of the profile again, shrink them, and offer the CNN that sees them; needs the extra [torch].

    What shrinking takes is its cost per image: the median measured here, on the machine that reads them now.
    """
    if find_spec("torch") is None:
        return Pixels(no_more, "The CNN as a premodel was left out: it needs the extra [torch].")
    originals, names = Originals(outcomes), outcomes.images["image"]
    thumbnails = np.empty((len(names), len(NAMES)))
    times_ms: list[float] = []
    for row, name in enumerate(names):
        progress("reading images for the CNN", row, len(names))
        try:
            pixels = decode(originals.read(row), name).pixels
        except ImageError as error:
            return Pixels(no_more, f"The CNN as a premodel was left out: {error.message}.")
        started = perf_counter_ns()
        thumbnails[row] = thumbnail_features(pixels)
        times_ms.append((perf_counter_ns() - started) / 1e6)
    progress("reading images for the CNN", len(names), len(names))
    costs = at_once(NAMES, float(np.median(times_ms)))

    def methods(on_fail: OnFail) -> Methods:
        return {CNN: OnFeatures(CnnMethod(criterion, on_fail=on_fail, seed=seed), thumbnails, NAMES, costs)}

    return Pixels(methods)
