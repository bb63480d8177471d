"""All harnesses by name."""

from __future__ import annotations

from tests.fuzz.frame import Harness
from tests.fuzz.gradients import GRADIENTS
from tests.fuzz.pairs import PAIRS
from tests.fuzz.specs import MUTATED

HARNESSES: dict[str, Harness] = {
    harness.name: harness
    for harness in (
        MUTATED,
        GRADIENTS,
        PAIRS,
    )
}  # fmt: skip
