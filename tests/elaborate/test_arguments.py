"""Arguments of layers: by position and by name, each once; what is wrong, at the argument that is wrong (section 2)."""

from __future__ import annotations

import pytest

from netspec.ops.arguments import Init
from tests.elaborate.reading import layers, net


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("conv(4, 3)", {"maps": 4, "kernel": (3, 3)}), ("conv(maps: 4, kernel: 3)", {"maps": 4, "kernel": (3, 3)}),
        ("conv(4, kernel: 3)", {"maps": 4}), ("conv(kernel: 3, maps: 4)", {"maps": 4, "kernel": (3, 3)}),
        ("conv(4, 3, 2)", {"stride": 2}), ("conv(4, 3x1)", {"kernel": (3, 1)}),
        ("conv(4, 3, pad: same)", {"pad": "same"}), ('conv(4, 3, pad: "same")', {"pad": "same"}),
        ("conv(4, 3, pad: way)", {"pad": "same"}), ("conv(4, 3, pad: 0x1)", {"pad": (0, 1)}),
        ("conv(4, 3, bias: false)", {"bias": False}),
        ("conv(4, 3, init: gaussian(0.01))", {"init": Init("gaussian", 0.01)}),
        ("conv(4, 3, init: xavier)", {"init": Init("xavier")}), ("dense(64 / 2)", {"units": 32}), ("dropout(0.5)", {}),
        ("dropout", {}), ("relu()", {}), ("relu(max: 6)", {"max": 6}), ("dense(n)", {"units": 3}),
        ("dense(units: n,)", {"units": 3}), ("conv(4, 3, rate: 2)", {"rate": (2, 2)}),
        ("conv(4, 3, rate: [1, 2])", {"rate": (1, 2)}), ("conv(4, 3, frozen: true)", {"frozen": True}),
    ],
)  # fmt: skip
def test_what_a_layer_takes(call: str, arguments: dict[str, object]) -> None:
    found = layers(call, before='let n = 3\nlet way = "same"')
    assert found.places == []
    given = found.graph.nodes[0].op.arguments()
    for name, value in arguments.items():
        assert given[name] in (value, value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value)


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("conv(4)", ["N111 conv"]), ("conv", ["N111 conv"]), ("conv(kernel: 3)", ["N111 conv"]),
        ("conv()", ["N111 conv"]), ("dense", ["N111 dense"]), ("dense(1, 2)", ["N112 2"]), ("relu(6, 7)", ["N110 7"]),
        ("tanh(1, 2, 3)", ["N110 3"]), ("flatten(1)", ["N110 1"]), ("conv(4, 3, strid: 2)", ["N110 strid: 2"]),
        ("conv(4, 3, maps: 4)", ["N110 maps: 4"]), ("conv(4, 3, pad: 1, pad: 1)", ["N110 pad: 1"]),
        ("conv(maps: 4, 3)", ["N110 3"]), ("conv(4, strid: 2, 3)", ["N110 strid: 2", "N110 3"]),
        ("conv(4.5, 3)", ["N112 4.5"]), ("conv(0, 3)", ["N112 0"]), ("conv(true, 3)", ["N112 true"]),
        ('conv("a", 3)', ['N112 "a"']), ("conv(4, -3)", ["N112 -3"]), ("conv(4, 3, pad: smae)", ["N112 pad: smae"]),
        ("conv(4, 3, pad: some(3))", ["N112 pad: some(3)"]), ("conv(4, 3, init: he(3))", ["N112 init: he(3)"]),
        ("dropout(1.5)", ["N112 1.5"]), ("dense([1])", ["N112 [1]"]),
        ("conv(4.5, 3, pad: smae, strid: 1)", ["N110 strid: 1"]),
        ("conv(4.5, 3, pad: smae)", ["N112 4.5", "N112 pad: smae"]), ("conv(1 / 0, m)", ["N106 1 / 0", "N101 m"]),
        ("conv(m, 3)", ["N101 m"]), ("conv(4, 3, table: 3)", ["N112 table: 3"]),
        ("conv(4, 3, frozen: 1)", ["N112 frozen: 1"]), ("dense(1e999)", ["N106 1e999"]),
        ("dense(4, init: m)", ["N112 init: m"]), ("dense(sin(3))", ["N107 sin(3)"]), ("conv(4, 9)", ["N202 9"]),
        ("conv(4, 3, groups: 2)", ["N211 groups: 2"]),
    ],
)  # fmt: skip
def test_what_it_does_not_take(call: str, wanted: list[str]) -> None:
    assert layers(call).places == wanted


def test_positional_arguments_are_counted_in_words() -> None:
    assert layers("flatten(1)").problems[0].message == "flatten takes no positional arguments, and this is one too many"
    assert (
        layers("norm(1, 1, true, 1)").problems[0].message
        == "norm takes 3 positional arguments, and this is one too many"
    )
    before = "block one(n) { dense(n) }"
    assert (
        layers("one(1, 2)", before=before).problems[0].message
        == "block one takes 1 positional argument, and this is one too many"
    )


@pytest.mark.parametrize(
    ("call", "help"),
    [
        ("conv(4)", "write `conv(maps, kernel)`"), ("flatten(1)", "it takes no arguments"),
        ("conv(4, 3, strid: 2)", "did you mean `stride`?"), ("conv(4, 3, pad: smae)", "did you mean `same`?"),
        ("dropout(0.1, 2)", "it takes share"), ("dense(units: 1, 2)", "put the arguments without a name first"),
    ],
)  # fmt: skip
def test_help(call: str, help: str) -> None:
    assert layers(call).problems[0].help == help


def test_what_a_block_takes_is_told() -> None:
    before = "block b(n, m = 1) { dense(n * m) }"
    assert layers("b", before=before).problems[0].help == "write `b(n, m)`"
    assert layers("b(1, 2, 3)", before=before).problems[0].help == "it takes n, m"
    assert layers("b(1, k: 3)", before="block b { relu }").problems[0].help == "it takes no arguments"


def test_a_fault_of_the_layer_stands_at_the_argument_it_names_or_at_the_layer() -> None:
    before = "sparse table t: 6 -> 16 = full"
    found = layers("conv(16, 5, table: t)", "8 x 14 x 14", before)
    assert found.places == ["N204 table: t"]
    assert [(span.text, label) for span, label in found.problems[0].also] == [("6", "6 input maps here")]
    assert found.problems[0].message == "table t wires 6 input maps, but image has 8"
    assert found.problems[0].label == "image is 8 x 14 x 14 (from line 4)"
    found = layers("conv(8, 5, table: t)", "6 x 14 x 14", before)
    assert found.places == ["N205 table: t"]
    assert [(span.text, label) for span, label in found.problems[0].also] == [("16", "16 output maps here")]
    assert layers("reshape(5)", "4").places == ["N216 5"]
    assert layers("flatten -> conv(4, 3)").places == ["N201 conv"]


@pytest.mark.parametrize(
    ("call", "image"),
    [
        ("dense(16, t)", "8"),
        ("connect(t)", "8 x 4"),
        ("conv(16, 3, table: t)", "8 x 9"),
    ],
)
def test_the_table_is_shown_where_it_is_given_by_position_too(call: str, image: str) -> None:
    problem = layers(call, image, "residual table t: 6 -> 16 = identity").problems[0]
    assert [(span.text, label) for span, label in problem.also] == [("6", "6 input maps here")]


def test_a_table_in_a_parameter_has_no_head_to_show() -> None:
    before = "sparse table t: 6 -> 16 = full\nblock b(u) { conv(16, 3, table: u) }"
    (problem,) = layers("b(t)", "8 x 9", before).problems
    assert (problem.code, problem.also) == ("N204", ())


def test_a_word_in_a_file_that_did_not_parse_may_be_one_of_its_names() -> None:
    assert layers("conv(4, 3, pad: smae)", before="let smae = = 1").codes == "N008"
    assert layers("conv(4, 3, pad: same)", before="let smae = = 1").codes == "N008"


def test_layers_that_are_written_alike_are_one() -> None:
    found = net(
        "a = image -> conv(4, 3) -> conv(4, 3)\n output y = a -> conv(4, 3) -> conv(4, 2) -> conv(4, 1, pad: 1)"
    ).graph
    first, second, third, fourth, fifth = (node.op for node in found.nodes)
    assert first is second is third
    assert fourth is not first
    assert fifth not in (first, fourth)


def test_a_number_and_a_boolean_are_not_alike() -> None:
    assert layers("conv(4, 1) -> conv(4, true)").places == ["N112 true"]
    assert layers("dense(1) -> dense(true)", "4").places == ["N112 true"]


def test_one_layer_takes_one_value() -> None:
    for call in ("relu", "conv(4, 3)", "norm", "flatten"):
        assert layers(f"[relu, tanh] -> {call}").codes == "N307"
    for call in ("add", "concat", "multiply", "subtract"):
        assert layers(f"[relu, tanh] -> {call}").places == []
