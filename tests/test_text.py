"""Text from outside is harmless when shown, and compared by what it means."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.text import plain, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("żółw 🐢.jpg", "żółw 🐢.jpg"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\t", "two\\nlines\\t"),
        (os.fsdecode(b"caf\xe9"), "caf\\xe9"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_anything_becomes_printable_utf_8(text: str) -> None:
    assert printable(text).isprintable()
    printable(text).encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Car", "CAR"),
        ("caf\u00e9", "CAFE\u0301"),
        ("straße", "STRASSE"),
        ("golden_retriever", " golden  Retriever "),
        ("black-footed ferret", "black footed_ferret"),
    ],
)
def test_spelling_that_does_not_matter(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@pytest.mark.parametrize(("one", "other"), [("-1", "1"), ("a-", "a"), ("café", "cafe"), ("C++", "C")])
def test_spelling_that_matters(one: str, other: str) -> None:
    assert plain(one) != plain(other)


@given(st.text())
def test_plain_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)
