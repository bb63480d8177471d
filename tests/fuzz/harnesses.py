"""All harnesses by name."""

from __future__ import annotations

from tests.fuzz.data_files import DATA_FILES
from tests.fuzz.floods import FLOODS
from tests.fuzz.frame import Harness
from tests.fuzz.gradients import GRADIENTS
from tests.fuzz.kills import KILLS
from tests.fuzz.limits import LIMITS
from tests.fuzz.models import MODELS
from tests.fuzz.nth_call import NTH_CALL
from tests.fuzz.pairs import PAIRS
from tests.fuzz.pictures import PICTURES
from tests.fuzz.signals import SIGNALS
from tests.fuzz.soak import SOAK
from tests.fuzz.specs import MUTATED
from tests.fuzz.states import STATES
from tests.fuzz.valid import VALID
from tests.fuzz.weights import WEIGHTS

HARNESSES: dict[str, Harness] = {
    harness.name: harness
    for harness in (
        MUTATED,
        GRADIENTS,
        PAIRS,
        PICTURES,
        DATA_FILES,
        WEIGHTS,
        VALID,
        MODELS,
        FLOODS,
        LIMITS,
        KILLS,
        NTH_CALL,
        STATES,
        SIGNALS,
        SOAK,
    )
}  # fmt: skip
