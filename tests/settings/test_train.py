"""What a training takes: bounds, what is a loss, a schedule or a stop, multiples and values by hand,
and how it is written."""

from __future__ import annotations

from math import cos, log, pi
from typing import Any

import numpy as np
import pytest

from netspec.settings import LOSSES, OPTIMIZERS, SCHEDULES, Arguments, Train
from netspec.settings.arguments import Refused, Word, of_class, past_single
from netspec.settings.losses import Loss, takes_labels
from netspec.settings.train import (
    Adam,
    AdamW,
    Constant,
    Cosine,
    Optimizer,
    Patience,
    Plateau,
    Poly,
    RmsProp,
    Schedule,
    Sgd,
    Step,
    Stop,
    Warmup,
)

BELOW_1 = 1 - 2**-53
TINY = 2.0**-126  # the least number that single precision holds with all of its digits
TOP = 3.4028234e38


@pytest.mark.parametrize(
    ("kind", "argument", "good", "bad"),
    [
        (Sgd, "rate", [TINY, TOP, 1], [0, -0.1, 1e-39, 1e39, "0.1", True, None]),
        (Sgd, "momentum", [0, BELOW_1], [1, -1e-9, float("nan")]),
        (Sgd, "nesterov", [True, False], [0, 1, "true"]),
        (Sgd, "decay", [0, TOP], [-1e-9, float("inf")]),
        (Adam, "beta1", [0, BELOW_1], [1]), (Adam, "beta2", [0, BELOW_1], [1]), (Adam, "epsilon", [TINY], [0]),
        (AdamW, "decay", [0], [-1]),
        (RmsProp, "smoothing", [0, BELOW_1], [1]), (RmsProp, "momentum", [0, BELOW_1], [1]),
         (RmsProp, "epsilon", [TINY], [0]),
        (Step, "every", [1, None], [0, 1.5, True]), (Step, "at", [[], [0, 3], None], [[-1], [1.5], 3]),
         (Step, "factor", [TINY], [0]),
        (Plateau, "patience", [1], [0, 1.5]), (Plateau, "factor", [TINY], [0]),
        (Warmup, "epochs", [0.5], [0]), (Poly, "power", [0.5], [0]), (Patience, "epochs", [1], [0, 2.5]),
        (Train, "batch", [1], [0, 2.5]), (Train, "epochs", [1], [0]), (Train, "seed", [0, 2**64], [-1]),
        (Train, "clip", [TINY, None], [0, -1]), (Train, "label_smoothing", [0, BELOW_1], [1]),
         (Train, "class_weight", ["balanced", [1.0, 2.5], [0.0, 1.0], None],
          ["even", [], [0.0, 0], [1, -1], 2, [True], (1, 2)]),
         (Train, "average", [0, BELOW_1, None], [1, -0.1]),
        (Train, "optimizer", [Adam()], [Constant(), "sgd", None]),
         (Train, "schedule", [(Cosine(),), (Warmup(epochs=1), Poly())], [Cosine(), (Sgd(),)]),
        (Train, "stop", [Patience(epochs=1), None], [Constant(), 3]),
         (Train, "loss", [{}, {"": "mse"}], ["mse", {1: "mse"}]),
    ],
)  # fmt: skip
def test_bounds(kind: type[Arguments], argument: str, good: list[Any], bad: list[Any]) -> None:
    given = {"epochs": 1} if kind is Warmup or kind is Patience else {}
    for value in good:
        assert getattr(kind(**{**given, argument: value}), argument) == value
    for value in bad:
        with pytest.raises(Refused) as caught:
            kind(**{**given, argument: value})
        assert list(caught.value.reasons) == [argument]


@pytest.mark.parametrize(
    ("schedule", "times", "by_end"),
    [  # at epochs, of a schedule that runs from 2 to 10
        (Constant(), {2: 1, 10: 1}, False),
        (Step(every=3, factor=0.5), {2.9: 1, 3: 0.5, 5.9: 0.5, 6: 0.25}, False),
        (Step(), {0.9: 1, 1: 0.1, 2: 0.01}, False),
        (Step(at=[3, 5], factor=0.1), {2.9: 1, 3: 0.1, 4.9: 0.1, 5: 0.01}, False),
        (Plateau(), {2: 1, 10: 1}, False),
        (Cosine(), {2: 1, 4: 0.5 * (1 + cos(pi / 4)), 6: 0.5, 10: 0, 12: 0}, True),
        (Poly(power=2.0), {2: 1, 6: 0.25, 8: 0.0625, 10: 0, 12: 0}, True),
        (Warmup(epochs=4), {2: 0, 3: 0.25, 5: 0.75, 6: 1, 7: 1}, False),
    ],
    ids=str,
)
def test_multiples(schedule: Schedule, times: dict[float, float], by_end: bool) -> None:
    assert {at: schedule.multiple(at, 2, 10) for at in times} == pytest.approx(times)
    assert type(schedule).by_end is by_end


def test_a_schedule_of_no_length_is_at_its_end_behind_its_first_moment() -> None:
    assert [Cosine().multiple(at, 3, 3) for at in (3, 3.1)] == [1, 0]


@pytest.mark.parametrize(("epochs", "waited", "ends"), [(5, 4, False), (5, 5, True), (5, 6, True), (1, 0, False)])
def test_patience_ends_a_training_once_the_loss_has_not_fallen_for_so_long(
    epochs: int, waited: int, ends: bool
) -> None:
    assert Patience(epochs=epochs).ends(waited) is ends


def test_what_only_says_that_there_is_one_does_nothing_by_default() -> None:
    with pytest.raises(NotImplementedError):
        Schedule().multiple(0, 0, 1)
    with pytest.raises(NotImplementedError):
        Stop().ends(0)
    with pytest.raises(NotImplementedError):
        Loss().value(Given(), 0)
    assert Loss().right(Given(), 0) is None
    with pytest.raises(Refused, match="rate is missing"):
        Optimizer()  # type: ignore[call-arg]


class Given:
    """Answers as they are, with what logarithms make of them (settings.losses.Answers)."""

    def __init__(self, *rows: list[float]) -> None:
        self.values = np.array(rows)

    def log(self) -> Any:
        return np.log(self.values)

    def log_opposite(self) -> Any:
        return np.log(1 - self.values)

    def at(self, array: Any, labels: Any) -> Any:
        return np.take_along_axis(array, labels[..., None], axis=-1)


@pytest.mark.parametrize(
    ("loss", "answers", "target", "value", "right"),
    [
        ("cross_entropy", Given([0.25, 0.75], [0.5, 0.5]), [0, 1], [[log(4)], [log(2)]], [False, False]),
        # class 1: 1 + 0.5 − 2 < 0, and 1 + 1.5 − 2 = 0.5, over 3 classes; then class 0 against 1 and 1.25
        ("hinge", Given([0.5, 2.0, 1.5], [0.0, 0.0, 0.25]), [1, 0], [0.5 / 3, 2.25 / 3], [True, False]),
        ("mse", Given([1.0, -2.0]), [[3.0, -2.5]], [[4.0, 0.25]], None),
        ("mae", Given([1.0, -2.0]), [[3.0, -2.5]], [[2.0, 0.5]], None),
        ("binary_cross_entropy", Given([0.25, 0.75]), [[1.0, 1.0]], [[log(4), -log(0.75)]], [[False, True]]),
        ("binary_cross_entropy", Given([0.25, 0.75]), [[0.0, 0.25]],
         [[-log(0.75), -0.25 * log(0.75) - 0.75 * log(0.25)]], [[True, False]]),
    ],
)  # fmt: skip
def test_losses_by_hand(loss: str, answers: Given, target: Any, value: Any, right: Any) -> None:
    found, kind = LOSSES[loss].value(answers, np.array(target)), LOSSES[loss]
    np.testing.assert_allclose(np.asarray(found).reshape(np.shape(value)), value, rtol=1e-12)
    seen = kind.right(answers, np.array(target))
    assert (None if seen is None else seen.tolist()) == right


def test_what_targets_a_loss_reads_and_which_layers_belong_to_it() -> None:
    assert {name: takes_labels(name) for name in LOSSES} == {
        "cross_entropy": True, "hinge": True, "mse": False, "mae": False, "binary_cross_entropy": False,
    }  # fmt: skip
    ends = {name: loss.ends for name, loss in LOSSES.items() if loss.ends}
    assert ends == {"cross_entropy": ("softmax", "log_softmax"), "binary_cross_entropy": ("sigmoid",)}


def test_a_training_is_written_as_a_file_would_write_it() -> None:
    settings = Train(
        loss={"": "mse"}, optimizer=Sgd(rate=0.1, nesterov=True), schedule=(Warmup(epochs=2), Cosine()),
         stop=Patience(epochs=3),
        average=0.5,
    )  # fmt: skip
    assert settings.to_json() == {
        "loss": {"": "mse"}, "optimizer": "sgd(rate: 0.1, nesterov: true)", "schedule": "warmup(epochs: 2.0) -> cosine",
        "batch": 32, "epochs": 10, "seed": 0, "clip": None, "label_smoothing": 0.0, "class_weight": None,
         "average": 0.5,
         "stop": "patience(epochs: 3)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("same", Word("same")), (" gaussian(0.01) ", Word("gaussian", (0.01,))),
         ("uniform(1, -2,)", Word("uniform", (1.0, -2.0))),
        ("pad()", Word("pad")), (Word("x", (1,)), Word("x", (1,))), ("2x", None), ("a b", None), ("a(b)", None),
         (3, None), ("", None), ("größe", Word("größe")),
    ],
)  # fmt: skip
def test_words(value: object, word: Word | None) -> None:
    assert Word.read(value) == word


def test_a_word_is_written_with_what_it_carries() -> None:
    assert str(Word("same")) == "same"
    assert str(Word("gaussian", (0.01,), {"seed": 3})) == "gaussian(0.01, seed: 3)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-39, ", from the 1.2e-38 of single precision on,"), (-1e-39, ", from the 1.2e-38 of single precision on,"),
         (0, ""), (TINY, ""),
        (1e39, ", up to the 3.4e38 of single precision,"), (-1e39, ", up to the 3.4e38 of single precision,"),
         (3.4e38, ""), ("word", ""),
        (Word("gaussian", (1e39,)), ", up to the 3.4e38 of single precision,"),
         (Word("a", (1.0, 1e-40)), ", from the 1.2e-38 of single precision on,"),
        (Word("constant", ("x",)), ""),
    ],
)  # fmt: skip
def test_what_is_added_of_numbers_that_single_precision_does_not_hold(value: object, text: str) -> None:
    assert past_single(value) == text


def test_a_rule_is_that_of_the_class_or_the_nearest_above_and_never_a_default() -> None:
    rules = {Adam: "adam", Sgd: "sgd"}
    assert of_class(rules, AdamW()) == of_class(rules, Adam()) == "adam"
    assert of_class({**rules, AdamW: "adamw"}, AdamW()) == "adamw"
    with pytest.raises(TypeError, match="RmsProp has no rule among Adam, Sgd"):
        of_class(rules, RmsProp())


def test_which_schedules_depend_on_the_number_of_epochs() -> None:
    assert {name for name, kind in SCHEDULES.items() if kind.by_end} == {"cosine", "poly"}


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=list(OPTIMIZERS))
def test_every_optimiser_has_what_the_engine_reads_of_all(kind: type[Optimizer]) -> None:
    assert kind.positional()[0] == "rate"
    assert "decay" in kind.fields()
