"""Every part of the syntax has its place: within that of the part around it, and over the text that it stands for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.diagnostics import Span
from netspec.language import syntax as s
from netspec.language.syntax.node import Node
from tests.language.written import sound

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.net"))
ALL = """netspec 1
use "a.net"
let k = [1, 2][0] if not a == b else -2 ** 3 + f(x: 3, y: "a") x in.maps
block b(p, q = true) { (relu) * 3 -> (a if c else d if e else f) }
net A(n = 0..3) {
    input i: 3 x H
    share s = conv(3, 3)
    output y (train, weight: 0.3) = [in[0], i] -> add -> (s) for j in [1, 2]
    v = residual(shortcut: pad) { relu }
    v -> relu
    expect net(shape: 3 x 1) if n == 3
    sparse table t: 2 -> 3 {
        X . X
        . X .
    }
    sparse table u: 2 -> 3 = t | (full & t())
}
train { loss y: mse
    schedule: warmup(3) -> cosine }
"""
#: How the text of a part begins.
BEGINS = {
    s.Use: "use ", s.Let: "let ", s.Block: "block ", s.Net: "net ", s.Input: "input ", s.Share: "share ",
    s.Output: "output ",
    s.Expect: "expect ", s.Many: "[", s.Group: "(", s.In: "in", s.InValue: "in", s.ListOf: "[", s.Not: "not ",
    s.Each: "for ",
    s.Times: "*", s.Body: "{", s.Picture: "{", s.String: '"',
}  # fmt: skip


def below(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from below(item)


def checked(node: Node, around: Span) -> set[type]:
    """The kinds of the parts of a tree, each of whose places was looked at."""
    assert isinstance(node.span, Span)
    assert around.start <= node.span.start < node.span.end <= around.end, (node.fields, node.span.text)
    text = node.span.text
    assert text == text.strip()
    assert text.startswith(BEGINS.get(type(node), ""))
    if isinstance(node, s.Number | s.Row):
        assert text == node.text
    for name in node.fields:
        value = getattr(node, name)
        if name.endswith("_span") and value is not None:
            said = getattr(node, name.removesuffix("_span"))
            assert value.text == said
            assert node.span.start <= value.start < value.end <= node.span.end
    kinds: set[type] = {type(node)}
    for name in node.fields:
        for part in below(getattr(node, name)):
            kinds |= checked(part, node.span)
    return kinds


def test_every_kind_of_part() -> None:
    text = ALL
    file = sound(text)
    kinds = {kind for item in file.items for kind in checked(item, file.span)}
    assert (file.span.start, file.span.end) == (0, len(text))
    every = {kind for kind in vars(s).values() if isinstance(kind, type) and issubclass(kind, Node)}
    assert every - kinds == {s.Node, s.File, s.Broken}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_the_parts_of_our_own_specs(spec: Path) -> None:
    file = sound(spec.read_text(encoding="utf-8"))
    for item in file.items:
        checked(item, file.span)
