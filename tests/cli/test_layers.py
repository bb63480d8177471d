"""netspec layers: every word of a spec, by its group, each with what its class says."""

from __future__ import annotations

import json

import pytest

from netspec import cli
from netspec.ops import OPERATORS
from netspec.settings import Data, Train
from netspec.settings.losses import LOSSES
from netspec.settings.steps import STEPS, TESTS
from netspec.settings.train import OPTIMIZERS, SCHEDULES, STOPS
from netspec.tables.generators import GENERATORS

WORDS = [*OPERATORS, *LOSSES, *OPTIMIZERS, *SCHEDULES, *STOPS, *STEPS, *TESTS, *GENERATORS, *Train.fields(),
         *Data.fields()]  # fmt: skip


def _printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["layers", *words]) == 0
    return capsys.readouterr().out


def test_the_list_has_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(_printed(capsys, "--json"))
    assert set(WORDS) | {"train", "data"} == {name for names in listed.values() for name in names}
    text = _printed(capsys)
    assert [line.partition(": ")[0] for line in text.splitlines()] == list(listed)


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_each_word_is_described(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    for one in json.loads(_printed(capsys, word, "--json")):
        assert one["name"] == word
        assert one["about"]
        assert [argument["name"] for argument in (*one["ordered"], *one["named"]) if not argument["about"]] == []


#: What the papers and language.md say: defaults and how often a word stands for something.
TOLD = [
    ("cosine", ["Loshchilov, Hutter 2017"]),
    (
        "adam",
        ["beta1: a number from 0 to below 1 (default: 0.9)", "beta2: a number from 0 to below 1 (default: 0.999)"],
    ),
    ("patience", ["epochs: a whole number of at least 1\n"]),
    ("cross_entropy", ["numbers of classes, behind softmax or log_softmax"]),
    ("mse", ["arrays of the output's shape"]),
    ("groups", ["n: a whole number\n"]),
    ("random", ["seed: a whole number (default: 0)"]),
    ("batch", ["a setting of train { }", "(default: 32)"]),
    ("scale", ["scale(factor)", "a step of"]),
    ("conv", ["conv(maps, kernel)", "Shape: ", "pad: ", "(default: 0)"]),
]


@pytest.mark.parametrize(("word", "parts"), TOLD)
def test_what_is_told(word: str, parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed(capsys, word)
    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize(
    ("word", "meant"), [("cosin", "cosine"), ("adm", "adam"), ("resiz", "resize"), ("batsh", "batch")]
)
def test_a_wrong_word_is_held_against_all(word: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["layers", word]) == 2
    assert f"did you mean `{meant}`?" in capsys.readouterr().err
