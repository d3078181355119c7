"""How many frames or pages an image file holds, counted from its structure.

Pillow counts by parsing every frame, which a file of many tiny frames can draw out to minutes.
"""

import struct

from PIL import Image

MOST = 10_000  # nobody needs a larger count exactly


def count_frames(image: Image.Image, content: bytes) -> int:
    """The frames of an opened GIF, APNG, WebP, TIFF or multi-picture JPEG, at most `MOST`; 1 for all else."""
    if image.format == "GIF":
        return _gif(content)
    if image.format == "TIFF":
        return _tiff(content)
    return min(MOST, getattr(image, "n_frames", 1))  # in these formats the header says it


def _gif(content: bytes) -> int:
    frames = 0
    try:
        position = 13 + _colour_table_bytes(content[10])
        while frames < MOST and content[position] in b"\x2c\x21":  # an image or an extension, not the end
            if content[position] == 0x2C:
                frames += 1
                position += 11 + _colour_table_bytes(content[position + 9])
            else:
                position += 2
            while size := content[position]:
                position += size + 1
            position += 1
    except IndexError:  # it ends early: what has begun was counted
        pass
    return max(1, frames)


def _colour_table_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _tiff(content: bytes) -> int:
    order = "<" if content[:2] == b"II" else ">"
    big = 0x2B in content[2:4]  # BigTIFF: 8-byte offsets
    offset_format, count_format = (order + "Q", order + "Q") if big else (order + "I", order + "H")
    entry_bytes, count_bytes = (20, 8) if big else (12, 2)
    seen: set[int] = set()  # pages may point back: a loop ends the file
    try:
        (page,) = struct.unpack_from(offset_format, content, 8 if big else 4)
        while page and page not in seen and len(seen) < MOST:
            (entries,) = struct.unpack_from(count_format, content, page)
            seen.add(page)
            (page,) = struct.unpack_from(offset_format, content, page + count_bytes + entries * entry_bytes)
    except struct.error:  # it points outside the file
        pass
    return max(1, len(seen))
