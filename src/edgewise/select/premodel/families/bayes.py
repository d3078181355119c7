"""Gaussian naive Bayes, fitted by scikit-learn and evaluated by NumPy."""

from dataclasses import dataclass

import numpy as np

_SMALLEST = np.finfo(np.float64).tiny  # a variance of 0, where no feature ever varied, would divide by 0


@dataclass(frozen=True, eq=False)
class Bayes:
    """A normal distribution of each feature in each class, and how often the class occurs."""

    codes: np.ndarray  # int64 [c]
    priors: np.ndarray  # float64 [c]
    means: np.ndarray  # float64 [c, d]
    variances: np.ndarray  # float64 [c, d]

    def log_likelihoods(self, scaled: np.ndarray) -> np.ndarray:
        """float64 [n, c]: log of prior times likelihood. Summed as scikit-learn does, so the two agree to the bit."""
        scaled = np.ascontiguousarray(scaled)
        found = np.empty((len(scaled), len(self.codes)))
        # Far outside the training range every class is impossible: all are -inf, and the first one is taken.
        with np.errstate(over="ignore"):
            for code, (prior, mean, variance) in enumerate(zip(self.priors, self.means, self.variances, strict=True)):
                likelihood = -0.5 * np.sum(np.log(2.0 * np.pi * variance))
                likelihood = likelihood - 0.5 * np.sum((scaled - mean) ** 2 / variance, axis=1)
                found[:, code] = np.log(prior) + likelihood
        return found

    def read(self, scaled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The probability of each code, 0 throughout where every one is impossible; and the likeliest code."""
        logs = self.log_likelihoods(scaled)
        highest = logs.max(axis=1, keepdims=True)
        powers = np.exp(logs - np.where(np.isfinite(highest), highest, 0.0))
        shares = powers / np.maximum(powers.sum(axis=1, keepdims=True), _SMALLEST)
        return shares, self.codes[logs.argmax(axis=1)]


def fit_bayes(scaled: np.ndarray, labels: np.ndarray, seed: int) -> Bayes:
    """Measure means and variances on `scaled` float64 [n, d] and `labels` int64 [n]. Nothing is drawn by the seed."""
    from sklearn.naive_bayes import GaussianNB

    fitted = GaussianNB().fit(scaled, labels)
    return Bayes(
        codes=np.asarray(fitted.classes_, np.int64),
        priors=np.asarray(fitted.class_prior_, np.float64),
        means=np.asarray(fitted.theta_, np.float64),
        variances=np.maximum(fitted.var_, _SMALLEST),
    )
