"""A net as its figure tells it: what stands in one box, what is folded, what is drawn once for many."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from netspec.net import Net, load
from netspec.report.figure import Item, base, blocks, figure, layer_text
from netspec.report.layout import LINE, _apart, place, rows, text_width


def net(folder: Path, body: str, before: str = "") -> Net:
    path = folder / "a.net"
    path.write_text(f"netspec 1\n{before}\nnet A {{\n    input x: 4 x 16 x 16\n    {body}\n}}\n", encoding="utf-8")
    return load(path)


def top(folder: Path, body: str, before: str = "", opened: frozenset[str] = frozenset()) -> list[Item]:
    """The boxes of the net itself, without its input."""
    return [item for item in figure(net(folder, body, before).graph, opened).net.items if item.family != "input"]


UNIT = "block unit(n) { in -> residual { conv(n, 3, pad: 1) -> relu -> conv(n, 3, pad: 1) } -> relu }"


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ("conv(8, 3)", "conv(8, 3)"),
        ("conv(8, 3, stride: 2, pad: 1)", "conv(8, 3, stride: 2, pad: 1)"),
        ("conv(8, 3x5)", "conv(8, 3 × 5)"),
        ("maxpool(2)", "maxpool(2)"),
        ("relu", "relu"),
        ("dropout(0.25)", "dropout(0.25)"),
        ("dense(5, init: he, decay: 0.5)", "dense(5)"),  # how it learns is no part of a figure
    ],
)
def test_a_layer_is_written_as_a_file_writes_it(layer: str, text: str, tmp_path: Path) -> None:
    op = net(tmp_path, f"output y = x -> {layer}").graph.nodes[0].op
    assert layer_text(op).replace(", bias: true", "") == text


def test_an_activation_stands_in_the_box_before_it(tmp_path: Path) -> None:
    boxes = top(tmp_path, "output y = x -> conv(8, 3) -> norm -> relu -> maxpool(2) -> dense(3)")[0].items
    assert [[line.partition("(")[0] for line in box.lines] for box in boxes] == [
        ["conv", "norm, relu"],
        ["maxpool"],
        ["dense"],
    ]


def test_an_activation_that_others_read_around_stands_alone(tmp_path: Path) -> None:
    (frame,) = top(tmp_path, "output y = x -> conv(4, 3) -> [identity, relu] -> concat")
    assert [item.lines for item in frame.items] == [["conv(4, 3)"], ["relu"], ["concat"]]


def test_equal_neighbours_are_one_box_with_a_number(tmp_path: Path) -> None:
    (frame,) = top(tmp_path, "output y = x -> (conv(4, 3, pad: 1) -> relu) * 5 -> conv(8, 3)")
    assert [item.times for item in frame.items] == [5, 1]


def test_repeats_of_repeats_multiply(tmp_path: Path) -> None:
    before = "block twice(n) { (conv(n, 3, pad: 1) -> relu) * 2 }"
    (frame,) = top(tmp_path, "output y = x -> (twice(4)) * 3 -> conv(8, 1)", before)
    assert [item.times for item in frame.items] == [6, 1]


def test_neighbours_that_differ_in_an_argument_are_not(tmp_path: Path) -> None:
    (frame,) = top(tmp_path, "output y = x -> conv(4, 3, pad: 1) -> conv(4, 3, pad: 1) -> conv(4, 3)")
    assert [item.times for item in frame.items] == [2, 1]


def test_a_block_is_folded_and_has_one_panel(tmp_path: Path) -> None:
    found = figure(net(tmp_path, "output y = x -> unit(4) -> unit(4) -> conv(8, 1) -> unit(8)", UNIT).graph)
    frame = found.net.items[-1]
    assert [(item.title, item.times, item.folded) for item in frame.items] == [
        ("unit", 2, True),
        ("", 1, False),
        ("unit", 1, True),
    ]
    assert [panel.block for panel in found.panels] == ["unit"]  # once, though widths differ


@pytest.mark.parametrize(("opened", "folded"), [("unit", 0), ("all", 0), ("y/unit", 1), ("y/unit_2", 1), ("z", 2)])
def test_what_is_opened_by_name_or_path(opened: str, folded: int, tmp_path: Path) -> None:
    found = figure(net(tmp_path, "output y = x -> unit(4) -> conv(8, 1) -> unit(8)", UNIT).graph, frozenset({opened}))
    frame = found.net.items[-1]
    assert sum(item.folded for item in frame.items) == folded
    assert len(found.panels) == bool(folded)


def test_what_can_be_opened(tmp_path: Path) -> None:
    graph = net(tmp_path, "output y = x -> unit(4) -> unit(4)", UNIT).graph
    assert {"unit", "y/unit", "y/unit_2"} <= blocks(graph)
    assert "y/unit_3" not in blocks(graph)


@pytest.mark.parametrize(
    ("name", "found"), [("unit_3", "unit"), ("unit", "unit"), ("a_b", "a_b"), ("conv_12#2", "conv"), ("_3", "_3")]
)
def test_a_name_without_its_number(name: str, found: str) -> None:
    assert base(name) == found


def test_edges_follow_the_values(tmp_path: Path) -> None:
    found = figure(
        net(tmp_path, "a = x -> conv(4, 1)\n    b = x -> conv(4, 1)\n    output y = [a, b] -> add").graph
    ).net
    keys = [item.key for item in found.items]
    assert {(keys[a], keys[b]) for a, b in found.edges} == {("x", "a"), ("x", "b"), ("a", "y"), ("b", "y")}


# ---- boxes on paper


def test_a_box_says_its_title_its_lines_and_its_shape() -> None:
    item = Item("k", "C1", [], ["conv(6, 5)", "tanh"], shape="6 x 28 x 28", times=3)
    assert [text for text, _ in rows(item)] == ["C1", "conv(6, 5) × 3", "tanh", "6 × 28 × 28"]
    assert [text for text, _ in rows(Item("k", "unit", [], folded=True, times=3))] == ["unit × 3"]


def test_a_line_more_makes_a_box_a_line_higher_and_a_long_one_wider() -> None:
    one, three = (place(Item("k", "", [], lines)) for lines in (["a"], ["a", "b", "c"]))
    assert three.height - one.height == 2 * LINE
    assert one.height > LINE
    long = Item("k", "", [], ["conv(256, 3 × 3, stride: 2, pad: 1)"])
    assert place(long).width > text_width(long.lines[0], 13)
    assert place(long).width > one.width > text_width("a", 13)


@pytest.mark.parametrize(
    ("widths", "wishes", "middles"),
    [
        ([10, 20], [0, 100], [0, 100]),  # apart already
        ([10, 20], [0, 15], [0, 15]),  # they just touch
        ([10, 10], [0, 0], [-5, 5]),  # each gives way by half
        ([10, 10], [10, 0], [0, 10]),  # the order stays
        ([10, 10, 10], [0, 0, 90], [-5, 5, 90]),
        ([10, 10, 10], [0, 0, 0], [-10, 0, 10]),
        ([], [], []),
    ],
)
def test_boxes_stand_nearest_to_where_they_wish(widths: list[float], wishes: list[float], middles: list[float]) -> None:
    assert _apart(widths, wishes) == pytest.approx(middles)


def test_a_wide_character_is_as_wide_as_high() -> None:
    assert text_width("卷積", 10) == 20
    assert text_width("ab", 10) == pytest.approx(11.6)


def test_lines_end_at_the_boxes_that_they_join_and_ranks_go_down(tmp_path: Path) -> None:
    graph = net(tmp_path, "a = x -> conv(4, 1)\n    b = a -> conv(4, 1)\n    output y = [a, b, x] -> add").graph
    placed = place(figure(graph).net)
    x, a, b, y = placed.inner
    assert x.y < a.y < b.y < y.y
    assert len(placed.ways) == 5
    for way in placed.ways:
        ends = [(px, py) for px, py in (way[0], way[-1])]
        assert all(
            any(
                box.x - 1e-6 <= px <= box.x + box.width + 1e-6 and box.y - 1e-6 <= py <= box.y + box.height + 1e-6
                for box in placed.inner
            )
            for px, py in ends
        )
        assert all(0 <= px <= placed.width for px, _ in way)


def test_boxes_stand_under_what_they_read(tmp_path: Path) -> None:
    body = """a = x -> conv(4, 1)
    b = x -> conv(4, 1)
    c = b -> conv(4, 1)
    d = a -> conv(4, 1)
    output y = [c, d] -> add"""
    boxes = {box.item.key: box for box in place(figure(net(tmp_path, body).graph).net).inner}
    assert boxes["a"].x < boxes["b"].x
    assert boxes["d"].x < boxes["c"].x


def test_boxes_of_one_rank_stand_beside_each_other(tmp_path: Path) -> None:
    graph = net(tmp_path, "output y = x -> [conv(4, 1), conv(4, 3, pad: 1), conv(4, 5, pad: 2)] -> concat").graph
    placed = place(figure(graph, frozenset({"all"})).net).inner[-1]
    three = [box for box in placed.inner if box.item.lines and box.item.lines[0].startswith("conv")]
    assert len({box.y for box in three}) == 1
    ends = sorted((box.x, box.x + box.width) for box in three)
    assert all(left[1] < right[0] for left, right in pairwise(ends))
