"""Frames of real videos, written on the spot; what is no video, no camera and no stream."""

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgewise.errors import ImageError, UsageError
from edgewise.images import capture, stream
from edgewise.images.stream import frames, is_stream

COUNT, PER_SECOND = 12, 10.0
CODECS = {".avi": "MJPG", ".mp4": "mp4v", ".mkv": "mp4v", ".mov": "mp4v", ".webm": "VP80", ".mpg": "MPG1"}


def colour(index: int) -> tuple[int, int, int]:
    """RGB of a frame, apart enough that no codec makes two alike."""
    return 20 * index, 120, 250 - 20 * index


def write_video(path: Path, count: int = COUNT) -> Path:
    """96 x 64; each frame of one colour, the upper left quarter white."""
    per_second = 25.0 if path.suffix == ".mpg" else PER_SECOND  # MPEG-1 knows a few rates alone
    with capture.quiet_opencv():  # FFmpeg reads how much it may print once, at its first use in the process
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*CODECS[path.suffix]), per_second, (96, 64))
    assert writer.isOpened()
    for i in range(count):
        rgb = np.empty((64, 96, 3), np.uint8)
        rgb[:] = colour(i)
        rgb[:32, :48] = 255
        writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def near(pixels: np.ndarray, rgb: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixels.reshape(-1, 3).mean(axis=0) - rgb).max() < 8)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.avi")


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> list[cv2.VideoCapture]:
    """Every capture that was opened through the stream and is still open."""
    opened: list[cv2.VideoCapture] = []

    def remember(source: str) -> cv2.VideoCapture:
        opened.append(capture.open_capture(source))
        return opened[-1]

    monkeypatch.setattr(stream, "open_capture", remember)
    return opened


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_every_frame_in_order(tmp_path: Path, suffix: str) -> None:
    path = write_video(tmp_path / f"clip{suffix}")
    seen = list(frames(path))
    assert [frame.index for frame in seen] == list(range(COUNT))
    assert [frame.name for frame in seen] == [f"clip{suffix}#{i}" for i in range(COUNT)]
    step = 0.04 if suffix == ".mpg" else 0.1
    assert [frame.time_s for frame in seen] == pytest.approx([i * step for i in range(COUNT)], abs=step / 2)
    for frame in seen:
        assert (frame.pixels.shape, frame.pixels.dtype) == ((64, 96, 3), np.uint8)
        assert near(frame.pixels[40:, 56:], colour(frame.index))
        assert near(frame.pixels[8:24, 8:40], (255, 255, 255))


def test_every_and_limit(video: Path) -> None:
    assert [frame.index for frame in frames(video, every=5)] == [0, 5, 10]
    assert [frame.index for frame in frames(str(video), every=5, limit=2)] == [0, 5]
    kept = list(frames(video, every=4))
    assert all(near(frame.pixels[40:, 56:], colour(frame.index)) for frame in kept)
    assert [frame.time_s for frame in kept] == pytest.approx([0, 0.4, 0.8])
    for numbers in ({"every": 0}, {"limit": 0}, {"every": -1}):
        with pytest.raises(UsageError, match="at least 1"):
            frames(video, **numbers)


@pytest.mark.parametrize(
    ("matrix", "turned"),
    [
        ((0, 1, -1, 0), lambda pixels: np.rot90(pixels, -1)),
        ((-1, 0, 0, -1), lambda pixels: np.rot90(pixels, 2)),
        ((0, -1, 1, 0), lambda pixels: np.rot90(pixels)),
    ],
)
def test_rotation_of_the_file_is_applied(
    tmp_path: Path, matrix: tuple[int, int, int, int], turned: Callable[[np.ndarray], np.ndarray]
) -> None:
    path = write_video(tmp_path / "clip.mp4")
    (plain,) = frames(path, limit=1)
    content = bytearray(path.read_bytes())
    place = content.index(b"tkhd") + 44  # the display matrix of the track: a b u, c d v, x y w
    a, b, c, d = (value << 16 for value in matrix)
    rows = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    content[place : place + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in rows)
    path.write_bytes(content)
    (upright,) = frames(path, limit=1)
    assert np.array_equal(upright.pixels, turned(plain.pixels))


def test_video_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "clip.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: int(0.7 * len(whole))])
    seen = list(frames(tmp_path / "cut.mkv"))
    assert 2 <= len(seen) < COUNT
    assert all(near(frame.pixels[40:, 56:], colour(frame.index)) for frame in seen)


def test_a_break_is_said_after_the_last_good_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "cut.avi")  # its header says how many frames it has
    content = path.read_bytes()
    path.write_bytes(content[: (content.index(b"movi") + content.index(b"idx1")) // 2])
    seen: list[int] = []
    with pytest.raises(ImageError, match=r"cut\.avi: breaks off after \d of 12 frames") as caught:
        seen.extend(frame.index for frame in frames(path))
    assert f"after {seen[-1] + 1} of" in str(caught.value)
    assert len(list(frames(path, limit=2))) == 2


def test_capture_is_released_in_all_cases(video: Path, released: list[cv2.VideoCapture]) -> None:
    list(frames(video))
    closed_early = frames(video)
    next(closed_early)
    assert released[-1].isOpened()
    closed_early.close()  # type: ignore[attr-defined]
    list(frames(video, limit=1))
    failing = frames(video)
    next(failing)
    with pytest.raises(RuntimeError):
        failing.throw(RuntimeError)  # type: ignore[attr-defined]
    frames(video)  # never begun: never opened
    assert [one.isOpened() for one in released] == [False] * 4


def test_frames_of_too_many_pixels(
    video: Path, released: list[cv2.VideoCapture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "MAX_PIXELS", 96 * 64 - 1)
    with pytest.raises(ImageError, match="96 x 64 pixels, over the limit"):
        next(frames(video))
    assert not released[0].isOpened()


def test_what_is_no_video(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    text, empty, cut, folder, page = (tmp_path / f"{n}.mp4" for n in ("text", "empty", "cut", "folder", "page"))
    text.write_text("once upon a time")
    page.write_text("<html>404")
    empty.touch()
    folder.mkdir()
    whole = write_video(tmp_path / "whole.mp4").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])  # an MP4 has its table of contents at the end
    capfd.readouterr()
    for path, reason in (
        (text, "is not a video that can be read; it looks like text"),
        (page, "looks like HTML"),
        (cut, "or is broken or truncated"),
        (empty, "0 bytes"),
        (folder, "is a folder"),
        (tmp_path / "gone.mp4", "no such file"),
        (tmp_path / "\udce9.mp4", "no such file"),
        (tmp_path / "a.gif", "is no video, camera or stream"),
    ):
        with pytest.raises(ImageError, match=reason) as caught:
            next(frames(path))
        assert caught.value.message.isprintable()
    assert capfd.readouterr() == ("", "")


def test_video_without_frames(tmp_path: Path) -> None:
    content = bytearray(write_video(tmp_path / "clip.avi").read_bytes())
    start = content.index(b"movi") + 4
    content[start:] = bytes(len(content) - start)
    (tmp_path / "clip.avi").write_bytes(content)
    with pytest.raises(ImageError, match=r"no frame that can be decoded|broken or truncated"):
        next(frames(tmp_path / "clip.avi"))


def test_file_names_that_ffmpeg_would_take_for_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = write_video(tmp_path / "clip.avi").read_bytes()
    monkeypatch.chdir(tmp_path)
    for name in ("12:30.avi", "file:x.avi", "concat:a|b.avi", "%03d.avi", "żółw.avi"):
        Path(name).write_bytes(content)
        assert next(frames(name)).name == f"{name}#0"
    Path("\udce9.avi").write_bytes(content)
    with pytest.raises(ImageError, match="not UTF-8"):
        next(frames("\udce9.avi"))


@pytest.mark.parametrize("source", ["camera:63", "/dev/video63", "camera:99999999999999999999"])
def test_no_such_camera(source: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImageError, match=f"{source}: there is no such camera"):
        next(frames(source))
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a web server for the test's folder."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=tmp_path)) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def test_address_without_its_password(video: Path, server: str) -> None:
    seen = list(frames(f"http://me:secret@{server}/clip.avi?token=1", limit=3))
    assert [frame.name for frame in seen] == [f"http://{server}/clip.avi#{i}" for i in range(3)]
    assert near(seen[2].pixels[40:, 56:], colour(2))
    with pytest.raises(ImageError, match=r"gone\.avi: gives no video") as caught:
        next(frames(f"http://me:secret@{server}/gone.avi"))
    assert "secret" not in str(caught.value)


def test_address_that_never_answers(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(capture, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for scheme in ("http", "rtsp"):
            with pytest.raises(ImageError, match=r"gives no video, or none within 0.3 s"):
                next(frames(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/x"))
    assert capfd.readouterr() == ("", "")


def test_log_level_is_restored(video: Path) -> None:
    logging = cv2.utils.logging
    before = logging.getLogLevel()
    try:
        logging.setLogLevel(logging.LOG_LEVEL_ERROR)
        for _ in frames(video, limit=2):
            assert logging.getLogLevel() == logging.LOG_LEVEL_ERROR
    finally:
        logging.setLogLevel(before)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.mp4", True),
        ("folder/B.MKV", True),
        ("camera:0", True),
        ("/dev/video12", True),
        ("rtsp://host/live", True),
        ("HTTP://host/live", True),
        ("a.gif", False),
        ("a.jpg", False),
        ("camera:", False),
        ("camera:x", False),
        ("ftp://host/a", False),
        ("mp4", False),
        ("", False),
    ],
)
def test_is_stream(source: str, expected: bool) -> None:
    assert is_stream(source) is expected
    if "://" not in source:
        assert is_stream(Path(source)) is expected
