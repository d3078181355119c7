"""A decision tree, fitted by scikit-learn and walked by NumPy."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Tree:
    """The nodes of a decision tree; node 0 is the root, and a leaf is its own child."""

    codes: np.ndarray  # int64 [c]
    feature: np.ndarray  # int64 [nodes]; that a node asks of
    threshold: np.ndarray  # float64 [nodes]; at most this = to the left
    left: np.ndarray  # int64 [nodes]
    right: np.ndarray  # int64 [nodes]
    shares: np.ndarray  # float64 [nodes, c]: of the training rows in a node

    def read(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The share of each code among the training rows of the leaf, and the code that most of them have."""
        # scikit-learn grows and reads its trees in float32; in float64 a value next to a threshold may turn elsewhere.
        with np.errstate(over="ignore"):
            values = scaled.astype(np.float32)
        rows = np.arange(len(values))
        node, above = np.zeros(len(values), np.int64), None
        while above is None or (node != above).any():
            above = node
            goes_left = values[rows, self.feature[node]] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
        shares = self.shares[node]
        return shares, self.codes[shares.argmax(axis=1)]


def fit_tree(scaled: np.ndarray, labels: np.ndarray, seed: int) -> Tree:
    """Grow a tree on `scaled` float64 [n, d] and `labels` int64 [n]; `seed` settles which of equal splits is taken.

    Reading: the paper gives no depth or leaf size, so the tree grows until its leaves are pure (CART, Gini).
    """
    from sklearn.tree import DecisionTreeClassifier

    grown = DecisionTreeClassifier(random_state=seed).fit(scaled, labels)
    nodes = grown.tree_
    itself = np.arange(nodes.node_count)
    leaf = nodes.children_left < 0
    return Tree(
        codes=np.asarray(grown.classes_, np.int64),
        feature=np.where(leaf, 0, nodes.feature).astype(np.int64),
        threshold=np.asarray(nodes.threshold, np.float64),
        left=np.where(leaf, itself, nodes.children_left).astype(np.int64),
        right=np.where(leaf, itself, nodes.children_right).astype(np.int64),
        shares=np.asarray(nodes.value[:, 0], np.float64),
    )
