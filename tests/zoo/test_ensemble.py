"""An ensemble answers with the mean of its members' probabilities, however each wants its images."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest

from edgewise.errors import ModelError, UsageError
from edgewise.zoo.ensemble import Ensemble, softmax
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import describe, find, from_description
from edgewise.zoo.tiny import WEIGHTS

Run = Callable[..., CompletedProcess[str]]


def test_mean_of_probabilities(photo: np.ndarray) -> None:
    first, second, both = (load(source) for source in find(["tiny:xs", "tiny:m", "ensemble:tiny:xs+tiny:m"]))
    assert first.card.preprocess.size_px != second.card.preprocess.size_px
    expected = np.mean([softmax(model.classify(photo)[0][None])[0] for model in (first, second)], axis=0)
    logits, prepare_ms, infer_ms = both.classify(photo)
    np.testing.assert_allclose(np.exp(logits), expected, rtol=1e-5)
    assert min(prepare_ms, infer_ms) > 0
    assert both.card.macs == (first.card.macs or 0) + (second.card.macs or 0)
    assert both.card.classes == first.card.classes


def test_several_images_at_once(photo: np.ndarray) -> None:
    (both,) = (load(source) for source in find(["ensemble:tiny:xs+tiny:m"]))
    images = np.stack([both.preprocess(pixels) for pixels in (photo, photo[::-1].copy())])
    alone = [both.classify(pixels)[0] for pixels in (photo, photo[::-1].copy())]
    np.testing.assert_allclose(both.predict(images), alone, rtol=1e-4, atol=1e-6)


def test_classes_in_another_order(tmp_path: Path, photo: np.ndarray) -> None:
    import tomllib

    names = tomllib.loads((WEIGHTS / "s.toml").read_text())["classes"]
    shutil.copy(WEIGHTS / "s.onnx", tmp_path / "turned.onnx")
    card = (WEIGHTS / "s.toml").read_text().replace(json.dumps(names), json.dumps(names[::-1]))
    (tmp_path / "turned.toml").write_text(card.replace("tiny:s", "turned"))
    turned, both = (load(s) for s in find([f"{tmp_path}/turned.onnx", "ensemble:tiny:xs+turned"]))
    (smallest,) = (load(s) for s in find(["tiny:xs"]))
    expected = (softmax(smallest.classify(photo)[0][None])[0] + softmax(turned.classify(photo)[0][None])[0][::-1]) / 2
    np.testing.assert_allclose(np.exp(both.classify(photo)[0]), expected, rtol=1e-5)
    assert isinstance(both, Ensemble)


def test_in_a_zoo_file_members_are_named_or_relative(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "s.onnx", tmp_path / "a.onnx")
    shutil.copy(WEIGHTS / "s.toml", tmp_path / "a.toml")
    (tmp_path / "zoo.toml").write_text(
        '[[model]]\nsource = "tiny:xs"\nname = "small"\n\n'
        '[[model]]\nsource = "ensemble:small+onnx:a.onnx"\nname = "both"\n'
    )
    small, both = find([str(tmp_path / "zoo.toml")])
    assert both.name == "both"
    assert [member.name for member in both.members] == ["small", "tiny:s"]
    assert both.members[0] == small
    assert load(both).card.params == 2014 + 6154
    assert from_description(json.loads(json.dumps(describe(both)))) == both


def test_fingerprint_follows_the_members(tmp_path: Path) -> None:
    prints = [load(find([f"ensemble:{text}"])[0]).fingerprint for text in ("tiny:xs+tiny:s", "tiny:xs+tiny:m")]
    assert prints[0] != prints[1]
    assert prints[0] == load(find(["ensemble:tiny:xs+tiny:s"])[0]).fingerprint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ensemble:tiny:xs", "names no classifier"),
        ("ensemble:tiny:xs+nobody", "'nobody' is no classifier"),
        ("ensemble:tiny:xs+tiny:*", "more than one classifier"),
    ],
)
def test_bad_members_are_said(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        find([text])


def test_other_classes_are_said(tmp_path: Path) -> None:
    shutil.copy(WEIGHTS / "xs.onnx", tmp_path / "a.onnx")
    for classes, reason in (
        ('"zebra"', "In other: No class is called 'bicycle'"),
        ("", "tiny:s knows 10 classes, other 9"),
    ):
        card = (WEIGHTS / "xs.toml").read_text().replace("tiny:xs", "other")
        card = card.replace('"bicycle"', classes) if classes else card.replace('"bicycle", ', "") + "skip_outputs = 1\n"
        (tmp_path / "a.toml").write_text(card)
        source = find([f"ensemble:tiny:s+onnx:{tmp_path}/a.onnx"])[0]
        with pytest.raises(ModelError, match=reason):
            load(source)


def test_a_card_cannot_say_what_members_decide(tmp_path: Path) -> None:
    (tmp_path / "zoo.toml").write_text('[[model]]\nsource = "ensemble:tiny:xs+tiny:s"\nsize_px = 32\n')
    with pytest.raises(ModelError, match="size_px cannot be said of an ensemble"):
        load(find([str(tmp_path / "zoo.toml")])[0])


def test_an_ensemble_of_ensembles_is_said(tmp_path: Path) -> None:
    (tmp_path / "zoo.toml").write_text(
        '[[model]]\nsource = "ensemble:tiny:xs+tiny:s"\nname = "inner"\n\n'
        '[[model]]\nsource = "ensemble:inner+tiny:m"\nname = "outer"\n'
    )
    with pytest.raises(UsageError, match="'inner' is an ensemble itself"):
        find([str(tmp_path / "zoo.toml")])


@pytest.mark.slow
def test_profile_select_and_answer_with_one(edgewise: Run, tmp_path: Path, drawn_folder: Path) -> None:
    """An ensemble goes through profile, fit and classify as any classifier does."""
    profiled = edgewise(
        *("profile", "--zoo", "tiny:xs", "--zoo", "ensemble:tiny:s+tiny:m", "--data", drawn_folder),
        *("--out", tmp_path / "p", "--json"),
    )
    assert profiled.returncode == 0, profiled.stderr
    assert {row["model"] for row in json.loads(profiled.stdout)["models"]} == {"tiny:xs", "tiny:s+tiny:m"}
    fitted = edgewise("select", "fit", tmp_path / "p", "--method", "single", "--out", tmp_path / "s")
    assert fitted.returncode == 0, fitted.stderr
    image = next(drawn_folder.rglob("*.png"))
    answered = edgewise("classify", image, "--selector", tmp_path / "s", "--json")
    assert answered.returncode == 0, answered.stderr
