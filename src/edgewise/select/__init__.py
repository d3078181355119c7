"""Selectors: what looks at an image and says which model answers it, how they are fitted, and how they are judged.

Fitted selectors need NumPy alone; what fits them imports scikit-learn. Every name is found on first use, so that
importing one costs no other. The function `evaluate` is imported from `edgewise.select.judge.evaluate`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgewise.select.agreement.cascade import AgreementCascade as AgreementCascade
    from edgewise.select.agreement.classifier import AgreementClassifier as AgreementClassifier
    from edgewise.select.agreement.classifier import RankedVotesClassifier as RankedVotesClassifier
    from edgewise.select.agreement.method import AgreementMethod as AgreementMethod
    from edgewise.select.budget.auto import AutoMethod as AutoMethod
    from edgewise.select.budget.auto import BudgetedMethod as BudgetedMethod
    from edgewise.select.budget.budget import Budget as Budget
    from edgewise.select.budget.choice import Choice as Choice
    from edgewise.select.budget.menu import Menu as Menu
    from edgewise.select.cascade.cascade import Cascade as Cascade
    from edgewise.select.cascade.classifier import CascadeClassifier as CascadeClassifier
    from edgewise.select.cascade.fit import CascadeMethod as CascadeMethod
    from edgewise.select.guarantee.certificate import Certificate as Certificate
    from edgewise.select.guarantee.guaranteed import Guaranteed as Guaranteed
    from edgewise.select.guarantee.method import GuaranteedMethod as GuaranteedMethod
    from edgewise.select.guarantee.watched import Watched as Watched
    from edgewise.select.guarantee.watched_fit import WatchedMethod as WatchedMethod
    from edgewise.select.hybrid.classifier import HybridClassifier as HybridClassifier
    from edgewise.select.hybrid.hybrid import Hybrid as Hybrid
    from edgewise.select.hybrid.method import HybridMethod as HybridMethod
    from edgewise.select.judge.evaluate import Evaluation as Evaluation
    from edgewise.select.judge.fair_table import FairTable as FairTable
    from edgewise.select.judge.fair_table import Interval as Interval
    from edgewise.select.judge.fair_table import Row as Row
    from edgewise.select.judge.scores import Scores as Scores
    from edgewise.select.learned.classifiers import DeferralClassifier as DeferralClassifier
    from edgewise.select.learned.classifiers import UtilityClassifier as UtilityClassifier
    from edgewise.select.learned.deferral import Deferral as Deferral
    from edgewise.select.learned.deferral_fit import DeferralMethod as DeferralMethod
    from edgewise.select.learned.utility import Utility as Utility
    from edgewise.select.learned.utility_fit import UtilityMethod as UtilityMethod
    from edgewise.select.premodel.classifier import PremodelClassifier as PremodelClassifier
    from edgewise.select.premodel.cnn_fit import CnnMethod as CnnMethod
    from edgewise.select.premodel.detector import DetectorMethod as DetectorMethod
    from edgewise.select.premodel.detector import WrongChoiceDetector as WrongChoiceDetector
    from edgewise.select.premodel.guarded import GuardedMethod as GuardedMethod
    from edgewise.select.premodel.guarded import GuardedPremodel as GuardedPremodel
    from edgewise.select.premodel.method import PremodelMethod as PremodelMethod
    from edgewise.select.premodel.premodel import Premodel as Premodel
    from edgewise.select.router.classifier import RouterClassifier as RouterClassifier
    from edgewise.select.router.method import RouterMethod as RouterMethod
    from edgewise.select.router.router import Router as Router
    from edgewise.select.saved import load_selector as load_selector
    from edgewise.select.saved import save_selector as save_selector
    from edgewise.select.selector import Answer as Answer
    from edgewise.select.selector import Method as Method
    from edgewise.select.selector import PathMethod as PathMethod
    from edgewise.select.selector import Refuse as Refuse
    from edgewise.select.selector import Routes as Routes
    from edgewise.select.selector import Run as Run
    from edgewise.select.selector import Seen as Seen
    from edgewise.select.selector import Selector as Selector
    from edgewise.select.selector import Step as Step
    from edgewise.select.single import SingleMethod as SingleMethod
    from edgewise.select.single import SingleModel as SingleModel
    from edgewise.select.trials import Trials as Trials

_HOMES = {
    "AgreementCascade": "agreement.cascade",
    "AgreementClassifier": "agreement.classifier",
    "AgreementMethod": "agreement.method",
    "Answer": "selector",
    "AutoMethod": "budget.auto",
    "Budget": "budget.budget",
    "BudgetedMethod": "budget.auto",
    "Cascade": "cascade.cascade",
    "CascadeClassifier": "cascade.classifier",
    "CascadeMethod": "cascade.fit",
    "Certificate": "guarantee.certificate",
    "Choice": "budget.choice",
    "CnnMethod": "premodel.cnn_fit",
    "Deferral": "learned.deferral",
    "DeferralClassifier": "learned.classifiers",
    "DeferralMethod": "learned.deferral_fit",
    "DetectorMethod": "premodel.detector",
    "Evaluation": "judge.evaluate",
    "FairTable": "judge.fair_table",
    "Guaranteed": "guarantee.guaranteed",
    "GuaranteedMethod": "guarantee.method",
    "GuardedMethod": "premodel.guarded",
    "GuardedPremodel": "premodel.guarded",
    "Hybrid": "hybrid.hybrid",
    "HybridClassifier": "hybrid.classifier",
    "HybridMethod": "hybrid.method",
    "Interval": "judge.fair_table",
    "Menu": "budget.menu",
    "Method": "selector",
    "PathMethod": "selector",
    "Premodel": "premodel.premodel",
    "PremodelClassifier": "premodel.classifier",
    "PremodelMethod": "premodel.method",
    "RankedVotesClassifier": "agreement.classifier",
    "Refuse": "selector",
    "Router": "router.router",
    "RouterClassifier": "router.classifier",
    "RouterMethod": "router.method",
    "Routes": "selector",
    "Row": "judge.fair_table",
    "Run": "selector",
    "Scores": "judge.scores",
    "Seen": "selector",
    "Selector": "selector",
    "SingleMethod": "single",
    "SingleModel": "single",
    "Step": "selector",
    "Trials": "trials",
    "Utility": "learned.utility",
    "UtilityClassifier": "learned.classifiers",
    "UtilityMethod": "learned.utility_fit",
    "Watched": "guarantee.watched",
    "WatchedMethod": "guarantee.watched_fit",
    "WrongChoiceDetector": "premodel.detector",
    "load_selector": "saved",
    "save_selector": "saved",
}

__all__ = [
    "AgreementCascade",
    "AgreementClassifier",
    "AgreementMethod",
    "Answer",
    "AutoMethod",
    "Budget",
    "BudgetedMethod",
    "Cascade",
    "CascadeClassifier",
    "CascadeMethod",
    "Certificate",
    "Choice",
    "CnnMethod",
    "Deferral",
    "DeferralClassifier",
    "DeferralMethod",
    "DetectorMethod",
    "Evaluation",
    "FairTable",
    "Guaranteed",
    "GuaranteedMethod",
    "GuardedMethod",
    "GuardedPremodel",
    "Hybrid",
    "HybridClassifier",
    "HybridMethod",
    "Interval",
    "Menu",
    "Method",
    "PathMethod",
    "Premodel",
    "PremodelClassifier",
    "PremodelMethod",
    "RankedVotesClassifier",
    "Refuse",
    "Router",
    "RouterClassifier",
    "RouterMethod",
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
    "Utility",
    "UtilityClassifier",
    "UtilityMethod",
    "Watched",
    "WatchedMethod",
    "WrongChoiceDetector",
    "load_selector",
    "save_selector",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"edgewise.select.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'edgewise.select' has no attribute {name!r}")
