"""Selectors: what looks at an image and says which model answers it, how they are fitted, and how they are judged.

Fitted selectors need NumPy alone. What fits them imports scikit-learn, and is therefore found on first use. The
function `evaluate` is imported from `edgewise.select.evaluate`, whose name it would otherwise hide.
"""

from typing import TYPE_CHECKING, Any

from edgewise.select.cascade import Cascade
from edgewise.select.fair_table import FairTable, Interval, Row
from edgewise.select.premodel_state import Premodel
from edgewise.select.saved import load_selector, save_selector
from edgewise.select.selector import Answer, Method, Refuse, Routes, Run, Seen, Selector, Step
from edgewise.select.single import SingleMethod, SingleModel
from edgewise.select.trials import Trials

if TYPE_CHECKING:
    from edgewise.select.cascade_fit import CascadeClassifier as CascadeClassifier
    from edgewise.select.cascade_fit import CascadeMethod as CascadeMethod
    from edgewise.select.cnn_fit import CnnMethod as CnnMethod
    from edgewise.select.detector import DetectorMethod as DetectorMethod
    from edgewise.select.detector import WrongChoiceDetector as WrongChoiceDetector
    from edgewise.select.evaluate import Evaluation as Evaluation
    from edgewise.select.guarded import GuardedMethod as GuardedMethod
    from edgewise.select.guarded import GuardedPremodel as GuardedPremodel
    from edgewise.select.premodel import PremodelClassifier as PremodelClassifier
    from edgewise.select.premodel_method import PremodelMethod as PremodelMethod
    from edgewise.select.scores import Scores as Scores

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
    "CascadeClassifier": "cascade_fit",
    "CascadeMethod": "cascade_fit",
    "CnnMethod": "cnn_fit",
    "DetectorMethod": "detector",
    "Evaluation": "evaluate",
    "GuardedMethod": "guarded",
    "GuardedPremodel": "guarded",
    "PremodelClassifier": "premodel",
    "PremodelMethod": "premodel_method",
    "Scores": "scores",
    "WrongChoiceDetector": "detector",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"edgewise.select.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'edgewise.select' has no attribute {name!r}")
