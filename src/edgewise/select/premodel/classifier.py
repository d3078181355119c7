"""The premodel as a scikit-learn classifier: a chain of yes-or-no levels, or one classifier for all classes."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from edgewise.select.premodel.chooser import Choices, Chooser
from edgewise.select.premodel.chooser_fit import Radius, fit_chain, fit_flat


class PremodelClassifier(ClassifierMixin, BaseEstimator):
    """Chain of binary classifiers, one per class in sorted order, the fail class after the last no.

    Parameters
    ----------
    n_neighbors : how many neighbours vote (5 in the paper).
    fail_label : the class that has no level of its own and is what is left after the last no; it may be absent from
        `y`. None: the last class in sorted order is left over.
    chain : the family of each level, "svm.knn.knn"; the last one serves the levels that are left. Families are knn,
        tree, svm and nb.
    single : one classifier of that family over all classes, in the place of a chain.
    radius : all points within it vote, in the place of the nearest ones; "auto" chooses it on the training rows.
    random_state : the seed of what is drawn: the rows an SVM or a radius is fitted on, equal splits of a tree.

    Attributes
    ----------
    classes_ : the classes of `y`, sorted.
    levels_ : the classes that have a level, in the order in which they are asked.
    chooser_ : the fitted `Chain` or `Flat`, which needs NumPy alone.

    Features are scaled to [0, 1] by the training minimum and maximum inside.
    There is no `predict_proba`: where no level has a majority the chain names the class after the last no, which the
    largest share of votes need not be. `level_scores` gives the votes.

    Source: Taylor et al. 2018, 3.1-3.3. What the paper leaves open is said where each part is made.
    Differs: levels come in the order of the classes, so whoever numbers models cheapest first gets the paper's chain.
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        fail_label: Any = None,
        chain: str = "knn",
        single: bool = False,
        radius: Radius = None,
        random_state: int = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.fail_label = fail_label
        self.chain = chain
        self.single = single
        self.radius: Radius = radius
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from `X` float [n, d] and `y` [n]. Raises `ValueError` as scikit-learn does, `UsageError` for K < 1."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_: np.ndarray = np.unique(y)
        if self.fail_label is None:
            self.levels_, left = self.classes_[:-1], self.classes_[-1:]
        else:
            self.levels_, left = self.classes_[self.classes_ != self.fail_label], np.asarray([self.fail_label])
        self._named = np.concatenate([self.levels_, left])
        # Not among the levels: searchsorted may name a wrong one, so the match is checked and the rest is left over.
        labels = np.where(np.isin(y, self.levels_), np.searchsorted(self.levels_, y), len(self.levels_))
        self.chooser_ = self._fitted(np.asarray(X), labels)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The class of each row of `X` [n, d]: of the first level that says yes, else the fail class."""
        choices = self._choices(X)
        return self._named[choices.level]

    def level_scores(self, X: Any) -> np.ndarray:
        """float64 [n, levels]: what speaks for each level, in a KNN chain its share of the votes.

        A single classifier has a column more, for the fail class.
        """
        return self._choices(X).scores

    def _fitted(self, X: np.ndarray, labels: np.ndarray) -> Chooser:
        levels = len(self.levels_)
        if self.single:
            return fit_flat(X, labels, levels, self.chain, self.n_neighbors, self.radius, self.random_state)
        yes = labels[:, None] == np.arange(levels)
        return fit_chain(X, yes, self.chain, self.n_neighbors, self.radius, self.random_state)

    def _choices(self, X: Any) -> Choices:
        check_is_fitted(self)
        return self.chooser_.choose(np.asarray(validate_data(self, X, dtype=np.float64, reset=False)))
