"""The report: one self-contained page that says honestly what choosing between the models gained."""

from edgewise.report.decisions import ImageDecision
from edgewise.report.render import render, write_report

__all__ = ["ImageDecision", "render", "write_report"]
