"""Every kind of file that users really have decodes right, or is refused with a reason."""

import os
import struct
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewise.errors import ImageError, UsageError
from edgewise.images.decode import decode, read_file
from tests.image_files import encoded, huge_png, png_chunk, wide_png


def distance(pixels: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(pixels.astype(int) - expected).mean())


def with_exif(jpeg: bytes, payload: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


def test_png_is_exact(photo: np.ndarray) -> None:
    decoded = decode(encoded(Image.fromarray(photo), "PNG"))
    assert np.array_equal(decoded.pixels, photo)
    assert decoded.converted == ()


def test_jpeg_is_close(photo: np.ndarray) -> None:
    assert distance(decode(encoded(Image.fromarray(photo), "JPEG", quality=98)).pixels, photo) < 3


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {}), ("TIFF", {})]
)
def test_truncated_is_refused(kind: str, options: dict[str, object], share: float) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noisy), kind, **options)
    with pytest.raises(ImageError, match="is broken or truncated"):
        decode(content[: int(share * len(content))], "cut.img")


def test_flipped_bits_in_a_png_are_noticed(photo: np.ndarray) -> None:
    content = bytearray(encoded(Image.fromarray(photo), "PNG", compress_level=0))
    content[content.index(b"IDAT") + 2000] ^= 0xFF
    with pytest.raises(ImageError, match="is broken or truncated"):
        decode(bytes(content))


def test_bad_checksum_of_a_png_header_is_refused(photo: np.ndarray) -> None:
    content = bytearray(encoded(Image.fromarray(photo), "PNG"))
    content[content.index(b"IHDR") + 4 + 13] ^= 0xFF
    with pytest.raises(ImageError, match="is broken or truncated"):
        decode(bytes(content))


def test_alpha_is_blended_on_white(photo: np.ndarray) -> None:
    alpha = np.full(photo.shape[:2], 255, np.uint8)
    alpha[:, :40] = 0
    decoded = decode(encoded(Image.fromarray(np.dstack([photo, alpha])), "PNG"))
    assert (decoded.pixels[:, :40] == 255).all()
    assert np.array_equal(decoded.pixels[:, 40:], photo[:, 40:])
    assert decoded.converted == ("alpha blended on white",)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_is_blended(kind: str) -> None:
    indices = np.zeros((8, 8), np.uint8)
    indices[:, 4:] = 1
    image = Image.frombytes("P", (8, 8), indices.tobytes())
    image.putpalette([10, 20, 30, 200, 100, 0] + [0] * 762)
    decoded = decode(encoded(image, kind, transparency=0))
    assert (decoded.pixels[:, :4] == 255).all()
    assert (decoded.pixels[:, 4:] == (200, 100, 0)).all()


def test_sixteen_bit_grey_keeps_its_range() -> None:
    wide = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    decoded = decode(encoded(Image.fromarray(wide), "PNG"))
    assert decoded.pixels.shape == (64, 64, 3)
    assert (decoded.pixels[..., 0] == wide >> 8).all()
    assert decoded.converted == ("16-bit grey to 8-bit RGB",)


def test_sixteen_bit_grey_with_a_transparent_value() -> None:
    wide = np.full((4, 4), 1000, np.uint16)
    wide[0] = 1001  # the same 8 bits, and not transparent
    decoded = decode(wide_png(wide, 0, png_chunk(b"tRNS", struct.pack(">H", 1000))))
    assert (decoded.pixels[1:] == 255).all()
    assert (decoded.pixels[0] == 1001 >> 8).all()


@pytest.mark.parametrize(("order", "white_is_zero"), [("<", False), ("<", True), (">", False)])
def test_sixteen_bit_grey_tiff_in_either_polarity(order: str, white_is_zero: bool) -> None:
    wide = np.arange(0, 65536, 256, dtype=np.uint16).reshape(16, 16)
    content = tiff(wide.astype(f"{order}u2"), bits=16, sample_format=1, photometric=0 if white_is_zero else 1)
    expected = 255 - (wide >> 8) if white_is_zero else wide >> 8
    assert np.array_equal(decode(content).pixels[..., 1], expected)


def test_twelve_bit_grey_tiff_is_not_nearly_black() -> None:
    packed = np.tile(np.array([0xFF, 0xF0, 0x00], np.uint8), (2, 2))  # rows of 4095, 0, 4095, 0
    decoded = decode(tiff(packed, bits=12, sample_format=1, width=4))
    assert decoded.pixels[..., 0].tolist() == [[255, 0, 255, 0]] * 2
    assert decoded.converted == ("12-bit grey to 8-bit RGB",)


@pytest.mark.parametrize("top", [1, 255, 65535])
@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_32_bit_grey_is_read_by_the_range_that_holds_it(photo: np.ndarray, dtype: type, top: int) -> None:
    share = photo[:, :, 0] / photo[:, :, 0].max()
    values = (share * top).round().astype(dtype) if dtype is np.int32 else (share * top).astype(np.float32)
    decoded = decode(encoded(Image.fromarray(values), "TIFF"))
    assert np.abs(decoded.pixels[..., 0] - values * 255.0 / top).max() <= 0.5 + 1e-4
    assert decoded.pixels.max() == 255
    assert f"read as 0..{top}," in decoded.converted[0]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.array([[-1, 5]], np.int32), "from -1 to 5"),
        (np.array([[0, 70_000]], np.int32), "from 0 to 70000"),
        (np.array([[-0.5, 0.5]], np.float32), "from -0.5 to 0.5"),
        (np.array([[0.5, np.nan]], np.float32), "not all numbers"),
        (np.array([[0.5, np.inf]], np.float32), "not all numbers"),
    ],
)
def test_grey_without_a_known_range_is_refused(values: np.ndarray, found: str) -> None:
    with pytest.raises(ImageError, match=f"grey values .*{found}"):
        decode(encoded(Image.fromarray(values), "TIFF"))


@pytest.mark.parametrize("colour_type", [2, 4, 6])
def test_sixteen_bit_colour_is_said(photo: np.ndarray, colour_type: int) -> None:
    opaque = np.full((60, 80), 65535, np.uint16)
    wide = photo.astype(np.uint16) * 257
    channels = {2: wide, 4: np.dstack([wide[..., 0], opaque]), 6: np.dstack([wide, opaque])}[colour_type]
    decoded = decode(wide_png(channels, colour_type))
    assert np.array_equal(decoded.pixels, photo if colour_type != 4 else photo[:, :, :1].repeat(3, axis=2))
    assert "16-bit channels to 8-bit" in decoded.converted


def test_sixteen_bit_colour_with_a_transparent_one() -> None:
    wide = np.full((4, 4, 3), 0x1234, np.uint16)
    wide[:, 2:] = 0x5678
    decoded = decode(wide_png(wide, 2, png_chunk(b"tRNS", struct.pack(">HHH", *[0x1234] * 3))))
    assert (decoded.pixels[:, :2] == 255).all()
    assert (decoded.pixels[:, 2:] == 0x56).all()


def test_deep_pnm_is_said(photo: np.ndarray) -> None:
    rows = (photo.astype(np.uint16) * 257).astype(">u2").tobytes()
    decoded = decode(b"P6 80 60 65535\n" + rows)
    assert np.array_equal(decoded.pixels, photo)
    assert decoded.converted == ("16-bit channels to 8-bit",)


def test_grey_becomes_rgb(photo: np.ndarray) -> None:
    decoded = decode(encoded(Image.fromarray(photo[:, :, 0]), "PNG"))
    assert np.array_equal(decoded.pixels, np.repeat(photo[:, :, :1], 3, axis=2))
    assert decoded.converted == ("grey to RGB",)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied_once(photo: np.ndarray, kind: str, orientation: int) -> None:
    upright = {  # how numpy would set it upright
        1: photo,
        2: photo[:, ::-1],
        3: photo[::-1, ::-1],
        4: photo[::-1],
        5: photo.transpose(1, 0, 2),
        6: np.rot90(photo, -1),
        7: photo.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(photo),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    decoded = decode(encoded(Image.fromarray(photo), kind, exif=exif, **options))
    assert decoded.pixels.shape == upright.shape
    assert distance(decoded.pixels, upright) < (2 if kind == "JPEG" else 1e-9)
    assert decoded.converted == (("EXIF rotation applied",) if orientation > 1 else ())


@pytest.mark.parametrize(
    "payload",
    [
        b"Exif\0\0junk",
        b"Exif\0\0II",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0",  # 65535 entries, one begun
        b"Exif\0\0MM\0*\xff\xff\xff\xff",  # a directory far outside
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\x01\x02\0\xff\xff\0\0\xff\xff\xff\x7f\0\0\0\0",  # a rotation that is a text
    ],
)
def test_broken_exif_is_ignored_without_a_warning(photo: np.ndarray, payload: bytes) -> None:
    jpeg = encoded(Image.fromarray(photo), "JPEG")
    assert np.array_equal(decode(with_exif(jpeg, payload)).pixels, decode(jpeg).pixels)
    png = encoded(Image.fromarray(photo), "PNG", exif=payload)
    assert np.array_equal(decode(png).pixels, photo)


def test_cmyk_jpeg_is_the_rgb_it_was_made_of(photo: np.ndarray) -> None:
    """Colour-separated with a real black plate; Pillow writes it inverted with Adobe's marker, as Photoshop does."""
    black = 255 - photo.max(axis=2).astype(float)
    inks = 255 * (255 - photo - black[..., None]) / np.maximum(255 - black, 1)[..., None]
    plates = np.dstack([inks, black]).round().astype(np.uint8)
    decoded = decode(encoded(Image.frombytes("CMYK", (80, 60), plates.tobytes()), "JPEG", quality=98, subsampling=0))
    assert distance(decoded.pixels, photo) < 2
    assert decoded.converted == ("CMYK to RGB",)


def test_ycck_jpeg_is_the_rgb_it_was_made_of(photo: np.ndarray) -> None:
    """Adobe's other colour-separated JPEG, transform 2: YCbCr of the inks as if they were RGB, and inverted black."""
    ycc = np.asarray(Image.fromarray(255 - photo).convert("YCbCr"))
    stored = np.dstack([ycc, np.full((60, 80), 255, np.uint8)])
    content = bytearray(
        encoded(Image.frombytes("CMYK", (80, 60), (255 - stored).tobytes()), "JPEG", quality=98, subsampling=0)
    )
    marker = content.index(b"Adobe")
    assert content[marker + 11] == 0
    content[marker + 11] = 2
    assert distance(decode(bytes(content)).pixels, photo) < 3


def test_colour_profile_is_ignored(photo: np.ndarray) -> None:
    image = Image.fromarray(photo)
    for profile in (b"not a profile", bytes(5000)):
        assert np.array_equal(decode(encoded(image, "PNG", icc_profile=profile)).pixels, photo)
        plain, tagged = encoded(image, "JPEG"), encoded(image, "JPEG", icc_profile=profile)
        assert np.array_equal(decode(tagged).pixels, decode(plain).pixels)


def test_lab_is_refused() -> None:
    with pytest.raises(ImageError, match="CIE LAB"):
        decode(encoded(Image.new("LAB", (8, 8)), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP", "MPO"])
def test_first_of_several_frames(kind: str) -> None:
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    frames = [Image.new("RGB", (32, 32), colour) for colour in colours]
    decoded = decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert distance(decoded.pixels, np.full((32, 32, 3), colours[0])) < 3
    assert decoded.converted[-1] == "first of 3 frames"


def test_one_frame_is_not_called_the_first() -> None:
    for kind in ("GIF", "PNG", "TIFF", "WEBP"):
        assert not any("first" in note for note in decode(encoded(Image.new("RGB", (8, 8)), kind)).converted)


def test_tiff_whose_pages_run_in_a_circle() -> None:
    pages = [Image.new("L", (4, 4), value) for value in (10, 20)]
    content = bytearray(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    (first,) = struct.unpack_from("<I", content, 4)
    (entries,) = struct.unpack_from("<H", content, first)
    (second,) = struct.unpack_from("<I", content, first + 2 + 12 * entries)
    (entries,) = struct.unpack_from("<H", content, second)
    struct.pack_into("<I", content, second + 2 + 12 * entries, first)
    decoded = decode(bytes(content))
    assert (decoded.pixels == 10).all()
    assert decoded.converted[-1] == "first of 2 frames"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"once upon a time", "text"),
        ("żółw".encode(), "text"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (b"\xef\xbb\xbf <html>", "HTML"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a HEIC image"),
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1", "an AVIF image"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2", "an MP4 video"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image"),
        (b"PK\3\4\x14\0\0\0", "a ZIP archive"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (bytes(5000), "zero bytes only"),
    ],
)
def test_what_is_no_image_is_named(content: bytes, kind: str) -> None:
    with pytest.raises(ImageError, match=f"is not an image in a format that can be read; it looks like .*{kind}"):
        decode(content, "story.jpg")


def test_unknown_bytes_are_not_guessed_at() -> None:
    with pytest.raises(ImageError) as caught:
        decode(b"\x01\xfe\x02\xfd" * 9)
    assert caught.value.reason == "is not an image in a format that can be read"


def test_zero_bytes() -> None:
    with pytest.raises(ImageError, match="0 bytes"):
        decode(b"", "empty.jpg")


def test_bomb_is_refused_from_its_header() -> None:
    with pytest.raises(ImageError, match="not decoded"):
        decode(huge_png(), "bomb.png")


def test_pixel_limit_is_the_callers() -> None:
    content = encoded(Image.new("RGB", (40, 30)), "PNG")
    assert decode(content, max_pixels=1200).pixels.shape == (30, 40, 3)
    with pytest.raises(ImageError, match="40 x 30 pixels"):
        decode(content, max_pixels=1199)


def test_between_pillows_two_limits_nothing_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above `MAX_IMAGE_PIXELS` Pillow warns, above its double it raises; the tests make warnings errors."""
    content = encoded(Image.new("RGB", (40, 30)), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert decode(content).pixels.shape == (30, 40, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(ImageError, match="limit of 1,000"):
        decode(content)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (65500, 1), (1, 65500)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "PPM"])
def test_extreme_shapes(kind: str, size: tuple[int, int]) -> None:
    decoded = decode(encoded(Image.new("RGB", size, (10, 200, 30)), kind), shrink_to_px=1)
    assert decoded.pixels.shape == (size[1], size[0], 3)
    assert distance(decoded.pixels, np.full(3, (10, 200, 30))) < 3


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    ("shrink_to_px", "scale"), [(None, 1), (241, 1), (240, 1 / 2), (121, 1 / 2), (120, 1 / 4), (60, 1 / 8), (1, 1 / 8)]
)
def test_reduced_decoding_keeps_the_short_side(
    photo: np.ndarray, progressive: bool, shrink_to_px: int | None, scale: float
) -> None:
    large = photo.repeat(8, axis=0).repeat(8, axis=1)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(Image.fromarray(large), "JPEG", quality=95, progressive=progressive, exif=exif)
    decoded = decode(content, shrink_to_px=shrink_to_px)
    assert decoded.scale == scale
    assert decoded.pixels.shape == (640 * scale, 480 * scale, 3)
    assert decoded.converted == ("EXIF rotation applied",)
    step = round(8 * scale)
    assert distance(decoded.pixels[step // 2 :: step, step // 2 :: step], np.rot90(photo, -1)) < 6


def test_reduced_decoding_of_other_kinds_of_jpeg(photo: np.ndarray) -> None:
    large = Image.fromarray(photo.repeat(8, axis=0).repeat(8, axis=1))
    for image in (large.convert("L"), large.convert("CMYK")):
        decoded = decode(encoded(image, "JPEG", quality=95), shrink_to_px=100)
        assert decoded.pixels.shape == (120, 160, 3)
    decoded = decode(encoded(large, "MPO", save_all=True, append_images=[large]), shrink_to_px=100)
    assert (decoded.pixels.shape, decoded.scale) == ((120, 160, 3), 0.25)
    assert decode(encoded(large, "PNG"), shrink_to_px=100).scale == 1


def test_reduced_decoding_notices_truncation(photo: np.ndarray) -> None:
    content = encoded(Image.fromarray(photo.repeat(8, axis=0).repeat(8, axis=1)), "JPEG", progressive=True)
    with pytest.raises(ImageError, match="truncated"):
        decode(content[: len(content) // 2], shrink_to_px=60)
    with pytest.raises(UsageError, match="at least 1"):
        decode(content, shrink_to_px=0)


def test_c_libraries_print_nothing(photo: np.ndarray, capfd: pytest.CaptureFixture[str]) -> None:
    """libtiff prints its errors to the process's stderr, and Pillow logs one kind of fault."""
    content = bytearray(encoded(Image.fromarray(photo), "TIFF", compression="tiff_adobe_deflate"))
    content[20:200] = bytes(180)
    with pytest.raises(ImageError):
        decode(bytes(content))
    content = bytearray(encoded(Image.fromarray(photo), "TIFF"))
    samples = content.index(struct.pack("<HHI", 277, 3, 1))
    content[samples + 8] = 200
    with pytest.raises(ImageError):
        decode(bytes(content))
    assert capfd.readouterr() == ("", "")


def test_warning_filters_survive_decoding_in_threads(photo: np.ndarray) -> None:
    content = encoded(Image.fromarray(photo), "JPEG")
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [decode(content) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_unreadable_files_say_why(tmp_path: Path) -> None:
    empty, folder, circle, pipe = (tmp_path / f"{name}.jpg" for name in ("empty", "folder", "circle", "pipe"))
    empty.touch()
    folder.mkdir()
    circle.symlink_to(circle)
    os.mkfifo(pipe)
    for path, reason in (
        (empty, "0 bytes"),
        (folder, "is a folder"),
        (tmp_path / "gone.jpg", "no such file"),
        (empty / "below.jpg", "Not a directory"),
        (circle, "Too many levels of symbolic links"),
        (pipe, "no regular file"),
        (tmp_path / ("x" * 300 + ".jpg"), "File name too long"),
        (tmp_path / "zero\0byte.jpg", "null byte"),
    ):
        with pytest.raises(ImageError, match=reason):
            read_file(path)


def test_file_without_permission(open_folder: Path, as_nobody: Callable[[], None]) -> None:
    (open_folder / "secret.jpg").write_bytes(b"x")
    (open_folder / "secret.jpg").chmod(0)
    as_nobody()
    with pytest.raises(ImageError, match="Permission denied") as caught:
        read_file(open_folder / "secret.jpg")
    assert "permissions" in caught.value.hint


def test_file_names_of_any_bytes(photo: np.ndarray, tmp_path: Path) -> None:
    content = encoded(Image.fromarray(photo), "PNG")
    for name in ("żółw.png", "\x1b[31mred.png", os.fsdecode(b"caf\xe9.png")):
        path = tmp_path / name
        path.write_bytes(content)
        assert np.array_equal(decode(read_file(path), path).pixels, photo)
        with pytest.raises(ImageError) as caught:
            decode(b"no image", path)
        assert caught.value.message.isprintable()
        assert caught.value.path == path


def tiff(rows: np.ndarray, *, bits: int, sample_format: int, photometric: int = 1, width: int | None = None) -> bytes:
    """An uncompressed grey TIFF of one strip, put together by hand in the byte order of `rows`."""
    order = ">" if rows.dtype.str[0] == ">" else "<"
    data = rows.tobytes()
    tags = [
        (256, width or rows.shape[1]),
        (257, rows.shape[0]),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, rows.shape[0]),
        (279, len(data)),
        (339, sample_format),
    ]
    entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" if order == "<" else b"MM\0*"
    directory = struct.pack(f"{order}H", len(tags)) + entries + bytes(4)
    return head + struct.pack(f"{order}I", 8 + len(data)) + data + directory
