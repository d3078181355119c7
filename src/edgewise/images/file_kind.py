"""What a file that is no readable image looks like, told from its first bytes."""

import codecs

READABLE = {  # first bytes of the formats that can be decoded, by the name of the format
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
_STARTS = {
    b"%PDF": "a PDF",
    b"8BPS": "a Photoshop file",
    b"\xff\x0a": "a JPEG XL image",
    b"\0\0\0\x0cJXL ": "a JPEG XL image",
    b"\xff\x4f\xff\x51": "a JPEG 2000 image",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 image",
    b"\0\0\1\0": "an icon",
    b"PK\3\4": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet table",
    b"\x93NUMPY": "a NumPy array",
    b"\x1aE\xdf\xa3": "a Matroska or WebM video",
    b"version https://git-lfs": "a Git LFS pointer: the image itself was not fetched",
}
_BRANDS = {  # of the `ftyp` box that HEIC, AVIF and MP4 begin with
    b"heic": "a HEIC image",
    b"heix": "a HEIC image",
    b"heim": "a HEIC image",
    b"hevc": "a HEIC image",
    b"mif1": "a HEIC image",
    b"msf1": "a HEIC image",
    b"avif": "an AVIF image",
    b"avis": "an AVIF image",
}
_LOOKED_AT = 4096


def readable_format(content: bytes) -> str | None:
    """The decodable format that the first bytes announce, if any."""
    for start, kind in READABLE.items():
        if content.startswith(start):
            return kind
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def looks_like(content: bytes) -> str | None:
    """What bytes that are no decodable image look like, as "a PDF" or "HTML"; None when nothing tells."""
    head = content[:_LOOKED_AT]
    for start, kind in _STARTS.items():
        if head.startswith(start):
            return kind
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "an MP4 video")
    if head[:4] == b"RIFF":
        return {b"AVI ": "an AVI video", b"WAVE": "a sound"}.get(head[8:12])
    if not any(content):
        return "a file of zero bytes only, as a failed copy leaves it"
    return _text(head)


def _text(head: bytes) -> str | None:
    try:  # incremental, because the head may end within a character
        text = codecs.getincrementaldecoder("utf-8")().decode(head.removeprefix(codecs.BOM_UTF8))
    except UnicodeDecodeError:
        return None
    if not all(character.isprintable() or character in "\t\r\n" for character in text):
        return None
    start = text.lstrip().lower()
    if start.startswith(("<!doctype html", "<html")):
        return "HTML: a web page was saved in its place"
    if "<svg" in start and start.startswith(("<svg", "<?xml", "<!")):
        return "an SVG drawing"
    return "text"
