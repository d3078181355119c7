"""Every kind of file that users really have decodes right, or is refused with a reason."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewise.errors import ImageError
from edgewise.images.decode import decode, read_file
from tests.image_files import encoded, huge_png


def test_png_is_exact(photo: np.ndarray) -> None:
    decoded = decode(encoded(Image.fromarray(photo), "PNG"))
    assert np.array_equal(decoded.pixels, photo)
    assert decoded.converted == ()


def test_jpeg_is_close(photo: np.ndarray) -> None:
    decoded = decode(encoded(Image.fromarray(photo), "JPEG", quality=98))
    assert np.abs(decoded.pixels.astype(int) - photo).mean() < 3


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_truncated_is_refused(photo: np.ndarray, kind: str, share: float) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    content = encoded(Image.fromarray(noisy), kind)
    with pytest.raises(ImageError, match="broken or truncated"):
        decode(content[: int(share * len(content))], "cut.img")


def test_alpha_is_blended_on_white(photo: np.ndarray) -> None:
    alpha = np.full(photo.shape[:2], 255, np.uint8)
    alpha[:, :40] = 0
    decoded = decode(encoded(Image.fromarray(np.dstack([photo, alpha])), "PNG"))
    assert (decoded.pixels[:, :40] == 255).all()
    assert np.array_equal(decoded.pixels[:, 40:], photo[:, 40:])
    assert decoded.converted == ("alpha blended on white",)


def test_transparent_palette_is_blended() -> None:
    image = Image.new("P", (8, 8), 0)
    image.putpalette([10, 20, 30] + [0] * 765)
    decoded = decode(encoded(image, "PNG", transparency=0))
    assert (decoded.pixels == 255).all()


def test_sixteen_bit_grey_keeps_its_range() -> None:
    wide = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    decoded = decode(encoded(Image.fromarray(wide), "PNG"))
    assert decoded.pixels.shape == (64, 64, 3)
    assert (decoded.pixels[..., 0] == wide >> 8).all()
    assert decoded.converted == ("16-bit grey to 8-bit RGB",)


def test_grey_becomes_rgb(photo: np.ndarray) -> None:
    decoded = decode(encoded(Image.fromarray(photo[:, :, 0]), "PNG"))
    assert np.array_equal(decoded.pixels, np.repeat(photo[:, :, :1], 3, axis=2))
    assert decoded.converted == ("grey to RGB",)


def test_exif_rotation_is_applied(photo: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held on its side: turn by 90 degrees clockwise to see it upright
    decoded = decode(encoded(Image.fromarray(photo), "PNG", exif=exif))
    assert np.array_equal(decoded.pixels, np.rot90(photo, -1))
    assert decoded.converted == ("EXIF rotation applied",)


def test_cmyk_becomes_rgb(photo: np.ndarray) -> None:
    decoded = decode(encoded(Image.fromarray(photo).convert("CMYK"), "JPEG", quality=98))
    assert np.abs(decoded.pixels.astype(int) - photo).mean() < 12


def test_text_is_no_image() -> None:
    with pytest.raises(ImageError, match="is not an image"):
        decode(b"once upon a time", "story.jpg")


def test_bomb_is_refused_from_its_header() -> None:
    with pytest.raises(ImageError, match="not decoded"):
        decode(huge_png(), "bomb.png")


def test_pixel_limit_is_the_callers() -> None:
    content = encoded(Image.new("RGB", (40, 30)), "PNG")
    assert decode(content, max_pixels=1200).pixels.shape == (30, 40, 3)
    with pytest.raises(ImageError, match="40 x 30 pixels"):
        decode(content, max_pixels=1199)


def test_unreadable_files_say_why(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jpg"
    empty.touch()
    for path, reason in ((empty, "0 bytes"), (tmp_path, "a folder"), (tmp_path / "gone.jpg", "no such file")):
        with pytest.raises(ImageError, match=reason):
            read_file(path)
