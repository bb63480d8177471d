"""How many images go together: the rules of docs and comments with numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from netspec.engine.planning import chunks
from netspec.engine.planning.plan import Call
from tests.engine.nets import graph


@dataclass
class Shape:
    """As much of a kernel as is asked here: what enters and leaves, workspace for one image and for each further
    one."""

    xs: list[tuple[int, ...]]
    y: tuple[int, ...]
    fixed: int = 0
    growing: Mapping[str, int] = field(default_factory=dict)

    def scratch(self, n: int) -> dict[str, tuple[int, ...]]:
        return {"fixed": (self.fixed,)} | {name: (n, size) for name, size in self.growing.items()}


#: Nothing has weights here.
PLAIN = graph("input x: 4", "output y = x -> tanh")


@pytest.mark.parametrize(
    ("shape", "images"),
    [
        (Shape([(2**10,)], (2**10,)), 2**9),  # 2**11 numbers an image
        (Shape([(2**10,), (2**10,)], (2**11,)), 2**8),
        (Shape([(1,)], (2**20,)), 1),  # 2**20 + 1 numbers: not even one, and yet one
        (Shape([(2**19,)], (2**19,)), 1),
        (Shape([(2**18,)], (2**18,), fixed=2**30), 2),  # workspace that does not grow counts not
        (Shape([(2**10,)], (2**10,), growing={"t": 2**11}), 2**8),
        (Shape([(2**10,)], (2**10,), growing={"t": 2**10, "u": 2**10}), 2**8),
        (Shape([(0,)], (0,)), 2**20),
    ],
)
def test_images_whose_numbers_fit_the_cache(shape: Shape, images: int) -> None:
    assert chunks.images_of(PLAIN, shape, PLAIN.nodes[0], 2**20) == images  # type: ignore[arg-type]


@pytest.mark.parametrize(("inputs", "images"), [(2**9, 2**10), (2**9 + 1, 2**10 + 2), (2**10, 2**11)])
def test_a_layer_with_many_weights_takes_so_many_images_that_they_are_read_seldom(inputs: int, images: int) -> None:
    # twice the weights, where those are more than 2**20, over 2**10 numbers an image
    net = graph(f"input x: {inputs}", f"output y = x -> dense({2**10}, bias: false)")
    assert chunks.images_of(net, Shape([(2**9,)], (2**9,)), net.nodes[0], 2**20) == images  # type: ignore[arg-type]


def levels(sizes: Mapping[str, int], *lines: str, batch: int = 256) -> list[int]:
    net = graph(*lines)
    images = {node.name: sizes.get(node.name, 1) for node in net.nodes}
    found = chunks.levels_of(net, images, batch)
    return [found[node.name] for node in net.nodes]


HEAVY = "dense(512, bias: false)"  # 2**18 weights exactly


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [(64, 64, 0), (64, 17, 0), (64, 16, 1), (64, 255, 0), (64, 256, 1), (1, 256, 1)],
)
def test_a_heavy_layer_of_other_chunks_begins_a_level(first: int, second: int, level: int) -> None:
    sizes = {"y/dense": first, "y/dense_2": second}
    assert levels(sizes, "input x: 512", f"output y = x -> {HEAVY} -> {HEAVY}") == [0, level]


@pytest.mark.parametrize(("units", "level"), [(511, 0), (512, 1)])
def test_how_many_weights_are_heavy(units: int, level: int) -> None:
    # 513 * 511 is one less than 2**18
    lines = "input x: 16", f"output y = x -> dense({1024 - units}) -> dense({units}, bias: false)"
    assert levels({"y/dense": 1, "y/dense_2": 64}, *lines) == [0, level]


def test_light_layers_stay_with_what_they_read() -> None:
    sizes = {"y/dense": 1, "y/dense_2": 64, "y/tanh": 1, "y/dense_3": 1, "y/dense_4": 64}
    lines = "input x: 512", f"output y = x -> {HEAVY} -> {HEAVY} -> tanh -> dense(4) -> dense(512, bias: false)"
    assert levels(sizes, *lines) == [0, 1, 1, 1, 1]


def test_levels_are_counted_on() -> None:
    sizes = {"y/dense": 4, "y/dense_2": 64, "y/dense_3": 4, "y/dense_4": 64}
    assert levels(sizes, "input x: 512", f"output y = x -> {HEAVY} -> {HEAVY} -> {HEAVY} -> {HEAVY}") == [0, 1, 2, 3]


def test_no_chunk_is_larger_than_the_batch() -> None:
    lines = "input x: 512", f"output y = x -> {HEAVY} -> {HEAVY}"
    assert levels({"y/dense": 64, "y/dense_2": 1024}, *lines, batch=128) == [0, 0]  # 64 and 128, not 1,024
    assert levels({"y/dense": 64, "y/dense_2": 1024}, *lines, batch=256) == [0, 1]


def test_the_first_layer_with_weights_decides_and_none_before_it() -> None:
    sizes = {"y/tanh": 1, "y/dense": 64, "y/dense_2": 64}
    assert levels(sizes, "input x: 512", f"output y = x -> tanh -> {HEAVY} -> {HEAVY}") == [0, 0, 0]
    sizes["y/dense"] = 4  # light, and yet it has weights
    assert levels(sizes, "input x: 512", "output y = x -> tanh -> dense(400) -> dense(700)") == [0, 0, 1]


def test_a_join_stands_in_the_latest_level_that_it_reads() -> None:
    sizes = {"a/dense": 1, "b/dense": 64, "y/concat": 1, "y/dense": 64}
    lines = "input x: 512", f"a = x -> {HEAVY}", f"b = a -> {HEAVY}", "output y = [a, b] -> concat -> dense(2)"
    assert levels(sizes, *lines) == [0, 1, 1, 1]


PICTURE = "input x: 2 x 4 x 4", "output y = x -> conv(3, 3) -> dense(2)"


def cut(batch: int, *least: int, lines: tuple[str, ...] = PICTURE) -> tuple[list[int], int]:
    """Sizes of the chunks of the first phase, and the parts; phases hold one layer that wants so many images each."""
    net = graph(*lines)
    phases = [[Call("forward", f"n{i}")] for i in range(len(least))]
    found, parts = chunks.cut(net, phases, {f"n{i}": images for i, images in enumerate(least)}, batch)
    for bounds in found:
        assert [start for start, _ in bounds] == [0, *(end for _, end in bounds[:-1])] and bounds[-1][1] == batch
    return [end - start for start, end in found[0]], parts


@pytest.mark.parametrize(
    ("batch", "images", "sizes"),
    [
        (8, 8, [4, 4]),  # two at least, for two workers
        (8, 100, [4, 4]),
        (8, 4, [4, 4]),
        (9, 4, [2, 2, 2, 3]),  # three would do: a multiple of the four parts
        (9, 3, [2, 2, 2, 3]),
        (16, 4, [4] * 4),
        (17, 4, [2, 2, 2, 2, 2, 2, 2, 3]),  # five become eight
        (1, 1, [1]),
        (3, 1, [1, 1, 1]),  # no more than there are images
        (2, 1, [1, 1]),
    ],
)
def test_chunks_of_a_phase(batch: int, images: int, sizes: list[int]) -> None:
    assert sorted(cut(batch, images)[0]) == sorted(sizes)


def test_the_layer_that_wants_fewest_decides() -> None:
    net = graph(*PICTURE)
    calls = [[Call("forward", "a"), Call("forward", "b"), Call("loss", "y")]]
    (found,), _ = chunks.cut(net, calls, {"a": 8, "b": 2}, 8)
    assert len(found) == 4
    (found,), _ = chunks.cut(net, [[Call("loss", "y")]], {"a": 8}, 8)  # a loss wants nothing
    assert len(found) == 2


@pytest.mark.parametrize(("units", "parts"), [(1023, 4), (1024, 2)])
def test_large_nets_sum_gradients_in_two_parts_and_small_ones_in_four(units: int, parts: int) -> None:
    # 1025 * 1023 is one less than 2**20
    lines = f"input x: {2048 - units} x 1 x 1", f"output y = x -> conv({units}, 1, bias: false)"
    assert cut(64, 1, lines=lines)[1] == parts
    assert len(cut(9, 3, lines=lines)[0]) == 4


@pytest.mark.parametrize(("batch", "images", "parts"), [(64, 64, 2), (64, 16, 4), (1, 1, 1), (3, 1, 3)])
def test_no_more_parts_than_chunks(batch: int, images: int, parts: int) -> None:
    assert cut(batch, images)[1] == parts
    assert cut(batch, 64, images)[1] == (max(parts, 2) if batch > 1 else 1)  # the phase of most chunks counts


@pytest.mark.parametrize(("batch", "count"), [(256, 1), (257, 4), (2, 1)])
def test_units_alone_run_in_one_piece_up_to_a_bound(batch: int, count: int) -> None:
    assert len(cut(batch, 100, lines=("input x: 4", "output y = x -> dense(3)"))[0]) == count
    assert len(cut(batch, 100)[0]) == (2 if batch == 2 else 4)


@pytest.mark.parametrize(
    ("numbers", "length"),
    [(1, 2**13), (2**16, 2**13), (2**16 + 1, 2**13 + 1), (2**20 - 1, 2**17), (2**20, 2**17), (2**24, 2**17)],
)
def test_an_eighth_of_the_weights_is_updated_at_a_time_within_bounds(numbers: int, length: int) -> None:
    assert chunks.stretch_length(numbers) == length
