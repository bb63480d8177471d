"""Errors as values: where they are, what they say, how they are drawn."""

from netspec.diagnostics.printable import printable, strict_json
from netspec.diagnostics.problem import Fault, Problem, Source, Span, Trouble
from netspec.diagnostics.problems import Problems, SpecError, TooMany
from netspec.diagnostics.render import render
from netspec.diagnostics.several import several
from netspec.diagnostics.spelling import did_you_mean, nearest

__all__ = [
    "Fault",
    "Problem",
    "Problems",
    "Source",
    "Span",
    "SpecError",
    "TooMany",
    "Trouble",
    "did_you_mean",
    "nearest",
    "printable",
    "render",
    "several",
    "strict_json",
]
