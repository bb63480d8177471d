"""format ∘ parse is the identity, on the specs and on nets drawn at random; the graph does not change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Problems, Source, Span, SpecError, render
from netspec.elaborate import elaborate
from netspec.language import format_text, parse
from netspec.language.syntax.node import Node

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.net"))


def tree(text: str) -> object:
    problems = Problems()
    file = parse(Source("net", text), problems)
    assert not problems.errors, render(problems)
    return bare(file)


def bare(node: object) -> object:
    """A syntax tree without its spans."""
    if isinstance(node, Node):
        fields = {name: bare(getattr(node, name)) for name in node.fields}
        return type(node).__name__, {k: v for k, v in fields.items() if "span" not in k}
    if isinstance(node, tuple):
        return tuple(map(bare, node))
    if type(node).__name__ == "Row" or isinstance(node, Span):
        return None
    return " ".join(node.split()) if isinstance(node, str) else node


@pytest.mark.parametrize("spec", SPECS, ids=lambda p: p.stem)
def test_specs_stand_in_canonical_form(spec: Path) -> None:
    text = spec.read_text(encoding="utf-8")
    assert format_text(text) == text


NAMES = st.sampled_from(["a", "b", "x", "table", "train", "größe", "n1"])
NUMBERS = st.sampled_from(["0", "3", "0.5", "1e-4", "12"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(two, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "==", "<", " and ", " or ", ".."])).map(
            lambda t: f"({t[0][0]}{t[1]}{t[0][1]})"
        ),
        inner.map(lambda a: f"-({a})"), inner.map(lambda a: f"(not {a})"), inner.map(lambda a: f"[{a},1]"),
        two.map(lambda t: f"(({t[0]}) x({t[1]}))"), two.map(lambda t: f"max({t[0]},  {t[1]})"),
        two.map(lambda t: f"({t[0]} if {t[1]} else 2)"), inner.map(lambda a: f"({a})[ 0 ]"),
    )  # fmt: skip


EXPRESSIONS = st.recursive(
    st.one_of(NAMES, NUMBERS, st.just("3x1"), st.just('"s"'), st.just("true")), grown, max_leaves=8
)
STAGES = st.one_of(
    st.tuples(EXPRESSIONS, EXPRESSIONS).map(lambda t: f"conv( {t[0]},{t[1]} , pad:same)"),
    st.just("relu"), st.just("residual(shortcut:auto){ conv(3,3)->norm }"), st.just("[identity,relu]->add"),
    EXPRESSIONS.map(lambda e: f"(relu)*({e})"), EXPRESSIONS.map(lambda e: f"(relu if {e} else tanh)"),
    st.just("(dense(h)->relu)for h in [1,2]"),
)  # fmt: skip
GAPS = st.sampled_from(["->", " -> ", "\n   -> ", " # why\n\n -> "])


@st.composite
def specs(draw: st.DrawFn) -> str:
    lines = []
    for i in range(draw(st.integers(1, 5))):
        pipe = "image"
        for _ in range(draw(st.integers(1, 4))):
            pipe += draw(GAPS) + draw(STAGES)
        lines.append(
            f"{draw(st.sampled_from(['', '  ', chr(9)]))}v{i}={pipe}{draw(st.sampled_from(['', '  # note', '   ']))}"
        )
        if draw(st.booleans()):
            lines.append(
                draw(
                    st.sampled_from(["", "# alone", "let q  =  3", "sparse table t: 2->2 {\n X   .\n # row\n .  X\n}"])
                )
            )
    return "netspec  1\n\n\nnet A(p=1){\ninput image:3x8 x 8\n" + "\n".join(lines) + "\n}\ntrain{batch:3}\n"


@pytest.mark.slow
@given(specs())
@settings(max_examples=150, deadline=None)
def test_format_keeps_the_meaning_and_settles(text: str) -> None:
    once = format_text(text)
    assert tree(once) == tree(text)
    assert format_text(once) == once
    assert once.count("#") == text.count("#")


def test_the_graph_is_unchanged_by_format() -> None:
    text = SPECS[0].read_text(encoding="utf-8").replace("    ", "\t").replace(" -> ", "->")
    graphs = []
    for version in (text, format_text(text)):
        problems = Problems()
        graph = elaborate(parse(Source("net", version), problems), problems, path=SPECS[0]).graph
        assert graph is not None
        graphs.append([(n.name, n.op.name, n.inputs, n.shape) for n in graph.nodes])
    assert graphs[0] == graphs[1]


def test_a_list_behind_for_keeps_its_blank() -> None:
    line = "    a = x -> (dense(h)) for h in [1, 2] -> (relu) for i in counts[2]"
    assert line in format_text(f"netspec 1\nnet A {{\n{line}\n}}\n")
    assert "in[0] -> relu" in format_text("netspec 1\nblock b() { in [0] -> relu }\n")


FORMS = [
    ("let k=1+2*-3", "let k = 1 + 2 * -3"),
    ("let k = - -3", "let k = --3"),
    ("let k=a- -b", "let k = a - -b"),
    ("let k = ( 1 , 2 )", None),
    ("let k=[1,2 , 3]", "let k = [1, 2, 3]"),
    ("let k=0 .. 5", "let k = 0..5"),
    ("let k=a . maps", "let k = a.maps"),
    ("let k=a [ 0 ]", "let k = a[0]"),
    ("let k=max ( a,b )", "let k = max(a, b)"),
    ("let k=3x1", "let k = 3x1"),
    ("let k=3  x  1", "let k = 3 x 1"),
    ("let k=3x 1", "let k = 3 x 1"),
    ("let k=3 x1", "let k = 3 x 1"),
    ("let k=3x(a)", "let k = 3 x (a)"),
    ("let k=(a)x3", "let k = (a) x 3"),
    ("let k=a**-b", "let k = a ** -b"),
    ("let k=not a==b", "let k = not a == b"),
    ("let k=(1)if a else(2)", "let k = (1) if a else (2)"),
    ('let k="a  b"', 'let k = "a  b"'),
    ("let k=a#why  ", "let k = a  #why"),
    ("let k=a#why", "let k = a  #why"),
    ("block b( p,q=2 ){relu}", "block b(p, q = 2) { relu }"),
    ("block b(){ in [0]->relu }", "block b() { in[0] -> relu }"),
    ("block b(){ (relu)*3->tanh }", "block b() { (relu) * 3 -> tanh }"),
    ("block b(){ (a)for i in[1,2] }", "block b() { (a) for i in [1, 2] }"),
    ("block b(){ residual(shortcut:pad){relu} }", "block b() { residual(shortcut: pad) { relu } }"),
    ("block b(){ output y(train)=a }", "block b() { output y (train) = a }"),
    ("block b(){ expect net(macs:3)if a }", "block b() { expect net(macs: 3) if a }"),
    ("sparse table c:2->2=a|b&c", "sparse table c: 2 -> 2 = a | b & c"),
    ("block b(){\nrelu\n->\ttanh\n}", "block b() {\n    relu\n        -> tanh\n}"),
    ("block b() {\n\n\nrelu\n\n\n\ntanh\n\n}", "block b() {\n    relu\n\n    tanh\n}"),
    ("block b() {\nconv(\n3,\n3\n)\n}", "block b() {\n    conv(\n        3,\n        3\n    )\n}"),
    ("block b() {\n[a,\nb]->add\n}", "block b() {\n    [a,\n        b] -> add\n}"),
    ("block b() {\nblock c() {\nrelu\n}\n}", "block b() {\n    block c() {\n        relu\n    }\n}"),
    ("shared table c:1->3{\na   . kk\n# note\n. b .\n}",
    "shared table c: 1 -> 3 {\n    a . kk\n    # note\n    . b .\n}"),
    ("shared table c:1->2{\nlong .\n# note\n. b\n}", "shared table c: 1 -> 2 {\n    long .\n    # note\n    .    b\n}"),
    ("sparse table c: 1 -> 1 {X}", "sparse table c: 1 -> 1 { X }"),
    ("# a\n\n\n# b\nlet k = 3", "# a\n\n# b\nlet k = 3"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "canonical"), FORMS)
def test_the_canonical_form(written: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(SpecError):
            format_text(f"netspec 1\n{written}\n")
        return
    text = f"netspec 1\n{canonical}\n"
    assert format_text(f"netspec   1 \n{written}") == text
    assert format_text(text) == text


def test_comments_above_the_version_stay_there() -> None:
    assert format_text("  # a\n\n\n # b\nnetspec\t1 # c") == "# a\n\n# b\nnetspec 1  # c\n"


def test_a_text_that_does_not_parse_is_not_formatted() -> None:
    with pytest.raises(SpecError) as error:
        format_text("netspec 1\nlet = 3\n", "a.net")
    assert str(error.value).startswith("a.net:2:5: N008")


def test_a_text_with_more_findings_than_are_kept_is_not_formatted() -> None:
    with pytest.raises(SpecError):
        format_text("netspec 1\n" + "?\n" * 10_100)
