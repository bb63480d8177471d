"""What differs between two nets is told line by line, and nothing is told of what is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.net import load
from netspec.report.difference import differences

SPEC = """netspec 1
net A {
    input x: 2 x 8 x 8
    sparse table t: 2 -> 4 {
        X . X .
        . X . X
    }
    kernel table k: 3 x 3 {
        X X X
        X . X
        X X X
    }
    c = x -> conv(4, k, table: t)
    output y = c -> relu -> dense(3)
}
"""


def told(folder: Path, *changes: tuple[str, str], start: str = SPEC) -> list[str]:
    nets = []
    other = start
    for old, new in changes:
        assert old in other
        other = other.replace(old, new)
    for name, text in (("a.net", start), ("b.net", other)):
        (folder / name).write_text(text, encoding="utf-8")
        nets.append(load(folder / name))
    a, b = nets
    return list(differences(a.graph, b.graph, a.meaning.tables, b.meaning.tables))


def test_a_net_is_as_itself_whatever_its_comments(tmp_path: Path) -> None:
    assert told(tmp_path, ("net A {", "net A {  # as in the paper")) == []


def test_a_layers_argument_shape_and_parameters(tmp_path: Path) -> None:
    argument, *others = told(tmp_path, ("dense(3)", "dense(5)"))
    assert [side.strip(")").split("units: ")[1] for side in argument.split(" | ")] == ["3", "5"]
    assert others == [
        "y/dense shape: 3 | 5",
        f"y/dense parameters: {3 * 144 + 3} | {5 * 144 + 5}",
        f"parameters: {32 + 4 + 435} | {32 + 4 + 725}",
    ]


def test_a_layer_that_is_not_there(tmp_path: Path) -> None:
    lines = told(tmp_path, (" -> relu", ""))
    assert lines == ["y/relu: relu | none", "y/dense reads: y/relu | c/conv"]
    assert told(tmp_path, ("relu", "tanh"))[-1] == "y/tanh: none | tanh"


def test_an_input(tmp_path: Path) -> None:
    assert told(tmp_path, ("8 x 8", "9 x 8"))[0] == "input x: 2 x 8 x 8 | 2 x 9 x 8"
    renamed = told(tmp_path, ("input x", "input z"), ("= x", "= z"))
    assert renamed[:2] == ["input x: 2 x 8 x 8 | none", "input z: none | 2 x 8 x 8"]


def test_cells_of_a_table_by_their_places(tmp_path: Path) -> None:
    lines = told(tmp_path, ("X . X .", "X X . ."))
    assert lines == ["table t [0 -> 1]: . | X", "table t [0 -> 2]: X | .", *lines[2:]]
    assert not [line for line in lines[2:] if line.startswith("table")]


def test_sizes_of_a_table_in_place_of_its_cells(tmp_path: Path) -> None:
    lines = told(tmp_path, ("2 -> 4", "2 -> 3"), ("X . X .", "X . X"), (". X . X", ". X ."), ("conv(4,", "conv(3,"))
    assert [line for line in lines if line.startswith("table")] == ["table t: 2 -> 4 | 2 -> 3"]


def test_taps_of_a_kernel(tmp_path: Path) -> None:
    lines = told(tmp_path, ("X . X\n        X X X", "X X X\n        X X X"))
    (line,) = [line for line in lines if line.startswith("table k")]
    assert " | " in line
    assert line.count("-1") == 1  # the tap that was not there


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    without = SPEC[: SPEC.index("    kernel")] + SPEC[SPEC.index("    c =") :].replace("k,", "3,")
    lines = told(tmp_path, (SPEC, without))
    assert "table k: a kernel table | none" in lines


@pytest.mark.parametrize(("count", "more"), [(10, 0), (11, 1), (40, 30)])
def test_ten_cells_are_named_and_the_others_counted(count: int, more: int, tmp_path: Path) -> None:
    start = (
        "netspec 1\nnet A {\n input x: 40 x 3 x 3\n sparse table t: 40 -> 1 {\n TABLE }\n"
        " output y = x -> conv(1, 3, table: t)\n}\n"
    )
    # the last row stays, so that the output keeps a connection
    before = "\n".join(["X"] * 40 + [])
    after = "\n".join(["."] * count + ["X"] * (40 - count))
    if count == 40:
        before, after = after.replace(".", "a"), "\n".join("b" if n % 2 else "c" for n in range(40))
        start = start.replace("sparse", "shared")
    lines = [
        line
        for line in told(tmp_path, (before, after), start=start.replace("TABLE", before))
        if line.startswith("table")
    ]
    assert len(lines) == 10 + bool(more)
    assert all(f"[{n} -> 0]" in line for n, line in enumerate(lines[:10]))
    assert not more or lines[10] == f"table t: {more} more cells differ"
