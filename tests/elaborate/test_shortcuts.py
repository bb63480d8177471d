"""The shortcut of a residual: its kinds, and the smallest stride that makes the sizes agree (language.md section 4)."""

from __future__ import annotations

import pytest

from netspec.ops.conv import Conv
from netspec.ops.wiring import Connect
from tests.elaborate.reading import layers, net

# A stride of n keeps positions 0, n, 2n, …: ceil(size / n) of them.
STRIDES = [
    (8, 8, 1), (8, 4, 2), (7, 4, 2), (9, 5, 2), (7, 3, 3), (8, 3, 3), (10, 4, 3), (7, 2, 4), (7, 1, 7), (200, 2, 100),
    (1, 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(("size", "wanted", "stride"), STRIDES)
def test_the_stride_is_the_smallest_that_makes_the_sizes_agree(size: int, wanted: int, stride: int) -> None:
    found = layers(f"residual(shortcut: pad) {{ crop({wanted}, 5) -> conv(3, 1) }}", f"2 x {size} x 5")
    op = found.nodes["y/shortcut/connect"].op
    assert isinstance(op, Connect)
    assert op.stride == (stride, 1)
    assert found.nodes["y/shortcut/connect"].shape == (3, wanted, 5)


@pytest.mark.parametrize(("size", "wanted"), [(7, 5), (7, 6), (8, 5), (10, 6)])
@pytest.mark.parametrize("kind", ["pad", "project", "auto", "skip"])
def test_where_no_stride_fits_it_is_an_error(size: int, wanted: int, kind: str) -> None:
    found = layers(
        f"residual(shortcut: {kind}) {{ crop({wanted}, 5) -> conv(3, 1) }}",
        f"2 x {size} x 5",
        "residual table skip: 2 -> 3 = identity",
    )
    assert found.places == ["N218 residual"]


def test_a_shortcut_cannot_grow() -> None:
    assert layers("residual(shortcut: project) { upsample(2) }").places == ["N218 residual"]


def test_identity_adds_what_enters() -> None:
    for kind in ("", "(identity)", "(shortcut: identity)", "(shortcut: auto)", "(shortcut: pad)", '("identity")'):
        found = layers(f"residual{kind} {{ relu -> tanh }}")
        assert list(found.nodes) == ["y/relu", "y/tanh", "y/add"]
        assert found.nodes["y/add"].inputs == ("y/tanh", "image")


@pytest.mark.parametrize("body", ["conv(4, 3, pad: same)", "conv(3, 3)", "maxpool(2)"])
def test_identity_demands_equal_shapes(body: str) -> None:
    assert layers(f"residual {{ {body} }}").places == ["N218 residual"]


@pytest.mark.parametrize("kind", ["project", "auto"])
def test_project_is_a_convolution_of_one_cell_with_norm(kind: str) -> None:
    found = layers(f"residual(shortcut: {kind}) {{ conv(4, 3, stride: 2, pad: 1) }}", "3 x 7 x 8")
    conv = found.nodes["y/shortcut/conv"]
    assert isinstance(conv.op, Conv)
    assert (conv.inputs, conv.shape, conv.op.stride) == (("image",), (4, 4, 4), (2, 2))
    assert found.nodes["y/shortcut/norm"].inputs == ("y/shortcut/conv",)
    assert found.nodes["y/add"].inputs == ("y/conv", "y/shortcut/norm")
    assert found.graph.weights["y/shortcut/conv.weight"].shape == (4, 3, 1, 1)
    assert "y/shortcut/conv.bias" not in found.graph.weights


def test_project_projects_equal_shapes_too() -> None:
    assert "y/shortcut/conv" in layers("residual(shortcut: project) { relu }").nodes


def test_pad_appends_maps_of_zeros() -> None:
    op = layers("residual(shortcut: pad) { conv(5, 1) }").nodes["y/shortcut/connect"].op
    assert isinstance(op, Connect)
    assert (op.table.inputs, op.table.outputs) == (3, 5)
    cells = op.table.cells
    assert (cells.input.tolist(), cells.output.tolist(), cells.value.tolist()) == ([0, 1, 2], [0, 1, 2], [1, 1, 1])
    assert (op.table.trained, op.table.name) == (0, "pad")


def test_pad_of_units() -> None:
    assert layers("residual(pad) { dense(6) }", "4").nodes["y/shortcut/connect"].shape == (6,)


def test_pad_cannot_make_fewer_maps() -> None:
    assert layers("residual(shortcut: pad) { conv(2, 1) }").places == ["N218 residual"]


def test_a_table_is_connect_even_where_the_shapes_agree() -> None:
    before = "residual table turn: 3 -> 3 = rows([[1], [2], [0]])"
    found = layers(
        "residual(shortcut: turn) { relu }", before="residual table turn: 3 -> 3 {\n . . =\n = . .\n . = .\n}"
    )
    op = found.nodes["y/shortcut/connect"].op
    assert isinstance(op, Connect)
    assert (op.table.name, op.stride) == ("turn", (1, 1))
    assert layers("residual(shortcut: turn) { relu }", before=before).codes == "N217"  # connect takes no trained cells


@pytest.mark.parametrize("kind", ["project", "auto"])
def test_units_have_no_projection(kind: str) -> None:
    assert layers(f"residual(shortcut: {kind}) {{ dense(6) }}", "4").places == ["N218 residual"]


def test_a_shortcut_keeps_the_number_of_axes() -> None:
    assert layers("residual(shortcut: auto) { flatten }").places == ["N218 residual"]


def test_free_sizes_are_strided_too() -> None:
    op = layers("residual(shortcut: pad) { conv(3, 3, stride: 2, pad: 1) }", "3 x H x W").nodes["y/shortcut/connect"].op
    assert isinstance(op, Connect)
    assert op.stride == (2, 2)
    op = layers("residual(shortcut: pad) { conv(3, 1, stride: 64) }", "3 x H x W").nodes["y/shortcut/connect"].op
    assert isinstance(op, Connect)
    assert op.stride == (64, 64)
    assert layers("residual(shortcut: pad) { maxpool(3) }", "3 x H x 4").places == ["N218 residual"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("shortcut: pda", "N112 shortcut: pda"), ("shortcut: 3", "N112 shortcut: 3"), ("short: pad", "N110 short: pad"),
        ("pad, auto", "N110 auto"), ("shortcut: taps", "N112 shortcut: taps"), ('"axe"', 'N112 "axe"'),
    ],
)  # fmt: skip
def test_other_kinds_are_errors(arguments: str, wanted: str) -> None:
    assert layers(f"residual({arguments}) {{ relu }}", before="kernel table taps: 3 { X . X }").places == [wanted]


def test_a_constant_can_carry_the_kind() -> None:
    assert "y/shortcut/conv" in layers("residual(shortcut: kind) { conv(4, 1) }", before='let kind = "auto"').nodes


@pytest.mark.parametrize(
    ("pipeline", "wanted"),
    [
        ("residual", "N306 residual"), ("residual(pad)", "N306 residual(pad)"),
        ("[relu, tanh] -> residual { relu }", "N307 residual"), ("residual { [relu, tanh] }", "N307 { [relu, tanh] }"),
        ("residual { let a = 1 }", "N311 { let a = 1 }"), ("relu { tanh }", "N306 { tanh }"),
    ],
)  # fmt: skip
def test_a_residual_takes_one_value_and_gives_one(pipeline: str, wanted: str) -> None:
    assert layers(pipeline).places == [wanted]


def test_the_braces_see_the_values_around_and_in_is_what_enters() -> None:
    found = net("a = image -> relu\n output y = a -> tanh -> residual { [in, a] -> subtract }")
    assert found.nodes["y/subtract"].inputs == ("y/tanh", "a/relu")
    assert found.nodes["y/add"].inputs == ("y/subtract", "y/tanh")
