"""Ids that name a user and a folder, and texts that cannot."""

import pytest

from edgewise.errors import UsageError
from edgewise.personal.remembered import check_user


@pytest.mark.parametrize("text", ["a", "anna", "Anna-2_b.c", "-", "0", "x" * 64])
def test_an_id_passes(text: str) -> None:
    assert check_user(text) == text


@pytest.mark.parametrize(
    "text", ["", ".", "..", ".anna", "x" * 65, "a/b", "a\\b", "a b", "änna", "a\n", "a\0", "\ud800", 7]
)
def test_what_cannot_name_a_folder_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot name a user") as caught:
        check_user(text)
    assert "1 to 64" in caught.value.hint
