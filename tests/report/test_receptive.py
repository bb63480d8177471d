"""Receptive fields worked out by hand: size, stride and offset of what a layer sees (Dumoulin, Visin 2016)."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.graph import Graph
from netspec.net import load
from netspec.report.receptive import Field, fields


def graph(folder: Path, layers: str, inputs: str = "3 x 64 x 64") -> Graph:
    path = folder / "a.net"
    path.write_text(f"netspec 1\nnet A {{\n    input x: {inputs}\n    {layers}\n}}\n", encoding="utf-8")
    return load(path).graph


def last(folder: Path, layers: str, inputs: str = "3 x 64 x 64") -> Field:
    found = graph(folder, f"output y = x -> {layers}", inputs)
    return fields(found)[found.nodes[-1].name]


def square(size: float, stride: float, offset: float) -> Field:
    return Field((size, size), (stride, stride), (offset, offset))


#: Layers, and what the last one sees: size, stride, offset of the first.
CASES = [
    ("conv(4, 3)", 3, 1, 0),
    ("conv(4, 3, pad: 1)", 3, 1, -1),
    ("conv(4, 3) -> conv(4, 3)", 5, 1, 0),  # two 3 x 3 see what one 5 x 5 sees
    ("conv(4, 3) -> conv(4, 3) -> conv(4, 3)", 7, 1, 0),
    ("conv(4, 3, stride: 2) -> conv(4, 3)", 7, 2, 0),  # 3 + 2 · 2
    ("conv(4, 3, dilation: 2)", 5, 1, 0),
    ("conv(4, 3, dilation: 2, pad: 2) -> conv(4, 3, stride: 3)", 7, 3, -2),
    ("maxpool(2) -> maxpool(2)", 4, 4, 0),
    ("conv(6, 5) -> subsample(2) -> conv(16, 5)", 14, 2, 0),  # LeNet-5 up to C3: 5, 6, 6 + 4 · 2
    ("conv(4, 11, stride: 4) -> maxpool(3, stride: 2)", 19, 8, 0),  # AlexNet's first: 11 + 2 · 4
    ("maxpool(2) -> conv(4, 3, pad: 1)", 6, 2, -2),  # 2 + 2 · 2, one padded step of 2 before
    ("relu -> norm -> dropout(0.5)", 1, 1, 0),
    ("upsample(2)", 1, 0.5, 0),
    ("conv(4, 3) -> upsample(2) -> conv(4, 3)", 4, 0.5, 0),  # 3 + 2 · 1/2
    ("pad(2) -> conv(4, 3)", 3, 1, -2),
    ("deconv(4, 2, stride: 2)", 1, 0.5, 0),  # each output has one input
    ("deconv(4, 3)", 3, 1, -2),  # its first output is only the first input's, and lies at the end of its field
    ("deconv(4, 3, pad: 2)", 3, 1, 0),  # as conv(4, 3)
    ("deconv(4, 4, stride: 2, pad: 1)", 2, 0.5, -1),
    ("maxpool(2) -> deconv(4, 4, stride: 2, pad: 1)", 4, 1, -2),
    ("crop(60) -> conv(4, 3)", 3, 1, 2),
]


@pytest.mark.parametrize(("layers", "size", "stride", "offset"), CASES)
def test_by_hand(layers: str, size: float, stride: float, offset: float, tmp_path: Path) -> None:
    assert last(tmp_path, layers) == square(size, stride, offset)


@pytest.mark.parametrize("layer", ["dense(3)", "global_avgpool", "flatten", "rbf(3)"])
def test_what_sees_all_of_its_input_sees_the_whole_picture(layer: str, tmp_path: Path) -> None:
    found = last(tmp_path, f"conv(2, 3) -> {layer}")
    assert found.everything
    assert found.texts() == ("all", "", "")


def test_axes_are_counted_apart(tmp_path: Path) -> None:
    found = last(tmp_path, "conv(4, 5x3, stride: 1x2) -> conv(4, 3x1)")
    assert (found.size, found.stride) == ((7.0, 3.0), (1.0, 2.0))
    assert found.texts() == ("7 x 3", "1 x 2", "0 x 0")


def test_branches_that_meet_see_what_both_see(tmp_path: Path) -> None:
    branches = "a = x -> conv(4, 3, pad: 1)\n    b = x -> conv(4, 7, pad: 3)\n    output y = [a, b] -> concat"
    assert fields(graph(tmp_path, branches))["y/concat"] == square(7, 1, -3)


def test_branches_beside_each_other_see_from_the_first_to_the_last_cell(tmp_path: Path) -> None:
    branches = "a = x -> pad(3) -> conv(4, 7)\n    b = x -> conv(4, 7) -> pad(3)\n    output y = [a, b] -> concat"
    # a's first sees -3 to 4; b's first stands at -3 in the pixels of x, and sees -3 to 4 too
    assert fields(graph(tmp_path, branches))["y/concat"] == square(7, 1, -3)
    apart = "a = x -> crop(56)\n    b = x -> conv(3, 9)\n    output y = [a, b] -> concat"
    # a's first is pixel 4, b's sees 0 to 9
    assert fields(graph(tmp_path, apart))["y/concat"] == square(9, 1, 0)


@pytest.mark.parametrize(
    ("size", "told"),
    [(64, "y/conv sees the whole picture"), (63, "y/conv sees 63 x 63 of 64 x 64: not the whole picture")],
)
def test_the_verdict(size: int, told: str, tmp_path: Path) -> None:
    found = graph(tmp_path, f"output y = x -> conv(1, {size})")
    assert fields(found)["y/conv"].verdict("y/conv", found) == told


def test_a_free_size_is_never_seen_whole(tmp_path: Path) -> None:
    found = graph(tmp_path, "output y = x -> conv(1, 9)", "3 x H x 9")
    assert fields(found)["y/conv"].verdict("y/conv", found) == "y/conv sees 9 x 9 of H x 9: not the whole picture"
