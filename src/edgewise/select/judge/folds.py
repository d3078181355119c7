"""Stratified folds that any labels can be cut into."""

import numpy as np

from edgewise.errors import UsageError


def see_that_enough(images: int, *folds: int) -> None:
    """Refuse, before anything is fitted, fewer images than folds within folds can be cut of.

    `folds`: from the outermost on; what each leaves to fit on is cut into the next.
    Raises `UsageError`; it names the fewest images that are enough.
    """
    if _enough(images, folds):
        return
    fewest = next(count for count in range(images + 1, images + 4 * sum(folds)) if _enough(count, folds))
    within = " folds within ".join(map(str, reversed(folds)))
    raise UsageError(
        f"{images} images are too few to judge on: they are cut into {within} folds.", f"Profile {fewest} or more."
    )


def _enough(images: int, folds: tuple[int, ...]) -> bool:
    for cut in folds:
        if images < cut:
            return False
        images -= -(-images // cut)
    return True


def stratified_folds(labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The fold of each image, int64 [n] in 0..folds-1: sizes differ by one at most, each class is spread evenly.

    `labels`: [n]. The images of a class are shuffled and dealt out in turn, the next class where the last one
    stopped, so classes with fewer images than folds need no exception.
    Raises `UsageError` for fewer than 2 folds, or fewer images than folds.
    """
    if folds < 2:
        raise UsageError(f"{folds} folds leave nothing to judge on; at least 2 are needed.")
    if len(labels) < folds:
        raise UsageError(f"{len(labels)} images cannot be cut into {folds} folds.", "Use more images, or fewer folds.")
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold = np.empty(len(labels), np.int64)
    fold[by_class] = np.arange(len(labels)) % folds
    return fold
