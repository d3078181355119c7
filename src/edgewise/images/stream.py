"""Frames of a video file, a camera or a network stream, one at a time, as RGB pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import cv2
import numpy as np

from edgewise.errors import ImageError, UsageError
from edgewise.images.capture import SUFFIXES, is_address, is_camera, open_capture, public_name, quiet_opencv
from edgewise.images.decode import MAX_PIXELS

_COUNTING = frozenset({".avi", ".mp4", ".m4v", ".mov"})  # elsewhere the count is a guess from the duration
_WHOLE = 0.9  # of the counted frames: an edit list may leave some of them out


@dataclass(frozen=True)
class Frame:
    """One upright frame."""

    index: int  # in the source, from 0
    time_s: float  # in the video; of a camera, since its first frame
    pixels: np.ndarray  # uint8 RGB [height, width, 3]
    name: str  # SOURCE#INDEX, without the password that an address may hold


def is_stream(source: str | Path) -> bool:
    """Whether a text names a video file (by its suffix), a camera (`camera:0`, `/dev/video0`) or a stream's address."""
    text = str(source)
    return is_camera(text) or is_address(text) or Path(text).suffix.lower() in SUFFIXES


def frames(source: str | Path, every: int = 1, limit: int | None = None) -> Iterator[Frame]:
    """Every `every`-th frame of a stream, at most `limit` of them.

    The source is opened when the first frame is asked for, and closed when the iterator ends, is closed or fails. The
    rotation that a file asks for is applied. An address that is silent for `capture.TIMEOUT_S` ends.

    Raises `UsageError` for numbers below 1, and `ImageError` for what is no stream, cannot be opened, has frames of too
    many pixels, or none that can be decoded; and after the last good frame of a file that breaks off, where its header
    says how many frames it has.
    """
    for name, value in (("every", every), ("limit", limit)):
        if value is not None and value < 1:
            raise UsageError(f"{name} is {value}; it must be at least 1.")
    if not is_stream(source):
        known = f"Give a video ({', '.join(sorted(SUFFIXES))}), camera:NUMBER, or an rtsp or http address."
        raise ImageError(source, "is no video, camera or stream", known)
    return _frames(str(source), every, limit)


def _frames(source: str, every: int, limit: int | None) -> Iterator[Frame]:
    name = public_name(source)
    capture = open_capture(source)
    try:
        width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > MAX_PIXELS:
            raise ImageError(name, f"has frames of {width} x {height} pixels, over the limit of {MAX_PIXELS:,} in all")
        clock = _Clock(capture, live=is_camera(source))
        index = given = 0
        while (limit is None or given < limit) and _grab(capture):
            time_s = clock.tick()
            if index % every == 0:
                pixels = _retrieve(capture)
                if pixels is None:
                    break
                yield Frame(index, time_s, pixels, f"{name}#{index}")
                given += 1
            index += 1
        if given == 0:
            raise ImageError(name, "holds no frame that can be decoded", "Play it elsewhere, or export it again.")
        if limit is None or given < limit:
            _see_that_it_was_whole(capture, source, index)
    finally:
        capture.release()


def _see_that_it_was_whole(capture: cv2.VideoCapture, source: str, frames_read: int) -> None:
    counted = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if Path(source).suffix.lower() in _COUNTING else 0
    if frames_read < _WHOLE * counted:
        raise ImageError(
            public_name(source),
            f"breaks off after {frames_read:,} of {counted:,} frames",
            "The frames before the break were given; copy or export the rest again.",
        )


def _grab(capture: cv2.VideoCapture) -> bool:
    with quiet_opencv():
        return capture.grab()


def _retrieve(capture: cv2.VideoCapture) -> np.ndarray | None:
    """The grabbed frame, RGB [h, w, 3]; None when it cannot be had."""
    with quiet_opencv():
        there, pixels = capture.retrieve()
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB) if there else None


class _Clock:
    """The time of the frame that was grabbed last; it never runs back, as the times in some files do."""

    def __init__(self, capture: cv2.VideoCapture, *, live: bool) -> None:
        per_second = capture.get(cv2.CAP_PROP_FPS)
        self._step_s = 1 / per_second if per_second > 0 else 0.0
        self._capture = capture
        self._started_s = monotonic() if live else None
        self._last_s = -self._step_s

    def tick(self) -> float:
        """Seconds; called once for each frame."""
        if self._started_s is None:
            now_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        elif self._last_s < 0:
            self._started_s, now_s = monotonic(), 0.0
        else:
            now_s = monotonic() - self._started_s
        self._last_s = now_s if now_s > self._last_s else self._last_s + self._step_s
        return self._last_s
