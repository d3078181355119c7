from pathlib import Path

import pytest

from edgewise.errors import LabelError
from edgewise.images.dataset import Dataset, read_dataset
from edgewise.images.items import Item
from edgewise.profile.outcomes import open_profile
from edgewise.profile.run import Settings, profile
from edgewise.robustness.subject import Subject
from edgewise.select.single import SingleModel
from edgewise.serve.deployment import save_deployment


@pytest.fixture(scope="module")
def restricted(
    photographs: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[str, ...], tuple[str, ...]]:
    """A selector that answers with three of its model's ten classes; their names, and the ten's."""
    folder = tmp_path_factory.mktemp("restricted")
    every = read_dataset(photographs).labels
    names = (every[7], every[2], every[4])
    (folder / "data").mkdir()
    for name in names:
        (folder / "data" / name).symlink_to(photographs / name)
    profile(Settings(("tiny:xs",), folder / "data", folder / "profile", classes=names))
    outcomes = open_profile(folder / "profile")
    save_deployment(folder / "selector", SingleModel("tiny:xs"), outcomes.manifest, {})
    return folder / "selector", names, every


def test_a_single_model_is_its_own_companion(restricted, dataset: Dataset) -> None:
    from edgewise.images.decode import decode

    subject = Subject(restricted[0])
    assert subject.single_name == "tiny:xs"
    reply = subject.answer(decode(dataset.items[0].read()).pixels)
    assert (reply.models_run, reply.answer, reply.time_ms) == (1, reply.single_answer, reply.single_ms)


def test_labels_are_names_or_numbers_of_all_classes_that_the_model_knows(restricted) -> None:
    folder, names, every = restricted
    subject = Subject(folder)
    place = subject.deployment.classes.names.index(names[0])
    whole = subject._single().card.classes
    number = str(whole.index(names[0]))
    labelled = Dataset(Path("data"), tuple(Item(None, label, label) for label in (names[0], number)))
    assert subject.classes_of(labelled) == {names[0]: place, number: place}
    left_out = next(name for name in every if name not in names)
    strange = Dataset(Path("data"), (Item(None, "a", str(whole.index(left_out))),))
    with pytest.raises(LabelError, match="not among the 3"):
        subject.classes_of(strange)


def test_the_most_capable_model_is_that_of_the_fair_table() -> None:
    subject = Subject(None)
    assert subject.single_name in subject.deployment.selector.models
