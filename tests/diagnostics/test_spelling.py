"""The nearest known name: edits counted by hand, and what is too far is not guessed."""

from __future__ import annotations

import pytest

from netspec.diagnostics import did_you_mean, nearest
from netspec.diagnostics.spelling import LONGEST, MOST, distance


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("", "abc", 3),
        ("conv", "conv", 0),
        ("conv", "cony", 1),
        ("conv", "con", 1),
        ("conv", "convs", 1),
        ("conv", "cnov", 1),  # neighbours swapped
        ("ab", "ba", 1),
        ("abcd", "badc", 2),
        ("ca", "abc", 3),  # optimal string alignment: no edit within what was swapped
        ("kitten", "sitting", 3),
        ("sunday", "saturday", 3),
    ],
)
def test_distance(a: str, b: str, edits: int) -> None:
    assert distance(a, b) == distance(b, a) == edits


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("cnov", ["conv", "dense"], "conv"),
        ("RELU", ["relu", "selu"], "relu"),
        ("rel", ["relu"], "relu"),  # one edit in four letters: at most a third, one at least
        ("rxlx", ["relu"], None),
        ("maxpol", ["maxpool"], "maxpool"),
        ("mxpol", ["maxpool"], "maxpool"),  # two in seven
        ("mpol", ["maxpool"], None),
        ("a", ["b"], None),  # of one letter everything is a neighbour
        ("", ["a"], None),
        ("ab", ["a"], "a"),
        ("tanh", ["than", "tahn"], "tahn"),  # of two that are as near and start alike the first by name
        ("celu", ["relu", "cell"], "cell"),  # of equals the one that starts alike
        ("xelu", ["selu", "relu"], "relu"),
        ("a" * (LONGEST + 1), ["a" * LONGEST], None),
        ("a" * LONGEST, ["a" * (LONGEST - 1)], "a" * (LONGEST - 1)),
        ("a" * LONGEST, ["a" * (LONGEST + 1)], None),
        ("abc", [""], None),
    ],
)
def test_nearest(name: str, known: list[str], found: str | None) -> None:
    assert nearest(name, known) == found


def test_only_so_many_names_are_compared() -> None:
    others = [f"q{i:06}" for i in range(MOST)]
    assert nearest("relx", [*others[:-1], "relu"]) == "relu"
    assert nearest("relx", [*others, "relu"]) is None


def test_help_for_an_unknown_name() -> None:
    assert did_you_mean("cnov", ["conv"]) == "did you mean `conv`?"
    assert did_you_mean("other", ["conv"]) == ""
    assert did_you_mean("other", ["conv"], "write something else") == "write something else"
    assert did_you_mean("pooling", ["conv", "maxpool"]).startswith("write which")
    assert did_you_mean("pooling", ["conv", "pooling"]) == "did you mean `pooling`?"
