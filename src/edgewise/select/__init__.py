"""Selectors: what looks at an image and says which model answers it, how they are fitted, and how they are judged.

Fitted selectors need NumPy alone. What fits them imports scikit-learn, and is therefore found on first use. The
function `evaluate` is imported from `edgewise.select.judge.evaluate`.
"""

from typing import TYPE_CHECKING, Any

from edgewise.select.cascade.cascade import Cascade
from edgewise.select.judge.fair_table import FairTable, Interval, Row
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.saved import load_selector, save_selector
from edgewise.select.selector import Answer, Method, Refuse, Routes, Run, Seen, Selector, Step
from edgewise.select.single import SingleMethod, SingleModel
from edgewise.select.trials import Trials

if TYPE_CHECKING:
    from edgewise.select.cascade.fit import CascadeClassifier as CascadeClassifier
    from edgewise.select.cascade.fit import CascadeMethod as CascadeMethod
    from edgewise.select.judge.evaluate import Evaluation as Evaluation
    from edgewise.select.judge.scores import Scores as Scores
    from edgewise.select.premodel.classifier import PremodelClassifier as PremodelClassifier
    from edgewise.select.premodel.cnn_fit import CnnMethod as CnnMethod
    from edgewise.select.premodel.detector import DetectorMethod as DetectorMethod
    from edgewise.select.premodel.detector import WrongChoiceDetector as WrongChoiceDetector
    from edgewise.select.premodel.guarded import GuardedMethod as GuardedMethod
    from edgewise.select.premodel.guarded import GuardedPremodel as GuardedPremodel
    from edgewise.select.premodel.method import PremodelMethod as PremodelMethod

__all__ = [
    "Answer",
    "Cascade",
    "CascadeClassifier",
    "CascadeMethod",
    "CnnMethod",
    "DetectorMethod",
    "Evaluation",
    "FairTable",
    "GuardedMethod",
    "GuardedPremodel",
    "Interval",
    "Method",
    "Premodel",
    "PremodelClassifier",
    "PremodelMethod",
    "Refuse",
    "Routes",
    "Row",
    "Run",
    "Scores",
    "Seen",
    "Selector",
    "SingleMethod",
    "SingleModel",
    "Step",
    "Trials",
    "WrongChoiceDetector",
    "load_selector",
    "save_selector",
]

_HOMES = {
    "CascadeClassifier": "cascade.fit",
    "CascadeMethod": "cascade.fit",
    "CnnMethod": "premodel.cnn_fit",
    "DetectorMethod": "premodel.detector",
    "Evaluation": "judge.evaluate",
    "GuardedMethod": "premodel.guarded",
    "GuardedPremodel": "premodel.guarded",
    "PremodelClassifier": "premodel.classifier",
    "PremodelMethod": "premodel.method",
    "Scores": "judge.scores",
    "WrongChoiceDetector": "premodel.detector",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"edgewise.select.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'edgewise.select' has no attribute {name!r}")
