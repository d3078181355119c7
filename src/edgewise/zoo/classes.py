"""The classes that a network's outputs stand for, and how a label finds its class."""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

from edgewise.errors import LabelError
from edgewise.text import plain

_SHOWN_CHARACTERS = 80  # of a label in an error, and looked at to find names like it
_NAMED_LABELS = 5  # in one error
_AFTER_ID = re.compile(r"[\s_-]+")


@dataclass(frozen=True)
class ClassSet:
    """Class names in output order. A name may list synonyms, separated by commas.

    `ids` are stable identifiers beside the names (WordNet ids for ImageNet); empty where there are none.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.ids and len(self.ids) != len(self.names):
            raise LabelError(f"{len(self.names)} class names, but {len(self.ids)} ids.", "Give each name its id.")
        keys = self.keys
        if len(set(keys)) != len(keys):
            twice = sorted(key for key, count in Counter(keys).items() if count > 1)
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
        """The class that a label means: by exact id or name; else by id, name or synonym in any spelling (case, Unicode
        form, underscores, hyphens); by an id in front of anything, as in `n02085620-Chihuahua`; or by number.

        Raises `LabelError`, with the nearest names, when the label is unknown or means several classes.
        """
        found = self._meant(label)
        if len(found) != 1:
            raise LabelError(self._why_not(label, found), "Use the id or the number." if found else "")
        return found[0]

    def indices(self, labels: Sequence[str]) -> tuple[int, ...]:
        """The class of each label; one `LabelError` counts those that mean none or several, and names the first."""
        meant = [self._meant(label) for label in labels]
        unclear = [(label, found) for label, found in zip(labels, meant, strict=True) if len(found) != 1]
        if unclear:
            more = f" (and {len(unclear) - _NAMED_LABELS} more)" if len(unclear) > _NAMED_LABELS else ""
            raise LabelError(
                " ".join(self._why_not(label, found) for label, found in unclear[:_NAMED_LABELS]) + more,
                "Rename the class folders or the labels to a class name, an id, or the class number.",
            )
        return tuple(found[0] for found in meant)

    def _meant(self, label: str) -> list[int]:
        """The classes that a label can mean."""
        exact = self._by_exact_label.get(label)
        if exact is not None:
            return [exact]
        found = self._by_label.get(plain(label)) or self._by_leading_id(label)
        if found:
            return found
        digits = label.lstrip("0") or label[-1:]  # int() refuses numbers of thousands of digits
        if label.isdecimal() and len(digits) < 10 and int(digits) < len(self):
            return [int(digits)]
        return []

    def _by_leading_id(self, label: str) -> list[int]:
        """What `ID-name` means; both classes where the name alone means another than the id."""
        if not self.ids:
            return []
        leading, *rest = _AFTER_ID.split(label.strip(), maxsplit=1)
        by_id = self._by_id.get(plain(leading))
        if by_id is None:
            return []
        named = self._by_label.get(plain(rest[0]), []) if rest else []
        return [by_id] if by_id in named or len(named) != 1 else [by_id, *named]

    def _why_not(self, label: str, found: Sequence[int]) -> str:
        """Why a label means no one class; what comes from outside is escaped."""
        shown = repr(label if len(label) <= _SHOWN_CHARACTERS else label[:_SHOWN_CHARACTERS] + "...")
        if found:
            options = ", ".join(f"{self.keys[i]} (class {i})" for i in found)
            return f"The label {shown} means {len(found)} classes: {options}."
        near = ", ".join(repr(name) for name in self.nearest(label))
        return f"No class is called {shown}. The nearest of {len(self)}: {near}."

    def nearest(self, label: str, count: int = 3) -> tuple[str, ...]:
        """The names that look most like a label, best first."""
        close = difflib.get_close_matches(plain(label[:_SHOWN_CHARACTERS]), list(self._by_label), n=count, cutoff=0.0)
        return tuple(dict.fromkeys(self.names[self._by_label[key][0]] for key in close))

    def short_name(self, index: int) -> str:
        """The first synonym of a class."""
        return self.names[index].partition(",")[0]

    def subset(self, indices: Sequence[int]) -> "ClassSet":
        """Some of the classes, in the given order."""
        return ClassSet(tuple(self.names[i] for i in indices), tuple(self.ids[i] for i in indices) if self.ids else ())

    @cached_property
    def _by_exact_label(self) -> dict[str, int]:
        """Every id and full name that is one class's alone, as written: it tells classes that differ by case apart."""
        written = Counter((*self.names, *self.ids))
        classes = [(key, i) for keys in (self.names, self.ids) for i, key in enumerate(keys)]
        return {key: i for key, i in classes if written[key] == 1}

    @cached_property
    def _by_id(self) -> dict[str, int]:
        return {plain(key): i for i, key in enumerate(self.ids)}

    @cached_property
    def _by_label(self) -> dict[str, list[int]]:
        """Every plain id, full name and synonym -> the classes it can mean; ids and full names shadow synonyms."""
        exact: defaultdict[str, list[int]] = defaultdict(list)
        synonyms: defaultdict[str, list[int]] = defaultdict(list)
        for i, name in enumerate(self.names):
            for key in {plain(name), *([plain(self.ids[i])] if self.ids else [])}:
                exact[key].append(i)
            for synonym in dict.fromkeys(plain(part) for part in name.split(",")):
                synonyms[synonym].append(i)
        return {**synonyms, **exact}


def numbered(count: int) -> ClassSet:
    """The classes of a network that says nothing of them: "0", "1", ..."""
    return ClassSet(tuple(str(i) for i in range(count)))


@cache
def imagenet1k() -> ClassSet:
    """The 1,000 classes of ILSVRC 2012 in the usual order (sorted WordNet id), with WordNet's lemmas as names."""
    text = resources.files("edgewise.zoo").joinpath("imagenet1k.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return ClassSet(names=tuple(row[1] for row in rows), ids=tuple(row[0] for row in rows))
