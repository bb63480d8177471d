"""What stands in a model is what anybody wrote there: read when it is sound, else an error that says what is wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from netspec.diagnostics import Fault
from netspec.runtime.metadata import LONGEST, Ending, endings, preparation
from netspec.runtime.session import Session

DATA: dict[str, Any] = {"classes": None, "prepare": [{"step": "grayscale"}], "test": None}


def session(**about: Any) -> Session:
    outputs = [SimpleNamespace(name=name, shape=["N", 3]) for name in ("y", "z")]
    return Session(SimpleNamespace(get_outputs=lambda: outputs, get_inputs=list), "cpu", "", about)


def steps(*given: Any) -> dict[str, Any]:
    return {**DATA, "prepare": list(given)}


@pytest.mark.parametrize(
    ("about", "code", "told"),
    [
        ({}, "N708", "does not say how its pictures are prepared"),
        ({"data": []}, "N725", "not a preparation"),
        ({"data": {"prepare": "grayscale"}}, "N725", "not a preparation"),
        ({"data": steps({"step": "blur"})}, "N725", "there is no step blur"),
        ({"data": steps(3)}, "N725", "there is no step 3"),
        ({"data": steps({"step": "mirror"})}, "N725", "training alone"),
        ({"data": steps({"step": "scale", "factor": "x"})}, "N725", "factor"),
        ({"data": steps({"step": "resize", "height": LONGEST + 1, "width": 2})}, "N725", "32,769 pixels a side"),
        ({"data": DATA, "raw_pixels": 1}, "N725", "`raw_pixels` is 1"),
        ({"data": DATA, "version": 2}, "N725", "version 2"),
        ({"data": DATA, "version": True}, "N725", "version True"),
        ({"data": DATA, "version": "1"}, "N725", "version 1"),
    ],
)
def test_a_preparation_that_is_not_sound(about: dict[str, Any], code: str, told: str) -> None:
    with pytest.raises(Fault) as caught:
        preparation(session(**about))
    assert caught.value.code == code
    assert told in caught.value.message


def test_a_sound_one() -> None:
    largest = {"step": "resize", "height": LONGEST, "width": 2, "filter": "bilinear"}
    data = preparation(session(version=1, data=steps({"step": "grayscale"}, largest)))
    assert [step.name for step in data.prepare] == ["grayscale", "resize"]


@pytest.mark.parametrize(
    ("about", "wanted"),
    [
        ({"outputs": {"y": {"end": "softmax", "loss": "cross_entropy"}, "z": {"end": "", "loss": None}}},
         {"y": Ending("softmax", "cross_entropy"), "z": Ending("", None)}),
        ({"outputs": {"y": {"end": "", "loss": None, "windows": [[32, 4], [28, LONGEST]]}}},
         {"y": Ending("", None, ((32, 4), (28, LONGEST)))}),
        ({"outputs": {"other": {"end": "softmax"}}}, {}),  # of no output of this model
        # of an earlier netspec, which told of the first output alone
        ({"end": "softmax"}, {"y": Ending("softmax", "cross_entropy")}),
        ({"end": "log_softmax"}, {"y": Ending("log_softmax", "cross_entropy")}),
        ({"end": "sigmoid"}, {"y": Ending("sigmoid", "binary_cross_entropy")}),
        ({"end": "sigmoid", "loss": "mse"}, {"y": Ending("sigmoid", "mse")}),
        ({"end": "relu"}, {"y": Ending("relu", "mse")}),
        ({}, {"y": Ending("", "cross_entropy")}),
    ],
)  # fmt: skip
def test_ends_and_losses(about: dict[str, Any], wanted: dict[str, Ending]) -> None:
    assert endings(session(**about)) == wanted


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"outputs": []}, "not an object of outputs"),
        ({"outputs": {"y": 3}}, "not an object of outputs"),
        ({"outputs": {"y": {"end": 3, "loss": None}}}, "`end` is 3"),
        ({"outputs": {"y": {"end": "", "loss": "huber"}}}, "a loss huber"),
        ({"outputs": {"y": {"windows": 3}}}, "`windows` are not two lengths"),
        ({"outputs": {"y": {"windows": [[1, 2], [3]]}}}, "`windows` are not two lengths"),
        ({"outputs": {"y": {"windows": [[1, 0]]}}}, "`windows` are not two lengths"),
        ({"outputs": {"y": {"windows": [[1, True]]}}}, "`windows` are not two lengths"),
        ({"outputs": {"y": {"windows": [[LONGEST + 1, 2]]}}}, "`windows` are not two lengths"),
        ({"loss": ["mse"]}, "which this netspec does not know"),
    ],
)
def test_ends_and_losses_that_are_not_sound(about: dict[str, Any], told: str) -> None:
    with pytest.raises(Fault) as caught:
        endings(session(**about))
    assert caught.value.code == "N725"
    assert told in caught.value.message
