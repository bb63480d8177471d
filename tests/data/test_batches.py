"""Batches of a training set: every example once an epoch, in another order each time;
what they hold and what is measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import pytest

from netspec.data.arrays import Examples
from netspec.data.batches import Batches, prepared
from netspec.data.measured import measured
from netspec.data.sets import Pictures
from netspec.data.targets import Target
from netspec.diagnostics import Fault
from netspec.settings import Data, steps

Array = np.ndarray[Any, np.dtype[Any]]
TARGET = Target("y", "cross_entropy", "softmax", (30,))


def batches(count: int = 23, data: Data | None = None, seed: int = 1) -> Batches:
    """Pictures of one number, which is their place and their class."""
    images = np.arange(count, dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Batches(Pictures(images, np.arange(count)), data or Data(), {"x": (1, 1, 1)}, [TARGET], seed)


def order(given: Batches, epoch: int, batch: int, first: int = 0) -> list[list[int]]:
    found = []
    for inputs, targets in given.epoch(epoch, batch, first):
        assert inputs["x"].dtype == np.float32 and inputs["x"].ravel().tolist() == targets["y"].ravel().tolist()
        found.append(targets["y"].ravel().tolist())
    return found


@pytest.mark.parametrize(
    ("batch", "sizes"),
    [(1, [1] * 23), (5, [5, 5, 5, 5, 3]), (22, [22, 1]), (23, [23]), (24, [23]), (100, [23])],
)
def test_every_example_once_an_epoch_and_the_rest_last(batch: int, sizes: Sequence[int]) -> None:
    found = order(batches(), 0, batch)
    assert [len(part) for part in found] == list(sizes)
    assert sorted(chain.from_iterable(found)) == list(range(23))


@pytest.mark.parametrize("data", [Data(), Data(prepare=(steps.Augment(),), augment=(steps.RandomCrop(size=1),))])
def test_the_order_is_another_in_each_epoch_and_for_each_seed(data: Data) -> None:
    def flat(seed: int, epoch: int) -> tuple[int, ...]:
        return tuple(chain.from_iterable(order(batches(data=data, seed=seed), epoch, 5)))

    orders = [flat(seed, epoch) for seed in (1, 2) for epoch in range(4)]
    assert len(set(orders)) == 8
    assert tuple(range(23)) not in orders
    assert flat(2, 3) == orders[-1]  # and the same for the same ones


@pytest.mark.slow
def test_the_order_is_fair() -> None:
    """Over 800 epochs each of 5 examples comes first equally often, to four standard deviations."""
    given = batches(5)
    firsts = np.bincount([order(given, epoch, 1)[0][0] for epoch in range(800)], minlength=5) / 800
    assert firsts == pytest.approx([0.2] * 5, abs=4 * (0.2 * 0.8 / 800) ** 0.5)


def test_an_epoch_goes_on_where_it_was_left() -> None:
    whole = order(batches(), 2, 5)
    assert order(batches(), 2, 5, first=3) == whole[3:]


def test_what_stands_before_the_augmentation_is_done_once_and_the_rest_behind_it() -> None:
    data = Data(
        prepare=(steps.Scale(factor=10.0), steps.Augment(), steps.Normalize(mean=1.0, std=2.0)),
        augment=(steps.Mirror(),),
    )
    given = batches(data=data)
    assert np.asarray(given.held["x"]).ravel().tolist() == [10.0 * n for n in range(23)]
    (result, _), *_ = given.epoch(0, 23)
    assert sorted(result["x"].ravel().tolist()) == [(10 * n - 1) / 2 for n in range(23)]


def test_the_mean_of_each_map_is_measured_behind_the_steps_before_it() -> None:
    images = [np.full((2, 3, 3), (1, 2, 3), np.uint8), np.full((4, 6, 3), (11, 22, 33), np.uint8)]
    data = Data(prepare=(steps.Scale(factor=2.0), steps.Subtract(what="mean"), steps.Scale(factor=100.0)))
    found = measured(data, Pictures(images, np.array([0, 1])), ["x"])
    mean = [2 * (6 * a + 24 * b) / 30 for a, b in ((1, 11), (2, 22), (3, 33))]  # by picture element, not by picture
    assert found.prepare[1].arguments() == {"what": "mean", "value": pytest.approx(mean)}
    kept = measured(found, Pictures(images[:1], np.array([0])), ["x"])
    assert kept == found  # what was measured once stays


def test_the_mean_is_of_the_whole_set_though_it_is_read_in_slices() -> None:
    images = np.zeros((1025, 1, 1, 1), np.uint8)
    images[1024:] = 205
    found = measured(Data(prepare=(steps.Subtract(what="mean"),)), Pictures(images, np.zeros(1025, np.int64)), ["x"])
    assert found.prepare[0].arguments()["value"] == pytest.approx([0.2])


def test_a_test_set_is_prepared_in_slices_that_give_each_example_once() -> None:
    images = np.arange(1300, dtype=np.int64).reshape(-1, 1, 1, 1).astype(np.float32)
    parts = list(prepared(Pictures(images, np.arange(1300) % 30), Data(), {"x": (1, 1, 1)}, [TARGET]))
    assert [len(targets["y"]) for _, targets in parts] == [512, 512, 276]
    np.testing.assert_array_equal(np.concatenate([inputs["x"].ravel() for inputs, _ in parts]), np.arange(1300))
    ten = Data(test=steps.TenCrop(size=1))
    parts = list(prepared(Pictures(images, np.arange(1300) % 30), ten, {"x": (1, 1, 1)}, [TARGET]))
    assert all(len(inputs["x"]) == 10 * len(targets["y"]) for inputs, targets in parts)
    assert [len(targets["y"]) for _, targets in parts[:2]] == [51, 51]  # as many inputs at a time, at most
    assert sum(len(targets["y"]) for _, targets in parts) == 1300


def test_arrays_are_not_augmented() -> None:
    with pytest.raises(Fault, match="`augment` changes pictures, but the data are arrays") as caught:
        Batches(Examples({"x": np.zeros((3, 2))}), Data(augment=(steps.Mirror(),)), {"x": (2,)}, [], 0)
    assert caught.value.code == "N707"


def test_a_picture_of_another_size_is_told_before_the_first_step() -> None:
    with pytest.raises(Fault, match="a prepared picture is 1 x 1 x 1, but the net reads 1 x 2 x 2"):
        Batches(Pictures(np.zeros((3, 1, 1, 1), np.uint8), np.zeros(3, np.int64)), Data(), {"x": (1, 2, 2)}, [], 0)
