"""Data from a program: arrays, dicts and examples one by one come to the same; what does not fit is told by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netspec.data.arrays import Examples
from netspec.data.handed import Reader
from netspec.data.sets import Pictures
from netspec.data.targets import Target
from netspec.diagnostics import Fault
from netspec.settings import Data

RNG = np.random.default_rng(0)
X, Y = RNG.random((12, 5, 4)).astype(np.float32), np.arange(12) % 3
CLASSES = Target("label", "cross_entropy", "softmax", (3,))
READER = Reader({"image": (1, 5, 4)}, [CLASSES], Data())
TWO = Reader({"left": (2,), "right": (3,)}, [Target("sum", "mse", "", (1,)), CLASSES], Data())
COLOURS = Reader({"image": (3, 5, 4)}, [CLASSES], Data())


class Tensor:
    """As other libraries' arrays are: no array, but one can be asked for."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.array


#: All of these are the same twelve examples.
SAME: dict[str, Callable[[], Any]] = {
    "a tuple": lambda: (X, Y),
    "with the axis of maps": lambda: (X[:, None], Y),
    "lists": lambda: (list(X), Y.tolist()),
    "a dict": lambda: {"image": X, "label": Y},
    "a column of labels": lambda: (X, Y[:, None]),
    "arrays of others": lambda: (Tensor(X), Tensor(Y)),
    "examples": lambda: zip(X, Y, strict=True),
    "examples in a list": lambda: list(zip(X, Y, strict=True)),
    "examples by name": lambda: ({"image": x, "label": y} for x, y in zip(X, Y, strict=True)),
    "batches": lambda: ((X[at : at + 5, None], Y[at : at + 5]) for at in (0, 5, 10)),
    "batches without the axis of maps": lambda: ((X[at : at + 5], Y[at : at + 5]) for at in (0, 5, 10)),
    "double precision": lambda: (X.astype(np.float64), Y.astype(np.int8)),
}


@pytest.mark.parametrize("form", SAME)
def test_every_form_is_the_same(form: str) -> None:
    part = READER.part(SAME[form](), "train", None)
    assert isinstance(part, Examples)
    np.testing.assert_array_equal(part.arrays["image"][..., 0], X)
    np.testing.assert_array_equal(part.arrays["label"].reshape(-1), Y)


def test_bytes_are_pictures_with_their_maps_last() -> None:
    x = RNG.integers(0, 256, (12, 5, 4, 3)).astype(np.uint8)
    part = COLOURS.part((x, Y), "train", None)
    assert isinstance(part, Pictures)
    np.testing.assert_array_equal(part.images, x)
    first = COLOURS.part((np.moveaxis(x, -1, 1), Y), "train", None)
    assert isinstance(first, Examples)  # maps first, as the spec has them
    np.testing.assert_array_equal(first.arrays["image"], x)
    either = Reader({"image": (3, 5, 3)}, [CLASSES], Data()).part(
        (x[..., :3, :].transpose(0, 3, 1, 2), Y), "train", None
    )
    assert isinstance(either, Examples)  # three maps of width 3: the spec's order holds
    batches = COLOURS.part([(x[:7], Y[:7]), (x[7:], Y[7:])], "train", None)
    assert isinstance(batches, Pictures)
    np.testing.assert_array_equal(batches.images, x)
    single = READER.part([(x[0, :, :, :1], 1), (x[1, :, :, :1], 2)], "train", None)
    assert isinstance(single, Pictures)
    assert [single.labels.tolist(), single.images[1].shape] == [[1, 2], (5, 4, 1)]
    mixed = COLOURS.part(([x[0], x[1, :3], x[2, :, :, 0]], Y[:3]), "train", None)
    assert isinstance(mixed, Pictures)
    assert [image.shape for image in mixed.images] == [(5, 4, 3), (3, 4, 3), (5, 4, 1)]


def test_classes_by_name_have_one_number_in_every_part() -> None:
    names = np.array(["cat", "dog", "bee"])
    parts = READER.parts({"train": (X, names[Y]), "valid": (X[:2], ["dog", "cat"]), "test": (X[:1], ["bee"])}, 0)
    assert getattr(parts.train, "classes", None) == ["bee", "cat", "dog"]
    assert parts.val is not None
    assert parts.test is not None
    assert [part.arrays["label"].tolist() for part in (parts.val, parts.test) if isinstance(part, Examples)] == [
        [2, 1],
        [0],
    ]
    with pytest.raises(Fault, match=r"the val data have a class cow, and there are bee, cat, dog"):
        READER.parts({"train": (X, names[Y]), "val": (X[:1], ["cow"])}, 0)


def test_a_fifth_is_held_out_only_where_nothing_else_judges() -> None:
    alone = READER.parts((X, Y), 3)
    assert alone.val is not None
    assert len(alone.train) + len(alone.val) == 12
    tested = READER.parts({"train": (X, Y), "test": (X, Y)}, 3)
    assert (len(tested.train), tested.val) == (12, None)


NAN = X.copy()
NAN[7, 2, 1] = np.nan
#: What is handed over, and what must be told of it.
WRONG: dict[str, tuple[Any, list[str]]] = {
    "a shape": ((X[:, :4], Y), ["image", "12 x 1 x 4 x 4", "1 x 5 x 4"]),
    "lengths": ((X, Y[:5]), ["image has 12", "label has 5"]),
    "nothing": ((X[:0], Y[:0]), ["image has 0"]),
    "a name": ({"imag": X, "label": Y}, ["imag", "did you mean `image`?"]),
    "an input": ({"label": Y}, ["nothing for input image"]),
    "an empty dict": ({}, ["nothing for input image"]),
    "no number": ((NAN, Y), ["image", "nan", "row 7"]),
    "infinite": ((X.astype(np.float64) * 1e40, Y), ["image", "row"]),
    "texts": ((X.astype(str), Y), ["image", "texts"]),
    "objects": ((np.array([{}] * 12), Y), ["image", "object"]),
    "complex": ((X + 1j, Y), ["complex"]),
    "an int": (5, ["int", "(x, y)"]),
    "a used iterator": (iter(()), ["empty"]),
    "rows of arrays": ([X, Y], ["example 0", "a tuple (x, y)"]),
    "shapes that differ": (([X[0], X[1, :3]], Y[:2]), ["different shapes", "5 x 4", "3 x 4"]),
    "maps of labels that differ": (
        ([np.zeros((5, n), np.uint8) for n in (4, 5)], [np.zeros(n, int) for n in (4, 5)]),
        ["image", "different shapes", "5 x 4", "5 x 5"],
    ),
    "a part": ({"train": (X, Y), "tset": (X, Y)}, ["tset", "train, val and test"]),
    "examples that differ": ([(X[0], 1), {"image": X[1]}], ["example 1", "image, label"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_told_by_name(what: str) -> None:
    value, parts = WRONG[what]
    with pytest.raises(Fault) as caught:
        READER.parts(value, 0)
    assert caught.value.code == "N707"
    assert [part for part in parts if part not in caught.value.line] == []


def test_maps_last_are_told_how_to_be_turned() -> None:
    with pytest.raises(Fault) as caught:
        COLOURS.part((RNG.random((12, 5, 4, 3)), Y), "train", None)
    assert caught.value.help == "maps come first: `image.transpose(0, 3, 1, 2)`"


@pytest.mark.parametrize("maps", [2, 4])
def test_a_map_of_transparency_is_told(maps: int) -> None:
    see_through = RNG.integers(0, 256, (12, 9, 8, maps), np.uint8)
    for reader in (COLOURS, READER):
        with pytest.raises(Fault, match=f"array image of the train data is 12 x 9 x 8 x {maps} of uint8") as caught:
            reader.part((see_through, Y), "train", None)
        assert f"`image[..., :{maps - 1}]`" in caught.value.help
        with pytest.raises(Fault, match=f"a picture of image of the train data is 9 x 7 x {maps} of uint8"):
            reader.part(([*see_through[:, :, 1:, 0], see_through[0, :, 1:]], [*Y, Y[0]]), "train", None)
    assert len(COLOURS.part((RNG.integers(0, 256, (12, 3, 5, 4), np.uint8), Y), "train", None)) == 12


def test_one_picture_is_not_many_of_three_columns() -> None:
    for reader in (COLOURS, READER):
        with pytest.raises(Fault, match=r"array image of the given data is 50 x 40 x 3 of uint8") as caught:
            reader.part((np.zeros((50, 40, 3), np.uint8), {}), "given", None)
        assert caught.value.help == "give one example as `image[None]`"
    for reader, one in ((COLOURS, np.zeros((3, 5, 4))), (READER, np.zeros((5, 4)))):
        with pytest.raises(Fault, match="along the first axis"):
            reader.part((one, {}), "given", None)
    assert len(READER.part((np.zeros((7, 50, 40), np.uint8), {}), "given", None)) == 7


def test_several_inputs_and_outputs_go_by_name() -> None:
    given = {"left": X[:, 0, :2], "right": X[:, 1, :3], "sum": X[:, 0, 0], "label": Y}
    part = TWO.part(given, "train", None)
    assert isinstance(part, Examples)
    assert {name: array.shape for name, array in part.arrays.items()} == {
        "left": (12, 2), "right": (12, 3), "sum": (12,), "label": (12,),
    }  # fmt: skip
    with pytest.raises(Fault, match="the net reads left, right"):
        TWO.part((X, Y), "train", None)
