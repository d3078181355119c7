"""What is known of a classifier without running it, and the card file that says it."""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from edgewise.errors import LabelError, ModelError
from edgewise.images.preprocess import Interpolation, Preprocess, Resize
from edgewise.runtime.session import Layout
from edgewise.zoo.classes import ClassSet, imagenet1k, numbered

Output = Literal["logits", "probabilities"]
_LARGEST_SIDE_PX = 8192
_LARGEST_NUMBER = 1e6  # of a mean or a standard deviation; more would leave float32
_LARGEST_WHOLE = 2**63 - 1  # what TOML promises to hold


@dataclass(frozen=True)
class Card:
    """A classifier's name, origin, input, classes and cost."""

    name: str
    source: str  # what `edgewise.zoo.sources.find` takes, e.g. "onnx:/models/a.onnx"
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

    def over(self, other: "CardFile") -> "CardFile":
        """This card, with what only `other` says taken from there."""
        if not other.given:
            return self
        return CardFile({**other.given, **self.given}, f"{self.origin} (over {other.origin})")


@dataclass(frozen=True)
class _Form:
    """What the value of a key must be, in words and as a test."""

    words: str
    fits: Callable[[Any], bool]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_WHOLE


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER


def _is_three(value: Any) -> bool:
    return isinstance(value, list) and [_is_number(number) for number in cast("list[Any]", value)] == [True] * 3


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _choice(literal: Any) -> _Form:
    allowed = get_args(literal)
    return _Form(" or ".join(f'"{word}"' for word in allowed), lambda value: value in allowed)


_TEXT = _Form("a text", lambda value: isinstance(value, str))
_LIST = _Form("a list", _is_list)
_SIDE = _Form(
    f"a whole number from 1 to {_LARGEST_SIDE_PX}", lambda value: _is_whole(value) and 1 <= value <= _LARGEST_SIDE_PX
)
_COUNT = _Form("a whole number of at least 0", lambda value: _is_whole(value) and value >= 0)
_FORMS: dict[str, _Form] = {
    "name": _TEXT,
    "source": _TEXT,
    "weights": _TEXT,
    "input_name": _TEXT,
    "output_name": _TEXT,
    "layout": _choice(Layout),
    "output": _choice(Output),
    "size_px": _SIDE,
    "resize_px": _SIDE,
    "resize": _choice(Resize),
    "interpolation": _choice(Interpolation),
    "mean": _Form("a list of three numbers, of pixels scaled to 0..1", _is_three),
    "std": _Form(
        "a list of three positive numbers, of pixels scaled to 0..1", lambda value: _is_three(value) and min(value) > 0
    ),
    "classes": _Form(
        'a list of names, "imagenet1k", or a text file with one class a line',
        lambda value: isinstance(value, str) or _is_list(value),
    ),
    "class_ids": _LIST,
    "skip_outputs": _COUNT,
    "macs": _COUNT,
    "params": _COUNT,
    "licence": _TEXT,
    "paper": _TEXT,
}


def read_card(path: Path) -> CardFile:
    """Read `NAME.toml`. `classes` is a list of names, "imagenet1k", or a text file (one class a line) beside the card.

    Raises `ModelError` for bad TOML, an unknown key (the known ones are listed) or a value of the wrong form.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, or numbers without end
        raise ModelError(f"{path} cannot be read as TOML: {error}.", "Correct the card.") from error
    return check_card(values, str(path), path.parent)


def check_card(values: Mapping[str, Any], origin: str, folder: Path) -> CardFile:
    """Check the keys and values of a card; relative files that it names lie in `folder`."""
    given = dict(values)
    for key, value in given.items():
        if key not in _FORMS:
            raise ModelError(f"{origin}: unknown key {key!r}.", f"Known keys: {', '.join(_FORMS)}.")
        if not _FORMS[key].fits(value):
            raise ModelError(f"{origin}: {key} = {_toml(value)} is not {_FORMS[key].words}.", "Correct the card.")
    if isinstance(given.get("classes"), str) and given["classes"] != "imagenet1k":
        given["classes"] = _class_file(folder / given["classes"])
    if "weights" in given:
        given["weights"] = str((folder / os.path.expandvars(given["weights"])).expanduser().absolute())
    return CardFile(given, origin)


def _toml(value: Any) -> str:
    """A value as the card's author wrote it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _class_file(path: Path) -> list[str]:
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"The class list {path} cannot be read: {error}.", "Correct `classes` in the card.") from error


def complete(
    file: CardFile,
    *,
    name: str,
    source: str,
    size_px: int | None,
    outputs: int,
    output: Output,
    preprocess: Preprocess,
    classes: ClassSet | None = None,
    params: int | None = None,
    macs: int | None = None,
    licence: str = "",
    paper: str = "",
) -> Card:
    """Fill a card file's gaps from what the loaded network says.

    `size_px` is the network's fixed input side (None = any), `outputs` its output count, `output` and `preprocess` what
    its format usually means, `classes` the ones that it names itself; `params` to `paper` are what is known of it.
    Raises `ModelError` when the card contradicts the network.
    """
    given = file.given
    size = given.get("size_px", size_px or preprocess.size_px)
    if size_px is not None and size != size_px:
        raise ModelError(f"{file.origin}: size_px = {size}, but the network takes {size_px}.", "Correct the card.")
    resize = given.get("resize_px", max(size, round(size * preprocess.resize_px / preprocess.size_px)))
    if resize < size:
        raise ModelError(
            f"{file.origin}: resize_px = {resize}, but the centre square of {size} is cut out of it.",
            f"Give at least {size}, or leave the line out.",
        )
    skip = given.get("skip_outputs", 1 if outputs == 1001 and given.get("classes", "imagenet1k") == "imagenet1k" else 0)
    if skip >= outputs:
        raise ModelError(f"{file.origin}: skip_outputs = {skip}, but the network has {outputs} outputs.", "Correct it.")
    if classes is not None and len(classes) != outputs - skip:
        classes = None
    return Card(
        name=name,
        source=source,
        classes=_classes(file, outputs - skip, classes),
        preprocess=Preprocess(
            size_px=size,
            resize_px=resize,
            resize=given.get("resize", preprocess.resize),
            interpolation=given.get("interpolation", preprocess.interpolation),
            mean=_three(given.get("mean", preprocess.mean)),
            std=_three(given.get("std", preprocess.std)),
        ),
        output=given.get("output", output),
        skip_outputs=skip,
        macs=given.get("macs", macs),
        params=given.get("params", params),
        licence=given.get("licence", licence),
        paper=given.get("paper", paper),
    )


def _classes(file: CardFile, count: int, known: ClassSet | None) -> ClassSet:
    listed = file.given.get("classes")
    if "class_ids" in file.given and not _is_list(listed):
        raise ModelError(f"{file.origin}: class_ids stand for no list of `classes`.", "List their names in `classes`.")
    if listed is None:
        return known or (imagenet1k() if count == 1000 else numbered(count))
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
