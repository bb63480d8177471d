"""The bare words that arguments of layers and settings take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from netspec.elaborate.shortcuts import KINDS as SHORTCUTS
from netspec.ops import OPERATORS
from netspec.settings import LOSSES, OPTIMIZERS, SCHEDULES, STEPS, STOPS, TESTS, Data, Train
from netspec.settings.arguments import Arguments

SECTIONS: dict[str, type[Arguments]] = {"train": Train, "data": Data}
#: What stands behind a setting's colon, by its key.
SETTINGS: dict[str, Mapping[str, object]] = {
    "loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES, "stop": STOPS, "prepare": STEPS, "augment": STEPS,
    "test": TESTS,
}  # fmt: skip


@cache
def words(owner: str, argument: str) -> tuple[str, ...]:
    """The bare words that an argument of a layer takes."""
    if owner == "residual":
        return tuple(SHORTCUTS)
    fields = OPERATORS[owner].fields() if owner in OPERATORS else {}
    return fields[argument].takes.words if argument in fields else ()


def words_of(section: str, key: str) -> tuple[str, ...]:
    """The bare words that a setting takes."""
    fields = SECTIONS[section].fields() if section in SECTIONS else {}
    return fields[key].takes.words if key in fields else ()
