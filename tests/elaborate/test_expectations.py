"""`expect`: the paper's figures against the spec's, worked out here by hand (language.md sections 3 and 5)."""

from __future__ import annotations

import pytest

from tests.elaborate.reading import net

# image 3 x 8 x 8. A convolution of 4 maps by 3 x 3: 4 x 6 x 6, (27 + 1) * 4 = 112 weights, used at 36 positions.
LINES = """
 a = image -> conv(4, 3)
 b = a -> conv(4, 3) -> norm -> relu
 c = image -> subsample(2)
 share s = conv(3, 3, pad: same)
 d = image -> s -> s
 e = a -> dense(2)
 f = image -> depth
 block depth { conv(3, 3, groups: 3) }
 output y = [b -> flatten, c -> flatten, d -> flatten, e, f -> flatten] -> concat -> dense(1)
"""
FIGURES = {
    # 28 * 144 = 4032; 27 * 144 = 3888
    "a": {"shape": "4 x 6 x 6", "parameters": 112, "connections": 4032, "macs": 3888},
    # no bias before norm: 36 * 4 = 144 and 4 + 4; 36 * 64 = 2304 products, and a gain and a shift at 64 places
    "b": {"shape": "4 x 4 x 4", "parameters": 152, "connections": 2304 + 128, "macs": 2304},
    # a gain and a bias a map; 4 + 1 uses for each of 48 outputs; no product of kernels
    "c": {"shape": "3 x 4 x 4", "parameters": 6, "connections": 240, "macs": 0},
    # (27 + 1) * 3 = 84, once; 84 * 64 uses each time
    "d": {"shape": "3 x 8 x 8", "parameters": 84, "connections": 2 * 84 * 64, "macs": 2 * 81 * 64},
    "s": {"shape": "3 x 8 x 8", "parameters": 84, "connections": 2 * 84 * 64, "macs": 2 * 81 * 64},
    # 144 inputs
    "e": {"shape": "2", "parameters": 290, "connections": 290, "macs": 288},
    # 9 weights a map and a bias
    "f": {"shape": "3 x 6 x 6", "parameters": 30, "connections": 1080, "macs": 972},
    "image": {"shape": "3 x 8 x 8", "parameters": 0, "connections": 0, "macs": 0},
}
# 64 + 48 + 192 + 2 + 108 = 414 units into dense(1): 415 and 414 more than the sum of a, b, c, d, e, f
FIGURES["net"] = {
    "shape": "1",
    "parameters": 112 + 152 + 6 + 84 + 290 + 30 + 415,
    "connections": 4032 + 2432 + 240 + 10752 + 290 + 1080 + 415,
    "macs": 3888 + 2304 + 0 + 10368 + 288 + 972 + 414,
}
CASES = [(name, figure, value) for name, figures in FIGURES.items() for figure, value in figures.items()]


def test_every_figure_as_worked_out_by_hand() -> None:
    lines = [
        f"expect {name}({', '.join(f'{k}: {v}' for k, v in figures.items())})" for name, figures in FIGURES.items()
    ]
    assert net(LINES + "\n".join(lines)).places == []


@pytest.mark.parametrize(("name", "figure", "value"), [case for case in CASES if case[1] != "shape"])
@pytest.mark.parametrize("off", [-1, 1])
def test_a_figure_that_is_off_by_one_is_an_error_that_shows_both(name: str, figure: str, value: int, off: int) -> None:
    found = net(LINES + f"expect {name}({figure}: {value + off})")
    assert found.places == [f"N401 {figure}: {value + off}"]
    assert found.problems[0].message == f"{name} has {value:,} {figure}, and {value + off:,} are expected"
    assert found.problems[0].label == f"{value:,} here"


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("a", "4 x 6"), ("a", "4 x 6 x 5"), ("a", "3 x 6 x 6"), ("a", "4 x 6 x 6 x 1"), ("e", "3"), ("a", "H x 6 x 6"),
        ("a", "144"),
    ],
)  # fmt: skip
def test_another_shape_is_an_error(name: str, shape: str) -> None:
    assert net(LINES + f"expect {name}(shape: {shape})").places == [f"N401 shape: {shape}"]


def test_the_help_says_where_a_figure_comes_from() -> None:
    lines = "output y = image -> conv(4, 3) -> relu -> dense(2)\n"
    assert net(lines + "expect y(parameters: 1)").problems[0].help == "it is y/conv 112 + y/dense 290"
    assert net(lines + "expect y(macs: 1)").problems[0].help == "it is y/conv 3,888 + y/dense 288"
    assert net(lines + "expect y(connections: 1)").problems[0].help == "it is y/conv 4,032 + y/dense 290"
    many = "output y = image -> (conv(3, 1)) * {}\n expect y(parameters: 1)"
    assert net(many.format(6)).problems[0].help.count("+") == 5
    assert net(many.format(7)).problems[0].help == ""


def test_the_help_counts_a_share_once() -> None:
    lines = "share s = conv(3, 1)\n output y = image -> s -> s\n"
    assert net(lines + "expect y(parameters: 1)").problems[0].help == "it is s/conv 12"
    assert net(lines + "expect y(macs: 1)").problems[0].help == "it is s/conv 576 + s/conv#2 576"


def test_the_net_is_the_deployed_one() -> None:
    lines = "a = image -> conv(4, 3)\n output y = a -> dense(2)\n output z (train) = a -> dense(9) -> relu\n"
    assert net(lines + "expect net(shape: 2, parameters: 402, connections: 4322, macs: 4176)").places == []
    assert net(lines + "expect net(parameters: 403)").places == ["N401 parameters: 403"]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("expect y(112)", "N402 112"), ("expect y(paramters: 112)", "N402 paramters: 112"),
        ("expect y(macs: 1.5)", "N402 macs: 1.5"), ("expect y(macs: true)", "N402 macs: true"),
        ('expect y(shape: "a")', 'N402 "a"'), ("expect y(shape: 4 x 6.5)", "N402 6.5"),
        ("expect y(shape: true)", "N402 true"), ("expect unit(macs: 1)", "N402 unit"), ("expect n(macs: 1)", "N402 n"),
        ("expect two(shape: 3 x 8 x 8)", "N402 shape: 3 x 8 x 8"),
        ("expect net(shape: 3 x 8 x 8)", "N402 shape: 3 x 8 x 8"), ("expect nothing(macs: 1)", "N101 nothing"),
        ("expect y(macs: 0) if 1", "N105 1"), ("expect y(macs: 7) if n == 3", "N401 macs: 7"),
        ("expect y(weights: 1) if n == 4", "N402 weights: 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_expected(line: str, wanted: str) -> None:
    lines = "let n = 3\n block unit { relu }\n two = image -> [relu, tanh]\n output y = two -> add\n"
    lines += "output z = image -> unit\n"
    assert net(lines + line).places == [wanted]


def test_a_condition_that_does_not_hold_expects_nothing() -> None:
    assert net("output y = image -> relu\n expect y(macs: 7, shape: 3) if image.maps == 4").places == []
    assert net("output y = image -> relu\n expect y(macs: 0, shape: 3 x 8 x 8) if image.maps == 3").places == []


def test_shapes_may_use_constants_and_free_sizes() -> None:
    lines = "let n = 4\n output y = image -> conv(4, 3, pad: same)\n"
    assert net(lines + "expect y(shape: n x H x W, parameters: 112)", "3 x H x W").places == []
    assert net(lines + "expect y(shape: n x W x H)", "3 x H x W").places == ["N401 shape: n x W x H"]
    assert net(lines + "let s = 4 x 8 x 8\n expect y(shape: s)").places == []


@pytest.mark.parametrize("figure", ["connections", "macs"])
def test_figures_that_depend_on_a_free_size(figure: str) -> None:
    assert net(f"output y = image -> conv(4, 3)\n expect y({figure}: 1)", "3 x H x W").places == [f"N402 {figure}: 1"]


def test_an_expectation_in_a_block_holds_at_each_use() -> None:
    before = "block unit(n) {\n a = conv(n, 1)\n expect a(parameters: 16)\n a -> relu\n}"
    assert net("output y = image -> unit(4)", before=before).places == []
    assert net("output y = image -> unit(4) -> unit(4)", before=before).places == ["N401 parameters: 16"]


def test_a_statement_is_checked_though_another_is_at_fault() -> None:
    found = net("a = image -> conv(4, 3)\n output y = a -> rleu\n expect a(shape: 3)\n expect net(parameters: 1)")
    assert found.places == ["N303 rleu", "N401 shape: 3"]
    assert net("output y = image -> rleu\n expect y(shape: 3, macs: 1)").places == ["N303 rleu"]


def test_whether_a_bias_goes_is_not_known_where_what_follows_failed() -> None:
    lines = "a = image -> conv(4, 3)\n output y = a -> rleu\n"
    assert net(lines + "expect a(parameters: 108)").places == ["N303 rleu"]
    assert net(lines.replace("conv(4, 3)", "conv(4, 3) -> relu") + "expect a(parameters: 108)").codes == "N303 N401"
