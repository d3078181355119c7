"""The page around the commands names every variable, exit code and extra that there is."""

import re
import tomllib
from collections.abc import Iterator

from edgewise.errors import EdgewiseError
from tests.docs.blocks import DOCS

ROOT = DOCS.parent
PAGE = (DOCS / "around.md").read_text(encoding="utf-8")


def kinds(error: type[EdgewiseError]) -> Iterator[type[EdgewiseError]]:
    for one in error.__subclasses__():
        yield one
        yield from kinds(one)


def section(title: str) -> str:
    (text,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    return text


def test_every_environment_variable() -> None:
    files = [*ROOT.glob("src/**/*.py"), *ROOT.glob("scripts/*"), ROOT / "tests" / "conftest.py"]
    used = {name for path in files for name in re.findall(r"\bEDGEWISE_[A-Z]\w*", path.read_text(encoding="utf-8"))}
    assert used
    assert used == set(re.findall(r"\bEDGEWISE_[A-Z]\w*", section("Environment variables")))


def test_every_exit_code() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", section("Exit codes"), flags=re.MULTILINE)}
    assert codes == {0, 130, *(one.exit_code for one in (EdgewiseError, *kinds(EdgewiseError)))}


def test_every_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        name
        for line in section("Extras").splitlines()
        for name in re.findall(r"`(\w+)`", line.split(" | ", maxsplit=1)[0])
    }
    assert named == set(project["optional-dependencies"])
