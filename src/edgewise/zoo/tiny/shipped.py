"""Where the bundled tiny networks lie; needs no training framework."""

from pathlib import Path

NAMES: tuple[str, ...] = ("tiny:xs", "tiny:s", "tiny:m", "tiny:l")
WEIGHTS = Path(__file__).parent / "weights"


def file_stem(name: str) -> str:
    """The name of a network's files without their suffix: "tiny:xs" gives "xs".

    Raises ValueError for a name that is not one of `NAMES`.
    """
    if name not in NAMES:
        raise ValueError(f"no tiny network is named {name!r}; allowed: {', '.join(NAMES)}")
    return name.removeprefix("tiny:")


def shipped_path(name: str, suffix: str) -> Path:
    """The bundled file of a network; `suffix` is ".onnx", ".safetensors" or ".toml"."""
    return WEIGHTS / f"{file_stem(name)}{suffix}"
