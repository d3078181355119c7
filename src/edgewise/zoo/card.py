"""What is known of a classifier without running it, and the card file that says it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from edgewise.errors import LabelError, ModelError
from edgewise.images.preprocess import Interpolation, Preprocess, Resize
from edgewise.zoo.classes import ClassSet, imagenet1k, numbered

Output = Literal["logits", "probabilities"]


@dataclass(frozen=True)
class Card:
    """A classifier's name, origin, input, classes and cost."""

    name: str
    source: str  # what `edgewise.zoo.sources.load` takes, e.g. "onnx:/models/a.onnx"
    classes: ClassSet
    preprocess: Preprocess
    output: Output = "logits"
    skip_outputs: int = 0  # leading outputs that stand for no class: 1 = the background of 1001-class networks
    macs: int | None = None
    params: int | None = None
    licence: str = ""
    paper: str = ""


@dataclass(frozen=True)
class CardFile:
    """The keys of a card file that were given; everything else takes a default once the network is known."""

    given: Mapping[str, Any]
    origin: str  # the file, for errors

    @property
    def name(self) -> str | None:
        return self.given.get("name")


_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "source": str,
    "weights": str,
    "output": str,
    "size_px": int,
    "resize_px": int,
    "resize": str,
    "interpolation": str,
    "mean": list,
    "std": list,
    "classes": (list, str),
    "class_ids": list,
    "skip_outputs": int,
    "macs": int,
    "params": int,
    "licence": str,
    "paper": str,
}
_CHOICES = {"output": get_args(Output), "resize": get_args(Resize), "interpolation": get_args(Interpolation)}


def read_card(path: Path) -> CardFile:
    """Read `NAME.toml`. `classes` is a list of names, "imagenet1k", or a text file (one class a line) beside the card.

    Raises `ModelError` for bad TOML, an unknown key (the known ones are listed) or a value of the wrong type.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"{path} cannot be read as TOML: {error}.") from error
    return check_card(values, str(path), path.parent)


def check_card(values: Mapping[str, Any], origin: str, folder: Path) -> CardFile:
    """Check the keys and types of a card; `folder` is where relative files are looked for."""
    given = dict(values)
    for key, value in given.items():
        if key not in _TYPES:
            raise ModelError(f"{origin}: unknown key {key!r}.", f"Known keys: {', '.join(_TYPES)}.")
        if not isinstance(value, _TYPES[key]) or isinstance(value, bool):
            raise ModelError(f"{origin}: {key} = {value!r} has the wrong type.", f"Expected: {_TYPES[key]}.")
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ModelError(f"{origin}: {key} = {value!r}.", f"Allowed: {', '.join(_CHOICES[key])}.")
        if key in ("size_px", "resize_px") and value < 1:
            raise ModelError(f"{origin}: {key} = {value} must be positive.")
    for key in ("mean", "std"):
        numbers = cast("list[Any]", given.get(key, [0.5, 0.5, 0.5]))
        if len(numbers) != 3 or not all(isinstance(n, int | float) for n in numbers):
            raise ModelError(f"{origin}: {key} must be three numbers, of pixels scaled to 0..1; it is {numbers}.")
        if key == "std" and min(numbers) <= 0:
            raise ModelError(f"{origin}: std = {numbers} must be positive.")
    if isinstance(given.get("classes"), str) and given["classes"] != "imagenet1k":
        given["classes"] = _class_file(folder / given["classes"])
    return CardFile(given, origin)


def _class_file(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The class list {path} cannot be read: {error}.") from error


def complete(
    file: CardFile, *, name: str, source: str, size_px: int | None, outputs: int, output: Output, preprocess: Preprocess
) -> Card:
    """Fill a card file's gaps from what the loaded network says.

    `size_px` is the network's fixed input side (None = any), `outputs` its output count, `output` and `preprocess` what
    its format usually means. Raises `ModelError` when the card contradicts the network.
    """
    given = file.given
    size = given.get("size_px", size_px or preprocess.size_px)
    if size_px is not None and size != size_px:
        raise ModelError(f"{file.origin}: size_px = {size}, but the network takes {size_px}.", "Correct the card.")
    resize = given.get("resize_px", round(size * preprocess.resize_px / preprocess.size_px))
    skip = given.get("skip_outputs", 1 if outputs == 1001 and "classes" not in given else 0)
    return Card(
        name=name,
        source=source,
        classes=_classes(file, outputs - skip),
        preprocess=Preprocess(
            size_px=size,
            resize_px=max(size, resize),
            resize=given.get("resize", preprocess.resize),
            interpolation=given.get("interpolation", preprocess.interpolation),
            mean=_three(given.get("mean", preprocess.mean)),
            std=_three(given.get("std", preprocess.std)),
        ),
        output=given.get("output", output),
        skip_outputs=skip,
        macs=given.get("macs"),
        params=given.get("params"),
        licence=given.get("licence", ""),
        paper=given.get("paper", ""),
    )


def _classes(file: CardFile, count: int) -> ClassSet:
    listed = file.given.get("classes", "imagenet1k" if count == 1000 else None)
    if listed is None:
        return numbered(count)
    try:
        names = imagenet1k() if listed == "imagenet1k" else _named(listed, file.given.get("class_ids", []))
    except LabelError as error:
        raise ModelError(f"{file.origin}: {error.message}", error.hint) from error
    if len(names) != count:
        raise ModelError(
            f"{file.origin}: {len(names)} classes, but the network has {count} outputs for classes.",
            "Correct `classes`, or set `skip_outputs` if the first outputs stand for no class.",
        )
    return names


def _named(names: list[str], ids: list[str]) -> ClassSet:
    return ClassSet(tuple(str(name) for name in names), tuple(str(i) for i in ids))


def _three(numbers: list[float] | tuple[float, float, float]) -> tuple[float, float, float]:
    first, second, third = numbers
    return float(first), float(second), float(third)
