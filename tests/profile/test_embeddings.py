"""Profiles that keep penultimate vectors: of which models, how they are stored, and those made without."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.images.decode import decode, read_file
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.profile.run import Settings, make_or_resume, profile
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import find
from tests.conftest import Run

ZOO = ("tiny:xs", "tiny:s")


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory: pytest.TempPathFactory, drawn_folder: Path) -> Path:
    """Two images of each class."""
    folder = tmp_path_factory.mktemp("small")
    for label in drawn_folder.iterdir():
        (folder / label.name).mkdir()
        for image in sorted(label.iterdir())[:2]:
            shutil.copy(image, folder / label.name)
    return folder


@pytest.fixture(scope="module")
def of_all(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Outcomes:
    return profile(Settings(ZOO, small_folder, tmp_path_factory.mktemp("all") / "out", shard_images=6))


def test_each_models_vectors_are_mapped_in_the_order_of_the_images(of_all: Outcomes, small_folder: Path) -> None:
    for name, width in zip(ZOO, (32, 64), strict=True):
        vectors = of_all.embedding(name)
        assert isinstance(vectors, np.memmap)
        assert vectors.dtype == np.float16
        assert vectors.shape == (20, width)
        model = load(find([name])[0], embedding=True)
        for row in range(0, 20, 3):
            found = model.infer(decode(read_file(small_folder / of_all.images["image"][row])).pixels)
            np.testing.assert_allclose(vectors[row], found.embedding, rtol=1e-3, atol=1e-5)


def test_trials_carry_them(of_all: Outcomes) -> None:
    trials = of_all.trials()
    assert set(trials.embeddings) == set(ZOO)
    part = trials.take(np.array([3, 1]))
    np.testing.assert_array_equal(part.embeddings["tiny:s"], trials.embeddings["tiny:s"][[3, 1]])


def test_of_named_models_only(small_folder: Path, tmp_path: Path, of_all: Outcomes) -> None:
    settings = Settings(ZOO, small_folder, tmp_path / "out", embeddings=("tiny:s",))
    outcomes = profile(settings)
    assert outcomes.embedding("tiny:xs") is None
    assert list(outcomes.trials().embeddings) == ["tiny:s"]
    assert [path.name for path in (tmp_path / "out" / "embeddings").iterdir()] == ["01.npy"]
    vectors = outcomes.embedding("tiny:s")
    assert vectors is not None
    np.testing.assert_array_equal(vectors, of_all.embedding("tiny:s"))
    np.testing.assert_array_equal(outcomes.logits("tiny:xs"), of_all.logits("tiny:xs"))
    assert make_or_resume(settings).was_complete


def test_of_a_model_that_is_not_there(small_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"asked of tiny:l, which the zoo has not.*"):
        profile(Settings(ZOO, small_folder, tmp_path / "out", embeddings=("tiny:l",)))
    assert not (tmp_path / "out").exists()


def test_profiles_made_before_there_were_any_still_open(small_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    none = Settings(ZOO, small_folder, out, embeddings=())
    profile(none)
    for name in ("plan.json", "manifest.json"):
        stored = json.loads((out / name).read_text())
        del stored["data"]["embeddings"]
        for model in stored["data"]["models"]:
            assert model.pop("embedding_width") is None
        (out / name).write_text(json.dumps(stored))
    assert not (out / "embeddings").exists()
    assert open_profile(out).trials().embeddings == {}
    assert make_or_resume(none).was_complete
    with pytest.raises(StoreError, match="another choice of embeddings: none there, all here"):
        profile(Settings(ZOO, small_folder, out))


def test_torn_vectors_are_refused(of_all: Outcomes, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(of_all.folder, out)
    path = out / "embeddings" / "00.npy"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(StoreError, match=r"00\.npy has .* bytes; manifest\.json says"):
        open_profile(out)


@pytest.mark.parametrize(("choice", "kept"), [("none", []), ("tiny:s, tiny:xs", ["00.npy", "01.npy"])])
def test_chosen_on_the_command_line(
    edgewise: Run, small_folder: Path, tmp_path: Path, choice: str, kept: list[str]
) -> None:
    out = tmp_path / "out"
    zoo = [part for name in ZOO for part in ("--zoo", name)]
    done = edgewise("profile", *zoo, "--data", small_folder, "--out", out, "--embeddings", choice, "--quiet")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.glob("embeddings/*")) == kept


def test_an_unknown_choice_on_the_command_line(edgewise: Run, small_folder: Path, tmp_path: Path) -> None:
    done = edgewise("profile", "--data", small_folder, "--out", tmp_path / "out", "--embeddings", "some")
    assert done.returncode == 2
    assert "asked of some, which the zoo has not" in " ".join(done.stderr.split())
