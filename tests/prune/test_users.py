"""What is kept of many users: rows that tell the truth, networks that nobody asked to remove, other people's files."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.prune.request import Request
from edgewise.prune.users import Row, User, UserDone, Verdict, make_users
from edgewise.prune.users_file import read_users

ANNA = User("anna", Request("onnx:net.onnx", "photos"))


class Found:
    """An executor that has these results, for no network needs to be made here."""

    def __init__(self, verdict: Verdict, **files: bytes) -> None:
        self._row = Row("anna", verdict, "as it came", ("cat",), None, None, 1.0, "here")
        self._files = files

    def run(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Generator[tuple[int, Any], None, None]:
        yield from ((number, UserDone(self._row, self._files)) for number in range(len(jobs)))


def asked_otherwise() -> User:
    return User("anna", Request("onnx:net.onnx", "photos", max_drop=2.0))


def test_a_network_takes_the_place_of_an_earlier_one_whole(tmp_path: Path) -> None:
    make_users([ANNA], tmp_path, Found("let in", a=b"1", b=b"2"))
    make_users([asked_otherwise()], tmp_path, Found("let in", a=b"3"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "anna").iterdir()} == {"a": b"3"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anna", "users.json"]


def test_what_fails_leaves_an_earlier_network_and_what_is_refused_does_not(tmp_path: Path) -> None:
    make_users([ANNA], tmp_path, Found("let in", a=b"1"))
    (row,) = make_users([asked_otherwise()], tmp_path, Found("failed"))
    assert (row.verdict, (tmp_path / "anna" / "a").read_bytes()) == ("failed", b"1")
    (row,) = make_users([ANNA], tmp_path, Found("let in", a=b"4"))  # it failed last, so it is made again
    assert (tmp_path / "anna" / "a").read_bytes() == b"4"
    (row,) = make_users([asked_otherwise()], tmp_path, Found("refused"))
    assert row.verdict == "refused"
    assert not (tmp_path / "anna").exists()


def test_hidden_folders_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(StoreError, match="holds other things"):
        make_users([ANNA], tmp_path, Found("let in", a=b"1"))
    (tmp_path / ".git").rmdir()
    make_users([ANNA], tmp_path, Found("let in", a=b"1"))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".anna.torn.part" / "new").mkdir(parents=True)
    make_users([asked_otherwise()], tmp_path, Found("let in", a=b"2"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "anna", "users.json"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"threads": 0}, "threads is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"limit": 3}, "limit is 3"),
        ({"input": 7}, "input is 7"),
        ({"target_ms": 0.0}, "must be above 0"),
        ({"classes": ()}, "No classes are named"),
    ],
)
def test_numbers_that_cannot_be(given: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Request("onnx:net.onnx", "photos", **given)


def test_weights_are_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "users.toml").write_text(
        "model = 'timm:x'\nweights = ['timm:x=w.safetensors', 'v.safetensors']\n[[user]]\nname = 'a'\nimages = 'b'"
    )
    (user,) = read_users(tmp_path / "users.toml")
    (tmp_path / "users-of-odd-names.toml").write_text(
        "model = 'timm:x'\nweights = ['a=b.safetensors']\n[[user]]\nname = 'a'\nimages = 'b'"
    )
    (tmp_path / "a=b.safetensors").touch()
    (odd,) = read_users(tmp_path / "users-of-odd-names.toml")
    assert odd.request.weights == (f"{tmp_path}/a=b.safetensors",)
    assert user.request.weights == (f"timm:x={tmp_path}/w.safetensors", f"{tmp_path}/v.safetensors")
