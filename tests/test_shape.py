"""Sizes, from the definitions in language.md section 4, worked out one number at a time."""

from __future__ import annotations

from itertools import product

import pytest

from netspec.shape import (
    MOST_ELEMENTS,
    Dim,
    Free,
    at,
    elements,
    is_free,
    linear,
    numbers,
    padding_behind,
    same,
    show,
    slid,
    window,
)

H = Free("H")


def places(size: int, kernel: int, stride: int, pad: tuple[int, int], dilation: int, ceil: bool) -> int:
    """The windows of a map, one by one, each on map and padding; rounded up, one more that begins before its end."""
    reach, end = dilation * (kernel - 1) + 1, size + pad[0] + pad[1]
    count = sum(start + reach <= end for start in range(0, end, stride))
    if ceil and end >= reach and (end - reach) % stride and count * stride < size + pad[0]:
        count += 1
    return count


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [
    (1, 1, 1), (2, 1, 1), (3, 2, 1), (2, 3, 1), (3, 1, 2), (3, 2, 3), (1, 4, 1),
])  # fmt: skip
def test_windows_are_counted(kernel: int, stride: int, dilation: int, ceil: bool) -> None:
    reach = dilation * (kernel - 1) + 1
    for size, before, behind in product(range(1, 12), range(3), range(3)):
        if size + before + behind >= reach and max(before, behind) < reach:
            wanted = places(size, kernel, stride, (before, behind), dilation, ceil)
            assert window(size, kernel, stride, (before, behind), dilation, ceil) == wanted
            free = window(H, kernel, stride, (before, behind), dilation, ceil)
            assert (free.at({"H": size}) if isinstance(free, Free) else free) == wanted


def test_padding_behind_of_rounding_up() -> None:
    assert [padding_behind(3, stride, 0) for stride in (1, 2, 3, 4)] == [0, 1, 2, 2]
    assert [padding_behind(3, 2, pad) for pad in (0, 1, 2)] == [1, 2, 2]


STEPS = [(1, 0, 1), (1, 1, 2), (2, 0, 1), (1, -2, 1), (3, 1, 2), (1, 2, 3), (1, 0, 4), (2, -1, 4)]


@pytest.mark.parametrize(("first", "second"), list(product(STEPS, STEPS)))
def test_two_steps_of_arithmetic_are_those_of_numbers(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    free = linear(linear(H, *first), *second)
    for size in range(0, 40):
        one = (first[0] * size + first[1]) // first[2]
        two = (second[0] * one + second[1]) // second[2]
        assert linear(linear(size, *first), *second) == two
        assert (free.at({"H": size}) if isinstance(free, Free) else free) == two


@pytest.mark.parametrize(
    ("free", "wanted"),
    [
        (linear(H, 1, 0, 1), H), (linear(linear(H, 1, 2, 1), 1, -2, 1), H), (linear(linear(H, 2, 0, 1), 1, 0, 2), H),
        (linear(linear(H, 1, 0, 2), 1, 0, 2), Free("H", 1, 0, 4)),
        (linear(linear(H, 1, 1, 2), 1, 1, 2), Free("H", 1, 3, 4)),
        (linear(linear(H, 4, 2, 1), 1, 0, 2), Free("H", 2, 1)),
        (linear(linear(H, 1, 0, 2), 2, 0, 1), Free(Free("H", 1, 0, 2), 2)),
        (linear(linear(linear(H, 1, 0, 2), 2, 0, 1), 1, 0, 2), Free("H", 1, 0, 2)),
        (linear(linear(linear(H, 1, 0, 2), 2, 0, 1), 1, 2, 2), Free("H", 1, 2, 2)),
    ],
)  # fmt: skip
def test_sizes_are_kept_in_lowest_form(free: Dim, wanted: Dim) -> None:
    assert free == wanted


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (H, "H"), (Free("H", 2), "2*H"), (Free("H", 1, 3), "H + 3"), (Free("H", 1, -3), "H - 3"),
        (Free("H", 1, 0, 2), "H//2"), (Free("H", 1, 1, 2), "(H + 1)//2"), (Free("H", 3, -1, 2), "(3*H - 1)//2"),
        (Free(Free("H", 1, 0, 2), 2), "2*(H//2)"), (Free(Free("H", 1, 0, 2), 2, 1), "2*(H//2) + 1"),
    ],
)  # fmt: skip
def test_a_free_size_is_written_as_arithmetic(size: Free, text: str) -> None:
    assert str(size) == text


def test_a_shape_is_written_as_in_a_file() -> None:
    assert show((16, 10, 10)) == "16 x 10 x 10"
    assert show((3, H, Free("W", 1, -2))) == "3 x H x (W - 2)"
    assert show((7,)) == "7"


def test_names_and_depth() -> None:
    deep = Free(Free("W", 1, 0, 2), 2)
    assert (H.name, H.depth, deep.name, deep.depth) == ("H", 1, "W", 2)
    assert deep.at({"W": 7, "H": 1}) == 6
    with pytest.raises(KeyError):
        deep.at({"H": 1})


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        (3, 3, True), (3, 4, False), (H, H, True), (H, 3, False), (3, H, False), (H, Free("W"), False),
        (H, Free(Free("H", 1, 0, 2), 2), True), (H, Free("H", 1, 1), False),
        (Free("H", 1, 0, 2), Free("H", 1, 1, 2), True), (H, Free(Free("H", 1, 0, 3), 3), False),
        (H, Free(Free("H", 1, 0, 256), 256), True), (H, Free(Free("H", 1, 0, 512), 512), False),
        (H, Free("H", 1025, 0, 1024), False), (H, Free("H", 1, 255, 1), False),
    ],
)  # fmt: skip
def test_sizes_are_equal_where_they_agree_for_pictures_of_256_512_and_1024(a: Dim, b: Dim, wanted: bool) -> None:
    assert same(a, b) is wanted
    assert same(b, a) is wanted


def test_elements_numbers_and_names() -> None:
    assert elements((3, 4, 5)) == 60
    assert elements((3, H)) is None
    assert elements(()) == 1
    assert (is_free((3, 4)), is_free((3, H))) == (False, True)
    assert numbers((3, 4)) == (3, 4)
    with pytest.raises(ValueError, match="3 x H has a free size"):
        numbers((3, H))
    assert MOST_ELEMENTS == 2**31


def test_names_get_their_numbers() -> None:
    shape = (3, H, Free("W", 1, 0, 2), 5)
    assert at(shape, {"H": 8, "W": 9}) == (3, 8, 4, 5)
    assert at(shape, {"H": 8}) == (3, 8, Free("W", 1, 0, 2), 5)
    assert at(shape, {}) == shape


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (Free("H"), (1, 1)),
        (Free("H", 1, -31, 1), (32, 1)),
        (Free("H", 1, -24, 4), (28, 4)),
        (Free("H", 1, -192, 32), (224, 32)),  # VGG as a convolutional net: ((H // 32) - 7) + 1
        (Free(Free("H", 1, 1, 2), 1, -2, 3), (9, 6)),
        (Free("H", 2), (1, 1)),  # more places than cells
        (Free("H", 1, 0, 2**14), None),
    ],
)
def test_a_window_is_the_least_size_with_a_place_and_its_stride_leads_to_the_next(
    size: Free, wanted: tuple[int, int] | None
) -> None:
    assert slid(size) == wanted
