"""Videos and network streams opened with OpenCV's FFmpeg, cameras with what the system has for them.

What OpenCV and FFmpeg would print to stderr is kept back; what matters in it is raised.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import cv2

from edgewise.errors import ImageError
from edgewise.images.decode import read_file
from edgewise.images.file_kind import looks_like

SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"})
SCHEMES = frozenset({"rtsp", "rtsps", "http", "https"})
TIMEOUT_S = 10.0  # to open an address, and for each frame of it
_CAMERA = re.compile(r"camera:(\d+)|/dev/video(\d+)")
_FFMPEG_LOG = "OPENCV_FFMPEG_LOGLEVEL"  # an environment variable is the only switch there is; read at the first use


def is_camera(source: str) -> bool:
    """`camera:0` or `/dev/video0`."""
    return _CAMERA.fullmatch(source) is not None


def is_address(source: str) -> bool:
    """`rtsp://...` or `http://...`, with TLS or without."""
    scheme, separator, _ = source.partition("://")
    return bool(separator) and scheme.lower() in SCHEMES


def public_name(source: str) -> str:
    """What a source is called in results and errors: a file's name; an address without user, password and query."""
    if is_camera(source):
        return source
    if not is_address(source):
        return Path(source).name
    try:
        parts = urlsplit(source)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # no valid address, and so no telling what in it is a password
        return source.partition("://")[0] + "://"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def open_capture(source: str) -> cv2.VideoCapture:
    """An open capture, which gives upright frames. Raises `ImageError` with what keeps it from opening."""
    if is_camera(source):
        return _open_camera(source)
    capture = _open_address(source) if is_address(source) else _open_file(source)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return capture


def _open_camera(source: str) -> cv2.VideoCapture:
    number = "".join(filter(str.isdigit, source))
    with quiet_opencv():
        if sys.platform == "linux":
            capture = cv2.VideoCapture(f"/dev/video{number}", cv2.CAP_V4L2)
        else:
            capture = cv2.VideoCapture(int(number), cv2.CAP_ANY)
    if not capture.isOpened():
        raise ImageError(source, "there is no such camera, or another program holds it", "Check its number.")
    return capture


def _open_address(source: str) -> cv2.VideoCapture:
    ms = round(1000 * TIMEOUT_S)
    timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, ms]
    with quiet_opencv():
        capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, timeouts)
    if not capture.isOpened():
        reason = f"gives no video, or none within {TIMEOUT_S:g} s"
        raise ImageError(public_name(source), reason, "Check the address and the network.")
    return capture


def _open_file(source: str) -> cv2.VideoCapture:
    path = Path(source)
    head = read_file(path, 4096)
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise ImageError(path, "has a name that is not UTF-8", "Rename the file.") from error
    with quiet_opencv():  # an absolute path, because FFmpeg takes what is before a colon for a protocol
        capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        kind = looks_like(head)
        seen = f"; it looks like {kind}" if kind and not kind.endswith("video") else ", or is broken or truncated"
        raise ImageError(path, f"is not a video that can be read{seen}", "Play it elsewhere, or export it again.")
    return capture


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Keep OpenCV, and FFmpeg within it, from writing to stderr."""
    level = cv2.utils.logging.getLogLevel()
    asked = os.environ.get(_FFMPEG_LOG)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if asked is None:
        os.environ[_FFMPEG_LOG] = "-8"  # FFmpeg's AV_LOG_QUIET
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
        if asked is None:
            os.environ.pop(_FFMPEG_LOG, None)
