"""A net as its figure tells it: what stands in one box, what is folded, what is drawn once; no layer is lost."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from netspec.net import Net, load, loads
from netspec.report.figure import Figure, Item, figure, walk
from netspec.report.homes import base, blocks
from netspec.report.layer_text import layer_text
from netspec.report.layout import rows
from tests.fuzz.whole import spec

SPECS = Path(__file__).parents[2] / "specs"
UNIT = "block unit(n) { in -> residual { conv(n, 3, pad: 1) -> relu -> conv(n, 3, pad: 1) } -> relu }"


def net(body: str, before: str = "") -> Net:
    return loads(f"netspec 1\n{before}\nnet A {{\n    input x: 4 x 16 x 16\n    {body}\n}}\n")


def top(body: str, before: str = "", opened: frozenset[str] = frozenset()) -> list[Item]:
    """The boxes of the net itself, without its input."""
    return [item for item in figure(net(body, before).graph, opened).net.items if item.family != "input"]


def layers(items: Iterable[Item]) -> list[list[str]]:
    return [item.layers for item in items]


# ---- no layer is lost


def kinds(text: str) -> str:
    return text.partition("(")[0]


def told(item: Item, drawn: Figure) -> Counter[str]:
    """The kinds of layers that a reader of the figure counts: in boxes, in panels of folded ones, times each."""
    if item.folded:
        (panel,) = (panel for panel in drawn.panels if (panel.block, panel.build) == (item.block, item.build))
        inside = panel.items
    else:
        inside = item.items
    found = Counter(map(kinds, item.layers))
    for inner in inside:
        found += told(inner, drawn)
    said = " ".join(row.text for row in rows(item))
    assert all(layer in said for layer in item.layers)
    assert item.times == 1 or f"× {item.times}" in said or not (item.layers or item.folded)
    return Counter({kind: count * item.times for kind, count in found.items()})


def check(net: Net, opened: frozenset[str]) -> None:
    drawn = figure(net.graph, opened)
    shown = Counter(layer["kind"] for layer in net.summary()["layers"])
    assert told(drawn.net, drawn) == shown
    names = [node.name for item in drawn.net.items for node in item.nodes]
    assert sorted(names) == sorted(layer["name"] for layer in net.summary()["layers"])
    for item in walk([drawn.net]):
        assert not item.folded or told(item, drawn) == Counter(node.op.name for node in item.nodes)


@pytest.mark.parametrize("opened", [frozenset[str](), frozenset({"all"})], ids=["folded", "open"])
@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.net")), ids=lambda path: path.stem)
def test_every_layer_that_show_lists_is_in_the_figure(path: Path, opened: frozenset[str]) -> None:
    check(load(path), opened)


@pytest.mark.parametrize("seed", range(40))
def test_every_layer_of_a_random_net_is_in_the_figure(seed: int) -> None:
    net = loads(spec(random.Random(seed))[0])
    check(net, frozenset())
    check(net, frozenset({"all"}))


def test_what_follows_a_repeat_is_not_taken_into_it() -> None:
    (frame,) = top("output y = x -> (conv(4, 3, pad: 1) -> relu) * 2 -> dropout(0.5) -> conv(8, 1)")
    assert layers(frame.items) == [
        ["conv(4, 3, pad: 1)", "relu"],
        ["conv(4, 3, pad: 1)", "relu", "dropout"],
        ["conv(8, 1)"],
    ]
    before = "block double(n) { (conv(n, 3, pad: 1) -> relu) * 2 }"
    (frame,) = top("output y = x -> maxpool(2) -> double(4) -> dropout(0.5)", before)
    assert [(item.layers, item.times) for item in frame.items] == [
        (["maxpool(2)"], 1),
        (["conv(4, 3, pad: 1)", "relu"], 2),
        (["dropout"], 1),
    ]


def test_blocks_that_differ_in_a_number_of_repeats_have_a_panel_each() -> None:
    before = """block stage(n, k) { in -> [(conv(n, 3, pad: 1) -> relu) * k, conv(n, 1)] -> add }"""
    drawn = figure(net("output y = x -> stage(4, 2) -> stage(4, 3) -> conv(8, 1)", before).graph)
    assert [panel.call for panel in drawn.panels] == ["stage(4, 2)", "stage(4, 3)"]


def test_blocks_that_are_wired_otherwise_have_a_panel_each() -> None:
    before = """block a(first = true) {
        one = in -> conv(4, 1)
        two = one -> conv(4, 1)
        [(one if first else two), in, two] -> add
    }"""
    drawn = figure(net("output y = x -> a(true) -> a(false)", before).graph)
    assert [panel.call for panel in drawn.panels] == ["a(true)", "a(false)"]


# ---- one box


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        ("conv(8, 3)", "conv(8, 3)"),
        ("conv(8, 3, stride: 2, pad: 1)", "conv(8, 3, stride: 2, pad: 1)"),
        ("conv(8, 3x5)", "conv(8, 3 × 5)"),
        ("maxpool(2)", "maxpool(2)"),
        ("relu", "relu"),
        ("relu(max: 6)", "relu(max: 6)"),
        ("norm(epsilon: 1e-3)", "norm(epsilon: 0.001)"),
        ("tanh(scale: 1.7159, slope: 2/3)", "tanh(scale: 1.716, slope: 0.6667)"),
        ("crop(4, 5)", "crop(4, 5)"),
        ("dropout(0.25)", "dropout(0.25)"),
        ("dense(5, init: he, decay: 0.5)", "dense(5)"),  # how it learns is no part of a figure
    ],
)
def test_a_layer_is_written_as_a_file_writes_it(layer: str, text: str) -> None:
    assert layer_text(net(f"output y = x -> {layer}").graph.nodes[0].op) == text


def test_an_activation_stands_in_the_box_before_it() -> None:
    (frame,) = top("output y = x -> conv(8, 3) -> norm -> relu -> maxpool(2) -> dense(3)")
    assert [list(map(kinds, item.layers)) for item in frame.items] == [["conv", "norm", "relu"], ["maxpool"], ["dense"]]


def test_an_activation_that_others_read_around_stands_alone() -> None:
    (frame,) = top("output y = x -> conv(4, 3) -> [identity, relu] -> concat")
    assert layers(frame.items) == [["conv(4, 3)"], ["relu"], ["concat"]]


def test_a_box_says_its_name_its_layers_and_its_shape() -> None:
    item = Item("k", "C1", layers=["conv(6, 5)", "norm", "tanh"], shape="6 x 28 x 28", times=3)
    assert [row.text for row in rows(item)] == ["C1", "conv(6, 5)", "norm, tanh", "× 3", "6 × 28 × 28"]
    folded = Item("k", call="unit(64, 2)", block="unit", folded=True, times=3)
    assert [row.text for row in rows(folded)] == ["unit(64, 2) × 3"]


def test_the_table_of_a_layer_is_in_its_box() -> None:
    before = "sparse table t: 4 -> 2 {\n X . \n X X \n . X \n X X \n}\nkernel table k: 1 x 3 {\n X . X \n}"
    boxes = top("a = x -> conv(2, k, table: t)\n    output y = a -> conv(3, 1)", before)
    assert [[table.name for table in item.tables] for item in boxes] == [["k", "t"], []]


# ---- repeats


def test_equal_neighbours_are_one_box_with_a_number() -> None:
    (frame,) = top("output y = x -> (conv(4, 3, pad: 1) -> relu) * 5 -> conv(8, 3)")
    assert [item.times for item in frame.items] == [5, 1]


def test_repeats_of_repeats_multiply() -> None:
    before = "block twice(n) { (conv(n, 3, pad: 1) -> relu) * 2 }"
    (frame,) = top("output y = x -> (twice(4)) * 3 -> conv(8, 1)", before)
    assert [item.times for item in frame.items] == [6, 1]


@pytest.mark.parametrize(
    ("body", "times"),
    [
        ("(conv(4, 1) -> maxpool(1)) * 5", 5),
        ("(residual { conv(4, 3, pad: 1) -> norm } -> relu) * 18", 18),
        ("([identity, conv(4, 1)] -> concat -> conv(4, 1)) * 3", 3),
        ("(conv(4, 1) -> conv(4, 1) -> maxpool(1)) * 3", 3),
        ("(unit(4) -> sigmoid) * 4", 4),
    ],
)
def test_several_boxes_that_follow_each_other_again_and_again_are_a_frame_with_a_number(body: str, times: int) -> None:
    (frame,) = top(f"output y = x -> {body}", UNIT)
    once = figure(net(f"output y = x -> {body.rpartition(' * ')[0]} -> softplus", UNIT).graph).net.items[-1]
    assert (frame.name, frame.times) == ("y", times)
    assert [kinds(item.layers[0]) if item.layers else item.block for item in frame.items] == [
        kinds(item.layers[0]) if item.layers else item.block for item in once.items
    ]
    check(net(f"output y = x -> {body}", UNIT), frozenset())


def test_what_stands_around_several_repeated_boxes_stays_around_their_frame() -> None:
    (frame,) = top("output y = x -> conv(8, 1) -> (conv(4, 1) -> maxpool(1)) * 3 -> conv(4, 1) -> dense(2)")
    assert [(item.times, len(item.items)) for item in frame.items] == [(1, 0), (3, 2), (1, 0), (1, 0)]
    assert frame.is_chain and frame.items[1].is_chain


@pytest.mark.parametrize(
    "body",
    [
        "(conv(4, 1) -> maxpool(1)) * 2",  # by chance, as in a net that writes out its layers
        "conv(4, 1) -> maxpool(1) -> conv(4, 1) -> maxpool(1) -> conv(4, 3) -> maxpool(1)",
        "[identity, conv(4, 1) -> maxpool(1) -> conv(4, 1) -> maxpool(1) -> conv(4, 1)] -> add",
    ],
)
def test_runs_that_are_there_twice_or_are_not_equal_stand_in_full(body: str) -> None:
    (frame,) = top(f"output y = x -> {body}")
    assert {item.times for item in walk([frame])} == {1}


@pytest.mark.parametrize(
    "body",
    [
        """a = in -> conv(4, 1) -> maxpool(1)
        b = a -> conv(4, 1) -> maxpool(1) -> conv(4, 1) -> maxpool(1)
        [a, b] -> add""",
        """a = [in -> conv(4, 1), in] -> add
        b = [a -> conv(4, 1), in] -> add
        c = [b -> conv(4, 1), in] -> add
        [c -> conv(4, 1), in] -> add""",
        """a = [in, in -> relu] -> add -> conv(4, 1)
        b = [a, a] -> add -> conv(4, 1)
        [b, b] -> add -> conv(4, 1)""",
    ],
)
def test_runs_that_something_else_reads_or_that_read_something_else_stand_in_full(body: str) -> None:
    found = top("output y = x -> odd", f"block odd {{\n{body}\n}}", frozenset({"odd"}))
    assert {item.times for item in walk(found)} == {1}


def test_neighbours_that_differ_in_an_argument_are_not() -> None:
    (frame,) = top("output y = x -> conv(4, 3, pad: 1) -> conv(4, 3, pad: 1) -> conv(4, 3)")
    assert [item.times for item in frame.items] == [2, 1]


def test_a_block_that_is_all_repeats_does_not_take_their_number() -> None:
    before = UNIT + "\nblock stage(n, k) { (unit(n)) * k }"
    (box,) = top("output y = x -> stage(4, 3)", before)
    assert (box.call, box.times) == ("unit(4)", 3)


@pytest.mark.parametrize("opened", [frozenset[str](), frozenset({"all"})], ids=["folded", "open"])
@pytest.mark.parametrize(
    "body",
    [
        "share s = conv(4, 1) -> norm\n output y = x -> (s -> maxpool(1)) * 4",
        "share s = conv(4, 1)\n output y = x -> relu -> s -> tanh -> s",
        "share s = conv(4, 1)\n share t = relu -> s\n output y = x -> (s -> t -> maxpool(1)) * 4",
        "output y = x -> own(4) -> own(4) -> dense(2)",
        "share s = conv(4, 1)\n a = x -> relu -> outer(4) -> tanh\n output y = a -> s -> dense(2)\n"
        " block outer(n) { in -> relu -> residual { s -> tanh -> s -> sigmoid } -> s -> tanh }",
    ],
)
def test_no_box_is_before_and_behind_another_where_a_share_is_used_within_a_statement(
    body: str, opened: frozenset[str]
) -> None:
    before = """block own(n) {
        share s = conv(n, 1) -> norm
        a = in -> s -> relu
        [a, a -> s] -> add -> s -> relu
    }"""
    found = net(body, before)
    drawn = figure(found.graph, opened)
    for frame in walk([drawn.net]):
        assert all(a < b for a, b in frame.edges), (frame.key, frame.edges)
    told = [item for item in walk([drawn.net]) if item.shared]
    assert told and all(item.name or item.items for item in told)
    check(found, opened)


def test_a_share_used_again_says_so() -> None:
    first, second, _ = top(
        "share s = conv(4, 3, pad: 1) -> relu\n    a = x -> s\n    b = a -> s\n    output y = [a, b] -> add"
    )
    assert [(item.value, item.name, item.shared) for item in (first, second)] == [("a", "s", True), ("b", "s", True)]


# ---- blocks


def test_a_block_is_folded_with_its_arguments_and_has_one_panel() -> None:
    found = figure(net("output y = x -> unit(4) -> unit(4) -> conv(8, 1) -> unit(8)", UNIT).graph)
    frame = found.net.items[-1]
    assert [(item.call, item.times, item.folded) for item in frame.items] == [
        ("unit(4)", 2, True),
        ("", 1, False),
        ("unit(8)", 1, True),
    ]
    assert [panel.block for panel in found.panels] == ["unit"]  # once, though widths differ


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("u(4, 2)", "u(4, 2)"),
        ("u(2 * 2)", "u(4)"),
        ("u(4, k: 1.5)", "u(4, k: 1.5)"),
        ("u(k: 2, n: 4)", "u(k: 2, n: 4)"),
        ("u(4, [1, 2, 3, 4, 5, 6, 7, 8])", "u(4, [1, 2, 3, 4, 5, 6, …])"),
        ("u(4, true)", "u(4, true)"),
        ("u(4, 3 x 5)", "u(4, 3 x 5)"),
        ("u(4, t)", "u(4, t)"),
    ],
)
def test_a_block_is_written_with_the_values_of_its_arguments(call: str, told: str) -> None:
    before = "dense table t: 4 -> 4\nblock u(n, k = 1) { in -> [conv(n, 1), in] -> add }"
    assert net(f"output y = x -> {call}", before).graph.calls == {"y/u": told}


def test_a_short_chain_stands_among_the_others() -> None:
    before = "block pool(n) { in -> conv(n, 3) -> relu -> maxpool(2) }"
    (frame,) = top("output y = x -> pool(4) -> pool(5) -> dense(3)", before)
    assert [kinds(item.layers[0]) for item in frame.items] == ["conv", "maxpool", "conv", "maxpool", "dense"]


def test_a_short_chain_that_is_repeated_is_a_frame_with_the_number() -> None:
    before = "block pool(n) { in -> conv(n, 3) -> relu -> maxpool(2) }"
    (frame,) = top("output y = x -> (pool(4)) * 2 -> dense(3)", before)
    assert [(item.call, item.times, len(item.items)) for item in frame.items] == [("pool(4)", 2, 2), ("", 1, 0)]


def test_a_block_that_is_folded_once_is_folded_wherever_it_stands_beside() -> None:
    before = "block u(s) { in -> (conv(4, 1) -> conv(4, 3, pad: 1) if s else residual { conv(4, 1) }) }"
    (frame,) = top("output y = x -> u(true) -> u(false)", before)
    assert [item.folded for item in frame.items] == [True, True]


@pytest.mark.parametrize(("opened", "folded"), [("unit", 0), ("all", 0), ("y/unit", 1), ("y/unit_2", 1), ("z", 2)])
def test_what_is_opened_by_name_or_path(opened: str, folded: int) -> None:
    found = figure(net("output y = x -> unit(4) -> conv(8, 1) -> unit(8)", UNIT).graph, frozenset({opened}))
    frame = found.net.items[-1]
    assert sum(item.folded for item in frame.items) == folded
    assert len(found.panels) == bool(folded)


def test_a_block_is_opened_that_is_all_there_is() -> None:
    before = UNIT + "\nblock around(n) { in -> unit(n) }"
    (box,) = top("output y = x -> around(4)", before)
    assert box.folded and box.call == "around(4)"
    (box,) = top("output y = x -> around(4)", before, frozenset({"around"}))
    assert not box.folded


def test_what_can_be_opened() -> None:
    graph = net("output y = x -> unit(4) -> unit(4)", UNIT).graph
    assert {"unit", "y/unit", "y/unit_2"} <= blocks(graph)
    assert "y/unit_3" not in blocks(graph)


@pytest.mark.parametrize(
    ("name", "found"), [("unit_3", "unit"), ("unit", "unit"), ("a_b", "a_b"), ("conv_12#2", "conv"), ("_3", "_3")]
)
def test_a_name_without_its_number(name: str, found: str) -> None:
    assert base(name) == found


def test_edges_follow_the_values() -> None:
    found = figure(net("a = x -> conv(4, 1)\n    b = x -> conv(4, 1)\n    output y = [a, b] -> add").graph).net
    keys = [item.key for item in found.items]
    assert {(keys[a], keys[b]) for a, b in found.edges} == {("x", "a"), ("x", "b"), ("a", "y"), ("b", "y")}


@pytest.mark.slow
def test_a_box_of_very_many_layers_takes_time_by_their_number() -> None:
    graph = net("output y = x -> (relu) * 90000").graph
    began = time.process_time()
    (box,) = [item for item in figure(graph).net.items if item.family != "input"]
    assert len(box.layers) == len(box.nodes) == 90_000
    assert time.process_time() - began < 10  # to 2 where nothing else runs, and 30 where each is put behind a copy
