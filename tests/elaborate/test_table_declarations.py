"""Table declarations (language.md section 5): kinds, pictures, generators, and what is wrong with them."""

from __future__ import annotations

import pytest

from netspec.tables import KernelTable, Table
from tests.elaborate.reading import layers, read


def table(text: str) -> Table:
    """The table that a file declares."""
    found = read(text)
    assert found.places == []
    (result,) = found.meaning.tables.values()
    assert isinstance(result, Table)
    return result


SOUND = [
    ("sparse table t: 2 -> 3 { X . X\n . X X }", (2, 3, 4, 2, 4)),
    ("sparse table t: 2 -> 3 { 0: 1\n 2: 0 1 }", (2, 3, 3, 2, 3)),
    ("shared table t: 2 -> 2 { a b\n b a }", (2, 2, 4, 2, 2)),
    ("shared table t: 2 -> 2 { a X\n X a }", (2, 2, 4, 2, 3)), ("dense table t: 3 -> 2", (3, 2, 6, 3, 6)),
    ("dense table t: 3 -> 2 = full", (3, 2, 6, 3, 6)), ("dense table t: 1 -> 2 { X X }", (1, 2, 2, 1, 2)),
    ("residual table t: 2 -> 3 = identity", (2, 3, 2, 1, 0)),
    ("residual table t: 3 -> 1 { 0.299\n 0.587\n 0.114 }", (3, 1, 3, 3, 0)),
    ("residual table t: 2 -> 2 { = X\n a 2 }", (2, 2, 4, 2, 2)),
    ("sparse table t: 4 -> 6 = groups(2)", (4, 6, 12, 2, 12)),
    ("sparse table t: 2 * 2 -> n = groups(n)\n", (4, 2, 4, 2, 4)),
    ("sparse table t: 4 -> 8 = depthwise(2)", (4, 8, 8, 1, 8)),
    ("sparse table t: 6 -> 6 = random(2)", (6, 6, 12, 2, 12)),
    ("sparse table t: 6 -> 6 = random(fan_in: 2, seed: 3)", (6, 6, 12, 2, 12)),
    ("sparse table t: 3 -> 2 = rows([[0, 1], [2]])", (3, 2, 3, 2, 3)),
    ("sparse table t: 3 -> 4 = full & identity", (3, 4, 3, 1, 3)),
    ("sparse table t: 3 -> 3 = identity | rows([[1], [2], [2]])", (3, 3, 5, 2, 5)),
    ("sparse table t: 6 -> 4 = transpose(random(2))", (6, 4, 12, 6, 12)),
    ("dense table t: 3 -> 2 = transpose(full)", (3, 2, 6, 3, 6)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "figures"), SOUND)
def test_inputs_outputs_connections_fan_in_and_weights(text: str, figures: tuple[int, ...]) -> None:
    found = read(f"let n = 2\n{text}")
    assert found.places == []
    t = found.meaning.tables["t"]
    assert isinstance(t, Table)
    if "transpose(random" in text:  # how many outputs choose one input is chance
        figures = (*figures[:3], t.fan_in, figures[4])
    assert (t.inputs, t.outputs, t.connections, t.fan_in, t.weights) == figures
    assert t.name == "t"
    expressions = "".join(
        f"let {name} = t.{name}\n" for name in ("inputs", "outputs", "connections", "fan_in", "weights")
    )
    pipeline = "dense(inputs) -> dense(outputs) -> dense(connections) -> dense(fan_in) -> dense(weights + 1)"
    net = layers(pipeline, "3", f"let n = 2\n{text}\n{expressions}").graph
    assert [node.shape[0] for node in net.nodes] == [*figures[:4], figures[4] + 1]


WRONG = [
    ("spares table t: 2 -> 2 = full", "N200 spares"), ("sparse table t: 2 -> 2", "N200 sparse table t: 2 -> 2"),
    ("shared table t: 2 -> 2", "N200 shared table t: 2 -> 2"), ("sparse table t: 2 = full", "N200 2"),
    ("kernel table t: 2 -> 2 { X }", "N200 2"), ("kernel table t: 3", "N200 kernel table t: 3"),
    ("kernel table t: 3 = full", "N200 kernel table t: 3 = full"), ("kernel table t: 0 { X }", "N105 0"),
    ("kernel table t: 2.5 { X }", "N105 2.5"), ("kernel table t: true { X }", "N105 true"),
    ("kernel table t: 1 x 1 x 1 x 1 { X }", "N105 1 x 1 x 1 x 1"), ("kernel table t: 2 x 2 { X X\n X }", "N206 X"),
    ("kernel table t: 1 { . }", "N206 . "), ("kernel table t: 1 { = }", "N207 ="),
    ("sparse table t: 0 -> 2 = full", "N105 0"), ("sparse table t: 2 -> 0 = full", "N105 0"),
    ("sparse table t: 2 -> 2.5 = full", "N105 2.5"), ("sparse table t: 2 -> 2147483648 = full", "N209 2147483648"),
    ("sparse table t: 2 -> 2 { }", "N206 { }"), ("sparse table t: 2 -> 2 { X X\n X }", "N206 X "),
    ("sparse table t: 2 -> 2 { X X }", "N206 X X "), ("sparse table t: 1 -> 2 { X a }", "N207 a"),
    ("sparse table t: 1 -> 2 { X = }", "N207 ="), ("shared table t: 1 -> 2 { a 0.5 }", "N207 0.5"),
    ("dense table t: 1 -> 2 { X . }", "N207 ."), ("residual table t: 1 -> 2 { X B }", "N207 B"),
    ("sparse table t: 2 -> 2 = fulll", "N208 fulll"), ("sparse table t: 2 -> 2 = n", "N208 n"),
    ("sparse table t: 2 -> 2 = groups(3)", "N208 3"), ("sparse table t: 2 -> 2 = groups", "N208 groups"),
    ("sparse table t: 2 -> 2 = groups(n: 2, m: 3)", "N110 m: 3"), ("sparse table t: 2 -> 2 = groups(2.5)", "N208 2.5"),
    ("sparse table t: 2 -> 2 = groups(true)", "N208 true"), ("sparse table t: 2 -> 2 = groups(1, 2)", "N110 2"),
    ("sparse table t: 2 -> 2 = groups(1 / 0)", "N106 1 / 0"), ("sparse table t: 2 -> 2 = transpose", "N208 transpose"),
    ("sparse table t: 2 -> 2 = transpose(n)", "N208 n"),
    ("sparse table t: 2 -> 2 = transpose(full, full)", "N208 transpose(full, full)"),
    ("sparse table t: 2 -> 2 = transpose(nothing)", "N101 nothing"), ("dense table t: 2 -> 2 = identity", "N207 t"),
    ("sparse table t: 2 -> 3 = u", "N208 u"), ("sparse table t: 3 -> 2 = transpose(u)", "N208 transpose(u)"),
    ("sparse table t: 2 -> 2 = s", "N207 t"), ("shared table t: 2 -> 2 = r", "N207 t"),
    ("sparse table t: 2 -> 2 = r", "N207 t"), ("sparse table t: 2 -> 2 = u(3)", "N208 u(3)"),
    ("sparse table u: 2 -> 2 = full", "N103 u"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), WRONG)
def test_what_is_wrong(text: str, wanted: str) -> None:
    before = "let n = 2\nsparse table u: 2 -> 2 = identity\nshared table s: 2 -> 2 { a b\n b a }\n"
    before += "residual table r: 2 -> 2 = identity\n"
    (found,) = read(before + text).places
    assert found.strip() == wanted.strip()


@pytest.mark.parametrize("made", ["u", "transpose(u)", "u | s", "u & u", "s"])
def test_tables_may_be_made_of_tables(made: str) -> None:
    before = "shared table s: 2 -> 2 { a b\n b a }\nsparse table u: 2 -> 2 = identity\n"
    found = read(f"{before}shared table t: 2 -> 2 = {made}")
    assert found.places == []
    assert (found.meaning.tables["t"].name, found.meaning.tables["t"].kind) == ("t", "shared")


def test_a_table_that_failed_silences_those_that_use_it() -> None:
    found = layers(
        "conv(2, 1, table: t) -> conv(2, 1, table: u)",
        before="sparse table t: 3 -> 2 = groups(5)\nsparse table u: 3 -> 2 = t",
    )
    assert found.places == ["N208 5"]


@pytest.mark.parametrize(
    ("text", "size", "weights"),
    [
        ("3 x 3 { . X .\n X X X\n . X . }", (3, 3), 5), ("1 x 3 { b a b }", (1, 3), 2), ("3 { b a b }", (3,), 2),
        ("2 x 1 x 2 { X a\n a . }", (2, 1, 2), 2), ("n x n { X X\n X X }", (2, 2), 4),
    ],
)  # fmt: skip
def test_kernels(text: str, size: tuple[int, ...], weights: int) -> None:
    found = read(f"let n = 2\nkernel table k: {text}")
    assert found.places == []
    kernel = found.meaning.tables["k"]
    assert isinstance(kernel, KernelTable)
    assert (kernel.name, kernel.size, max(kernel.taps) + 1) == ("k", size, weights)


def test_a_picture_in_a_block_is_read_for_each_size() -> None:
    before = "block b(n) {\n sparse table t: n -> 2 { X .\n . X }\n conv(2, 1, table: t)\n}"
    assert layers("b(2) -> b(2)", "2 x 4 x 4", before).places == []
    assert layers("b(2) -> b(3)", "2 x 4 x 4", before).codes == "N206"
    first, second = (node.op.arguments()["table"] for node in layers("b(2) -> b(2)", "2 x 4 x 4", before).graph.nodes)
    assert first.given is second.given  # once for each size


def test_the_size_in_the_head_is_shown_beside_a_picture_that_does_not_fit() -> None:
    problem = read("sparse table t: 6 -> 2 { X X }").problems[0]
    assert [(span.text, label) for span, label in problem.also] == [("6 -> 2", "the size it should have")]


@pytest.mark.parametrize(
    ("rows", "unfed"),
    [("0: 0\n 2: 1", "output map 1 to"), ("0: 0", "output maps 1, 2 to"), ("0: 0\n 1: 1\n 2: 1", "")],
)
def test_an_output_with_no_connection_is_a_warning(rows: str, unfed: str) -> None:
    found = layers("conv(3, 1, table: t)", "2 x 4 x 4", f"sparse table t: 2 -> 3 {{ {rows} }}")
    assert [p.code for p in found.problems] == ["N220"] * bool(unfed)
    assert not unfed or unfed in found.problems[0].message


def test_many_outputs_with_no_connection() -> None:
    six = layers("conv(7, 1, table: t)", "2 x 4 x 4", "sparse table t: 2 -> 7 { 0: 0\n 1: 0 }").problems[0].message
    assert six == "table t connects output maps 2, 3, 4, 5, 6 to nothing"
    more = layers("conv(8, 1, table: t)", "2 x 4 x 4", "sparse table t: 2 -> 8 { 0: 0\n 1: 0 }").problems[0].message
    assert more == "table t connects output maps 2, 3, 4, 5, 6, … to nothing"


def test_the_warning_comes_once_and_not_for_connect() -> None:
    table = "sparse table t: 2 -> 2 { 0: 0 1 }"
    assert layers("(conv(2, 1, table: t)) * 3", "2 x 4 x 4", table).codes == "N220"
    assert layers("conv(2, 1, table: t) -> conv(2, 1, table: t)", "2 x 4 x 4", table).codes == "N220 N220"
    assert layers("connect(t)", "2 x 4 x 4", "residual table t: 2 -> 2 { = .\n . . }").codes == ""
