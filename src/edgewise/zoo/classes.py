"""The classes that a network's outputs stand for, and how a label finds its class."""

import difflib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from edgewise.errors import LabelError


@dataclass(frozen=True)
class ClassSet:
    """Class names in output order. A name may list synonyms, separated by commas.

    `ids` are stable identifiers beside the names (WordNet ids for ImageNet); empty where there are none.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.ids and len(self.ids) != len(self.names):
            raise LabelError(f"{len(self.names)} class names, but {len(self.ids)} ids.")
        keys = self.keys
        if len(set(keys)) != len(keys):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            raise LabelError(
                f"Classes are listed twice: {', '.join(twice[:5])}.", "Each output needs a name of its own."
            )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def keys(self) -> tuple[str, ...]:
        """What identifies each class: its id where there is one, else its name."""
        return self.ids or self.names

    def index(self, label: str) -> int:
        """The class that a label means, found by id, by name or synonym, or by number, in this order.

        Raises `LabelError`, with the nearest names, when the label is unknown or means several classes.
        """
        found = self._by_label.get(_plain(label), [])
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            options = ", ".join(f"{self.keys[i]} (class {i})" for i in found)
            raise LabelError(f"The label {label!r} means {len(found)} classes: {options}.", "Use the id or the number.")
        if label.isdecimal() and int(label) < len(self):
            return int(label)
        near = ", ".join(repr(name) for name in self.nearest(label))
        raise LabelError(f"No class is called {label!r}. The nearest of {len(self)}: {near}.")

    def indices(self, labels: Sequence[str]) -> tuple[int, ...]:
        """The class of each label; one `LabelError` names all that are unknown, each with its nearest names."""
        found: list[int] = []
        unknown: list[str] = []
        for label in labels:
            try:
                found.append(self.index(label))
            except LabelError as error:
                unknown.append(error.message)
        if unknown:
            more = f" (and {len(unknown) - 5} more)" if len(unknown) > 5 else ""
            raise LabelError(
                " ".join(unknown[:5]) + more,
                "Rename the class folders or the labels to a class name, an id, or the class number.",
            )
        return tuple(found)

    def nearest(self, label: str, count: int = 3) -> tuple[str, ...]:
        """The names that look most like a label, best first."""
        close = difflib.get_close_matches(_plain(label), list(self._by_label), n=count, cutoff=0.0)
        return tuple(dict.fromkeys(self.names[self._by_label[key][0]] for key in close))

    def short_name(self, index: int) -> str:
        """The first synonym of a class."""
        return self.names[index].partition(",")[0]

    def subset(self, indices: Sequence[int]) -> "ClassSet":
        """Some of the classes, in the given order."""
        return ClassSet(tuple(self.names[i] for i in indices), tuple(self.ids[i] for i in indices) if self.ids else ())

    @cached_property
    def _by_label(self) -> dict[str, list[int]]:
        """Every plain id, full name and synonym -> the classes it can mean; ids and full names shadow synonyms."""
        exact: defaultdict[str, list[int]] = defaultdict(list)
        synonyms: defaultdict[str, list[int]] = defaultdict(list)
        for i, name in enumerate(self.names):
            for key in {_plain(name), *([_plain(self.ids[i])] if self.ids else [])}:
                exact[key].append(i)
            for synonym in dict.fromkeys(_plain(part) for part in name.split(",")):
                synonyms[synonym].append(i)
        return {**synonyms, **exact}


def _plain(label: str) -> str:
    """Spelling that does not matter is taken out: case, underscores, surrounding blanks."""
    return label.strip().replace("_", " ").casefold()


def numbered(count: int) -> ClassSet:
    """The classes of a network that says nothing of them: "0", "1", ..."""
    return ClassSet(tuple(str(i) for i in range(count)))


@cache
def imagenet1k() -> ClassSet:
    """The 1,000 classes of ILSVRC 2012 in the usual order (sorted WordNet id), with WordNet's lemmas as names."""
    text = resources.files("edgewise.zoo").joinpath("imagenet1k.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return ClassSet(names=tuple(row[1] for row in rows), ids=tuple(row[0] for row in rows))
