"""Whether prepared pictures fit the net, step by step (language.md sections 6 and 8)."""

from __future__ import annotations

import pytest

from tests.elaborate.reading import Reading, read


def prepared(image: str, lines: str, more: str = "") -> Reading:
    """A net that reads `image`, and a data section."""
    return read(f"net A {{\n input image: {image}\n{more}\n output y = image -> relu\n}}\ndata {{\n {lines}\n}}")


@pytest.mark.parametrize(
    ("image", "lines"),
    [
        ("3 x 8 x 9", "prepare: resize(8, 9)"), ("3 x 8 x 8", "prepare: resize(8)"),
        ("1 x 8 x 8", "prepare: resize(8, 8) -> grayscale"), ("3 x 8 x 8", "prepare: grayscale"),
        ("3 x 8 x 8", "prepare: resize(short: 8) -> center_crop(8)"), ("3 x 8 x 8", "prepare: resize(short: 8)"),
        ("3 x 8 x 8", "prepare: invert -> scale(2)"), ("3 x 8 x 8", ""),
        ("3 x 8 x 8", "prepare: resize(10, 10) -> augment\n augment: random_crop(8)\n test: center_crop(8)"),
        ("3 x 8 x 8", "prepare: resize(8, 8) -> augment\n augment: random_crop(8, pad: 2)"),
        ("3 x 8 x 8", "augment: random_resized_crop(8)\n test: ten_crop(8)"),
        ("3 x 8 x 8", "prepare: resize(8, 8)\n augment: random_crop(5)"), ("3 x H x W", "prepare: resize(7, 9)"),
        ("3 x H x W", "prepare: resize(short: 9)"), ("192", "prepare: resize(8, 8)"),
        ("64", "prepare: resize(8, 8) -> grayscale"), ("64", "prepare: resize(8, 8)"),
        ("3 x 8", "prepare: resize(8, 8)"), ("2 x 8 x 8", "prepare: normalize(mean: [1, 2], std: 1) -> resize(8, 8)"),
        ("3 x 8 x 8", "prepare: grayscale -> normalize(mean: [1, 2, 3], std: 1)"),
        ("3 x 8 x 8", "prepare: normalize(mean: 1, std: 1) -> resize(8, 8)"),
        ("3 x 8 x 8", "prepare: normalize(mean: [1, 2, 3], std: [1, 2, 3])"),
        ("3 x 8 x 8", "prepare: normalize(mean: [1], std: [1, 2, 3])"),
        ("3 x 8 x 8", "prepare: resize(10, 10) -> augment -> resize(8, 8)\n augment: random_crop(9)"),
        ("3 x 8 x 8", "prepare: resize(9) -> center_crop(9) -> augment\n augment: random_crop(8)\n test: ten_crop(8)"),
    ],
)  # fmt: skip
def test_pictures_that_fit(image: str, lines: str) -> None:
    assert prepared(image, lines).places == []


@pytest.mark.parametrize(
    ("image", "lines", "wanted"),
    [
        ("3 x 8 x 8", "prepare: resize(8, 9)", ["N509 resize(8, 9)"]),
        ("3 x 8 x 8", "prepare: resize(9, 8)", ["N509 resize(9, 8)"]), ("1 x 8 x 8", "prepare: resize(8, 8)", []),
        ("3 x H x 8", "prepare: resize(8, 7)", ["N509 resize(8, 7)"]),
        ("2 x 8 x 8", "prepare: grayscale -> invert", ["N509 grayscale"]),
        ("2 x 8 x 8", "augment: pca_jitter(0.1)", ["N509 pca_jitter(0.1)"]),
        ("3 x 8 x 8", "prepare: resize(6, 6) -> center_crop(8)", ["N509 center_crop(8)"]),
        ("3 x 8 x 8", "prepare: center_crop(8, 9)", ["N509 center_crop(8, 9)"]),
        ("3 x 8 x 8", "prepare: resize(6, 6) -> augment\n augment: random_crop(9, pad: 1)", [
            "N509 random_crop(9, pad: 1)", "N509 resize(6, 6)",
        ]),
        ("3 x 8 x 8", "prepare: resize(6, 9) -> augment\n augment: random_crop(8, pad: 1)", ["N509 resize(6, 9)"]),
        ("3 x 8 x 8", "prepare: resize(10, 10)\n augment: random_crop(8)", ["N509 resize(10, 10)"]),
        ("3 x 8 x 8", "prepare: resize(10, 10)\n test: center_crop(8)", ["N509 resize(10, 10)"]),
        (
            "3 x 8 x 8", "prepare: resize(10) -> augment\n augment: random_crop(8)\n test: ten_crop(9)",
            ["N509 ten_crop(9)"],
        ),
        ("3 x 8 x 8", "prepare: normalize(mean: [1, 2], std: 1)", ["N509 normalize(mean: [1, 2], std: 1)"]),
        ("3 x 8 x 8", "prepare: normalize([1, 2, 3], [1, 2])", ["N509 normalize([1, 2, 3], [1, 2])"]),
        ("65", "prepare: resize(8, 8)", ["N509 resize(8, 8)"]),
        ("192", "prepare: resize(8, 8) -> grayscale", ["N509 grayscale"]),
        ("3 x 8 x 8", "augment: random_resized_crop(9)", ["N509 random_resized_crop(9)"]),
    ],
)  # fmt: skip
def test_pictures_that_do_not_fit(image: str, lines: str, wanted: list[str]) -> None:
    assert sorted(prepared(image, lines).places) == sorted(wanted)


def test_training_and_use_are_told_apart_where_they_differ() -> None:
    found = prepared(
        "3 x 8 x 8", "prepare: resize(10, 10) -> augment\n augment: random_crop(9)\n test: ten_crop(7)"
    ).problems
    assert [problem.message for problem in found] == [
        "in training pictures come out as 9 x 9, and image reads 3 x 8 x 8",
        "in use pictures come out as 7 x 7, and image reads 3 x 8 x 8",
    ]  # fmt: skip
    found = prepared("3 x 8 x 8", "prepare: resize(10, 10) -> grayscale").problems
    assert [problem.message for problem in found] == ["pictures come out as 1 x 10 x 10, and image reads 3 x 8 x 8"]


def test_units_are_pictures_only_where_they_are_the_one_input() -> None:
    assert prepared("65", "prepare: resize(8, 8)", " input more: 3").places == ["N312 more"]


def test_each_input_is_looked_at() -> None:
    found = read(
        "net A {\n input a: 3 x 8 x 8\n input b: 3 x 9 x 9\n output y = [a -> dense(2), b -> dense(2)] -> add\n}\n"
        "data { prepare: resize(8, 8) }"
    )
    assert [problem.message for problem in found.problems] == ["pictures come out as 8 x 8, and b reads 3 x 9 x 9"]
