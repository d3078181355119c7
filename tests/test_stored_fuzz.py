"""Whatever is changed in a stored file, reading it gives what was stored or an error of ours, never another."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgewise import Engine
from edgewise.errors import EdgewiseError
from edgewise.profile.outcomes import open_profile
from edgewise.profile.plan import resume
from edgewise.profile.run import Settings, profile
from edgewise.report.record import load_evaluation, save_evaluation
from edgewise.report.render import render
from edgewise.select.judge.evaluate import evaluate
from edgewise.select.named import Options, method_named
from edgewise.serve.deployment import save_deployment

Use = Callable[[Path], object]
few = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
many = settings(few, max_examples=600)

SELECTORS: dict[str, dict[str, Any]] = {
    "cascade": {},
    "premodel": {},
    "chain": {"chain": "svm.tree"},
    "flat": {"chain": "nb", "single": True},
    "radius": {"radius": 0.4, "on_fail": "refuse"},
    "single": {},
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """A folder with a profile, its evaluation and a selector of each kind."""
    home = tmp_path_factory.mktemp("stored")
    outcomes = profile(Settings(("tiny:xs", "tiny:s"), drawn_folder, home / "profile"))
    trials = outcomes.trials()
    methods = {}
    for name, options in SELECTORS.items():
        kind = name if name in ("cascade", "single") else "premodel"
        methods[name] = method_named(kind, Options(**options), trials)
        save_deployment(home / name, methods[name].fit(trials), outcomes.manifest, {})
    chosen = {name: methods[name] for name in ("cascade", "premodel")}
    save_evaluation(outcomes, evaluate(trials, chosen, folds=2, bootstrap=20), {})
    return home


def use_profile(folder: Path) -> None:
    trials = open_profile(folder).trials()
    trials.right(1)


def use_report(folder: Path) -> None:
    outcomes = open_profile(folder)
    render(outcomes, *load_evaluation(outcomes), title="t", show_images=False)


def use_plan(folder: Path) -> None:
    resume(folder, json.loads(_PLANS[folder].decode())["data"])


_PLANS: dict[Path, bytes] = {}

ANYTHING = st.sampled_from(
    [None, True, 0, -1, 1.5, 1e300, 10**30, "", "x", "tiny:xs", "\x1b[2J", "a" * 9000, [], {}, [1], [[1, 2]], {"a": 1}]
).map(deepcopy) | st.just(float("nan"))  # copies, as what is put in may be changed next


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, of long lists the first few."""
    below = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    return [at, *(place for key, one in below for place in places(one, (*at, key)))]


def change(data: st.DataObject, value: Any) -> Any:
    """A JSON value with one to three places removed, replaced or added to."""
    whole = json.loads(json.dumps(value))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([place for place in places(whole) if place]))
        parent = whole
        for key in place[:-1]:
            parent = parent[key]
        match data.draw(st.sampled_from(["remove", "replace", "replace", "add"])):
            case "remove":
                del parent[place[-1]]
            case "add" if isinstance(parent, list):
                parent.append(data.draw(ANYTHING))
            case "add":
                parent["more"] = data.draw(ANYTHING)
            case _:
                parent[place[-1]] = data.draw(ANYTHING)
        if not places(whole)[1:]:
            break
    return whole


def damage(data: st.DataObject, content: bytes) -> bytes:
    """Bytes with some changed, zeroed, cut off or put in."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        near = data.draw(st.booleans())
        at = data.draw(st.integers(0, max(0, min(len(changed), 300 if near else 1 << 30) - 1)))
        match data.draw(st.sampled_from(["change", "zero", "cut", "insert"])):
            case "change":
                changed[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
            case "zero":
                changed[at : at + 8] = bytes(8)
            case "cut":
                del changed[at:]
            case _:
                changed[at:at] = data.draw(st.binary(max_size=20))
    return bytes(changed)


def check(stored: Path, tmp: Path, folder: str, name: str, use: Use, data: st.DataObject) -> None:
    """Change one file of a copy, use the folder, put the file back."""
    copy = tmp / folder
    if not copy.exists():
        shutil.copytree(stored / folder, copy)
    whole = (stored / folder / name).read_bytes()
    if use is use_plan:
        _PLANS[copy] = whole
    as_json = name.endswith(".json") and data.draw(st.integers(0, 9)) > 0
    changed = json.dumps(change(data, json.loads(whole))).encode() if as_json else damage(data, whole)
    (copy / name).write_bytes(changed)
    error: EdgewiseError | None = None
    try:
        use(copy)
    except EdgewiseError as caught:
        error = caught
    finally:
        (copy / name).write_bytes(whole)
    assert error is None or (error.message and error.hint), "an error says what to do"


FILES: list[tuple[str, str, Use]] = [
    ("profile", "manifest.json", use_report),
    ("profile", "plan.json", use_plan),
    ("profile", "evaluation.json", use_report),
    ("profile", "decisions.parquet", use_report),
    ("profile", "images.parquet", use_profile),
    ("profile", "latency.parquet", use_profile),
    ("profile", "logits/01.npy", use_profile),
]


@pytest.fixture
def images(drawn_folder: Path) -> list[Path]:
    return sorted(drawn_folder.rglob("*.png"))[::30]


def answering(images: list[Path]) -> Use:
    def use_selector(folder: Path) -> None:
        engine = Engine(folder)
        for image in images:
            engine.classify(image)

    return use_selector


@pytest.mark.parametrize(("folder", "name", "use"), FILES, ids=[name for _, name, _ in FILES])
@few
@given(data=st.data())
def test_files_of_a_profile(
    stored: Path, tmp_path_factory: pytest.TempPathFactory, folder: str, name: str, use: Use, data: st.DataObject
) -> None:
    check(stored, tmp_path_factory.getbasetemp() / "few", folder, name, use, data)


@pytest.mark.long
@pytest.mark.parametrize(("folder", "name", "use"), FILES, ids=[name for _, name, _ in FILES])
@many
@given(data=st.data())
def test_files_of_a_profile_many_times(
    stored: Path, tmp_path_factory: pytest.TempPathFactory, folder: str, name: str, use: Use, data: st.DataObject
) -> None:
    check(stored, tmp_path_factory.getbasetemp() / "many", folder, name, use, data)


@pytest.mark.parametrize("kind", ["cascade", "premodel"])
@pytest.mark.parametrize("name", ["selector.json", "selector.safetensors"])
@few
@given(data=st.data())
def test_files_of_a_selector(
    stored: Path,
    images: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    name: str,
    data: st.DataObject,
) -> None:
    check(stored, tmp_path_factory.getbasetemp() / "few", kind, name, answering(images), data)


@pytest.mark.long
@pytest.mark.parametrize("kind", SELECTORS)
@settings(many, max_examples=800)
@given(data=st.data())
def test_files_of_a_selector_many_times(
    stored: Path, images: list[Path], tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    check(stored, tmp_path_factory.getbasetemp() / "many", kind, "selector.json", answering(images), data)
