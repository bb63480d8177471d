"""Which way a convolution is run, on both sides of every threshold that `conv/choose.py` names; which way a layer of
units is."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.engine.kernel import last
from netspec.engine.kernels import METHODS, convolution, possible, shape_key
from netspec.engine.kernels.conv.choose import RULES, chosen
from netspec.engine.kernels.conv.convolution import Convolution
from netspec.engine.kernels.dense import choose
from netspec.shape import numbers
from netspec.tables.generators import band, random
from tests.engine.kernels.cases import case


def plain(shape: tuple[int, ...], maps: int, kernel: Any, **more: Any) -> Convolution:
    """The convolution by patches."""
    found = case("conv", shape, maps=maps, kernel=kernel, **more)
    (node,) = found.graph().nodes
    made = convolution(found.op, [last(shape)], last(numbers(node.shape)), found.graph().local_weights(node))
    assert made is not None
    return made


ROWS: list[tuple[str, tuple[int, ...], int, Any, dict[str, Any]]] = [
    # 32 pairs of maps, where products are narrow
    ("tiles of 4", (4, 8, 8), 8, 5, {"pad": 2}),
    ("tiles of 2", (4, 6, 6), 8, 5, {"pad": 2}),
    ("patches", (4, 7, 7), 8, 5, {"pad": 2}),
    ("tiles of 2", (3, 8, 8), 11, 5, {"pad": 2}),
    # few maps into many
    ("tiles of 2", (8, 8, 8), 11, 5, {"pad": 2}),
    ("patches", (9, 8, 8), 9, 5, {"pad": 2}),
    ("tiles of 2", (2, 8, 8), 64, 5, {"pad": 2}),
    ("patches", (2, 8, 8), 65, 5, {"pad": 2}),
    # along rows alone up to 1,024 pairs
    ("winograd by rows", (32, 8, 8), 32, 3, {"pad": 1}),
    ("winograd", (32, 8, 8), 33, 3, {"pad": 1}),
    # 90 pairs, three maps on each side
    ("winograd", (3, 8, 8), 30, 5, {"pad": 2}),
    ("tiles of 2", (3, 8, 8), 29, 5, {"pad": 2}),
    ("winograd", (30, 8, 8), 3, 5, {"pad": 2}),
    ("patches", (45, 8, 8), 2, 5, {"pad": 2}),
    ("winograd", (3, 16, 16), 8, 5, {"pad": 2, "stride": 2}),
    ("tiles of 4", (3, 8, 8), 8, 5, {"pad": 2}),
    # 49 positions and three taps, where the transformed kernel is more to move
    ("patches", (40, 7, 7), 40, 3, {"pad": 1}),
    ("winograd", (40, 5, 10), 40, 3, {"pad": 1}),
    ("winograd", (40, 8, 8), 40, 4, {"pad": 1}),
    # 2 ** 18 pairs of a group, where products are all that counts
    ("winograd", (512, 7, 7), 512, 3, {"pad": 1}),
    ("patches", (511, 7, 7), 512, 3, {"pad": 1}),
    ("patches", (512, 7, 7), 2048, 3, {"pad": 1, "groups": 4}),
    # strides: more than two taps in a plane, or groups
    ("patches", (16, 32, 32), 16, 4, {"stride": 2}),
    ("winograd", (16, 32, 32), 16, 5, {"stride": 2}),
    ("patches", (16, 32, 32), 16, 3, {"stride": 2}),
    ("winograd", (16, 32, 32), 16, 3, {"stride": 2, "groups": 4}),
    # more rows than Winograd's seven
    ("winograd", (9, 18, 9), 40, (7, 3), {}),
    ("patches of rows", (9, 18, 9), 40, (8, 3), {}),
    ("tiles of 2", (4, 14, 10), 20, (7, 3), {}),
    ("tiles of 4", (4, 15, 10), 20, (8, 3), {}),
    ("tiles of 4", (4, 15, 10), 40, (8, 3), {}),
    ("patches of rows", (4, 16, 10), 65, (8, 3), {}),
    ("patches of rows", (5, 15, 10), 65, (8, 3), {}),
    # a map each
    ("regions", (40, 8, 8), 40, 3, {"groups": 40, "pad": 1}),
    # a sixteenth of a table, 64 maps on each side
    ("blocks of a table", (64, 9, 9), 64, 3, {"pad": 1, "table": (64, 64, 4)}),
    ("winograd", (64, 9, 9), 64, 3, {"pad": 1, "table": (64, 64, 5)}),
    ("winograd", (63, 9, 9), 64, 3, {"pad": 1, "table": (63, 64, 3)}),
    ("winograd", (64, 9, 9), 63, 3, {"pad": 1, "table": (64, 63, 3)}),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_first_way(row: tuple[str, tuple[int, ...], int, Any, dict[str, Any]]) -> None:
    first, shape, maps, kernel, more = row
    if "table" in more:
        inputs, outputs, fan_in = more["table"]
        more = {**more, "table": random("sparse", inputs, outputs, fan_in, 1)}
    assert possible(plain(shape, maps, kernel, **more))[0] == first


@pytest.mark.parametrize(
    ("shape", "kernel", "points"), [((7, 7), 3, 4 * 4), ((5, 10), 3, 6 * 6), ((7, 7), 4, 7 * 7), ((7, 7), 2, 3 * 3)]
)
def test_tiles_of_few_positions_have_two_results(shape: tuple[int, int], kernel: int, points: int) -> None:
    found = plain((2, *shape), 3, kernel, pad="same")
    bound = METHODS["winograd"](found.op, found.xs, found.y, found.weights)
    assert dict(bound.prepared())["u"] == (points, 1, 2, 3)


def test_every_way_is_first_for_some_shape() -> None:
    assert {row[0] for row in ROWS} == set(METHODS) == {kind.method for kind, _ in RULES}


def test_what_was_measured_goes_before_the_rules_if_it_is_able() -> None:
    found = plain((32, 8, 8), 32, 3, pad=1)
    key = shape_key(found)
    assert chosen(found, False, {}).method == "winograd by rows"
    assert chosen(found, False, {key: "tiles of 4"}).method == "tiles of 4"
    assert chosen(found, False, {key: "regions"}).method == "winograd by rows"
    assert chosen(found, False, {key: "of another version"}).method == "winograd by rows"


def test_layers_that_are_used_twice_have_gradients_of_one_shape() -> None:
    found = plain((32, 8, 8), 32, 3, pad=1)
    assert chosen(found, True, {}).method == possible(found)[1]
    assert chosen(found, True, {shape_key(found): "winograd by rows"}).method != "winograd by rows"


@pytest.mark.parametrize(
    ("other", "same"),
    [({"pad": 0}, False), ({"stride": 2}, False), ({"groups": 2}, False), ({"dilation": 2, "pad": 2}, False),
        ({"bias": False}, True)],
)  # fmt: skip
def test_a_key_says_all_that_speed_depends_on(other: dict[str, Any], same: bool) -> None:
    one, two = plain((4, 8, 8), 4, 3, pad=1), plain((4, 8, 8), 4, 3, **{"pad": 1, **other})
    assert (shape_key(one) == shape_key(two)) == same


def test_a_layer_of_units_in_blocks() -> None:
    assert choose.kind(None, 2**30).__name__ == "Plain"
    thin = random("sparse", 256, 256, 2, 1)
    assert choose.kind(thin, 256 * 256 - 1).__name__ == "Spread"
    # neighbours: blocks of 8 outputs read 12 inputs, far less than half the cells
    assert choose.kind(band("sparse", 256, 256, 5), 256 * 256).__name__ == "Blocks"
    # half of the inputs anywhere: any block reads nearly all inputs
    assert choose.kind(random("sparse", 256, 256, 128, 1), 256 * 256).__name__ == "Spread"
