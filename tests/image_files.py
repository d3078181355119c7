"""Image files made on the spot."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png(width: int, height: int, bits: int, colour_type: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG put together by hand; `rows` are its filtered rows, `extra` chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wide_png(channels: np.ndarray, colour_type: int, extra: bytes = b"") -> bytes:
    """A PNG of 16 bits a channel; Pillow writes grey ones alone."""
    height, width = channels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in channels)
    return png(width, height, 16, colour_type, rows, extra)


def huge_png() -> bytes:
    """A valid PNG header that announces 20,000 x 20,000 pixels, and a few compressed bytes."""
    return png(20_000, 20_000, 8, 2, bytes(1_000_000))
