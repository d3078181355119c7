"""What a profile says of the energy of its models."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from threading import Event, Thread

import numpy as np
import pytest

from edgewise.energy.model import modelled_mj
from edgewise.errors import DataError, StoreError, UsageError
from edgewise.profile.manifest import KIND, MANIFEST, SCHEMA
from edgewise.profile.messages import settings_from_json, settings_to_json
from edgewise.profile.outcomes import open_profile
from edgewise.profile.run import Settings, profile
from edgewise.store import read_json, write_json
from edgewise.zoo.loaders import load
from edgewise.zoo.macs.count import count_work
from edgewise.zoo.sources import find
from edgewise.zoo.tiny import shipped_path

Run = Callable[..., CompletedProcess[str]]
USAGE = 2


@pytest.fixture(scope="module")
def busy_board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of a board that uses ever more power, as its thread says."""
    path, ended = tmp_path_factory.mktemp("board") / "in_power0_input", Event()
    path.write_text("1000")

    def board() -> None:
        milliwatts = 1000
        while not ended.wait(0.002):
            milliwatts += 10
            beside = path.with_name("next")
            beside.write_text(str(milliwatts))
            beside.replace(path)

    thread = Thread(target=board)
    thread.start()
    yield path
    ended.set()
    thread.join()


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """A profile of two models on a board that always uses the same, so that energy is modelled on every machine."""
    folder = tmp_path_factory.mktemp("modelled")
    (folder / "power1_input").write_text("1000000")
    profile(Settings(("tiny:s", "tiny:xs"), drawn_folder, folder / "out", power_file=folder / "power1_input"))
    return folder / "out"


def test_modelled_energy_reaches_the_trials(modelled: Path) -> None:
    outcomes = open_profile(modelled)
    assert outcomes.energy is not None
    assert outcomes.energy.source == "modelled"
    assert "shows no more for tiny:" in outcomes.energy.reason
    works = {name: count_work(load(find([name])[0])) for name in outcomes.models}
    expected = {name: modelled_mj(work) for name, work in works.items()}
    assert outcomes.energy.energy_mj == tuple(expected[name] for name in outcomes.models)
    trials = outcomes.trials()
    assert trials.energy_source == "modelled"
    assert trials.energy_mj is not None
    np.testing.assert_allclose(trials.energy_mj, [expected[name] for name in trials.models])
    assert [card["macs"] for card in outcomes.manifest["cards"]] == [works[name].macs for name in outcomes.models]


@pytest.mark.slow
def test_measured_energy_is_shown_as_measured(
    edgewise: Run, tmp_path: Path, drawn_folder: Path, busy_board: Path
) -> None:
    """The board uses more and more, and the machine idles first."""
    arguments = ["--data", drawn_folder, "--out", tmp_path / "out", "--zoo", "tiny:xs", "--power-file", busy_board]
    done = edgewise("profile", *arguments)
    assert done.returncode == 0, done.stderr
    assert "mJ, measured" in done.stdout
    assert f"Energy is measured: {busy_board}, above the " in done.stderr
    found = json.loads(edgewise("profile", *arguments, "--json").stdout)
    assert found["energy"]["source"] == "measured"
    assert found["energy"]["idle_w"] > 1
    assert found["energy"]["energy_mj"] == [found["models"][0]["energy_mj"]]
    again = edgewise("profile", *arguments[:-2])
    assert f"made with another power file: {busy_board} there, None here" in again.stderr


def test_macs_that_no_card_says_are_counted_and_one_unknown_leaves_no_energy(
    tmp_path: Path, drawn_folder: Path
) -> None:
    onnx = pytest.importorskip("onnx", reason="building ONNX files needs the extra [torch]")
    from tests.onnx_files import channel_means

    channel_means(tmp_path / "known.onnx", ["n", 3, 8, 8])
    network = onnx.load(channel_means(tmp_path / "a.onnx", ["n", 3, 8, 8]))
    # A recurrent layer beside the others, whose products are not reckoned.
    stored = {"w": np.zeros((1, 2, 3), np.float32), "r": np.zeros((1, 2, 2), np.float32)}
    network.graph.initializer.extend(onnx.numpy_helper.from_array(value, name) for name, value in stored.items())
    network.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0]), "first"))
    network.graph.node.append(onnx.helper.make_node("Unsqueeze", ["means", "first"], ["series"]))
    network.graph.node.append(onnx.helper.make_node("RNN", ["series", "w", "r"], ["state"], hidden_size=2))
    onnx.save(network, tmp_path / "dark.onnx")
    for name in ("known", "dark"):
        (tmp_path / f"{name}.toml").write_text('classes = ["car", "fish", "lamp", "tree"]')
    data = tmp_path / "data"
    for label in ("car", "fish"):
        (data / label).mkdir(parents=True)
        for image in sorted((drawn_folder / label).iterdir())[:2]:
            (data / label / image.name).write_bytes(image.read_bytes())
    (tmp_path / "power1_input").write_text("1000000")
    wanted = Settings(
        (str(tmp_path / "known.onnx"), str(tmp_path / "dark.onnx")),
        data,
        tmp_path / "out",
        power_file=tmp_path / "power1_input",
    )
    outcomes = profile(wanted)
    assert [card["macs"] for card in outcomes.manifest["cards"]] == [12, None]
    assert outcomes.energy is not None
    assert outcomes.energy.source is None
    assert outcomes.energy.reason.endswith(
        "the MACs of dark are not known: what its operator RNN multiplies is not known"
    )
    trials = outcomes.trials()
    assert (trials.energy_mj, trials.energy_source) == (None, None)


def test_a_profile_of_earlier_days_has_none(modelled: Path, tmp_path: Path) -> None:
    copied = _copy(modelled, tmp_path)
    _change(copied, lambda values: values.pop("energy"))
    assert open_profile(copied).energy is None
    assert open_profile(copied).trials().energy_mj is None


@pytest.mark.parametrize("energies", [[1.0], [1.0, -1.0], []])
def test_energies_that_cannot_be(modelled: Path, tmp_path: Path, energies: list[float]) -> None:
    copied = _copy(modelled, tmp_path)
    _change(copied, lambda values: values["energy"].update(energy_mj=energies))
    with pytest.raises(StoreError, match="has 2 models, but not as many energies above 0"):
        open_profile(copied)


def test_a_power_file_that_cannot_be_used_leaves_no_trace(tmp_path: Path, drawn_folder: Path) -> None:
    """So that the command may be corrected and given again."""
    wanted = Settings(("tiny:xs",), drawn_folder, tmp_path / "out", power_file=tmp_path / "board")
    with pytest.raises(UsageError, match="does not tell its unit"):
        profile(wanted)
    with pytest.raises(DataError, match="cannot be read"):
        profile(replace(wanted, power_unit="mW"))
    assert not (tmp_path / "out").exists()


def test_a_unit_alone_is_refused(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    done = edgewise("profile", "--data", drawn_folder, "--out", tmp_path / "out", "--power-unit", "mW")
    assert done.returncode == USAGE
    assert "--power-unit mW is of no file" in done.stderr


def test_the_worker_is_told(tmp_path: Path) -> None:
    for settings in (
        Settings(("a",), Path("d"), Path("o"), power_file=tmp_path, power_unit="uW"),
        Settings(("a",), Path("d"), Path("o")),
    ):
        assert settings_from_json(json.loads(json.dumps(settings_to_json(settings)))) == settings


def test_a_described_file_has_its_macs(edgewise: Run, tmp_path: Path) -> None:
    """Though no card says them."""
    (tmp_path / "a.onnx").write_bytes(shipped_path("tiny:s", ".onnx").read_bytes())
    found = json.loads(edgewise("zoo", "describe", str(tmp_path / "a.onnx"), "--json").stdout)
    assert found["macs"] == 840_320


def _copy(profile: Path, folder: Path) -> Path:
    import shutil

    return Path(shutil.copytree(profile, folder / "copy"))


def _change(profile: Path, change: Callable[[dict], object]) -> None:
    values = read_json(profile / MANIFEST, KIND, SCHEMA)
    change(values)
    write_json(profile / MANIFEST, KIND, SCHEMA, values)
