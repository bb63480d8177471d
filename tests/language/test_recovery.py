"""All the mistakes of a file in one run, each where it is, and none that only follows from another.

Many rows end in ``let = 3``: a mistake whose place proves that the parser came back to its senses before it.
"""

from __future__ import annotations

import random

import pytest

from netspec.diagnostics import Problems, Source
from netspec.language import parse
from netspec.language import syntax as s
from tests.language.written import findings

SNIPPETS: dict[str, list[str]] = {
    # statements one after the other
    "let = 3": ["N008 2:5"],
    "let k 3\nlet j = = 2\nlet m = 4": ["N008 2:7", "N008 3:9"],
    "net A {\n a = b b\n c = -> d\n e = f\n}": ["N008 3:8", "N008 4:6"],
    "train {\n batch 3\n epochs = 4\n seed: 5\n}": ["N008 3:8", "N008 4:9"],
    "data {\n prepare: a b\n test: c d\n}": ["N008 3:13", "N008 4:10"],
    "let k = 1 < 2 < 3\nlet j = 1..2..3": ["N008 2:15", "N008 3:13"],
    "net A {\n let = 3\n output y = x -> -> a\n}": ["N008 3:6", "N008 4:18"],
    "net A {\n input x: 3\n output y = x ->\n}\nlet = 3": ["N008 4:15", "N008 6:5"],
    "use a.net\nlet = 3": ["N008 2:5", "N008 3:5"],
    "a tabel c: 2 -> 2 {\n X X\n}\nlet = 3": ["N008 2:3", "N008 5:5"],
    "a table c 2 -> 2 {\n X X\n}\nlet = 3": ["N008 2:11", "N008 5:5"],
    # statements in one another
    "block b() {\n relu relu\n block c() {\n  = 3\n }\n = 4\n}": ["N008 3:7", "N008 5:3", "N008 7:2"],
    "block b() {\n residual {\n  a b\n }\n c d\n}": ["N008 4:5", "N008 6:4"],
    "net A(\n n = 3\n) {\n a = = b\n}": ["N008 5:6"],
    # behind braces, and in the wrong ones
    "net A {\n a = b } c\n let = 3": ["N008 3:10", "N008 4:6"],
    "net A { a = b c } d\nlet = 3": ["N008 2:15", "N008 2:19", "N008 3:5"],
    "block b() { relu } block c() {\n relu } d {\n}\nlet = 3": ["N008 2:20", "N008 5:5"],
    "{\nlet k = 3\n}\nlet = 3": ["N008 2:1", "N008 5:5"],
    "net A { { a = b } }\nlet = 3": ["N008 2:9", "N008 3:5"],
    "net A {\n train {\n  batch: 3\n }\n}\nlet = 3": ["N008 4:8", "N008 7:5"],
    "input x: 3\nlet = 3": ["N008 2:1", "N008 3:5"],
    "expect a(shape: 3)\nlet = 3": ["N008 2:1", "N008 3:5"],
    'net A {\n use "a"\n net B { }\n a = b\n}': ["N008 3:2", "N008 4:2"],
    "block b()\n{ relu }\nlet = 3": ["N008 2:10", "N008 4:5"],
    "train\n{\n batch: 3\n}\nlet = 3": ["N008 2:6", "N008 6:5"],
    "net A\n{ a = b c }\nlet = 3": ["N008 2:6", "N008 4:5"],
    "net A {\n a = (residual { c } d)\n e = = f\n}\nlet = 3": ["N008 3:22", "N008 4:6", "N008 6:5"],
    "net A {\n a = [residual { c } d, e]\n}\nlet = 3": ["N008 3:22", "N008 5:5"],
    # brackets that never close
    "net A {\n a = (b\n c = d\n}": ["N005 3:6"],
    "net A {\n a = [b, c -> d\n e = (f -> g\n h = i\n}": ["N005 3:6", "N005 4:6"],
    "net A {\n a = b\n": ["N005 2:7"],
    "net A {\n block b() {\n": ["N005 2:7", "N005 3:12"],
    "block b( {\n relu\n}\nlet = 1": ["N005 2:8", "N008 5:5"],
    "block b() {\n x -> residual( { relu }\n}\nlet = 1": ["N005 3:15", "N008 5:5"],
    "train {\n batch: [1, 2\n epochs: 3\n seed = 1\n}": ["N005 3:9", "N008 5:7"],
    "a table c: 2 -> 2 {\n X X\n X X\nlet k = 3": ["N005 2:19"],
    "let k = [1, 2\nlet j = 3\nlet = 4": ["N005 2:9", "N008 4:5"],
    "let k = (1 +\n 2\nblock b() { relu }\nlet = 4": ["N005 2:9", "N008 5:5"],
    "net A { a = (b }\nlet = 3": ["N005 2:13", "N008 3:5"],
    "net A {\n output y (train,\n weight = 3\n ) = x\n}\nlet = 3": ["N008 4:9", "N008 7:5"],
    "block b(\n p = 3,\n q = 2\n) { relu }": [],
    "net A {\n a = conv(3,\n b = c\n}": ["N005 3:10"],
    "let k = (1 +\nsparse table c: 1 -> 1 = full\nlet = 3": ["N005 2:9", "N008 4:5"],
    "let k = ([1, 2)\nlet = 4": ["N005 2:10", "N008 3:5"],
    # brackets that close nothing
    "net A {\n a = b)\n c = d]\n}": ["N006 3:7", "N006 4:7"],
    "net A {\n a = b))\n c = d\n}": ["N006 3:7"],
    "net A {\n a = b\n}}\nlet = 1": ["N006 4:2", "N008 5:5"],
    "}\nlet = 1": ["N006 2:1", "N008 3:5"],
    "let k = )\nlet j = ]\nlet = 3": ["N006 2:9", "N006 3:9", "N008 4:5"],
    "net A {\n a = b(c: 3, 4))\n = 3\n}": ["N006 3:16", "N008 4:2"],
    "net A {\n a = (b { c) }\n}\nlet = 3": ["N005 3:6", "N006 3:12", "N008 5:5"],
    # what the lexer found is said once
    "let k = $ 3 3\nlet = 3": ["N004 2:9", "N008 3:5"],
    'let k = "a\nlet = 3': ["N004 2:9", "N008 3:5"],
    "let k = 3a 3\nlet = 3": ["N004 2:10", "N008 3:5"],
    'let k = "\\q"\nlet = 3': ["N004 2:10", "N008 3:5"],
    "let $ = 3\nlet = 3": ["N004 2:5", "N008 3:5"],
    "let k = 3 $\nlet = 3": ["N004 2:11", "N008 3:5"],
    "block b() { relu }; let = 3": ["N004 2:19", "N008 2:21"],
    # the rest of the file is read after a mistake, and a mistake at its very end is one
    "net A {\n a = b b\n}\nlet k = 3\nblock c() { }\n": ["N008 3:8"],
    "let k =": ["N008 2:8"],
    "net A": ["N008 2:6"],
    "block b() { relu -> }": ["N008 2:18"],
}


@pytest.mark.parametrize(("text", "found"), SNIPPETS.items())
def test_all_that_is_wrong_and_nothing_else(text: str, found: list[str]) -> None:
    assert findings(f"netspec 1\n{text}") == found


@pytest.mark.parametrize(("text", "found"), SNIPPETS.items())
def test_a_line_more_moves_every_place_by_one(text: str, found: list[str]) -> None:
    moved = [f"{code} {int(place.split(':')[0]) + 1}:{place.split(':')[1]}" for code, place in map(str.split, found)]
    assert findings(f"# above\nnetspec 1\n{text}") == moved


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("let k 3", ["k"]),
        ("let = 3", [None]),
        ("block b( { }", ["b"]),
        ("sparse table c 3", ["c"]),
        ("sparse tabel c: 3", ["c"]),
        ("let let = 3", [None]),
    ],
)
def test_what_is_broken_says_what_it_would_have_bound(text: str, names: list[str | None]) -> None:
    assert [node.name for node in parse(Source("a.net", f"netspec 1\n{text}\n"), Problems()).items] == names  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("a = b b", "a"),
        ("input i 3", "i"),
        ("output o = = b", "o"),
        ("share s conv(3)", "s"),
        ("a b", "a"),
        ("a: b", "a"),
        ("let k = = 3", "k"),
        ("a -> -> b", None),
        ("expect a", None),
        ("(a b)", None),
    ],
)
def test_a_broken_statement_of_a_net_says_what_it_would_have_bound(statement: str, name: str | None) -> None:
    (net,) = parse(Source("a.net", f"netspec 1\nnet A {{\n v = w\n {statement}\n u = v\n}}\n"), Problems()).items
    assert isinstance(net, s.Net)
    before, broken, behind = net.body.statements
    assert isinstance(broken, s.Broken)
    assert broken.name == name
    assert broken.span.text == statement
    assert isinstance(before, s.Bind)
    assert isinstance(behind, s.Bind)


def test_no_more_findings_are_kept_than_are_asked_for() -> None:
    problems = Problems(3)
    assert parse(Source("a.net", "netspec 1\n" + "let = 3\n" * 5), problems).items == ()
    assert len(problems) == 3
    assert problems.cut


def drawn(rng: random.Random, depth: int = 0) -> list[str]:
    """Words and signs in any order, brackets closed."""
    words: list[str] = []
    for _ in range(rng.randrange(1, 6)):
        if rng.random() < 0.2 and depth < 3:
            opening, closing = rng.choice([("(", ")"), ("[", "]"), ("{", "}")])
            words += [opening, *drawn(rng, depth + 1), closing]
        else:
            words.append(rng.choice(WORDS))
    return words


WORDS = [
    "net",
    "A",
    "block",
    "b",
    "use",
    "let",
    "input",
    "output",
    "share",
    "expect",
    "in",
    "for",
    "if",
    "else",
    "x",
    "3",
    "=",
    ":",
    ",",
    "->",
    "*",
    "relu",
    "a",
    "train",
    "|",
    "\n",
]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_stands_above_a_mistake_it_is_found(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(100):
        text = f"netspec 1\n{' '.join(drawn(rng))}\nlet = 3"
        assert findings(text)[-1] == f"N008 {text.count(chr(10)) + 1}:5", text
