"""What is stored of a benchmark says how it was made, by a script that there is."""

import json
import shlex
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RESULTS = sorted((BENCHMARKS / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=[path.stem for path in RESULTS])
def test_the_command_of_a_result_can_be_given(path: Path) -> None:
    python, script, *options = shlex.split(json.loads(path.read_text())["command"])
    assert python == "python"
    assert (BENCHMARKS.parent / script).is_file()
    for option in options:
        if option.startswith("--"):
            assert f'"{option}"' in (BENCHMARKS.parent / script).read_text(), f"{script} has no {option}"


def test_folders_of_a_machine_are_not_told(scripts) -> None:
    typed = scripts("pages").typed
    given = ["/home/me/benchmarks/proof.py", "--work", "/tmp/w", "--users", "2", "--scale-sim=/tmp/s", "--rapid"]
    assert typed(given) == "python benchmarks/proof.py --users 2 --rapid"
