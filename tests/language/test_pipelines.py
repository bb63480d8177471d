"""Pipelines, statements and tables as sections 3 to 6 of the contract have them."""

from __future__ import annotations

import pytest

from netspec.language import syntax as s
from tests.language.written import arguments, pipeline, short, sound

PIPELINES = [
    ("relu", "relu"),
    ("in -> relu", "in -> relu"),
    ("in[0] -> relu", "in[0] -> relu"),
    ("x -> conv(6, 5, pad: same) -> tanh", "x -> conv(6, 5, pad: same) -> tanh"),
    ("conv()", "conv()"),
    ("conv(3, 3 x 1,)", "conv(3, (x 3 1))"),
    ("[a, b -> relu] -> add", "[a, b -> relu] -> add"),
    ("[a,]", "[a]"),
    ("[[a, b] -> add, c] -> concat", "[[a, b] -> add, c] -> concat"),
    ("(relu) * 3", "<relu> * 3"),
    ("(relu) * n ** 2", "<relu> * (** n 2)"),
    ("(relu) * (n - 1)", "<relu> * (- n 1)"),
    ("(relu) * 3 -> tanh", "<relu> * 3 -> tanh"),
    ("(dense(h)) for h in [3, 1]", "<dense(h)> for h in [3 1]"),
    ("(dense(h)) for h in 1..3 -> relu", "<dense(h)> for h in (.. 1 3) -> relu"),
    ("(relu if c else tanh)", "<if c: relu else: tanh>"),
    ("(relu if a else tanh if b else selu)", "<if a: relu else: if b: tanh else: selu>"),
    ("(a -> b if c or d else e -> f)", "<if (or c d): a -> b else: e -> f>"),
    ("((relu))", "<<relu>>"),
    ("residual { relu }", "residual {relu}"),
    (
        "residual(shortcut: pad) { a = relu\n a -> tanh } -> relu",
        "residual(shortcut: pad) {a = relu; a -> tanh} -> relu",
    ),
    ("relu\n -> tanh", "relu -> tanh"),
    ("relu # why\n\n # and\n -> tanh", "relu -> tanh"),
    ("conv(\n 3,\n\n # one\n 3\n)", "conv(3, 3)"),
]


@pytest.mark.parametrize(("text", "tree"), PIPELINES)
def test_a_pipeline(text: str, tree: str) -> None:
    assert pipeline(text) == tree


def test_the_declarations_of_a_file() -> None:
    file = sound('netspec 1 # first\nuse "a b.net"\nlet n = 3\nblock b(p, q = 2,) { relu }\nnet A { }\ntrain { }')
    use, let, block, net, train = file.items
    assert isinstance(use, s.Use)
    assert use.path == "a b.net"
    assert isinstance(let, s.Let)
    assert (let.name, let.name_span.text, short(let.value)) == ("n", "n", "3")
    assert isinstance(block, s.Block)
    assert block.name == block.name_span.text == "b"
    assert [(p.name, p.default and short(p.default)) for p in block.parameters] == [("p", None), ("q", "2")]
    assert isinstance(net, s.Net)
    assert (net.name, net.name_span.text, net.parameters, net.body.statements) == ("A", "A", (), ())
    assert isinstance(train, s.Section)
    assert (train.name, train.name_span.text, train.settings) == ("train", "train", ())


def test_the_statements_of_a_net() -> None:
    (net,) = sound("""netspec 1
net A(n = 3, c) {
    input x: 3 x H x W
    output y (train, weight: 0.3) = x -> relu
    output z = y
    share t = conv(3, 3)
    v = x -> t
    v
    expect v(shape: 3 x 1, macs: 5) if n == 3
    expect net(parameters: 0)
    let k = 2
    block b() { relu }
    sparse table c: 2 -> 3 = full
}
""").items
    assert isinstance(net, s.Net)
    assert [type(node) for node in net.body.statements] == [
        s.Input, s.Output, s.Output, s.Share, s.Bind, s.Bare, s.Expect, s.Expect, s.Let, s.Block, s.Table,
    ]  # fmt: skip
    x, y, z, t, v, bare, first, second, *_ = net.body.statements
    assert isinstance(x, s.Input)
    assert (x.name, x.name_span.text, short(x.shape)) == ("x", "x", "(x 3 H W)")
    assert isinstance(y, s.Output)
    assert (y.name, y.name_span.text, arguments(y.arguments)) == ("y", "y", "(train, weight: 0.3)")
    assert short(y.pipe) == "x -> relu"
    assert isinstance(z, s.Output)
    assert (z.arguments, short(z.pipe)) == ((), "y")
    assert isinstance(t, s.Share)
    assert (t.name, t.name_span.text, short(t.pipe)) == ("t", "t", "conv(3, 3)")
    assert isinstance(v, s.Bind)
    assert (v.name, v.name_span.text, short(v.pipe)) == ("v", "v", "x -> t")
    assert short(bare) == "v"
    assert isinstance(first, s.Expect)
    assert (first.target, first.target_span.text, arguments(first.arguments)) == ("v", "v", "(shape: (x 3 1), macs: 5)")
    assert first.condition is not None
    assert short(first.condition) == "(== n 3)"
    assert isinstance(second, s.Expect)
    assert (second.target, second.condition) == ("net", None)


@pytest.mark.parametrize(
    ("text", "sizes", "body"),
    [
        ("sparse table c: 2 -> 3 {\n X . X # one\n\n . X .\n}", ("2", "3"), "X . X / . X ."),
        ("dense table c: 2 -> n * 2", ("2", "(* n 2)"), None),
        ("kernel table c: 3 x 3 { X }", ("(x 3 3)", None), "X"),
        ("sparse table c: 2 -> 3 = groups(2)", ("2", "3"), "groups(2)"),
        ("sparse table c: 2 -> 3 = a | b & c() | d", ("2", "3"), "(| a (& b c) d)"),
        ("sparse table c: 2 -> 3 = (a | b) & transpose(c)", ("2", "3"), "(& (| a b) transpose(c))"),
        ("shared table c: 1 -> 1 { a }", ("1", "1"), "a"),
        ("sparse table c: 2 -> 2 {\n 0: 0 1\n 1: 1\n}", ("2", "2"), "0: 0 1 / 1: 1"),
        ("sparse table c: 2 -> 2 { }", ("2", "2"), ""),
    ],
)
def test_a_table(text: str, sizes: tuple[str, str | None], body: str | None) -> None:
    (table,) = sound(f"netspec 1\n{text}\n").items
    assert isinstance(table, s.Table)
    assert table.kind == table.kind_span.text == text.split()[0]
    assert table.name == table.name_span.text == "c"
    assert (short(table.inputs), table.outputs and short(table.outputs)) == sizes
    assert (None if table.body is None else short(table.body)) == body


def test_the_settings_of_a_section() -> None:
    (section,) = sound("netspec 1\ntrain {\n loss: mse\n loss y: mae\n schedule: warmup(3) -> cosine\n}\n").items
    assert isinstance(section, s.Section)
    loss, of_y, schedule = section.settings
    assert isinstance(loss, s.Setting)
    assert (loss.key, loss.key_span.text, loss.target, loss.target_span) == ("loss", "loss", None, None)
    assert list(map(short, loss.values)) == ["mse"]
    assert isinstance(of_y, s.Setting)
    assert of_y.target_span is not None
    assert (of_y.target, of_y.target_span.text, of_y.target_span.line) == ("y", "y", 4)
    assert isinstance(schedule, s.Setting)
    assert list(map(short, schedule.values)) == ["warmup(3)", "cosine"]


@pytest.mark.parametrize("text", ["block b() { relu }", "block b() {\n\n relu\n\n}", "block b() {relu\n}\n\n"])
def test_braces_hold_statements_on_one_line_or_many(text: str) -> None:
    (block,) = sound(f"netspec 1\n\n{text}\n").items
    assert isinstance(block, s.Block)
    assert [short(statement) for statement in block.body.statements] == ["relu"]


def test_every_part_has_its_place() -> None:
    text = "netspec 1\nnet A {\n  a = in -> conv(3, pad: same) -> [b, c] -> add\n}\n"
    (net,) = sound(text).items
    assert isinstance(net, s.Net)
    assert net.span.text == text[10:-1]
    assert net.body.span.text == text[16:-1]
    (bind,) = net.body.statements
    assert isinstance(bind, s.Bind)
    conv, many = bind.pipe.stages[1:3]
    assert isinstance(conv, s.Call)
    assert conv.arguments is not None
    assert [conv.span.text, conv.name_span.text] == ["conv(3, pad: same)", "conv"]
    assert [a.span.text for a in conv.arguments] == ["3", "pad: same"]
    assert (many.span.text, many.span.line, many.span.column) == ("[b, c]", 3, 35)
