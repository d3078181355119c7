"""The premodel as a scikit-learn classifier: a chain of binary KNN levels over one neighbour search."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from edgewise.select.knn_chain import KnnChain


class PremodelClassifier(ClassifierMixin, BaseEstimator):
    """Chain of binary KNN classifiers, one per class in sorted order, the fail class after the last no.

    Parameters
    ----------
    n_neighbors : how many neighbours vote (5 in the paper).
    fail_label : the class that has no level of its own and is what is left after the last no; it may be absent from
        `y`. None: the last class in sorted order is left over.

    Attributes
    ----------
    classes_ : the classes of `y`, sorted.
    levels_ : the classes that have a level, in the order in which they are asked.
    chain_ : the fitted `KnnChain`, which needs NumPy alone.

    Features are scaled to [0, 1] by the training minimum and maximum inside.
    There is no `predict_proba`: where no level has a majority the chain names the class after the last no, which the
    largest share of votes need not be. `vote_shares` gives the votes.

    Source: Taylor et al. 2018, 3.1-3.3. What the paper leaves open is said in `KnnChain`.
    Differs: levels come in the order of the classes, so whoever numbers models cheapest first gets the paper's chain.
    """

    def __init__(self, n_neighbors: int = 5, fail_label: Any = None) -> None:
        self.n_neighbors = n_neighbors
        self.fail_label = fail_label

    def fit(self, X: Any, y: Any) -> Self:
        """Remember `X` float [n, d] and `y` [n]. Raises `ValueError` as scikit-learn does, `UsageError` for K < 1."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_: np.ndarray = np.unique(y)
        if self.fail_label is None:
            self.levels_, left = self.classes_[:-1], self.classes_[-1:]
        else:
            self.levels_, left = self.classes_[self.classes_ != self.fail_label], np.asarray([self.fail_label])
        self._named = np.concatenate([self.levels_, left])
        # Not among the levels: searchsorted may name a wrong one, so the match is checked and the rest is left over.
        position = np.searchsorted(self.levels_, y)
        known = np.isin(y, self.levels_)
        labels = np.where(known, position, len(self.levels_))
        self.chain_ = KnnChain.fit(X, labels, self.n_neighbors, len(self.levels_))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row of `X` [n, d]: of the first level that says yes, else the fail class."""
        votes = self._votes(X)
        return self._named[self.chain_.choose(votes)]

    def vote_shares(self, X: Any) -> np.ndarray:
        """float64 [n, levels]: the share of neighbours of each row of `X` [n, d] that vote for each level."""
        votes = self._votes(X)
        return votes / self.chain_.voters

    def _votes(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.chain_.votes(np.asarray(validate_data(self, X, dtype=np.float64, reset=False)))
