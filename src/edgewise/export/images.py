"""A user's images for an exported network: some to calibrate on, others to judge it by."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from edgewise.export.calibration import calibration_inputs
from edgewise.export.network import Images
from edgewise.export.write import UserImages
from edgewise.images.preprocess import Preprocess

_JUDGED = 5  # every so manieth


def user_images(data: str, preprocess: Preprocess, limit: int, seed: int) -> UserImages:
    """`limit` of them at most, drawn by the seed; four fifths to calibrate, the others to judge.

    Raises what `calibration_inputs` does.
    """
    drawn = calibration_inputs(data, preprocess, limit, seed)
    return UserImages(_Share(drawn, judged=False), _Share(drawn, judged=True))


@dataclass(frozen=True, eq=False)
class _Share:
    drawn: Images
    judged: bool

    def __call__(self) -> Iterator[np.ndarray]:
        if self.judged:
            return islice(self.drawn(), 0, None, _JUDGED)
        return (image for number, image in enumerate(self.drawn()) if number % _JUDGED)
