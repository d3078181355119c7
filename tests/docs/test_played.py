"""What runs the pages finds what is wrong with one."""

from pathlib import Path

import pytest

from tests.docs.blocks import blocks, needs
from tests.docs.played import play

PAGE = """# A page <!-- needs: torch, serve -->

<!-- saved as said.toml -->
```toml
said = "hello"
```

```sh
word=again
sleep 60 &
```

```python
import tomllib
print(tomllib.load(open("said.toml", "rb"))["said"])
```

Commands of a later block know what an earlier one has set.

```console
$ echo "$word" \\
    twice
again twice
$ seq 3
1
...
3
```

<!-- not run: it would end the world -->
```sh
false
```
"""


def played(tmp_path: Path, page: str) -> str:
    (tmp_path / "page.md").write_text(page)
    (tmp_path / "reader").mkdir()
    return play(blocks(tmp_path / "page.md"), tmp_path / "reader")


def test_a_page_is_run_from_top_to_bottom(tmp_path: Path) -> None:
    assert played(tmp_path, PAGE).splitlines() == ["hello", "again twice", "1", "2", "3"]
    assert needs(tmp_path / "page.md") == ("torch", "serve")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("word=again", "no-such-command", r"the block at line 8 failed:\n.*no-such-command"),
        ("tomllib.load(", "tomllib.read(", r"the block at line 13 failed:\n.*AttributeError"),
        ("\nagain twice", "\nagain and again", "`echo .* is shown to print\nagain and again\nand prints\nagain twice"),
        ("\n3\n", "\n4\n", "`seq 3` is shown to print"),
        ("$ seq 3", "$ seq 3; false", "the block at line 20 failed"),
        ("<!-- not run: it would end the world -->\n", "", "the block at line 30 failed"),
        ("```sh\nfalse", "```yaml\nfalse", None),
        ("<!-- not run: it would end the world -->\n```sh", "```yaml", "'yaml' is nothing that can be run"),
        ("$ echo", "echo", "a console block begins with a command"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, before: str, after: str, message: str | None) -> None:
    assert before in PAGE
    wrong = PAGE.replace(before, after, 1)
    if message is None:
        played(tmp_path, wrong)
        return
    with pytest.raises(AssertionError, match=f"(?s){message}"):
        played(tmp_path, wrong)
