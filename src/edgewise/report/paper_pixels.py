"""The premodel that sees pixels, for a profile whose images can still be read."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from edgewise.errors import ImageError
from edgewise.images.decode import decode, read_file
from edgewise.images.thumbnail import NAMES, thumbnail_features
from edgewise.profile.outcomes import Outcomes
from edgewise.progress import Progress, silent
from edgewise.select.cnn_fit import CnnMethod
from edgewise.select.criterion import Criterion
from edgewise.select.evaluate import OnFeatures
from edgewise.select.fail_policy import OnFail
from edgewise.select.feature_costs import at_once
from edgewise.select.paper_study import Methods, no_more

CNN = "CNN"


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
    root = Path(str(outcomes.manifest["data"]["root"]))
    rows = list(zip(outcomes.images["image"], outcomes.images["sha256"], strict=True))
    thumbnails = np.empty((len(rows), len(NAMES)))
    times_ms: list[float] = []
    for place, (name, sha256) in enumerate(rows):
        progress("reading images for the CNN", place, len(rows))
        try:
            content = read_file(root / name)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise ImageError(name, "the file has changed since")
            pixels = decode(content, name).pixels
        except ImageError as error:
            return Pixels(no_more, f"The CNN as a premodel was left out: {error.message}.")
        started = perf_counter_ns()
        thumbnails[place] = thumbnail_features(pixels)
        times_ms.append((perf_counter_ns() - started) / 1e6)
    progress("reading images for the CNN", len(rows), len(rows))
    costs = at_once(NAMES, float(np.median(times_ms)))

    def methods(on_fail: OnFail) -> Methods:
        return {CNN: OnFeatures(CnnMethod(criterion, on_fail=on_fail, seed=seed), thumbnails, NAMES, costs)}

    return Pixels(methods)
