"""A state written and read is the same one, and what was changed or torn is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np
import pytest

from netspec.engine.training.checkpoint import Place, State

PLACE = Place(2, 3, 19, 1.5, 4, 6, 8, 0.25, 1, (0.5, 0.75, 2), {"y": (1.5, 4, 6), "z": (0.5, 0, 0)})
STATE = State(
    PLACE,
    {"y/dense.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "y/dense.bias": np.ones(2, np.float32)},
    {"momentum": {"y/dense.weight": np.full((2, 3), 0.5, np.float32)},
        "average": {"y/dense.bias": np.zeros(2, np.float32)}},
)  # fmt: skip


def test_what_is_written_is_read() -> None:
    arrays, told = STATE.arrays(), json.loads(json.dumps(STATE.to_json()))
    assert set(arrays) == {
        "weights/y/dense.weight", "weights/y/dense.bias", "momentum/y/dense.weight", "average/y/dense.bias"
    }  # fmt: skip
    found = State.read(arrays, told)
    assert found.place == PLACE
    assert set(found.weights) == set(STATE.weights) and set(found.kept) == {"momentum", "average"}
    for path, array in STATE.weights.items():
        assert np.array_equal(found.weights[path], array)
    assert np.array_equal(found.kept["momentum"]["y/dense.weight"], STATE.kept["momentum"]["y/dense.weight"])


def test_a_first_place_is_read_too() -> None:
    first = State(Place(), STATE.weights, {})
    assert first.place.best == inf
    assert State.read(first.arrays(), json.loads(json.dumps(first.to_json()))).place == first.place


def changed(**fields: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(arrays: dict[str, Any], told: dict[str, Any]) -> None:
        told["place"].update(fields)

    return change


def array(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(arrays: dict[str, Any], told: dict[str, Any]) -> None:
        arrays[name] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed(loss="1"), changed(best=None), changed(schedule=3), changed(more=1), changed(heads={"y": 2}),
        changed(epoch=3), changed(loss=1.25), changed(heads={}),
        lambda arrays, told: told["place"].pop("schedule"),
        lambda arrays, told: told.pop("sum"),
        lambda arrays, told: told.pop("place"),
        lambda arrays, told: told.update(sum=told["sum"] ^ 1),
        array("weights/y/dense.bias", np.array([1, 1.0000001], np.float32)),
        array("weights/y/dense.bias", np.ones(2, np.float64)),
        array("weights/y/dense.bias", np.ones((1, 2), np.float32)),
        array("weights/another", np.ones(2, np.float32)),
        lambda arrays, told: arrays.pop("momentum/y/dense.weight"),
    ],
)  # fmt: skip
def test_what_is_not_the_state_is_refused(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> None:
    arrays, told = STATE.arrays(), json.loads(json.dumps(STATE.to_json()))
    change(arrays, told)
    with pytest.raises((KeyError, TypeError, ValueError)):
        State.read(arrays, told)


@pytest.mark.parametrize("value", [-1, 1.0, "1", None])
@pytest.mark.parametrize("field", ["epoch", "step", "steps", "right", "count", "seen", "waited"])
def test_what_counts_is_a_whole_number_from_0(field: str, value: Any) -> None:
    found = State(replace(PLACE, **{field: value}), STATE.weights, STATE.kept)
    with pytest.raises(ValueError, match="its place is none"):
        State.read(found.arrays(), found.to_json())


@pytest.mark.parametrize("field", ["loss", "best"])
def test_losses_are_numbers(field: str) -> None:
    found = State(replace(PLACE, **{field: "1"}), STATE.weights, STATE.kept)
    with pytest.raises(ValueError, match="its place is none"):
        State.read(found.arrays(), found.to_json())
    whole = State(replace(PLACE, **{field: 1}), STATE.weights, STATE.kept)
    assert State.read(whole.arrays(), whole.to_json()).place == whole.place


def test_a_state_of_before_there_were_several_outputs_is_read() -> None:
    told = State(Place(), STATE.weights, {}).to_json()
    arrays = State(Place(), STATE.weights, {}).arrays()
    assert told["place"].pop("heads") == {}
    assert State.read(arrays, told).place == Place()


def test_the_order_of_arrays_does_not_matter() -> None:
    told = json.loads(json.dumps(STATE.to_json()))
    assert State.read(dict(reversed(STATE.arrays().items())), told).place == PLACE
