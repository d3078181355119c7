"""Any bytes give an image or an `ImageError`, quietly, in bounded memory; a valid image comes out as it went in."""

import struct
import subprocess
import sys
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from edgewise.errors import ImageError
from edgewise.images.decode import Decoded, decode
from tests.conftest import ROOT
from tests.image_files import encoded

MAX_PIXELS = 100_000
LOSSLESS: dict[str, tuple[str, ...]] = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"),
    "BMP": ("1", "L", "P", "RGB"),
    "GIF": ("1", "L", "P"),
    "PPM": ("1", "L", "RGB", "I;16"),
    "WEBP": ("RGB", "RGBA"),
}
LOSSY: dict[str, tuple[str, ...]] = {"JPEG": ("L", "RGB", "CMYK"), "WEBP": ("RGB", "RGBA")}
TURNED = ("PNG", "TIFF", "WEBP", "JPEG")  # formats that carry EXIF
few = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=3000)


def outcome(content: bytes, **options: int) -> Decoded | ImageError:
    """What decoding gives; anything but these two, a warning included, fails the test."""
    try:
        decoded = decode(content, "fuzz", max_pixels=MAX_PIXELS, **options)
    except ImageError as error:
        return error
    height, width, channels = decoded.pixels.shape
    assert (channels, decoded.pixels.dtype) == (3, np.uint8)
    assert 0 < height * width <= MAX_PIXELS
    return decoded


class Case(NamedTuple):
    """An image file and the RGB pixels that it must give; None where its format is lossy."""

    content: bytes
    shape: tuple[int, int, int]
    expected: np.ndarray | None
    within: int


def pixels_of(mode: str, height: int, width: int, rng: np.random.Generator) -> tuple[Image.Image, np.ndarray, int]:
    """A random image of a mode, what it is in RGB, and how far rounding may take it from that."""
    size = (width, height)
    if mode == "1":
        bits = rng.integers(0, 2, (height, width), dtype=np.uint8) * 255
        return Image.fromarray(bits).convert("1"), bits[..., None].repeat(3, 2), 0
    if mode == "P":
        palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)
        indices = rng.integers(0, 256, (height, width), dtype=np.uint8)
        image = Image.frombytes("P", size, indices.tobytes())
        image.putpalette(palette.tobytes())
        return image, palette[indices], 0
    if mode in ("I;16", "I", "F"):
        wide = rng.integers(0, 65536, (height, width), dtype=np.uint16)
        wide.flat[0] = 65535  # so that the range is known, whatever the others are
        eight = wide >> 8 if mode == "I;16" else np.rint(wide / 257)
        stored = wide.astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode])
        return Image.fromarray(stored), eight[..., None].repeat(3, 2), 0
    raw = rng.integers(0, 256, (height, width, len(Image.new(mode, (1, 1)).getbands())), dtype=np.uint8)
    image = Image.frombytes(mode, size, raw.tobytes())
    whole = raw.astype(int)
    if mode == "CMYK":
        return image, (255 - whole[..., :3]) * (255 - whole[..., 3:]) // 255, 1
    if mode in ("LA", "RGBA"):
        alpha, colour = whole[..., -1:], whole[..., :-1]
        blended = (colour * alpha + 255 * (255 - alpha)) // 255
        return image, np.broadcast_to(blended, (height, width, 3)), 1
    return image, np.broadcast_to(whole, (height, width, 3)), 0


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A valid image of any format, mode, size from 1 to 40 px, and EXIF orientation."""
    lossless = draw(st.booleans())
    table = LOSSLESS if lossless else LOSSY
    kind = draw(st.sampled_from(sorted(table)))
    mode = draw(st.sampled_from(table[kind]))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    image, expected, within = pixels_of(mode, height, width, np.random.default_rng(draw(st.integers(0, 2**32 - 1))))
    options: dict[str, object] = {}
    if kind == "WEBP":
        options["lossless"] = lossless
    if kind == "TIFF" and mode != "1":
        options["compression"] = draw(st.sampled_from([None, "tiff_lzw", "tiff_adobe_deflate", "packbits"]))
    if kind == "JPEG":
        options["progressive"] = draw(st.booleans())
    if kind in TURNED:
        orientation = draw(st.integers(1, 8))
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = orientation  # type: ignore[index]
        expected = upright(expected, orientation)
    return Case(encoded(image, kind, **options), expected.shape, expected if lossless else None, within)


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """EXIF 2.3, 4.6.4 A: where row 0 and column 0 of the stored image belong."""
    if orientation in (2, 3, 7, 8):  # column 0 on the right, or row 0 on the right
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 6, 7):
        pixels = pixels[::-1]
    return pixels.transpose(1, 0, 2) if orientation >= 5 else pixels


def check_valid(case: Case) -> None:
    decoded = outcome(case.content)
    assert isinstance(decoded, Decoded), decoded
    assert decoded.pixels.shape == case.shape
    if case.expected is not None:
        assert np.abs(decoded.pixels.astype(int) - case.expected).max() <= case.within


@few
@given(cases())
def test_valid_images_come_out_as_they_went_in(case: Case) -> None:
    check_valid(case)


@pytest.mark.slow
@many
@given(cases())
def test_many_valid_images_come_out_as_they_went_in(case: Case) -> None:
    check_valid(case)


@cache
def specimens() -> tuple[bytes, ...]:
    """One small valid file of each kind that has a decoder or a container of its own."""
    rng = np.random.default_rng(0)
    photo = Image.fromarray(
        np.add.outer(np.arange(0, 90, 3), np.arange(0, 160, 4))[..., None].repeat(3, 2).astype("u1")
    )
    noise = Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    exif.get_ifd(0x8769)[36867] = "2020:01:01 00:00:00"

    def several(kind: str) -> bytes:
        """Of copies: an image that was saved as JPEG keeps settings on which saving several as TIFF stumbles."""
        return encoded(photo.copy(), kind, save_all=True, append_images=[noise.resize(photo.size)])

    return (
        encoded(photo, "JPEG", exif=exif),
        encoded(noise, "JPEG", progressive=True),
        encoded(photo.convert("CMYK"), "JPEG"),
        several("MPO"),
        encoded(noise, "PNG", exif=exif),
        encoded(photo.convert("P"), "PNG", transparency=3),
        encoded(Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20)), "PNG"),
        encoded(photo, "WEBP", exif=exif),
        encoded(photo, "WEBP", lossless=True),
        encoded(photo, "BMP"),
        encoded(photo, "PPM"),
        encoded(photo, "TIFF", exif=exif),
        encoded(photo.convert("F"), "TIFF"),
        encoded(photo.convert("1"), "TIFF", compression="group4"),
        *(encoded(noise, "TIFF", compression=name) for name in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")),
        *map(several, ("GIF", "PNG", "WEBP", "TIFF")),
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid file with bytes changed, cut off, put in, or a number in its header made a lie."""
    files = specimens()
    content = bytearray(draw(st.sampled_from(files)))
    places = st.integers(0, len(content) - 1)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(places) % max(1, len(content))
        match draw(st.sampled_from(["flip", "cut", "splice", "lie"])):
            case "flip":
                content[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del content[place:]
            case "splice":
                other = draw(st.sampled_from(files))
                start = draw(st.integers(0, len(other) - 1))
                content[place:place] = other[start : start + draw(st.integers(1, 300))]
            case _:
                number = draw(st.sampled_from([0, 1, 255, 65_535, 100_000, 2**31 - 1, 2**32 - 1]))
                early = min(place, 100)
                content[early : early + 4] = struct.pack(draw(st.sampled_from("<>")) + "I", number)
    return bytes(content)


STARTS = st.sampled_from(
    [
        b"",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"II*\0\x08\0\0\0",
        b"MM\0*",
        b"BM",
        b"P5 9 9 255 ",
        b"Pf ",
    ]
)


@few
@given(STARTS, st.binary(max_size=300))
@example(b"", b"")
def test_any_bytes_give_an_image_or_an_error(start: bytes, rest: bytes) -> None:
    outcome(start + rest)


@pytest.mark.slow
@many
@given(STARTS, st.binary(max_size=3000))
def test_many_bytes_give_an_image_or_an_error(start: bytes, rest: bytes) -> None:
    outcome(start + rest)


@settings(few, max_examples=300)
@given(damaged(), st.integers(1, 64))
def test_damaged_files_give_an_image_or_an_error(content: bytes, shrink_to_px: int) -> None:
    outcome(content)
    outcome(content, shrink_to_px=shrink_to_px)


@pytest.mark.long
@settings(many, max_examples=8000)
@given(damaged(), st.integers(1, 64))
def test_many_damaged_files_give_an_image_or_an_error(content: bytes, shrink_to_px: int) -> None:
    outcome(content)
    outcome(content, shrink_to_px=shrink_to_px)


def test_damage_reaches_both_ends() -> None:
    """The fuzzing above is worth something only if some damaged files still decode and others are refused."""
    found: set[type] = set()

    @settings(few, max_examples=60, database=None)
    @given(damaged())
    def collect(content: bytes) -> None:
        found.add(type(outcome(content)))

    collect()
    assert found == {Decoded, ImageError}


LIES = """
import resource, struct
from edgewise.errors import ImageError
from edgewise.images.decode import decode
from tests.images.test_decode_fuzz import specimens

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
space = 2**30 + int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (space, space))
for content in specimens():
    for at in range(4, min(80, len(content) - 4)):
        for form, number in ((">I", 2**32 - 1), ("<I", 2**31 - 1), ("<H", 316)):
            lying = bytearray(content)
            struct.pack_into(form, lying, at, number)
            try:
                decode(bytes(lying), max_pixels=100_000)
            except ImageError as error:
                assert "memory" not in error.message, (error.message, at)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits address space as Linux does")
def test_headers_that_lie_take_little_memory() -> None:
    """Every number near the front of every kind of file, made large, in a process that has 1 GiB to spare."""
    done = subprocess.run([sys.executable, "-c", LIES], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert int(done.stdout) < 64  # MiB; 100,000 pixels are 0.4 of them
