"""Nets drawn in the cells of a terminal."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from netspec.net import load, loads
from netspec.report.drawing import Look
from netspec.report.figure import figure
from netspec.report.layout import heading, rows
from netspec.report.textual import TooWideError, cells_of, draw_text
from tests.fuzz.whole import spec

SPECS = Path(__file__).parents[2] / "specs"


def test_boxes_lines_and_heads_are_characters() -> None:
    net = loads(
        "netspec 1\nnet A {\n input 圖: 1 x 4 x 4\n a = 圖 -> conv(2, 3) -> relu\n b = a -> conv(2, 1)\n"
        " output y = [a, b] -> add\n}\n"
    )
    assert draw_text(net.graph, Look(), 80).split("\n") == [
        "A",
        "26 parameters",  # 2 * 9 + 2, 2 * 2 + 2
        "88 multiply-accumulates",  # (18 + 4) * 4
        "",
        " ┌╌╌╌╌╌╌╌╌╌╌╌┐",
        " ╎    圖     ╎",
        " ╎ 1 × 4 × 4 ╎",
        " └╌╌╌╌╌╌╌╌╌╌╌┘",
        "       │",
        "       ▼",
        "┌────────────┐",
        "│     a      │",
        "│ conv(2, 3) │",
        "│    relu    │",
        "│ 2 × 2 × 2  │",
        "└────────────┘",
        "       ├────────┐",
        "       ▼        │",
        "┌────────────┐  │",
        "│     b      │  │",
        "│ conv(2, 1) │  │",
        "│ 2 × 2 × 2  │  │",
        "└────────────┘  │",
        "       │        │",
        "       ▼        │",
        " ┌───────────┐  │",
        " │     y     │  │",
        " │    add    │◄─┘",
        " │ 2 × 2 × 2 │",
        " └───────────┘",
    ]


def test_a_table_stands_in_its_box() -> None:
    text = "netspec 1\nshared table t: 2 -> 3 {\n a . X\n . a X\n}\nnet A {\n input x: 2 x 4 x 4\n"
    drawn = draw_text(loads(text + " output y = x -> conv(3, 1, table: t)\n}\n").graph, Look(), 80)
    assert "a·■" in drawn and "·a■" in drawn


def heads(text: str) -> int:
    return sum(map(text.count, "▼▲►◄"))


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("name", ["lenet5", "unet", "googlenet", "highway", "siamese", "c3d"])
def test_all_that_boxes_say_is_there_and_each_line_has_a_head(name: str, right: bool) -> None:
    net = load(SPECS / f"{name}.net")
    text = draw_text(net.graph, Look(right=right), 100)
    drawn = figure(net.graph)
    lines = ends = 0
    waiting = [drawn.net, *drawn.panels]
    while waiting:
        frame = waiting.pop()
        is_panel = frame in drawn.panels
        doors = {} if frame.is_chain and not is_panel else frame.entries
        leaving = len(frame.exits) if is_panel else 0
        lines += len(frame.edges) + sum(map(len, doors.values())) + leaving
        ends += leaving + len({b for _, b in frame.edges}.union(*doors.values()))  # lines may end in one head
        for item in frame.items:
            is_open = bool(item.items) and not item.folded
            assert all(row.text in text for row in (heading(item) if is_open else rows(item)))
            waiting += [item] if is_open else []
    assert ends <= heads(text) <= lines


def test_a_drawing_is_as_narrow_as_the_terminal_where_it_can_be() -> None:
    net = load(SPECS / "resnet.net", depth=18)
    for columns in (75, 100, 160):
        widths = [cells_of(line) for line in draw_text(net.graph, Look(), columns).split("\n")]
        assert max(widths) <= columns
    assert len(draw_text(net.graph, Look(), 75).split("\n")) > len(draw_text(net.graph, Look(), 160).split("\n"))


def test_what_no_terminal_shows_is_refused() -> None:
    branches = ", ".join(f"conv({n}, 1)" for n in range(1, 90))
    wide = loads(f"netspec 1\nnet A {{\n input x: 1 x 4 x 4\n output y = x -> [{branches}] -> concat\n}}\n")
    with pytest.raises(TooWideError, match=r"1,\d\d\d columns wide"):
        draw_text(wide.graph, Look(), 100)


@pytest.mark.parametrize("seed", range(15))
def test_random_nets_are_drawn(seed: int) -> None:
    graph = loads(spec(random.Random(seed))[0]).graph
    for right in (False, True):
        text = draw_text(graph, Look(right=right), 100)
        assert all(name in text for name in graph.inputs)
        assert "\0" not in text
