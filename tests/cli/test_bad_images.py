"""Images of every bad kind given to the real command: each is named with its reason, and the good ones are answered."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

from tests.image_files import encoded, huge_png, wide_png
from tests.privileges import without_the_rights_of_root

Run = Callable[..., CompletedProcess[str]]
DATA = 3


@pytest.fixture
def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8))


def said(done: CompletedProcess[str], reasons: dict[str, str]) -> None:
    """One error for each file, with its reason; stderr holds nothing but these and their hints."""
    assert done.returncode == DATA, done.stderr
    lines = done.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error:")]
    assert [line for line in lines if not line.startswith(("error:", " hint:"))] == []
    assert len(errors) == len(reasons)
    for name, reason in reasons.items():
        assert any(f"{name}: " in line and reason in line for line in errors), f"{name}: {reason}\n{done.stderr}"


def test_broken_and_mistaken_files(edgewise: Run, tmp_path: Path, noise: Image.Image) -> None:
    jpeg, progressive = encoded(noise, "JPEG"), encoded(noise, "JPEG", progressive=True)
    png = bytearray(encoded(noise, "PNG"))
    png[png.index(b"IHDR") + 4 + 13] ^= 0xFF
    deflated = bytearray(encoded(noise, "TIFF", compression="tiff_adobe_deflate"))
    deflated[20:200] = bytes(180)
    files: dict[str, tuple[bytes, str]] = {
        "cut.jpg": (jpeg[: len(jpeg) // 2], "is broken or truncated"),
        "half.jpg": (progressive[: len(progressive) // 2], "is broken or truncated"),
        "crc.png": (bytes(png), "is broken or truncated"),
        "flipped.tif": (bytes(deflated), "is broken or truncated"),  # of which libtiff itself would write to stderr
        "empty.jpg": (b"", "is empty (0 bytes)"),
        "zeros.jpg": (bytes(9000), "zero bytes only"),
        "text.jpg": (b"once upon a time", "looks like text"),
        "page.jpg": (b"<!DOCTYPE html><title>404", "looks like HTML"),
        "drawing.jpg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "looks like an SVG drawing"),
        "paper.jpg": (b"%PDF-1.7\n", "looks like a PDF"),
        "phone.jpg": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "looks like a HEIC image"),
        "new.jpg": (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "looks like an AVIF image"),
        "bomb.png": (huge_png(), "not decoded"),
        "scan.tif": (encoded(Image.fromarray(np.array([[-1000, 3000]], np.int32)), "TIFF"), "from -1000 to 3000"),
        "\x1b[2Jname.jpg": (b"no", "looks like text"),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.png").write_bytes(encoded(noise, "PNG"))
    done = edgewise("classify", "--quiet", *(tmp_path / name for name in files), tmp_path / "good.png")
    said(done, {name.replace("\x1b", "\\x1b"): reason for name, (_, reason) in files.items()})
    assert "good.png" in done.stdout
    assert "\x1b" not in done.stderr + done.stdout


def test_files_that_cannot_be_opened(edgewise: Run, tmp_path: Path, noise: Image.Image) -> None:
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "good.png").write_bytes(encoded(noise, "PNG"))
    long = "x" * 300 + ".jpg"
    reasons = {
        "circle.jpg": "Too many levels of symbolic links",
        "pipe.jpg": "is no regular file",
        "gone.jpg": "there is no such file",
        long: "File name too long",
        "good.png/below.jpg": "Not a directory",
    }
    done = edgewise("classify", "--quiet", *(tmp_path / name for name in reasons), tmp_path / "good.png")
    said(done, reasons)
    assert "good.png" in done.stdout


def test_file_without_permission(edgewise: Run, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"x")
    (tmp_path / "secret.jpg").chmod(0)
    done = edgewise("classify", "--quiet", tmp_path / "secret.jpg", preexec_fn=without_the_rights_of_root)
    said(done, {"secret.jpg": "cannot be read: Permission denied"})


def test_a_folder_of_good_and_bad(edgewise: Run, tmp_path: Path, noise: Image.Image) -> None:
    """Links are followed and each folder is entered once; what cannot be read is said, and the rest is answered."""
    good = encoded(noise, "PNG")
    for name in ("a.png", "below/b.png", "named.jpg/c.png", "closed/d.png", ".hidden/e.png", "f.png", "zero.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"" if name == "zero.jpg" else good)
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "g.png").write_bytes(good)
    (tmp_path / "in" / "beside").symlink_to(tmp_path / "beside")
    (tmp_path / "in" / "below" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "in" / "closed").chmod(0)
    (tmp_path / "in" / "f.png").chmod(0)
    done = edgewise("classify", "--quiet", tmp_path / "in", preexec_fn=without_the_rights_of_root)
    said(
        done,
        {
            "closed": "is a folder that cannot be read: Permission denied",
            "f.png": "cannot be read: Permission denied",
            "circle.jpg": "Too many levels of symbolic links",
            "zero.jpg": "is empty (0 bytes)",
        },
    )
    answered = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert answered == ["a.png", "b.png", "g.png", "c.png"]


def test_unusual_images_are_answered_and_said(edgewise: Run, tmp_path: Path, noise: Image.Image) -> None:
    frames = [noise.rotate(angle) for angle in (90, 180)]
    grey = np.asarray(noise.convert("L"))
    jpeg = encoded(noise, "JPEG")
    torn_exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0"
    files: dict[str, tuple[bytes, str | None]] = {
        "cmyk.jpg": (encoded(noise.convert("CMYK"), "JPEG"), "CMYK to RGB"),
        "several.gif": (encoded(noise, "GIF", save_all=True, append_images=frames), "first of 3 frames"),
        "several.png": (encoded(noise, "PNG", save_all=True, append_images=frames), "first of 3 frames"),
        "several.webp": (encoded(noise, "WEBP", save_all=True, append_images=frames), "first of 3 frames"),
        "several.tif": (encoded(noise, "TIFF", save_all=True, append_images=frames), "first of 3 frames"),
        "deep.png": (wide_png(np.asarray(noise).astype(np.uint16) * 257, 2), "16-bit channels to 8-bit"),
        "float.tif": (encoded(Image.fromarray(grey.astype(np.float32) / 255), "TIFF"), "read as 0..1"),
        "wide.tif": (encoded(Image.fromarray(grey.astype(np.int32) * 257), "TIFF"), "read as 0..65535"),
        "torn.jpg": (jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(torn_exif) + 2) + torn_exif + jpeg[2:], None),
        "profile.jpg": (encoded(noise, "JPEG", icc_profile=b"no profile"), None),
        "dot.png": (encoded(noise.resize((1, 1)), "PNG"), None),
        "line.png": (encoded(noise.resize((65500, 1)), "PNG"), None),
        "żółw.png": (encoded(noise, "PNG"), None),
        "-dash.png": (encoded(noise, "PNG"), None),
    }
    for name, (content, _) in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(encoded(noise, "PNG"))
    done = edgewise("classify", "--json", "--quiet", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    converted = {Path(row["image"]).name: row["converted"] for row in json.loads(done.stdout)}
    assert set(converted) == {*files, "caf\\xe9.png"}
    for name, (_, note) in files.items():
        assert note is None or any(note in found for found in converted[name]), name


def test_what_is_no_video_and_no_camera(edgewise: Run, tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("once upon a time")
    (tmp_path / "empty.avi").touch()
    (tmp_path / "torn.mov").write_bytes(b"\0\0\0\x20ftypqt  \0\0\2\0" + bytes(2000))
    done = edgewise(
        "classify", "--quiet", *(tmp_path / n for n in ("text.mp4", "empty.avi", "torn.mov", "gone.mkv")), "camera:63"
    )
    said(
        done,
        {
            "text.mp4": "is not a video that can be read; it looks like text",
            "empty.avi": "is empty (0 bytes)",
            "torn.mov": "is broken or truncated",
            "gone.mkv": "there is no such file",
            "camera:63": "there is no such camera",
        },
    )
