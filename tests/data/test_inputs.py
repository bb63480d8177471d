"""Prepared examples as inputs of a net: shapes that fit, grey spread over three maps,
units in the order of maps first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netspec.data.inputs import as_input, each, numbers, single
from netspec.diagnostics import Fault

X = np.arange(24).reshape(2, 2, 3, 2)
GREY = X[..., :1]


@pytest.mark.parametrize(
    ("images", "shape", "result"),
    [
        (X, (2, 2, 3), X),
        (X, (2, None, None), X),
        (X, (12,), np.moveaxis(X, -1, 1).reshape(2, 12)),  # units are counted map by map, as in onnx
        (GREY, (3, 2, 3), np.repeat(GREY, 3, axis=-1)),
        (GREY, (3, None, 3), np.repeat(GREY, 3, axis=-1)),
        ([np.repeat(GREY[0], 3, axis=-1), GREY[1]], (3, 2, 3), np.repeat(GREY, 3, axis=-1)),
        (X[:, 0, 0], (2,), X[:, 0, 0]),
        (X[:, 0], (2, 3), X[:, 0]),
    ],
)
def test_what_a_net_reads(images: Any, shape: tuple[int | None, ...], result: Any) -> None:
    found = as_input(images, shape)
    np.testing.assert_array_equal(found, result)
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("images", "shape", "message", "advice"),
    [
        (X, (2, 3, 2), "a prepared picture is 2 x 2 x 3, but the net reads 2 x 3 x 2",
         "end `prepare` with what is missing: `resize(h, w)`, `grayscale`"),
        (X, (2, 2, 2), "a prepared picture is 2 x 2 x 3, but the net reads 2 x 2 x 2",
         "end `prepare` with what is missing: `resize(h, w)`, `grayscale`"),
        (X, (3, None, 3), "a prepared picture is 2 x 2 x 3, but the net reads 3 x any x 3",
         "end `prepare` with what is missing: `resize(h, w)`, `grayscale`"),
        (X, (11,), "a prepared picture is 2 x 2 x 3, but the net reads 11",
         "end `prepare` with what is missing: `resize(h, w)`, `grayscale`"),
        (GREY, (2, 2, 3), "a prepared picture is 1 x 2 x 3, but the net reads 2 x 2 x 3",
         "end `prepare` with what is missing: `resize(h, w)`, `grayscale`"),
        (X[:, 0], (2, 4), "a prepared example is 2 x 3, but the net reads 2 x 4", ""),
        (X[:, 0], (2, 3, 1), "a prepared example is 2 x 3, but the net reads 2 x 3 x 1", ""),
        ([X[0], X[1, :1]], (2, 2, 3), "the pictures have different sizes after their preparation",
         "add `resize(h, w)` to `prepare`"),
        ([GREY[0], X[1]], (2, 2, 3), "the pictures have different sizes after their preparation",
         "add `resize(h, w)` to `prepare`"),
    ],
)  # fmt: skip
def test_what_it_does_not_read(images: Any, shape: tuple[int | None, ...], message: str, advice: str) -> None:
    with pytest.raises(Fault) as caught:
        as_input(images, shape)
    assert (caught.value.code, caught.value.message, caught.value.help) == ("N703", message, advice)


def test_pictures_of_one_size_become_one_array_and_no_pictures_stay_a_list() -> None:
    assert isinstance(each([X[0], X[1]], lambda image: image), np.ndarray)
    assert isinstance(each([X[0], X[1, :1]], lambda image: image), list)
    assert each([], lambda image: image) == []
    assert isinstance(numbers([X[0], X[1]], lambda image: image), list)
    assert numbers(X, lambda array: array) is X


def test_single_precision_is_not_copied() -> None:
    array = np.zeros(3, np.float32)
    assert single(array) is array
    assert single(np.zeros(3)).dtype == np.float32
