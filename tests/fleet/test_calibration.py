"""The shipped calibration is that of the committed results, and files of one's own are read as strictly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.fleet.calibration import SHIPPED, Calibration, read_calibration
from tests.fleet.conftest import WAY, calibration_of, made

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
FILES = ("prune_users", "prune_users_further")


def test_real_users_are_those_of_the_benchmark() -> None:
    found = {(one.network, one.user): one for one in read_calibration().made}
    measured = 0
    for name in FILES:
        result = json.loads((RESULTS / f"{name}.json").read_text())
        for user in result["users"]:
            generic = user["rows"]["ResNet-50, restricted, 224 px"]
            for network in result["made"]:
                row = user["rows"][network]
                one = found[network, f"{user['pool']}-{len(user['classes'])}-{user['draw']}"]
                assert one.drop == pytest.approx(row["drop"]["value"], abs=1e-6)
                assert one.times_as_fast == pytest.approx(row["times_as_fast"], rel=1e-5)
                assert one.making_inputs == pytest.approx(1000 * row["seconds"] / generic["ms"], rel=1e-5)
                measured += 1
    assert measured == len([one for one in found.values() if not one.network.endswith("int8")])


def test_networks_at_int8_are_those_of_theirs() -> None:
    found = {one.user: one for one in read_calibration().of("ResNet-50 at 192 px, 2x asked for, int8")}
    result = json.loads((RESULTS / "int8_users.json").read_text())
    assert len(found) == len(result["users"]) == 3
    for user in result["users"]:
        rows, one = user["engines"]["ONNX Runtime"], found[f"{user['pool']}-{len(user['classes'])}-0"]
        own, generic = rows["the user's network|int8"], rows["ResNet-50|fp32"]
        assert one.drop == pytest.approx(generic["accuracy"]["value"] - own["accuracy"]["value"], abs=1e-6)
        assert one.times_as_fast == pytest.approx(generic["ms"] / own["ms"], rel=1e-5)


def test_each_row_of_the_code_is_one_that_can_be() -> None:
    shipped = read_calibration()
    for one in shipped.learned:
        assert all(0 <= share <= 1 for right in one.right for share in vars(right).values())
        assert one.inputs is None or one.inputs >= 256
    assert any(one.changed == 0 for one in shipped.again)
    for made_network in shipped.made:
        verdicts = {(one.max_drop_points, one.attempts): one.verdicts for one in made_network.guarded}
        assert set(verdicts) == {(points, attempts) for points in (1.0, 2.0) for attempts in range(4)}


def test_it_is_written_and_read_back(tmp_path: Path) -> None:
    whole = calibration_of(made("a"), made("b"))
    whole.write(tmp_path / "own.json")
    assert read_calibration(tmp_path / "own.json") == whole


def test_what_is_none_is_said(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    values = json.loads(SHIPPED.read_text())
    values["data"]["made"][0]["times_as_fast"] = "quick"
    path.write_text(json.dumps(values))
    with pytest.raises(StoreError, match=r"own\.json"):
        read_calibration(path)


def test_networks_of_one_way_are_taken_alone() -> None:
    whole = calibration_of(made("a"), made("b"), made("c", network="by hand"))  # type: ignore[arg-type]
    assert whole.ways == (WAY, "by hand")
    assert whole.only(WAY).users == ("a", "b")
    assert whole.only(WAY).without("a").users == ("b",)
    with pytest.raises(UsageError, match="one real user"):
        whole.only("by hand")
    with pytest.raises(UsageError, match="no rows of made"):
        calibration_of()


def test_an_empty_one_cannot_be_made() -> None:
    whole = calibration_of(made("a"), made("b"))
    with pytest.raises(UsageError, match="noticed"):
        Calibration(**{**vars(whole), "noticed": ()})
