"""A net: its parameters, inputs, outputs, the paths of its layers, and what is decided once all of it is there."""

from __future__ import annotations

import pytest

from netspec.graph import Output
from netspec.shape import Free
from tests.elaborate.reading import layers, net, read

BODY = "{\n input u: n\n output y = u -> relu\n}"


@pytest.mark.parametrize(
    ("head", "given", "size"),
    [
        ("(n = 3)", {}, 3), ("(n = 3)", {"n": 5}, 5), ("(n)", {"n": 5}, 5), ("(m = 4, n = m * 2)", {}, 8),
        ("(m = 4, n = m * 2)", {"m": 5}, 10), ("(m = 4, n = m * 2)", {"n": 1}, 1),
    ],
)  # fmt: skip
def test_parameters_are_what_is_set_else_their_default(head: str, given: dict[str, int], size: int) -> None:
    assert read(f"net A{head} {BODY}", **given).graph.inputs == {"u": (size,)}


@pytest.mark.parametrize(
    ("head", "given", "wanted"),
    [
        ("(n)", {}, ["N114 n"]), ("(n = 3)", {"m": 1}, ["N113 A"]), ("(n = m, m = 3)", {}, ["N101 m"]),
        ("(n = 1 / 0)", {}, ["N106 1 / 0"]), ("(n, n = 3)", {"n": 2}, ["N103 n = 3"]), ("(n = 2.5)", {}, ["N221 n"]),
        ("(n = 3)", {"n": "three"}, ["N221 n"]),
    ],
)  # fmt: skip
def test_parameters_that_are_wrong(head: str, given: dict[str, int | str], wanted: list[str]) -> None:
    assert read(f"net A{head} {BODY}", **given).places == wanted


def test_a_file_without_a_net_has_no_parameters() -> None:
    found = read("let n = 3", n=4)
    assert found.places == ["N113 -"]
    assert found.meaning.is_library
    assert not read("net A { input u: 2\n output y = u -> relu }").meaning.is_library


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ("7", (7,)), ("3 x 9", (3, 9)), ("3 x 8 x 9", (3, 8, 9)), ("3 x 4 x 5 x 6", (3, 4, 5, 6)), ("n x n", (3, 3)),
        ("s", (1, 2)), ("2 * n", (6,)), ("n x s", (3, 1, 2)), ("3 x H x W", (3, Free("H"), Free("W"))),
        ("3 x H x H", (3, Free("H"), Free("H"))), ("2147483647", (2**31 - 1,)),
    ],
)  # fmt: skip
def test_inputs(sizes: str, wanted: tuple[int | Free, ...]) -> None:
    found = read(f"let n = 3\nlet s = 1 x 2\nnet A {{\n input u: {sizes}\n output y = u -> relu\n}}")
    assert found.graph.inputs == {"u": wanted}


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [
        ("1 x 2 x 3 x 4 x 5", "N221 1 x 2 x 3 x 4 x 5"), ("0", "N221 0"), ("3 x 0", "N221 0"), ("-1", "N221 -1"),
        ("2.5", "N221 2.5"), ("true", "N221 true"), ('"a"', 'N221 "a"'), ("2147483648", "N219 2147483648"),
        ("65536 x 32768", "N219 65536 x 32768"), ("C x 8", "N101 C"), ("N", "N101 N"), ("3 x y", "N101 y"),
        ("(2 x 0) x 2", "N221 2 x 0"),
    ],
)  # fmt: skip
def test_inputs_that_are_wrong(sizes: str, wanted: str) -> None:
    assert read(f"net A {{\n input u: {sizes}\n output y = u -> relu\n}}").places == [wanted]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ("output y = (relu) * 0", ["N302 (relu) * 0"]), ("output y = image", []), ("a = image -> relu", ["N313 Tiny"]),
        ("input image: 3\n output y = image -> relu", ["N103 image"]),
        ("input conv: 3\n output y = image -> relu", ["N108 conv"]), ("output relu = image -> relu", ["N108 relu"]),
        ("output residual = image -> relu", ["N108 residual"]),
        ("output y = image -> [relu, tanh]", ["N307 output y = image -> [relu, tanh]"]),
        ("output y = image -> relu\n output y = image -> relu", ["N103 y"]),
        ("image -> relu\n output y = image -> relu", ["N312 image -> relu"]),
        ("a = image -> relu\n output y = image -> relu", ["N312 a"]),
        ("share s = relu\n output y = image -> relu", ["N312 s"]),
        ("output y = image -> relu\n output z = y -> relu", []),
        ("let relu = 3\n output y = image -> dense(relu)", []),
    ],
)  # fmt: skip
def test_statements_of_a_net(lines: str, wanted: list[str]) -> None:
    assert net(lines).places == wanted


def test_a_net_without_anything() -> None:
    found = read("net A { }")
    assert [problem.message for problem in found.problems] == ["net A has no input", "net A has no output"]


def test_a_second_net() -> None:
    found = read("net A {\n input u: 2\n output y = u -> relu\n}\nnet B { }")
    assert found.places == ["N314 B"]


def test_inputs_and_outputs_stand_directly_in_the_net() -> None:
    found = layers("b", before="block b {\n input u: 3\n output z = in -> relu\n}")
    assert found.places == ["N310 input u: 3", "N310 output z = in -> relu"]
    assert layers("residual { output z = relu }").places == ["N310 output z = relu"]


@pytest.mark.parametrize(
    ("head", "train", "weight"),
    [
        ("", False, 1.0), ("(train)", True, 1.0), ("(train, weight: 0.3)", True, 0.3), ("(weight: 0)", False, 0.0),
        ("(weight: 2)", False, 2.0), ("(train: true)", True, 1.0), ("(train: 1 > 2)", False, 1.0),
    ],
)  # fmt: skip
def test_heads(head: str, train: bool, weight: float) -> None:
    assert net(f"output y {head} = image -> relu").graph.outputs == (Output("y", "y/relu", train, weight),)


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("(weight: -0.1)", "N112 weight: -0.1"), ("(trian)", "N110 trian"),
        ("(train, train: true)", "N110 train: true"), ("(weigth: 1)", "N110 weigth: 1"),
        ("(weight: true)", "N105 true"), ("(train: 1)", "N105 1"), ("(3)", "N110 3"),
    ],
)  # fmt: skip
def test_heads_that_are_wrong(head: str, wanted: str) -> None:
    found = net(f"output y {head} = image -> rleu")
    assert found.places == [wanted, "N303 rleu"]


def test_paths_name_the_statement_the_blocks_and_the_layer() -> None:
    before = (
        "block unit(n) {\n a = conv(n, 1)\n a -> relu -> conv(n, 1)\n}\nblock stage(n) { unit(n) -> unit(n) -> relu }"
    )
    found = net(
        "C1 = image -> stage(4) -> conv(2, 1) -> stage(4)\n"
        "output y = C1 -> conv(1, 1) -> residual(auto) { conv(2, 1) }",
        before=before,
    )
    assert list(found.nodes) == [
        "C1/stage/unit/conv", "C1/stage/unit/relu", "C1/stage/unit/conv_2", "C1/stage/unit_2/conv",
        "C1/stage/unit_2/relu", "C1/stage/unit_2/conv_2", "C1/stage/relu", "C1/conv", "C1/stage_2/unit/conv",
        "C1/stage_2/unit/relu", "C1/stage_2/unit/conv_2", "C1/stage_2/unit_2/conv", "C1/stage_2/unit_2/relu",
        "C1/stage_2/unit_2/conv_2", "C1/stage_2/relu", "y/conv", "y/conv_2", "y/shortcut/conv", "y/shortcut/norm",
        "y/add",
    ]  # fmt: skip
    assert found.graph.names == {"C1": "C1/stage_2/relu", "y": "y/add"}


def test_lines_without_a_name_have_paths_too() -> None:
    found = net("image -> relu\n image -> relu\n output y = image -> relu")
    assert len({node.name for node in found.graph.nodes}) == 3


@pytest.mark.parametrize(
    ("lines", "biases"),
    [
        ("output y = image -> conv(4, 3) -> norm", []),
        ("output y = image -> conv(4, 3, bias: true) -> norm", ["y/conv"]),
        ("output y = image -> conv(4, 3, bias: constant(1)) -> norm", ["y/conv"]),
        ("output y = image -> conv(4, 3, bias: false) -> relu", []),
        ("output y = image -> conv(4, 3) -> relu -> norm", ["y/conv"]), ("output y = image -> conv(4, 3)", ["y/conv"]),
        ("output y = image -> dense(4) -> norm", []), ("output y = image -> conv(4, 3) -> layer_norm", ["y/conv"]),
        ("a = image -> conv(4, 3)\n output y = [a -> norm, a -> relu] -> add", ["a/conv"]),
        ("a = image -> conv(4, 3)\n output y = [a -> norm, a -> norm] -> add", []),
        ("output a = image -> conv(4, 3)\n output y = a -> norm", ["a/conv"]),
        ("share s = conv(3, 1)\n output y = image -> s -> norm -> s -> norm", []),
        ("share s = conv(3, 1)\n output y = image -> s -> norm -> s -> relu", ["s/conv"]),
        ("share s = conv(3, 1)\n output y = image -> s -> relu -> s -> norm", ["s/conv"]),
    ],
)  # fmt: skip
def test_a_bias_that_norm_would_take_away_is_left_out(lines: str, biases: list[str]) -> None:
    found = net(lines).graph
    assert [
        path.removesuffix(".bias")
        for path in found.weights
        if path.endswith("conv.bias") or path.endswith("dense.bias")
    ] == biases


def test_tables_of_the_file_and_the_net() -> None:
    found = net(
        "sparse table b: 2 -> 2 = full\n output y = image -> relu", before="sparse table a: 2 -> 2 = full\nlet n = 3"
    )
    assert sorted(found.meaning.tables) == ["a", "b"]


def test_the_net_sees_what_stands_above_it_in_the_file() -> None:
    assert net("output y = image -> dense(n)", before="let n = 3").places == []
    assert read("net A {\n input u: 2\n output y = u -> dense(n)\n}\nlet n = 3").places == ["N101 n"]


def test_all_the_errors_of_a_net_come_in_one_run() -> None:
    found = net(
        "a = image -> cnov(3)\n b = a -> relu\n c = b -> dense(2.5)\n"
        "output y = image -> rleu -> dense()\n output z = c -> relu"
    )
    assert found.places == ["N303 cnov", "N112 2.5", "N303 rleu", "N111 dense"]


@pytest.mark.parametrize(
    ("lines", "message", "help"),
    [
        (
            "input v: 1 x 2 x 3 x 4 x 5", "an input has at most 4 sizes, and this one has 5",
            "write `maps x depth x height x width`, without the batch",
        ),
        ("output z (3) = image", "an output takes no argument 3", "it takes train, and weight: 0.3"),
        ("output z (trian) = image", "an output takes no argument trian", "did you mean `train`?"),
        ("output z (weight: -1) = image", "the weight of an output must be at least 0, not -1", ""),
        (
            "output z = image -> [relu, tanh]", "an output is one value, and z has 2",
            "join them: `-> concat` or `-> add`",
        ),
        ("pad = image -> relu", "pad is a layer: a value cannot take its name", "choose another name, such as `pad_1`"),
        ("share pad = relu", "pad is a layer: a share cannot take its name", "choose another name, such as `pad_1`"),
    ],
)  # fmt: skip
def test_messages(lines: str, message: str, help: str) -> None:
    problem = net(f"{lines}\n output y = image -> relu").problems[0]
    assert (problem.message, problem.help) == (message, help)
