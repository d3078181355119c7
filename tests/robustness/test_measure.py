import shutil
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import DataError, ImageError, LabelError, StoreError, UsageError
from edgewise.images.corrupt import corrupt
from edgewise.images.dataset import Dataset, read_dataset
from edgewise.images.decode import decode
from edgewise.images.items import Item
from edgewise.robustness.cell import CLEAN, Cell, cell_path
from edgewise.robustness.measure import Measured, measure
from edgewise.robustness.subject import Reply, Subject


def _same(first: Measured, second: Measured) -> bool:
    """All but the times, which are those of the run that made a cell."""
    return [cell for cell, _ in first.cells] == [cell for cell, _ in second.cells] and all(
        a.image == b.image
        and (a.answer == b.answer).all()
        and (a.models_run == b.models_run).all()
        and (a.single_answer == b.single_answer).all()
        for (_, a), (_, b) in zip(first.cells, second.cells, strict=True)
    )


def test_every_cell_holds_what_the_selector_answers_to_that_image(dataset: Dataset, subject: Subject) -> None:
    found = measure(subject, dataset, kinds=["contrast", "blur"], severities=[5, 2])
    assert [cell for cell, _ in found.cells] == [
        CLEAN, Cell("blur", 2), Cell("blur", 5), Cell("contrast", 2), Cell("contrast", 5),
    ]  # fmt: skip
    assert (found.labels == np.repeat(np.arange(10), 2)).all()
    answers = found.cells[4][1]
    for i, item in enumerate(dataset.items):
        reply = subject.engine.classify(corrupt(decode(item.read()).pixels, "contrast", 5))
        assert subject.deployment.classes.short_name(int(answers.answer[i])) == reply.label
        assert answers.models_run[i] == len(reply.ran)
    assert all((one.time_ms > 0).all() and (one.single_ms > 0).all() for _, one in found.cells)


def test_noise_is_that_of_the_seed_and_of_the_image_whatever_else_is_asked_for(
    dataset: Dataset, subject: Subject
) -> None:
    few = measure(subject, dataset, kinds=["noise"], severities=[5], limit=6, seed=3)
    assert _same(few, measure(subject, dataset, kinds=["noise"], severities=[5], limit=6, seed=3))
    other = measure(subject, dataset, kinds=["noise"], severities=[5], limit=6, seed=4)
    assert few.cells[0][1].image != other.cells[0][1].image


class CutOff:
    """A subject that ends the run at its nth answer."""

    def __init__(self, subject: Subject, after: int) -> None:
        self._subject, self.left = subject, after

    def __getattr__(self, name: str) -> object:
        return getattr(self._subject, name)

    def answer(self, pixels: np.ndarray) -> Reply:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return self._subject.answer(pixels)


@pytest.mark.parametrize("after", [0, 7, 11, 20])
def test_cut_off_anywhere_it_goes_on_to_the_same_end(
    dataset: Dataset, subject: Subject, tmp_path: Path, after: int
) -> None:
    asked = {"kinds": ["noise", "jpeg"], "severities": [4], "limit": 8}
    whole = measure(subject, dataset, **asked)
    with pytest.raises(KeyboardInterrupt):
        measure(CutOff(subject, after), dataset, out=tmp_path, **asked)  # type: ignore[arg-type]
    steps: list[int] = []
    again = measure(subject, dataset, out=tmp_path, progress=lambda what, done, total: steps.append(done), **asked)
    assert _same(again, whole)
    finished = max(0, after - 1) // 8  # the first answer warms up
    assert steps[0] == 8 * finished, "what was finished is not done again"
    assert steps[-1] == 24


def test_more_cells_may_be_asked_for_later_and_a_torn_one_is_made_again(
    dataset: Dataset, subject: Subject, tmp_path: Path
) -> None:
    first = measure(subject, dataset, kinds=["jpeg"], severities=[1], limit=5, out=tmp_path)
    times = first.cells[0][1].time_ms
    cell_path(tmp_path, Cell("jpeg", 1)).write_bytes(b"torn")
    more = measure(subject, dataset, kinds=["jpeg"], severities=[1, 2], limit=5, out=tmp_path)
    assert (more.cells[0][1].time_ms == times).all()
    assert (more.cells[1][1].answer == first.cells[1][1].answer).all()
    assert len(more.cells) == 3


@pytest.mark.parametrize(("change", "word"), [({"seed": 1}, "seed"), ({"limit": 4}, "limit")])
def test_another_test_in_the_folder_is_refused(
    dataset: Dataset, subject: Subject, tmp_path: Path, change: dict[str, int], word: str
) -> None:
    asked = {"kinds": ["blur"], "severities": [1], "limit": 3, "out": tmp_path}
    measure(subject, dataset, **asked)
    with pytest.raises(StoreError, match=f"another {word}"):
        measure(subject, dataset, **{**asked, **change})


def test_a_folder_with_other_files_is_left_alone(dataset: Dataset, subject: Subject, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("precious")
    with pytest.raises(StoreError, match="other files"):
        measure(subject, dataset, limit=1, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_cannot_be_read_is_listed_and_left_out_of_every_cell(
    photographs: Path, subject: Subject, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(photographs, folder)
    broken = sorted(folder.glob("*/*"))[3]
    broken.write_bytes(b"no image")
    found = measure(subject, read_dataset(folder), kinds=["blur"], severities=[1], out=tmp_path / "out")
    assert [name for name, _ in found.skipped] == [broken.relative_to(folder).as_posix()]
    assert {len(answers.answer) for _, answers in found.cells} == {len(found.labels)} == {19}
    again = measure(subject, read_dataset(folder), kinds=["blur"], severities=[1], out=tmp_path / "out")
    assert _same(found, again)
    assert again.skipped == found.skipped


def test_no_usable_image_is_an_error(photographs: Path, subject: Subject, tmp_path: Path) -> None:
    items = tuple(Item(tmp_path / name, name, "circle") for name in ("a.png", "b.png"))
    label = read_dataset(photographs).labels[0]
    with pytest.raises(DataError, match=r"None of the 2 images .* a.png: there is no such file"):
        measure(subject, Dataset(tmp_path, tuple(Item(i.path, i.name, label) for i in items)))


def test_an_image_that_goes_while_the_test_runs_is_an_error(
    photographs: Path, subject: Subject, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(photographs, folder)
    found = read_dataset(folder)
    measure(subject, found, kinds=["blur"], severities=[1], out=tmp_path / "out")
    content = found.items[0].read()
    found.items[0].path.write_bytes(b"x" * len(content))  # type: ignore[union-attr]
    with pytest.raises(ImageError):
        measure(subject, found, kinds=["blur"], severities=[2], out=tmp_path / "out")


@pytest.mark.parametrize(
    "asked", [{"kinds": ["fog"]}, {"kinds": []}, {"severities": [0]}, {"severities": []}, {"limit": 0}]
)
def test_what_cannot_be_asked_for(dataset: Dataset, subject: Subject, asked: dict[str, list[int]]) -> None:
    with pytest.raises(UsageError):
        measure(subject, dataset, **asked)  # type: ignore[arg-type]


def test_a_label_that_the_selector_does_not_know_is_named(dataset: Dataset, subject: Subject) -> None:
    strange = Dataset(dataset.root, (*dataset.items, Item(dataset.items[0].path, "z.png", "submarine")))
    with pytest.raises(LabelError, match="No class is called 'submarine'"):
        measure(subject, strange)
