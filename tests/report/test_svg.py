"""Figures: well-formed, without style sheets, no box over another, blocks folded or opened."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netspec.net import load
from netspec.report.figure import figure
from netspec.report.layout import Placed, place
from netspec.report.svg import draw_net, draw_table

SPECS = Path(__file__).parents[2] / "specs"
ALL = sorted(SPECS.glob("*.net"))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def frames(placed: Placed) -> list[Placed]:
    return [placed] + [frame for inner in placed.inner if inner.inner for frame in frames(inner)]


@pytest.mark.parametrize("opened", [frozenset(), frozenset({"all"})], ids=["folded", "open"])
@pytest.mark.parametrize("spec", ALL, ids=lambda p: p.stem)
def test_no_two_boxes_meet_and_no_style_is_needed(spec: Path, opened: frozenset[str]) -> None:
    net = load(spec)
    svg = draw_net(net.graph, net.meaning.tables, opened)
    attributes = {name for element in ElementTree.fromstring(svg).iter() for name in element.attrib}
    assert attributes.isdisjoint({"class", "style", "id"})
    made = figure(net.graph, opened)
    for panel in [made.net, *made.panels]:
        for frame in frames(place(panel, "title")):
            for a, b in combinations(frame.inner, 2):
                apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
                assert apart, (a.item.key, b.item.key)
            assert all(
                b.x >= 0 and b.x + b.width <= frame.width and b.y + b.height <= frame.height for b in frame.inner
            )


def test_lenet_says_what_the_paper_says() -> None:
    net = load(SPECS / "lenet5.net")
    told = texts(draw_net(net.graph, net.meaning.tables))
    for wanted in (
        "C3",
        "conv(16, 5, table: c3)",
        "16 × 10 × 10",
        "60,850 parameters",
        "table c3: 6 → 16, 60 connections, 60 weights",
    ):
        assert wanted in told


def test_repeats_are_drawn_once_whatever_their_number() -> None:
    small, large = (load(SPECS / "resnet_cifar.net", n=n) for n in (3, 200))
    drawings = [draw_net(net.graph, {}) for net in (small, large)]
    assert "unit × 200" in texts(drawings[1]) and "unit → unit × 199" in texts(drawings[1])
    assert len(texts(drawings[0])) == len(texts(drawings[1]))


def test_an_opened_block_stands_in_its_place() -> None:
    net = load(SPECS / "googlenet.net")
    folded, opened = texts(draw_net(net.graph, {})), texts(draw_net(net.graph, {}, frozenset({"inception"})))
    assert folded.count("concat") == 1 and opened.count("concat") == 9


def test_a_table_of_its_own() -> None:
    net = load(SPECS / "lenet5.net")
    squares = draw_table(net.meaning.tables["c3"]).count("<rect") - 2
    assert squares == net.meaning.tables["c3"].connections
