"""What runs a network is chosen by remembered times; none of these tests depends on how long anything takes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise import Engine, store
from edgewise.drawn import draw_split
from edgewise.errors import ModelError, UsageError
from edgewise.machine import fingerprint
from edgewise.runtime.engines import Engine as Runtime
from edgewise.runtime.engines import installed_version
from edgewise.serve.fastest import FASTEST, Ways
from edgewise.serve.way import KIND, SCHEMA, Way, all_ways, memory_path, quickest
from edgewise.zoo.card import CardFile
from edgewise.zoo.model_files import file_fingerprint
from edgewise.zoo.sources import Source, find_one
from edgewise.zoo.tiny.shipped import shipped_path

ONNX, OPENVINO = Runtime.ONNX_RUNTIME, Runtime.OPENVINO
SOURCE = find_one("tiny:xs")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A memory of its own for each test, on a device of four cores."""
    monkeypatch.setenv("EDGEWISE_CACHE", str(tmp_path / "cache"))
    machine = fingerprint().__class__(**{**vars(fingerprint()), "cores": 4})
    monkeypatch.setattr("edgewise.serve.way.fingerprint", lambda: machine)
    return tmp_path / "cache"


def memory() -> Path:
    return memory_path(f"{file_fingerprint(shipped_path('tiny:xs', '.onnx'))[:32]}-{SOURCE.card.given['size_px']}")


def remember(ms: Mapping[str, float | None], versions: Mapping[str, str | None] | None = None) -> None:
    """Write times as if they had been measured; by default with the versions that are here."""
    known = {engine.value: installed_version(engine) for engine in Runtime}
    store.write_json(memory(), KIND, SCHEMA, {"versions": {**known, **(versions or {})}, "ms": ms})


def times(onnx: Sequence[float | None], openvino: Sequence[float | None] = ()) -> dict[str, float | None]:
    """Of one, two and four threads."""
    named = {f"onnxruntime {threads}": ms for threads, ms in zip((1, 2, 4), onnx, strict=True)}
    return named | {f"openvino {threads}": ms for threads, ms in zip((1, 2, 4), openvino, strict=False)}


class Told(list[str]):
    """The names that were told; each means that one was measured."""


def ways(runtime: str | None = None, threads: int | None = None) -> tuple[Ways, Told]:
    told = Told()
    return Ways(runtime, threads, told.append), told


@pytest.mark.parametrize(
    ("ms", "threads"),
    [
        ((10.0, 6.0, 4.0), 4),
        ((10.0, 9.5, 9.2), 1),
        ((10.0, 8.0, 7.5), 2),
        ((10.0, 12.0, 8.0), 4),
        ((10.0, None, 9.5), 1),
        ((None, 9.0, 8.9), 2),
    ],
)
def test_more_threads_must_save_a_tenth(ms: Sequence[float | None], threads: int) -> None:
    remember(times(ms))
    chosen, told = ways()
    assert chosen.best(SOURCE) == Way(ONNX, threads)
    assert not told, "it was remembered"


@pytest.mark.openvino
@pytest.mark.parametrize(
    ("onnx", "openvino", "best"),
    [
        ((10.0, 8.0, 8.0), (9.9, 9.9, 9.9), Way(ONNX, 2)),
        ((10.0, 9.9, 9.9), (5.0, 4.9, 4.8), Way(OPENVINO, 1)),
        ((10.0, 6.0, 6.0), (9.0, 5.9, 5.9), Way(OPENVINO, 2)),
        ((10.0, 6.0, 6.0), (None, None, None), Way(ONNX, 2)),
        ((None, None, None), (7.0, 7.0, 7.0), Way(OPENVINO, 1)),
    ],
)
def test_the_faster_runtime_is_taken(onnx: Sequence[float | None], openvino: Sequence[float | None], best: Way) -> None:
    remember(times(onnx, openvino))
    chosen, told = ways(FASTEST)
    assert chosen.best(SOURCE) == best
    assert not told


def test_the_order_of_times_does_not_matter() -> None:
    made = {Way(ONNX, 4): 5.0, Way(OPENVINO, 1): 10.0, Way(ONNX, 1): 11.0, Way(OPENVINO, 4): 4.9}
    assert quickest(made) == quickest(dict(reversed(made.items()))) == Way(OPENVINO, 4)


def test_all_ways_are_powers_of_two_and_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = fingerprint().__class__(**{**vars(fingerprint()), "cores": 6})
    monkeypatch.setattr("edgewise.serve.way.fingerprint", lambda: machine)
    assert [way.threads for way in all_ways([ONNX], None)] == [1, 2, 4, 6]
    assert all_ways([ONNX, OPENVINO], 3) == [Way(ONNX, 3), Way(OPENVINO, 3)]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[Way]:
    """Measuring runs nothing: more threads are half as long. What was measured comes into the list."""
    asked: list[Way] = []

    def measure(_: Source, some: Sequence[Way]) -> dict[Way, float | None]:
        asked.extend(some)
        return {way: 8.0 / way.threads for way in some}

    monkeypatch.setattr("edgewise.serve.fastest._measured", measure)
    return asked


def test_measured_once_then_remembered(measured: list[Way]) -> None:
    chosen, told = ways()
    assert chosen.best(SOURCE) == chosen.best(SOURCE) == Way(ONNX, 4)
    assert told == ["tiny:xs"]
    again, told = ways()
    assert again.best(SOURCE) == Way(ONNX, 4)
    assert not told
    assert len(measured) == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:40],
        lambda _: "no JSON",
        lambda text: text.replace('"schema": 1', '"schema": 99'),
        lambda text: text.replace("8.0", '"eight"'),
        lambda text: text.replace("8.0", "-8.0"),
        lambda text: text.replace("8.0", "NaN"),
        lambda text: text.replace('"versions": {', '"versions": [], "other": {'),
        lambda text: json.dumps({**json.loads(text), "data": {"versions": {}, "ms": []}}),
    ],
)
def test_a_damaged_memory_is_measured_again(measured: list[Way], spoil: Any) -> None:
    ways()[0].best(SOURCE)
    before = memory().read_text()
    memory().write_text(spoil(before))
    assert memory().read_text() != before
    chosen, told = ways()
    assert chosen.best(SOURCE) == Way(ONNX, 4)
    assert told == ["tiny:xs"]
    assert json.loads(memory().read_text()) == json.loads(before), "and remembered again"


def test_another_version_is_measured_again(measured: list[Way]) -> None:
    remember(times((1.0, 8.0, 8.0)), {"onnxruntime": "0.1"})
    chosen, told = ways()
    assert chosen.best(SOURCE) == Way(ONNX, 4)
    assert told == ["tiny:xs"]


@pytest.mark.openvino
def test_what_was_measured_of_one_runtime_stays_when_two_are_asked_for(measured: list[Way]) -> None:
    for runtime in ("onnxruntime", FASTEST, "openvino", "onnxruntime", FASTEST):
        ways(runtime)[0].best(SOURCE)
    assert len(measured) == 3 + 6, "the times of a single one do not take the place of those of both"


def test_a_cache_that_cannot_be_written(measured: list[Way], cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    chosen, told = ways()
    assert chosen.best(SOURCE) == chosen.best(SOURCE) == Way(ONNX, 4)
    assert told == ["tiny:xs"] * 2


@pytest.mark.openvino
def test_what_is_named_is_not_measured(measured: list[Way]) -> None:
    assert ways("openvino", 3)[0].best(SOURCE) == Way(OPENVINO, 3)
    assert ways("onnxruntime", 1)[0].best(SOURCE) == Way(ONNX, 1)
    assert ways(None, 2)[0].best(SOURCE) == Way(ONNX, 2)
    assert not measured
    assert ways("openvino")[0].best(SOURCE) == Way(OPENVINO, 4)
    assert {way.engine for way in measured} == {OPENVINO}


@pytest.mark.parametrize("kind", ["timm", "torch", "ensemble", "hf", "torchvision"])
@pytest.mark.parametrize("runtime", [None, FASTEST, "openvino"])
def test_what_is_no_file_is_left_alone(measured: list[Way], kind: str, runtime: str | None) -> None:
    source = Source(kind, "some", CardFile({}, ""))
    assert ways(runtime)[0].best(source) == Way(None, 1)
    assert ways(runtime, 3)[0].best(source) == Way(None, 3)
    assert not measured


@pytest.mark.parametrize("kind", ["tflite", "openvino", "ncnn", "executorch"])
def test_what_one_runtime_alone_reads_runs_on_that(kind: str) -> None:
    """--runtime is of ONNX files: a selector may have models of several kinds."""
    (only,) = ways(FASTEST)[0].engines(kind)
    assert ways("onnxruntime")[0].engines(kind) == ways("openvino")[0].engines(kind) == [only]
    with pytest.raises(UsageError, match="'tensorrt' is no engine"):
        ways("tensorrt")[0].engines(kind)


def test_a_runtime_that_reads_no_onnx_files() -> None:
    with pytest.raises(UsageError, match="'litert' is no engine for tiny: sources"):
        ways("litert")[0].best(SOURCE)


@pytest.mark.openvino
def test_a_runtime_that_cannot_load_it_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ModelError("an operator that it does not know")

    monkeypatch.setattr("edgewise.zoo.loaders.onnx.OpenVinoSession", broken)
    chosen, _ = ways(FASTEST, 1)
    assert chosen.best(SOURCE) == Way(ONNX, 1)
    kept = json.loads(memory().read_text())["data"]["ms"]
    assert kept["openvino 1"] is None
    assert kept["onnxruntime 1"] > 0


@pytest.mark.openvino
def test_a_runtime_that_fails_later_does_not_take_the_other_along(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgewise.runtime.openvino import OpenVinoSession

    runs, run = [0], OpenVinoSession.run

    def fails(self: OpenVinoSession, images: np.ndarray) -> np.ndarray:
        runs[0] += 1
        if runs[0] > 3:
            raise ModelError("it has had enough")
        return run(self, images)

    monkeypatch.setattr(OpenVinoSession, "run", fails)
    assert ways(FASTEST, 1)[0].best(SOURCE) == Way(ONNX, 1)
    assert json.loads(memory().read_text())["data"]["ms"]["openvino 1"] is None


def test_what_no_runtime_loads_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"no network")
    with pytest.raises(ModelError, match="cannot be loaded by ONNX Runtime"):
        ways()[0].best(find_one(str(tmp_path / "a.onnx")))


def test_an_absent_runtime_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgewise.serve.fastest.installed_version", lambda _: None)
    assert ways(FASTEST)[0].engines("onnx") == [ONNX]


@pytest.mark.openvino
def test_an_engine_on_openvino_answers_as_the_usual_one() -> None:
    usual, other = Engine(), Engine(runtime="openvino")
    images, _ = draw_split("sample", 4)
    for image in images:
        expected, found = usual.classify(image), other.classify(image)
        assert (found.label, found.ran) == (expected.label, expected.ran)
        np.testing.assert_allclose([p for _, p in found.top], [p for _, p in expected.top], atol=1e-4)
    sessions = {type(model.session).__name__ for model in other._warm.values()}  # type: ignore[reportPrivateUsage]
    assert sessions == {"OpenVinoSession"}


@pytest.mark.openvino
def test_an_engine_is_told_before_each_model_is_measured(measured: list[Way]) -> None:
    told: list[str] = []
    images, _ = draw_split("sample", 4)
    engine = Engine(runtime=FASTEST, threads=None, tell=told.append)
    for image in images:
        engine.classify(image)
    assert told
    assert len(told) == len(set(told)) == len(engine._warm)  # type: ignore[reportPrivateUsage]
    again: list[str] = []
    Engine(runtime=FASTEST, threads=None, tell=again.append).classify(images[0])
    assert not again


def test_the_command_notes_it_once(edgewise: Any, drawn_folder: Path) -> None:
    image = next(drawn_folder.rglob("*.png"))
    first, second = (edgewise("classify", image, "--runtime", "onnxruntime") for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr
    note = "fastest on this device; it is remembered"
    assert note in " ".join(first.stderr.split())
    assert note not in " ".join(second.stderr.split())
    assert "Traceback" not in first.stderr
    wrong = edgewise("classify", image, "--runtime", "tensorrt")
    assert wrong.returncode == 2
    assert "'tensorrt' is no engine" in " ".join(wrong.stderr.split())
