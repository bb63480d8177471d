"""Arrays of a part: where they lie, which are read, that maps become the last axis, and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.data import arrays
from netspec.data.arrays import Examples, checked, has_arrays, read_arrays
from netspec.data.batches import check, expected, known, sources
from netspec.data.digest import digest
from netspec.data.images import PLAIN
from netspec.data.needs import Needs
from netspec.data.parts import read_parts
from netspec.data.sets import Pictures
from netspec.data.targets import Target, targets
from netspec.diagnostics import Fault
from netspec.settings import Data

Array = np.ndarray[Any, np.dtype[Any]]
X = np.arange(24.0).reshape(2, 3, 2, 2)


def save(folder: Path, packed: bool, **given: Array) -> None:
    if packed:
        np.savez(folder / "train.npz", **given)
        return
    (folder / "train").mkdir()
    for name, array in given.items():
        np.save(folder / "train" / f"{name}.npy", array)


@pytest.mark.parametrize("packed", [True, False])
def test_arrays_by_name_with_maps_last(packed: bool, tmp_path: Path) -> None:
    assert not has_arrays(tmp_path, "train")
    save(tmp_path, packed, x=X, sound=X[:, 0], flat=X[:, 0, 0], y=np.array([1, 0]), unused=np.zeros(7))
    assert has_arrays(tmp_path, "train") and not has_arrays(tmp_path, "test")
    found = read_arrays(tmp_path, "train", ["x", "sound", "flat", "y", "more"])
    assert len(found) == 2
    np.testing.assert_array_equal(found.arrays["x"], X.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(found.arrays["sound"], X[:, 0].swapaxes(1, 2))
    np.testing.assert_array_equal(found.arrays["flat"], X[:, 0, 0])
    assert found.arrays["y"].tolist() == [1, 0]
    assert set(found.arrays) == {"x", "sound", "flat", "y"}


def test_of_many_arrays_twenty_are_named(tmp_path: Path) -> None:
    save(tmp_path, True, **{f"a{number:02}": np.zeros(1) for number in range(25)})
    with pytest.raises(Fault, match=r" has a00, .*, a19, but the net has x$"):
        read_arrays(tmp_path, "train", ["x"])


def test_a_file_of_arrays_comes_before_a_folder_of_them(tmp_path: Path) -> None:
    save(tmp_path, False, x=X)
    save(tmp_path, True, x=X + 1)
    assert read_arrays(tmp_path, "train", ["x"]).arrays["x"][0, 0, 0, 0] == 1


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("given", "message", "advice"),
    [
        ({"a": X}, "the train data in {} has a, but the net has x, y",
         "name each array after the input or output that it is for"),
        ({"x": np.float32(3)}, "array x of the train data is a single float32, not one row per example", ""),
        ({"x": X, "y": np.zeros(3)}, "the arrays of the train data have 2 x, 3 y",
         "give each array one row for every example"),
        ({"x": np.zeros((0, 3))}, "the arrays of the train data have 0 x", "give each array one row for every example"),
    ],
)  # fmt: skip
def test_what_does_not_fit(packed: bool, given: dict[str, Array], message: str, advice: str, tmp_path: Path) -> None:
    save(tmp_path, packed, **given)
    with pytest.raises(Fault) as caught:
        read_arrays(tmp_path, "train", ["x", "y"])
    assert (caught.value.code, caught.value.message, caught.value.help) == ("N707", message.format(tmp_path), advice)


@pytest.mark.parametrize("row", [0, 1, 2, 6])
@pytest.mark.parametrize("wrong", [np.nan, -np.inf, 3.5e38, -3.5e38])
def test_a_number_that_is_not_finite_is_found_in_whichever_slice(
    row: int, wrong: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "SLICE", 4)  # two rows of two
    x = np.full((7, 2), 3.4e38)
    save(tmp_path, True, x=x)
    assert len(read_arrays(tmp_path, "train", ["x"])) == 7
    x[row, 1] = wrong
    save(tmp_path, True, x=x)
    with pytest.raises(Fault) as caught:
        read_arrays(tmp_path, "train", ["x"])
    assert caught.value.message == f"array x of the train data has {wrong} in row {row}"
    assert caught.value.help == "numbers must be finite in single precision"


#: Each of an output's loss and shape, what the data gives, and what the loss reads or the message that says why not.
GIVEN: list[tuple[Target, Array | None, Any]] = [
    (Target("y", "cross_entropy", "softmax", (3,)), np.array([2, 0]), [2, 0]),
    (Target("y", "cross_entropy", "softmax", (2, 2, 3)), np.arange(8).reshape(2, 2, 2) % 3,
     (np.arange(8).reshape(2, 2, 2) % 3).tolist()),
    (Target("y", "hinge", "", (3,)), np.array([[2], [0]], np.uint8), [2, 0]),
    (Target("y", "mse", "", (3,)), np.array([2, 0]), [[0, 0, 1], [1, 0, 0]]),
    (Target("y", "mse", "", (1, 1, 3)), np.array([2, 0]), [[[[0, 0, 1]]], [[[1, 0, 0]]]]),
    (Target("y", "mse", "", (1,)), np.array([2, 0]), [[2], [0]]),
    (Target("y", "mae", "", (1, 1, 1)), np.array([[0.5], [1.5]]), [[[[0.5]]], [[[1.5]]]]),
    (Target("y", "mse", "", (2,)), np.array([[0.5, 1], [2, 3]]), [[0.5, 1], [2, 3]]),
    (Target("y", "cross_entropy", "softmax", (3,)), np.array([3, 0]), "the data has a class 3, but output y gives 3"),
    (Target("y", "mse", "", (3,)), np.array([3, 0]), "the data has a class 3, but output y gives 3"),
    (Target("y", "hinge", "", (3,)), np.array([-1, 0]), "the data has a class -1"),
    (Target("y", "hinge", "", (3,)), np.array([1.0, 0]),
     "the data has float64 numbers of 1 for output y, but hinge reads whole ones of 1"),
    (Target("y", "hinge", "", (3,)), np.array([[1, 0]]),
     "the data has int64 numbers of 2 for output y, but hinge reads whole ones of 1"),
    (Target("y", "mse", "", (3,)), np.array([1.0, 0]),
     "the data has float64 numbers of 1 for output y, but mse reads real ones of 3"),
    (Target("y", "mae", "", (3, 2)), np.zeros((2, 2, 3)),
     "the data has float64 numbers of 2 x 3 for output y, but mae reads real ones of 3 x 2"),
    (Target("y", "mse", "", (3,)), None, "the data has nothing for output y"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "given", "answer"), GIVEN)
def test_targets_as_losses_read_them(target: Target, given: Array | None, answer: Any) -> None:
    if isinstance(answer, str):
        with pytest.raises(Fault) as caught:
            target.of(given, {})
        assert (caught.value.code, caught.value.message) == ("N707", answer)
        return
    found = target.of(given, {})
    assert found.tolist() == answer
    assert target.loss in ("cross_entropy", "hinge") or found.dtype == np.float32


def test_help_for_targets() -> None:
    for given, advice in (
        (np.array([7, 0]), "count classes from 0 to 2"),
        (np.array([-1, 0]), "count classes from 0"),
        (None, "add an array called y, with what it should answer"),
    ):
        with pytest.raises(Fault) as caught:
            Target("y", "cross_entropy", "softmax", (3,)).of(given, {})
        assert caught.value.help == advice


def test_an_auto_encoder_is_held_against_its_input_unless_an_array_says_otherwise() -> None:
    target = Target("y", "mse", "", (2, 2, 3), rebuilds=True)
    inputs = {"x": np.arange(24.0, dtype=np.float32).reshape(2, 2, 2, 3)}
    for given in (None, np.array([1, 0])):  # classes of pictures say nothing of what is rebuilt
        np.testing.assert_array_equal(target.of(given, inputs), inputs["x"])
    np.testing.assert_array_equal(target.of(inputs["x"] + 1, inputs), inputs["x"] + 1)


@pytest.mark.parametrize(
    ("loss", "inputs", "rebuilds"),
    [
        ("mse", [(3, 4, 5)], True), ("binary_cross_entropy", [(3, 4, 5)], True), ("cross_entropy", [(3, 4, 5)], False),
        ("mse", [(3, 5, 4)], False), ("mse", [(3, 4, 5), (3, 4, 5)], False),
    ],
)  # fmt: skip
def test_what_rebuilds_its_input(loss: str, inputs: list[tuple[int, ...]], rebuilds: bool) -> None:
    (found,) = targets({"y": loss}, {"y": (3, 4, 5), "z": (1,)}, {"y": "conv", "z": "dense"}, inputs)
    assert found == Target("y", loss, "conv", (4, 5, 3), rebuilds)


def test_a_free_size_of_an_output_is_not_known() -> None:
    (found,) = targets({"y": "mse"}, {"y": (3, "H", 5)}, {"y": "conv"}, [(1,)])
    assert found.shape == (0, 5, 3)


def test_what_an_input_and_an_output_read_of_the_data() -> None:
    pictures, examples = Pictures(np.zeros((2, 1, 1, 1)), np.array([3, 4])), Examples({"a": X, "y": np.array([5, 6])})
    assert sources(pictures, ["x"])["x"] is pictures.images
    assert sources(examples, ["a"])["a"] is X
    assert known(pictures, "anything") is pictures.labels
    assert known(examples, "y") is examples.arrays["y"] and known(examples, "z") is None
    for part, names, message, advice in (
        (pictures, ["a", "b"], "pictures in folders are for a net with one input, but this net has a, b",
         "give `train.npz` and `test.npz`, with an array for each input and output"),
        (examples, ["a", "b"], "the data has nothing for input b", "add an array called b, with what it reads"),
    ):  # fmt: skip
        with pytest.raises(Fault) as caught:
            sources(part, names)
        assert (caught.value.code, caught.value.message, caught.value.help) == ("N707", message, advice)


def test_all_labels_are_looked_at_before_the_first_step_and_one_row_of_others() -> None:
    classes = Target("y", "cross_entropy", "softmax", (3,))
    with pytest.raises(Fault, match="class 7"):
        check(Examples({"y": np.array([0] * 99 + [7])}), [classes])
    check(Examples({"y": np.array([0] * 99 + [2])}), [classes])
    with pytest.raises(Fault, match="nothing for output y"):
        check(Examples({"x": np.zeros(3)}), [classes])
    check(Examples({"x": np.zeros(3)}), [Target("y", "mse", "", (1,), rebuilds=True)])
    with pytest.raises(Fault, match="reads real ones of 2"):
        check(Examples({"y": np.zeros((5, 3))}), [Target("y", "mse", "", (2,))])


def test_what_each_output_should_answer() -> None:
    part = Examples({"y": np.array([5, 6, 7]), "z": np.array([[0.5], [1.5], [2.5]])})
    both = [Target("y", "hinge", "", (8,)), Target("z", "mse", "", (1,))]
    found = expected(part, both, np.array([2, 0]), {})
    assert {name: array.tolist() for name, array in found.items()} == {"y": [7, 5], "z": [[2.5], [0.5]]}


@pytest.mark.parametrize("kind", ["i8", "f8"])
def test_labels_of_places_have_no_maps_whatever_they_are(kind: str) -> None:
    found = checked({"x": np.zeros((2, 3, 4, 5)), "y": np.zeros((2, 4, 5), kind)}, "train", labels=["y"])
    assert {name: array.shape for name, array in found.arrays.items()} == {"x": (2, 4, 5, 3), "y": (2, 4, 5)}


def test_a_digest_is_of_all_that_is_in_a_part() -> None:
    images, labels = np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1), np.array([0, 1, 2])
    first = digest(Pictures(images, labels))
    assert first == digest(Pictures(images.copy(), labels.copy()))
    others = [
        Pictures(images + 1, labels), Pictures(images, labels[::-1]), Pictures(images[:2], labels[:2]),
         Pictures(images.reshape(3, 4, 1, 1), labels),
        Pictures(images.astype(np.int8), labels), Pictures(list(images), labels), Examples({"images": images}),
         Examples({"x": images, "labels": labels}),
    ]  # fmt: skip
    assert len({first, *map(digest, others)}) == len(others) + 1
    assert digest(Examples({"a": labels, "b": images})) == digest(Examples({"b": images, "a": labels}))
    assert digest(Examples({"images": images, "labels": labels})) == first  # the same numbers, wherever they came from


def test_both_parts_of_a_folder_read_the_same_names(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", x=X, y=np.array([1, 0]))
    np.savez(tmp_path / "test.npz", x=X[:1], y=np.array([1]))
    parts = read_parts(tmp_path, Data(), Needs({"x": (1,), "y": (1,)}), 0, PLAIN)
    train, test = parts.train, parts.test
    assert (len(train), len(test)) == (2, 1)
