"""What the sections of a spec mean: frozen values without places, in and out of JSON."""

from netspec.settings.arguments import Arguments, Takes, Word
from netspec.settings.data import Data
from netspec.settings.losses import LOSSES
from netspec.settings.steps import STEPS, TESTS
from netspec.settings.train import OPTIMIZERS, SCHEDULES, STOPS, Train

__all__ = [
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "STEPS",
    "STOPS",
    "TESTS",
    "Arguments",
    "Data",
    "Takes",
    "Train",
    "Word",
]
