"""What Python and notebooks show of nets, tables and problems: short, and every text escaped."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec import cli
from netspec.diagnostics.html import page_table
from netspec.elaborate.files import LARGEST

SPECS = Path(__file__).parents[2] / "specs"
SPEC = """netspec 1
net A(units = 2) {
    input x: 3 x 4 x 4
    sparse table t: 3 -> 2 {
        X .
        X X
        . X
    }
    output y = x -> conv(2, 3, table: t) -> dense(units)
}
"""


def test_a_net_is_the_table_of_show(capsys: pytest.CaptureFixture[str]) -> None:
    path = SPECS / "resnet.net"
    assert cli.main(["show", str(path)]) == 0
    assert f"{netspec.load(path)!r}\n" == capsys.readouterr().out
    assert str(netspec.load(path)) == repr(netspec.load(path))


@pytest.mark.slow
def test_other_values_are_told_in_few_words() -> None:
    net = netspec.load(SPECS / "resnet.net")
    weights = net.initial()
    table = netspec.load(SPECS / "lenet5.net").meaning.tables["c3"]
    for value in (net.meaning, net.graph, net.source, net.problems, net.model(weights), net.spec(), table):
        assert len(repr(value)) < 1000, type(value)
    assert "25,557,032" in repr(net.graph)
    assert repr(table) == "sparse table c3: 6 -> 16, 60 connections, 60 weights"


def test_html_is_escaped() -> None:
    net = netspec.loads(SPEC)
    html = net._repr_html_()
    assert "y/conv" in html
    assert html.count("<tr>") == 5  # the head, the input, two layers, the sum
    assert "&lt;script&gt;" in page_table("a", ["b"], [["<script>"]], [["c"]])
    assert "<b" not in page_table("<b>", ["<b>"], [["<b>"]], [["<b>"]])
    table = net.meaning.tables["t"]._repr_html_()
    assert "3 -&gt; 2" in table
    assert table.count("<td>X</td>") == 4
    assert table.count("<td>.</td>") == 2
    with pytest.raises(netspec.SpecError) as caught:
        netspec.loads("netspec 1\nnet A { input x: 3\n output y = x -> dens(2) # <script>\n}")
    problems = caught.value.problems._repr_html_()
    assert "&lt;script&gt;" in problems
    assert "<script" not in problems
    assert "did you mean `dense`?" in repr(caught.value.problems)


def test_a_net_from_a_text() -> None:
    net = netspec.loads(SPEC, units=5)
    assert (net.graph.shapes["y/dense"], net.path, net.files) == ((5,), None, [])
    for text in ("", "netspec 1\nlet a = 3\n", "netspec 1\nnet A { input x: }", "\ud800", " " * (LARGEST + 1)):
        with pytest.raises(netspec.SpecError):
            netspec.loads(text)


def test_a_text_uses_files_below_the_root_alone(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for folder in (tmp_path, inner):
        (folder / "lib.net").write_text("netspec 1\nblock two { in -> dense(2) }\n", encoding="utf-8")
    text = 'netspec 1\nuse "lib.net"\nnet A {\n input x: 3\n output y = x -> two\n}\n'
    assert netspec.loads(text, root=inner).parameters == 8
    with pytest.raises(netspec.SpecError) as caught:
        netspec.loads(text.replace("lib", "../lib"), root=inner)
    assert caught.value.problems.errors[0].code == "N603"
