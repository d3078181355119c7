"""The premodels that the papers compare, by name."""

from dataclasses import replace

from edgewise.select.criterion import Criterion
from edgewise.select.premodel.fail_policy import OnFail
from edgewise.select.premodel.method import PremodelMethod
from edgewise.select.selector import Method


def paper_variants(criterion: Criterion = "top1", on_fail: OnFail = "run", seed: int = 0) -> dict[str, Method]:
    """Chains in the order of the papers' figure, single classifiers, then one change at a time to the KNN chain.

    All see the trials' own features. Chains are written for three levels; with another number the last family serves
    the levels that are left, or names are left out.
    Source: Taylor et al. 2018, Figure 10; Sanz Marco et al. 2019 for naive Bayes, the single classifiers, multi-hot
    labels, the radius and the methods of Algorithm 1. The CNN, which sees pixels, is `CnnMethod`.
    """
    knn = PremodelMethod(criterion, on_fail=on_fail, seed=seed)
    return {
        "knn.knn.knn": replace(knn, chain="knn.knn.knn"),
        "svm.knn.knn": replace(knn, chain="svm.knn.knn"),
        "tree.tree.tree": replace(knn, chain="tree.tree.tree"),
        "svm.svm.svm": replace(knn, chain="svm.svm.svm"),
        "nb.nb.nb": replace(knn, chain="nb.nb.nb"),
        "single knn": replace(knn, single=True),
        "single tree": replace(knn, single=True, chain="tree"),
        "single svm": replace(knn, single=True, chain="svm"),
        "single nb": replace(knn, single=True, chain="nb"),
        "knn, multi-hot labels": replace(knn, labels="multi-hot"),
        "knn, within a radius": replace(knn, radius="auto"),
        "knn, members by optimal": replace(knn, members="optimal"),
        "knn, members by alternate": replace(knn, members="alternate"),
    }
