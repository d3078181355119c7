"""Counting votes: which class do most models name, and how many of them."""

from collections.abc import Sequence

import numpy as np


def poll(named: np.ndarray, trust: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """The model whose class wins, int64 [n], and the votes for that class, int64 [n].

    `named`: int [n, k], the class that each of k models names; `trust`: k numbers in [0, 1]. Among classes with equally
    many votes, that of the most trusted model wins, and among equally trusted ones, of the first. Of the models that
    name the winner, the one returned is likewise the most trusted.
    """
    votes = (named[:, :, None] == named[:, None, :]).sum(axis=2)
    winner = (votes + np.asarray(trust, np.float64) / 2).argmax(axis=1)
    return winner, np.take_along_axis(votes, winner[:, None], axis=1)[:, 0]


def poll_one(named: Sequence[int], trust: Sequence[float]) -> tuple[int, int]:
    """The same for one image, `named` by k models: winner and votes; a few models are counted faster without arrays."""
    votes = [list(named).count(label) for label in named]
    winner = max(range(len(votes)), key=lambda model: votes[model] + trust[model] / 2)
    return winner, votes[winner]
