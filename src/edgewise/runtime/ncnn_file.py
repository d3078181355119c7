"""ncnn's .param files: the layers of a network, one a line of text; their weights are in the .bin file beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewise.errors import ModelError

_MAGIC = "7767517"
_PREFIX = "edgewise_"  # of the input layer's name, which ncnn itself does not look at
_PRECISIONS = ("fp32", "fp16", "bf16")


@dataclass(frozen=True)
class Layer:
    """One line: `takes` and `gives` name blobs, `numbers` are the layer's settings by their ids."""

    kind: str
    name: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    numbers: Mapping[str, str]

    def number(self, key: int, default: int = 0) -> int:
        """A setting that is a whole number; -1 where the file has something else there."""
        try:
            return int(self.numbers.get(str(key), default))
        except ValueError:
            return -1


def read_ncnn_file(path: Path) -> tuple[Layer, ...]:
    """The layers in their order. Raises `ModelError` for a file that is none, or is not whole."""
    try:
        lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if not lines or lines[0] != [_MAGIC]:
            raise ModelError(f"{path} is no ncnn network: its first line is not {_MAGIC}.", "Export it again.")
        layers = tuple(_layer(line) for line in lines[2:])
        promised = int(lines[1][0])
    except (OSError, ValueError, IndexError) as error:
        raise ModelError(f"{path} cannot be read as an ncnn network: {error}.", "Export it again.") from error
    if promised != len(layers):
        raise ModelError(f"{path} is not whole: it has {len(layers)} layers of {promised}.", "Copy or export it again.")
    return layers


def precision_of(layers: Sequence[Layer]) -> str:
    """What a network is computed in: as the name of its input layer says, else fp32."""
    named = {layer.name.removeprefix(_PREFIX) for layer in layers if layer.kind == "Input"}
    return next((precision for precision in _PRECISIONS if precision in named), "fp32")


def with_input(text: str, size_px: int, precision: str) -> str:
    """The text of a .param file, with the size of the input and the precision written into its input layer."""
    lines = text.splitlines()
    (at,) = (i for i, line in enumerate(lines) if line.split()[:1] == ["Input"])
    blob = _layer(lines[at].split()).gives[0]
    lines[at] = f"{'Input':24} {_PREFIX + precision:24} 0 1 {blob} 0={size_px} 1={size_px} 2=3"
    return "\n".join(lines) + "\n"


def _layer(words: Sequence[str]) -> Layer:
    kind, name, taken, given = words[0], words[1], int(words[2]), int(words[3])
    blobs = words[4 : 4 + taken + given]
    if min(taken, given) < 0 or len(blobs) != taken + given or any("=" in blob for blob in blobs):
        raise ValueError(f"{kind} {name} has other blobs than it says")
    pairs = (word.partition("=") for word in words[4 + taken + given :])
    return Layer(kind, name, tuple(blobs[:taken]), tuple(blobs[taken:]), {key: value for key, _, value in pairs})
