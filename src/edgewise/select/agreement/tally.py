"""Ranked votes counted: the probability that each named class is right, from where the ballots have it."""

import numpy as np

from edgewise.select.agreement.meanings import TABLES, Meanings


def candidates(ballots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The classes that any of the ballots names, int64 [n, c] rising, and where one stands for the first time, bool.

    `ballots`: int [n, k, places] of k models; c = k * places, so what several name is there several times.
    """
    named = np.sort(ballots.reshape(len(ballots), -1), axis=1)
    first = np.ones(named.shape, bool)
    first[:, 1:] = named[:, 1:] != named[:, :-1]
    return named, first


def traits(ballots: np.ndarray, named: np.ndarray, meanings: Meanings, models: np.ndarray) -> np.ndarray:
    """float32 [n, c, k, places + 2]: what each ballot says of each candidate.

    Its place on the ballot, one-hot, then what the ballot's first choice and its later ones speak for it.
    `ballots`: int [n, k, places] of the `models` int [k], as `meanings` numbers them; `named`: int [n, c].
    """
    places = ballots.shape[2]
    told = np.empty((*named.shape, ballots.shape[1], places + TABLES), np.float32)
    told[..., :places] = named[:, :, None, None] == ballots[:, None]
    told[..., places:] = meanings.lifts_of(ballots, named, models)
    return told


def probabilities(scores: np.ndarray, allowed: np.ndarray, none: float) -> np.ndarray:
    """float32 [n, c]: softmax over the allowed candidates and `none`, the score of "no candidate is right".

    `scores`: float32 [n, c]; `allowed`: bool [n, c]; a candidate that is not gets 0.
    """
    scores = np.where(allowed, scores, np.float32(-np.inf))
    highest = np.maximum(scores.max(axis=1, keepdims=True), np.float32(none))
    powers = np.exp(scores - highest)
    return powers / (powers.sum(axis=1, keepdims=True) + np.exp(np.float32(none) - highest))


def tally(
    ballots: np.ndarray, meanings: Meanings, models: np.ndarray, weights: np.ndarray, none: float
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates, int64 [n, c], and their probabilities, float32 [n, c]; 0 where one stands again.

    `weights`: float32 [k, places + 2]. Row by row the same whatever the number of rows.
    """
    named, first = candidates(ballots)
    told = traits(ballots, named, meanings, models) * weights
    return named, probabilities(told.reshape(*named.shape, -1).sum(axis=2), first, none)


def spread(named: np.ndarray, shares: np.ndarray, classes: int) -> np.ndarray:
    """float32 [n, classes], of sum 1: what no candidate has is shared alike by the classes that nobody named.

    `named`: int64 [n, c]; `shares`: float32 [n, c], 0 where a class stands again. Where all classes are named, the
    candidates share it all.
    """
    rows = np.arange(len(named))[:, None]
    whole = np.zeros((len(named), classes), np.float32)
    np.add.at(whole, (rows, named), shares)
    known = np.zeros(whole.shape, bool)
    known[rows, named] = True
    others, total = classes - known.sum(axis=1, keepdims=True), shares.sum(axis=1, keepdims=True)
    rest = np.maximum(np.float32(1) - total, 0) / np.maximum(others, 1).astype(np.float32)
    return np.where(known, np.where(others == 0, whole / total, whole), rest)
