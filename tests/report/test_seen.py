"""What a layer sees of the input, as a picture."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from netspec.net import load, loads
from netspec.report.drawing import Look, draw_net
from netspec.report.seen import drawn, seen

LENET = Path(__file__).parents[2] / "specs" / "lenet5.net"


def test_the_middle_unit_sees_a_window_in_the_middle() -> None:
    """C3: 5 + (2 - 1) + (5 - 1) * 2 = 14 pixels, every 2 (Dumoulin, Visin 2016); unit 5 of 10 begins at pixel 10."""
    found = seen(load(LENET).graph, "C3")
    assert found is not None
    assert (found.input, found.sizes) == ("image", (32, 32))
    assert (found.field.size, found.field.stride, found.start) == ((14, 14), (2, 2), (10, 10))
    assert [row.text for row in found.texts] == ["14 × 14 of 32 × 32", "its neighbour (dashed): 2 × 2 further"]


def test_what_sees_all_sees_all() -> None:
    found = seen(load(LENET).graph, "F6")
    assert found is not None and found.field.everything and found.start == (0, 0)
    assert [row.text for row in found.texts] == ["all of image"]


def test_the_picture_has_the_input_the_field_and_its_neighbour() -> None:
    found = seen(load(LENET).graph, "C3")
    assert found is not None
    wide, high, lines = drawn(found)
    boxes = [ElementTree.fromstring(line).attrib for line in lines if line.startswith("<rect")]
    image, field, neighbour = ({key: float(box[key]) for key in ("x", "y", "width", "height")} for box in boxes)
    pixel = image["width"] / 32
    assert image["width"] == image["height"] <= wide and image["y"] + image["height"] <= high
    assert field["width"] / pixel == pytest.approx(14, abs=0.01)
    assert (field["x"] - image["x"]) / pixel == pytest.approx(10, abs=0.01)
    assert (neighbour["x"] - field["x"]) / pixel == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(("shape", "planes"), [("2 x 9", 1), ("2 x 9 x 7", 1), ("2 x 5 x 9 x 7", 2)])
def test_sequences_pictures_and_volumes(shape: str, planes: int) -> None:
    net = loads(
        f"netspec 1\nnet A {{\n input x: {shape}\n a = x -> conv(2, 3, pad: 1)\n output y = a -> dense(2)\n}}\n"
    )
    found = seen(net.graph, "a")
    assert found is not None
    assert sum(line.startswith("<rect") for line in drawn(found)[2]) == 3 * planes


@pytest.mark.parametrize(
    "body", ["input x: 9\n output y = x -> dense(3)", "input x: 1 x H x W\n output y = x -> conv(1, 3)"]
)
def test_nets_without_places_or_sizes_have_no_picture(body: str) -> None:
    assert seen(loads(f"netspec 1\nnet A {{\n {body}\n}}\n").graph, "y") is None


def test_boxes_that_hold_the_layer_are_marked() -> None:
    net = load(LENET)
    for name in ("C3", "C3/tanh"):
        svg = draw_net(net.graph, Look(seen=seen(net.graph, name), legend=False)).svg
        marked = [e for e in ElementTree.fromstring(svg).iter() if e.attrib.get("stroke-width") == "2"]
        assert len(marked) == 1
