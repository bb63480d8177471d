"""What operators take, which arguments go by position, how weights begin, and what was decided for the user."""

from __future__ import annotations

import pytest

from netspec.ops import OPERATORS, Init
from netspec.settings.arguments import Refused, Word
from netspec.shape import SINGLE, Shape
from tests.ops.test_shapes import graph_of


@pytest.mark.parametrize(
    ("value", "init"),
    [
        (Word("he"), Init("he", 0.0)),
        ("xavier", Init("xavier", 0.0)),
        ("lecun", Init("lecun", 0.0)),
        (Word("gaussian", (0.01,)), Init("gaussian", 0.01)),
        ("uniform(2)", Init("uniform", 2.0)),
        (Word("constant", (-SINGLE,)), Init("constant", -SINGLE)),
        (Word("constant", (1,)), Init("constant", 1.0)),
    ],
)
def test_how_weights_begin(value: object, init: Init) -> None:
    op = OPERATORS["dense"](units=2, init=value)
    assert op.init == init and isinstance(op.init.value, float)


BAD = [
    Word("normal"),
    Word("he", (1,)),
    Word("gaussian"),
    Word("gaussian", (1, 2)),
    Word("gaussian", (True,)),
    Word("gaussian", ("a",)),
    Word("gaussian", (), {"std": 1}),
    Word("gaussian", (1,), {"std": 1}),
    Word("uniform", (2 * SINGLE,)),
    Word("uniform", (-2 * SINGLE,)),
    3,
    True,
    None,
]


@pytest.mark.parametrize("value", BAD)
def test_how_weights_do_not_begin(value: object) -> None:
    with pytest.raises(Refused, match=r"init must be he, xavier, lecun, gaussian\(σ\), uniform\(a\) or constant\(c\)"):
        OPERATORS["conv"](maps=2, kernel=3, init=value)


@pytest.mark.parametrize(
    ("value", "bias", "there", "start"),
    [
        (None, None, True, 0.0),
        (True, True, True, 0.0),
        (False, False, False, 0.0),
        (Word("constant", (0.5,)), Init("constant", 0.5), True, 0.5),
        ("constant(-1)", Init("constant", -1.0), True, -1.0),
    ],
)
def test_a_bias(value: object, bias: object, there: bool, start: float) -> None:
    op = OPERATORS["dense"](units=2, bias=value)
    assert (op.bias, op.with_bias) == (bias, there)
    weight = op.bias_weight(7)
    assert (weight.shape, weight.role, weight.start) == ((7,), "bias", Init("constant", start))
    for name in ("conv", "deconv", "local", "dense"):
        layer = OPERATORS[name](**({"units": 2} if name == "dense" else {"maps": 2, "kernel": 1}), bias=value)
        weights = layer.weights([(3, 1)])
        assert list(weights) == (["weight", "bias"] if there else ["weight"])
        assert not there or weights["bias"].start == Init("constant", start)


def test_a_start_is_written_as_in_a_file() -> None:
    assert [str(Init("he")), str(Init("gaussian", 0.01)), str(Init("constant", 0))] == [
        "he",
        "gaussian(0.01)",
        "constant(0)",
    ]
    assert str(OPERATORS["dense"](units=2, init="uniform(0.5)")) == "dense(init: uniform(0.5), units: 2)"


@pytest.mark.parametrize("value", [Word("he"), Word("constant"), Word("gaussian", (1,)), 0.5, 1, "constant"])
def test_what_is_no_bias(value: object) -> None:
    with pytest.raises(Refused, match=r"bias must be true, false or constant\(c\)"):
        OPERATORS["dense"](units=2, bias=value)


@pytest.mark.parametrize(("value", "pair"), [(2, (2, 2)), (0, (0, 0)), ([1, 0.5], (1, 0.5)), (None, None)])
def test_rates_and_decays_are_one_number_or_two(value: object, pair: object) -> None:
    op = OPERATORS["dense"](units=2, rate=value, decay=value)
    assert op.rate == op.decay == pair


@pytest.mark.parametrize("value", [-1, [1], [1, 2, 3], [1, -2], True, [1, True], "a", []])
def test_what_is_no_rate(value: object) -> None:
    with pytest.raises(Refused, match="rate must be a number of at least 0, or two in a list, for weights and bias"):
        OPERATORS["dense"](units=2, rate=value)


def test_weights_are_not_frozen_and_at_one_rate_unless_said() -> None:
    for name in ("prelu", "norm", "subsample"):
        op = OPERATORS[name](**({"size": 2} if name == "subsample" else {}))
        assert (op.rate, op.decay, op.frozen) == ((1, 1), None, False)


#: Arguments by position, as docs/language.md writes the calls.
POSITIONS = {
    "conv": ["maps", "kernel", "stride", "pad", "dilation", "groups", "table"],
    "dense": ["units", "table"],
    "rbf": ["units", "codes", "width"],
    "maxpool": ["size", "stride", "pad", "ceil"],
    "lppool": ["size", "stride", "pad", "ceil", "p"],
    "group_norm": ["groups", "epsilon", "affine"],
    "norm": ["epsilon", "affine", "momentum"],
    "lrn": ["size", "alpha", "beta", "bias"],
    "leaky_relu": ["slope"],
    "tanh": ["scale", "slope"],
    "dropout": ["share"],
    "upsample": ["factor", "mode"],
    "crop": ["height", "width", "depth"],
    "connect": ["table", "stride"],
    "prelu": [],
    "relu": ["max"],
}


@pytest.mark.parametrize("name", POSITIONS)
def test_arguments_by_position(name: str) -> None:
    assert OPERATORS[name].positional() == POSITIONS[name]


HE = "weights begin as he, biases at 0"
DECIDED = [
    ("conv(2, 3)", [HE]),
    ("conv(2, 3, init: he)", []),
    ("conv(2, 2 x 3, pad: same)", [HE, "pad: same is (0 before, 1 behind) x (1 before, 1 behind)"]),
    ("conv(2, 4, pad: same, init: he)", ["pad: same is (1 before, 2 behind) x (1 before, 2 behind)"]),
    ("deconv(2, 3, stride: 2, pad: same)", [HE, "pad: same cuts (1 before, 0 behind) x (1 before, 0 behind)"]),
    ("deconv(2, 2, pad: same, init: he)", ["pad: same cuts (0 before, 1 behind) x (0 before, 1 behind)"]),
    ("dense(2)", [HE]),
    ("dense(2, bias: true)", [HE]),
    ("dense(2, bias: false)", ["weights begin as he"]),
    ("dense(2, bias: constant(1))", ["weights begin as he"]),
    ("dense(2) -> norm", ["weights begin as he"]),  # the norm takes the bias away
    ("rbf(2)", ["weights begin as gaussian(1)"]),
    ("prelu", ["weights begin as constant(0.25)"]),
    ("maxpool(2)", ["stride is the window's size"]),
    ("avgpool(3, stride: 2)", []),
    ("avgpool(3, pad: 1)", ["stride is the window's size", "padding is not counted"]),
    ("avgpool(3, stride: 1, pad: 1 x 0)", ["padding is not counted"]),
    ("lrn", ["lrn divides alpha by size: alpha/size = 2e-05 (the form of Caffe and ONNX)"]),
    ("upsample(2)", ["mode is nearest"]),
    ("upsample(2, mode: linear)", []),
    ("dropout", ["what is kept is enlarged while training, and in use nothing happens"]),
    ("norm", ["epsilon is 1e-05", "running statistics keep 0.9 of the old at each step"]),
    ("norm(epsilon: 0.1)", ["running statistics keep 0.9 of the old at each step"]),
    ("norm(momentum: 0.5)", ["epsilon is 1e-05"]),
    ("relu", []),
]


@pytest.mark.parametrize(("layer", "lines"), DECIDED)
def test_what_was_decided_for_the_user(layer: str, lines: list[str]) -> None:
    """`netspec show --explain`."""
    node = graph_of("2 x 7 x 7", layer).nodes[0]
    entering: list[Shape] = [(2, 7, 7)]
    assert node.op.decided(entering) == lines


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_says_what_it_does(name: str) -> None:
    op = OPERATORS[name]
    assert op.name == name and op.__doc__ and op.rule
    assert op.formula or name == "flatten", name
