"""Arguments, their order and their defaults are those of docs/language.md, chapter 6; nothing is left out there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from netspec.settings import OPTIMIZERS, SCHEDULES, STEPS, STOPS, TESTS, Arguments, Train
from tests.seams.found import text

(CHAPTER,) = re.findall(r"^## 6\..*?(?=^## )", text("docs/language.md"), re.MULTILINE | re.DOTALL)
(TABLE,) = re.findall(r"^\| what is written .*?\n\n", CHAPTER, re.MULTILINE | re.DOTALL)
#: Name and arguments of each word in the first column.
WRITTEN = {
    name: arguments
    for line in TABLE.splitlines()
    for name, arguments in re.findall(r"`(\w+)(?:\(([^`]*)\))?`", line.split(" | ")[0])
}
KINDS: dict[str, type[Arguments]] = {**OPTIMIZERS, **SCHEDULES, **STOPS, **STEPS, **TESTS}


def value(written: str) -> Any:
    """A default as the contract writes it."""
    if written in ("true", "false"):
        return written == "true"
    return float(written) if re.fullmatch(r"[-+.e\d]+", written) else written


def test_every_word_has_its_row() -> None:
    assert set(WRITTEN) == set(KINDS) - {"augment"}  # a mark, and no step


@pytest.mark.parametrize("name", WRITTEN)
def test_arguments_are_those_of_the_contract(name: str) -> None:
    parts = [part.split(": ") for part in WRITTEN[name].split(", ") if part]
    expected = {part[0]: value(part[1]) if len(part) > 1 else None for part in parts}
    fields = {key: field for key, field in KINDS[name].fields().items() if "measured" not in field.takes.text}
    assert list(fields) == list(expected) == [key for key in KINDS[name].positional() if key in fields]
    assert {key: None if field.required else field.default for key, field in fields.items()} == expected


def test_what_is_said_of_a_training_itself() -> None:
    said = {
        key: value(number)
        for key, number in re.findall(r"`(\w+): ([\d.]+)`", CHAPTER.split("What else")[1].split("\n")[0])
    }
    assert said == {"batch": 32, "epochs": 10, "seed": 0, "label_smoothing": 0}
    defaults = Train().arguments()
    assert {key: defaults[key] for key in said} == said
    assert [defaults[key] for key in ("clip", "class_weight", "average", "stop")] == [None] * 4
    assert (str(defaults["optimizer"]), [str(one) for one in defaults["schedule"]]) == ("sgd", ["constant"])
    assert all(f"`{key}" in CHAPTER for key in Train.fields())
