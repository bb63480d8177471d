"""Figures on their page: well-formed, without style sheets, no box over another, blocks folded or opened."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from netspec.net import Net, load, loads
from netspec.report.drawing import Look, draw_net, draw_table
from netspec.report.figure import Item, figure
from netspec.report.fonts import width
from netspec.report.grids import grid
from netspec.report.layout import Layout, Placed, Row
from netspec.report.sheet import packed
from netspec.report.svg import PIXELS, ROW

SPECS = Path(__file__).parents[2] / "specs"
ALL = sorted(SPECS.glob("*.net"))


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def drawn(net: Net, **look: object) -> str:
    return draw_net(net.graph, Look(**look)).svg


def size(svg: str) -> tuple[float, float]:
    box = ElementTree.fromstring(svg).attrib["viewBox"].split()
    return float(box[2]), float(box[3])


def frames(placed: Placed) -> list[Placed]:
    return [placed] + [frame for inner in placed.inner if inner.inner for frame in frames(inner)]


@pytest.mark.parametrize("opened", [frozenset[str](), frozenset({"all"})], ids=["folded", "open"])
@pytest.mark.parametrize("spec", ALL, ids=lambda p: p.stem)
def test_no_two_boxes_meet_and_no_style_is_needed(spec: Path, opened: frozenset[str]) -> None:
    net = load(spec)
    attributes = {name for e in ElementTree.fromstring(drawn(net, opened=opened)).iter() for name in e.attrib}
    assert attributes.isdisjoint({"class", "style", "id"})
    made = figure(net.graph, opened)
    for right in (False, True):
        layout = Layout(PIXELS, right, 600)
        for placed in [layout.frame(made.net, []), *map(layout.panel, made.panels)]:
            for frame in frames(placed):
                _inside(frame)


def _inside(frame: Placed) -> None:
    for a, b in combinations(frame.inner, 2):
        apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
        assert apart, (a.item.key, b.item.key)
    top = len(frame.head) * ROW
    for b in frame.inner:
        assert b.x >= 0 and b.x + b.width <= frame.width + 1e-6
        assert top <= b.y and b.y + b.height <= frame.height + 1e-6
    for line in frame.ways:
        assert all(-1e-6 <= x <= frame.width + 1e-6 and -1e-6 <= y <= frame.height + 1e-6 for x, y in line)
        assert all(abs(x - z) < 0.5 or abs(y - w) < 0.5 for (x, y), (z, w) in pairwise(line))


@pytest.mark.parametrize("right", [False, True])
def test_googlenets_main_line_is_straight_and_its_heads_are_beside_it(right: bool) -> None:
    net = figure(load(SPECS / "googlenet.net").graph).net
    placed = Layout(PIXELS, right).frame(net, [])
    spine = {box.item.name: (box.y if right else box.x) + box.spine for box in placed.inner}
    aux = [spine.pop("aux1"), spine.pop("aux2")]
    assert len({round(at, 6) for at in spine.values()}) == 1
    assert min(aux) > max(spine.values())


def test_unet_is_a_u_whose_lines_cross_level_from_box_to_box() -> None:
    placed = Layout(PIXELS).frame(figure(load(SPECS / "unet.net").graph).net, [])
    at = {box.item.name: box for box in placed.inner}
    assert at["d1"].y < at["d2"].y < at["d3"].y < at["d4"].y < at["d5"].y
    assert at["u1"].y < at["u2"].y < at["u3"].y < at["u4"].y < at["d5"].y
    assert all(at[f"d{n}"].x + at[f"d{n}"].width < at[f"u{n}"].x for n in range(1, 5))
    level = [line for line in placed.ways if len(line) == 2 and line[0][1] == line[1][1]]
    assert len(level) == 4
    last = at["d4"].inner[-1]  # dropout, whose value it is
    assert (at["d4"].x + last.x + last.width, at["d4"].y + last.y + last.height / 2) in [line[0] for line in level]


def test_lenet_says_what_the_paper_says() -> None:
    told = texts(drawn(load(SPECS / "lenet5.net")))
    for wanted in ("C3", "conv(16, 5, table: c3)", "16 × 10 × 10", "convolution"):
        assert wanted in told
    assert any(text.startswith("60,850 parameters") for text in told)


def test_the_deployed_net_stands_beside_the_trained_one_where_they_differ() -> None:
    assert any(
        "13,378,280 parameters, 6,998,552 deployed" in text for text in texts(drawn(load(SPECS / "googlenet.net")))
    )
    assert not any("deployed" in text for text in texts(drawn(load(SPECS / "lenet5.net"))))


def test_blocks_say_their_arguments_and_papers_figures() -> None:
    told = texts(drawn(load(SPECS / "googlenet.net")))
    for wanted in ("inception(64, 96, 128, 16, 32, 32)", "inception(384, 192, 384, 48, 128, 128)", "as at aux1"):
        assert wanted in told
    assert told.count("concat") == 1  # inside of the block, once


@pytest.mark.slow
def test_repeats_are_drawn_once_whatever_their_number() -> None:
    drawings = [texts(drawn(load(SPECS / "resnet_cifar.net", n=n))) for n in (3, 200)]
    assert "unit(16, 1) × 200" in drawings[1] and "unit(32) × 199" in drawings[1]
    assert len(drawings[0]) == len(drawings[1])


def test_an_opened_block_stands_in_its_place() -> None:
    assert texts(drawn(load(SPECS / "googlenet.net"), opened=frozenset({"inception"}))).count("concat") == 9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "values", "most"),
    [
        ("resnet_cifar", {"n": 200}, 800),
        ("densenet", {"growth": 48, "start": 96, "blocks": [6, 12, 36, 24]}, 1200),
        ("googlenet", {}, 1500),
        ("resnet", {"depth": 152}, 1300),
    ],
)
def test_deep_nets_are_legible_on_a_page(spec: str, values: dict[str, object], most: float) -> None:
    """Printed 250 mm high, a page of ``most`` pixels has texts of at least 5 points (11 pixels of 1,500)."""
    wide, high = size(drawn(load(SPECS / f"{spec}.net", **values)))
    assert high <= most and 0.3 < wide / high < 3


def test_a_width_is_that_of_the_page_and_its_texts_are_as_large_as_told() -> None:
    net = load(SPECS / "googlenet.net")
    for right in (False, True):
        for millimetres in (85.0, 170.0):
            drawing = draw_net(net.graph, Look(right=right, width=millimetres))
            root = ElementTree.fromstring(drawing.svg)
            assert root.attrib["width"] == f"{millimetres:g}mm"
            wide, high = size(drawing.svg)
            assert float(root.attrib["height"].removesuffix("mm")) == pytest.approx(millimetres * high / wide, abs=0.01)
            assert drawing.points == pytest.approx(
                11 * millimetres / 25.4 * 72 / wide, rel=1e-3
            )  # 11 of the box' units
    assert draw_net(net.graph, Look(width=85.0)).points > 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spec", "values", "millimetres"),
    [("lenet5", {}, 85), ("alexnet", {}, 85), ("resnet", {"depth": 34}, 85), ("densenet", {}, 85),
     ("googlenet", {}, 170), ("unet", {}, 170)],
)  # fmt: skip
def test_in_a_column_or_on_a_page_a_net_fits_and_can_be_read(
    spec: str, values: dict[str, object], millimetres: float
) -> None:
    drawing = draw_net(load(SPECS / f"{spec}.net", **values).graph, Look(width=millimetres))
    high = float(ElementTree.fromstring(drawing.svg).attrib["height"].removesuffix("mm"))
    assert high <= 235.1 and drawing.points >= 5


def test_what_the_colours_mean_is_told_as_far_as_they_occur() -> None:
    told = texts(drawn(load(SPECS / "lenet5.net")))
    assert {"convolution", "dense", "pooling", "X in a table"} <= set(told)
    assert "join" not in told
    assert "convolution" not in texts(drawn(load(SPECS / "lenet5.net"), legend=False))


def test_boxes_with_tables_have_their_pictures() -> None:
    net = load(SPECS / "lenet5.net")
    table = net.meaning.tables["c3"]
    squares = [e for e in ElementTree.fromstring(drawn(net, legend=False)).iter() if e.attrib.get("fill") == "#1f5fa8"]
    assert len(squares) == table.connections
    assert draw_table(table).count('fill="#1f5fa8"') == table.connections


def test_cells_that_share_a_weight_have_one_colour_and_large_tables_are_shaded() -> None:
    body = "shared table r: 2 -> 2 {\n a b\n b a\n}\nsparse table big: 200 -> 100 = groups(2)\n"
    tables = loads(
        f"netspec 1\n{body}net A {{\n input x: 2 x 4 x 4\n a = x -> conv(2, 1, table: r) -> conv(200, 1)\n"
        " output y = a -> conv(100, 1, table: big)\n}\n"
    ).meaning.tables
    fills = {(cell.row, cell.column): cell.fill for cell in grid(tables["r"]).cells}
    assert fills[0, 0] == fills[1, 1] != fills[0, 1] == fills[1, 0]
    shaded = grid(tables["big"])
    assert (shaded.high, shaded.wide, shaded.blocks) == (100, 50, 2)
    assert {(cell.row < 50) == (cell.column < 25) for cell in shaded.cells} == {True}


# ---- measures


def test_a_row_more_makes_a_box_a_row_higher_and_a_long_one_wider() -> None:
    one, three = (Layout(PIXELS).box(Item("k", layers=layers)) for layers in (["a"], ["a", "b", "c"]))
    assert three.height - one.height == ROW
    long = Layout(PIXELS).box(Item("k", layers=["conv(256, 3 × 3, stride: 2, pad: 1)"]))
    assert long.width > PIXELS.text(Row("conv(256, 3 × 3, stride: 2, pad: 1)")) > PIXELS.text(Row("a"))


def test_a_box_has_room_for_the_pictures_of_its_tables() -> None:
    table = load(SPECS / "lenet5.net").meaning.tables["c3"]
    without, beside = (Layout(PIXELS).box(Item("k", layers=["a"], tables=tables)) for tables in ([], [table]))
    assert beside.height - without.height == 6 * 7 + 6 and beside.width >= 16 * 7  # cells of 7 pixels, and a gap


def test_the_width_of_a_text_is_that_of_the_font_that_ships() -> None:
    assert width("卷積", 10) == 20
    assert width("0", 2048) == pytest.approx(1303, abs=11)  # DejaVu Sans' figures are 1303 of 2048 units wide
    assert width("0", 2048, bold=True) == pytest.approx(1425, abs=11)


def test_rectangles_are_packed_where_they_fit_highest() -> None:
    sheet = packed([(100, 300), (80, 100), (80, 100), (50, 100), (190, 50)], 200, 10)
    assert sheet.places == ((0, 0), (110, 0), (110, 110), (110, 220), (0, 330))
    assert (sheet.width, sheet.height) == (190, 380)
