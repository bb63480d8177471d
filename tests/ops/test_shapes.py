"""Shapes on sizes that do not divide, by the rules of docs/language.md section 4; and each fault of a shape."""

from __future__ import annotations

import pytest

from netspec.diagnostics import Problems, Source, SpecError
from netspec.elaborate import elaborate
from netspec.graph import Graph
from netspec.language import parse
from netspec.shape import show


def graph_of(x: str, layer: str, more: str = "") -> Graph:
    """A net of one pipeline; SpecError where it cannot be."""
    problems = Problems()
    text = f"netspec 1\nnet A {{\n{more}\ninput x: {x}\noutput y = x -> {layer}\n}}\n"
    graph = elaborate(parse(Source("a.net", text), problems), problems).graph
    if problems.errors:
        raise SpecError(problems)
    assert graph is not None
    return graph


SHAPES = [
    ("1 x 7 x 8", "conv(2, 3)", "2 x 5 x 6"),
    ("1 x 7 x 8", "conv(2, 3, stride: 2)", "2 x 3 x 3"),
    ("1 x 7 x 8", "conv(2, 3, stride: 2, pad: 1)", "2 x 4 x 4"),
    ("1 x 7 x 8", "conv(2, 3, pad: same, stride: 2)", "2 x 4 x 4"),
    ("1 x 7 x 8", "conv(2, 4, pad: same)", "2 x 7 x 8"),
    ("1 x 7 x 8", "conv(2, 2 x 3, dilation: 2)", "2 x 5 x 4"),
    ("1 x 7 x 8", "conv(2, 2 x 3, dilation: 1 x 3, stride: 2 x 1, pad: 0 x 2)", "2 x 3 x 6"),
    ("1 x 7 x 8", "conv(2, 7 x 8)", "2 x 1 x 1"),
    ("2 x 9", "conv(4, 3, stride: 4)", "4 x 2"),
    ("2 x 5 x 6 x 7", "conv(4, 2 x 3 x 4)", "4 x 4 x 4 x 4"),
    ("2 x 5 x 6 x 7", "local(4, 2, stride: 1 x 2 x 3)", "4 x 4 x 3 x 2"),
    ("1 x 7 x 8", "maxpool(3, stride: 2)", "1 x 3 x 3"),
    ("1 x 7 x 8", "maxpool(3, stride: 2, ceil: true)", "1 x 3 x 4"),
    ("1 x 8 x 8", "maxpool(2, stride: 4, ceil: true)", "1 x 2 x 2"),
    ("1 x 6 x 6", "maxpool(2, stride: 4, ceil: true)", "1 x 2 x 2"),
    ("1 x 4 x 4", "avgpool(2, stride: 3, pad: 1, ceil: true)", "1 x 2 x 2"),
    ("1 x 7 x 8", "avgpool(2)", "1 x 3 x 4"),
    ("1 x 7 x 8", "avgpool(2 x 3)", "1 x 3 x 2"),
    ("1 x 7 x 8", "lppool(3, pad: same, stride: 1)", "1 x 7 x 8"),
    ("1 x 7 x 8", "subsample(2 x 3)", "1 x 3 x 2"),
    ("3 x 5", "deconv(2, 3, stride: 2)", "2 x 11"),
    ("3 x 5", "deconv(2, 3, stride: 2, pad: 1)", "2 x 9"),
    ("3 x 5", "deconv(2, 3, stride: 2, pad: same)", "2 x 10"),
    ("3 x 5", "deconv(2, 2, stride: 3, pad: same)", "2 x 15"),
    ("3 x 5 x 4", "deconv(2, 3 x 2, stride: 2 x 3, dilation: 2 x 1)", "2 x 13 x 11"),
    ("4 x 3 x 5", "global_avgpool", "4"),
    ("4 x 3", "global_maxpool", "4"),
    ("4 x 3 x 5", "flatten", "60"),
    ("4 x 3 x 5", "dense(7)", "7"),
    ("4 x 3 x 5", "rbf(7)", "7"),
    ("4 x 3 x 5", "reshape(5 x 12)", "5 x 12"),
    ("60", "reshape(5 x 2 x 2 x 3)", "5 x 2 x 2 x 3"),
    ("4 x 3 x 5", "reshape(60)", "60"),
    ("4 x 3 x 5", "shuffle(2)", "4 x 3 x 5"),
    ("4 x 3 x 5", "upsample(2 x 3)", "4 x 6 x 15"),
    ("4 x 3", "upsample(4, mode: linear)", "4 x 12"),
    ("4 x 3 x 5", "pad(1)", "4 x 5 x 7"),
    ("4 x 3 x 5", "pad(0 x 2)", "4 x 3 x 9"),
    ("4 x 3 x 5", "crop(2)", "4 x 2 x 2"),
    ("4 x 3 x 5", "crop(2, 5)", "4 x 2 x 5"),
    ("4 x 7 x 5 x 6", "crop(2, 3, 4)", "4 x 4 x 2 x 3"),
    ("4 x 7 x 5 x 6", "crop(depth: 4, height: 2, width: 3)", "4 x 4 x 2 x 3"),
    ("4 x 9", "crop(height: 3)", "4 x 3"),
    ("4 x 3 x 5", "slice(maps: 1..3)", "3 x 3 x 5"),
    ("4", "slice(maps: [3, 3])", "2"),
    ("4 x 3 x 5", "[identity, conv(2, 1)] -> concat", "6 x 3 x 5"),
    ("4", "[identity, dense(3)] -> concat", "7"),
    ("4 x 3 x 5", "[identity, global_avgpool] -> multiply", "4 x 3 x 5"),
    ("4 x 3 x 5", "[conv(1, 1), conv(4, 3 x 5)] -> add", "4 x 3 x 5"),
    ("4 x 3 x 5", "[global_maxpool, identity, identity] -> subtract", "4 x 3 x 5"),
    ("2 x 7 x 8", "connect(r, stride: 2)", "3 x 4 x 4"),
    ("2 x 7 x 8", "connect(r, stride: 3 x 1)", "3 x 3 x 8"),
    ("2", "connect(r)", "3"),
    ("4 x 3 x 5", "softmax -> norm -> group_norm(2) -> lrn -> prelu -> dropout -> scale(2) -> shift(1)", "4 x 3 x 5"),
    # free sizes go on as they are known
    ("3 x H x W", "conv(2, 3, stride: 2, pad: 1)", "2 x ((H + 1)//2) x ((W + 1)//2)"),
    ("3 x H x W", "global_avgpool", "3"),
    ("3 x H x W", "[identity, conv(3, 1)] -> add", "3 x H x W"),
]
RESIDUAL = "residual table r: 2 -> 3 = identity"


@pytest.mark.parametrize(("x", "layer", "shape"), SHAPES)
def test_shapes(x: str, layer: str, shape: str) -> None:
    assert show(graph_of(x, layer, RESIDUAL).nodes[-1].shape) == shape


UNITS = "put it before the layer that flattens, or begin with `reshape(10 x 1 x 1)`"
WINDOW = "make the window smaller, pad, or stride less before it"
FREE = "use `global_avgpool` before it, or give the input numbers"
#: Input, layers, and the code, message and help of the error.
FAULTS = [
    ("10", "conv(2, 3)", "N201", "conv needs maps, but gets 10 units", UNITS),
    ("10", "global_avgpool", "N201", "global_avgpool needs maps, but gets 10 units", UNITS),
    ("10", "subsample(2)", "N201", "subsample needs maps, but gets 10 units", UNITS),
    ("10", "lrn", "N201", "lrn needs maps, but gets 10 units", UNITS),
    ("2 x 4 x 5", "conv(2, 5)", "N202", "a window of 5 x 5 does not fit into 4 x 5", WINDOW),
    ("2 x 4 x 5", "conv(2, 3, dilation: 2)", "N202", "a window of 5 x 5 does not fit into 4 x 5", WINDOW),
    ("2 x 4 x 5", "conv(2, 9, pad: 1 x 2)", "N202",
     "a window of 9 x 9 does not fit into 4 x 5 (6 x 9 with its padding)", WINDOW),
    ("2 x 4 x 5", "maxpool(6)", "N202", "a window of 6 x 6 does not fit into 4 x 5", WINDOW),
    ("2 x 4", "deconv(2, 2, pad: 3)", "N202", "padding leaves nothing of 4", "pad less"),
    ("2 x 4 x 5", "crop(5)", "N202", "a crop of 5 x 5 does not fit into 4 x 5", ""),
    ("2 x 4 x 5", "conv(2, 3 x 3 x 3)", "N203", "kernel 3 x 3 x 3 has 3 sizes, but the value has 2 axes", ""),
    ("2 x 4", "conv(2, 3, stride: 1 x 2)", "N203", "stride 1 x 2 has 2 sizes, but the value has 1 axis", ""),
    ("2 x 4 x 5 x 6", "conv(2, 3, pad: 1 x 2)", "N203", "pad 1 x 2 has 2 sizes, but the value has 3 axes", ""),
    ("2 x 4 x 5", "maxpool(1 x 2 x 1)", "N203", "kernel 1 x 2 x 1 has 3 sizes, but the value has 2 axes", ""),
    ("2 x 4 x 5", "upsample(1 x 2 x 1)", "N203", "factor 1 x 2 x 1 has 3 sizes, but the value has 2 axes", ""),
    ("2 x 4 x 5 x 6", "crop(2, 3)", "N203", "crop 2 x 3 has 2 sizes, but the value has 3 axes", ""),
    ("2 x 4 x 5", "crop(2, depth: 3)", "N203", "a crop with a depth needs a width too", ""),
    ("3 x 5 x 5", "conv(4, 3, groups: 2)", "N211", "3 input maps cannot be split into 2 equal groups", ""),
    ("4 x 5 x 5", "conv(3, 3, groups: 2)", "N211", "3 output maps cannot be split into 2 equal groups", ""),
    ("3 x 5 x 5", "group_norm(2)", "N211", "3 maps cannot be split into 2 equal groups", ""),
    ("3 x 5 x 5", "shuffle(2)", "N211", "3 maps cannot be split into 2 equal groups", ""),
    ("2 x 5 x 5", "conv(3, 3, table: r, groups: 2)", "N210", "a layer takes groups or a table, not both",
     "put the groups into the table: `= groups(n)`"),
    ("2 x 5 x 5", "conv(3, 2, table: h)", "N213", "an even kernel, 2 x 2, has no middle for `=` or a number", ""),
    ("2 x 5 x 5", "conv(3, 3 x 2, table: h)", "N213", "an even kernel, 3 x 2, has no middle for `=` or a number",
     ""),
    ("3 x H x W", "dense(2)", "N212", "dense needs to know every size, but 3 x H x W has a free one", FREE),
    ("3 x H x W", "flatten", "N212", "flatten needs to know every size, but 3 x H x W has a free one", FREE),
    ("3 x H", "local(2, 3)", "N212", "local needs to know every size, but 3 x H has a free one", FREE),
    ("3 x H", "crop(2)", "N212", "crop needs to know every size, but 3 x H has a free one", FREE),
    ("2 x 5 x 5", "maxpool(2, pad: 2)", "N214",
     "a pool cannot pad as much as its window: some windows would see nothing", ""),
    ("2 x 5 x 5", "avgpool(3 x 1, pad: 1)", "N214",
     "a pool cannot pad as much as its window: some windows would see nothing", ""),
    ("2 x 5 x 5", "[identity, conv(2, 3)] -> concat", "N215",
     "concat gets values of 2 x 5 x 5 and 2 x 3 x 3: all sizes except the maps must be equal",
     "make the sizes equal: look at strides and padding"),
    ("2 x 5 x 5", "[identity, conv(3, 1)] -> add", "N215",
     "add gets values of 2 x 5 x 5 and 3 x 5 x 5: shapes must be equal",
     "give both the same number of maps: a conv(maps, 1), or `concat`"),
    ("2 x 5 x 5", "[identity, identity, flatten] -> multiply", "N215",
     "multiply gets values of 2 x 5 x 5, 2 x 5 x 5 and 50: shapes must be equal",
     "make the sizes equal: look at strides and padding"),
    ("2 x 5 x 5", "reshape(2 x 5 x 6)", "N216", "2 x 5 x 5 has 50 numbers, but 2 x 5 x 6 has 60", ""),
    ("2 x 5 x 5", "reshape(49)", "N216", "2 x 5 x 5 has 50 numbers, but 49 has 49", ""),
    ("48", "reshape(2 x 2 x 2 x 2 x 3)", "N216", "a value has at most four axes: maps, depth, height and width",
     ""),
    ("4 x 5", "slice(maps: [0, 4])", "N216", "there is no map 4: maps are numbered 0 to 3", ""),
    ("2 x 5", "connect(s)", "N217", "connect only passes maps on, but table s has cells with weights",
     "use a residual table of `=` and numbers, or a conv with `table:`"),
    ("3 x 5", "connect(r)", "N204", "table r wires 2 input maps, but x has 3",
     "a table for 3 maps would start `residual table r: 3 -> 3`"),
    ("2 x 5 x 5", "conv(4, 3, table: s)", "N205", "table s wires 3 output maps, but the layer makes 4",
     "a table for them would start `sparse table s: 2 -> 4`"),
    ("2 x 5 x 5", "dense(3, table: s)", "N204", "table s wires 2 input maps, but x has 50",
     "a table for 50 maps would start `sparse table s: 50 -> 3`"),
    ("5", "rbf(3, codes: s)", "N204", "table s wires 2 input maps, but x has 5",
     "a table for 5 maps would start `sparse table s: 5 -> 3`"),
]  # fmt: skip
TABLES = f"{RESIDUAL}\nsparse table s: 2 -> 3 = full\nresidual table h: 2 -> 3 {{\n= X .\n. . X\n}}"


@pytest.mark.parametrize(("x", "layer", "code", "message", "help"), FAULTS)
def test_faults(x: str, layer: str, code: str, message: str, help: str) -> None:
    with pytest.raises(SpecError) as raised:
        graph_of(x, layer, TABLES)
    (problem,) = raised.value.problems.errors
    assert (problem.code, problem.message, problem.help) == (code, message, help)


@pytest.mark.parametrize(
    ("x", "layer", "underlined"),
    [
        ("2 x 4 x 5", "conv(2, 5)", "5"),
        ("2 x 4 x 5", "maxpool(6)", "6"),
        ("2 x 4 x 5", "maxpool(1 x 2 x 1)", "1 x 2 x 1"),
        ("2 x 4 x 5", "maxpool(3, stride: 1 x 2 x 1)", "stride: 1 x 2 x 1"),
        ("2 x 4 x 5", "maxpool(2, pad: 2)", "pad: 2"),
        ("2 x 4", "deconv(2, 2, pad: 3)", "pad: 3"),
        ("2 x 4 x 5 x 6", "crop(2, 3)", "3"),
        ("2 x 4 x 5", "crop(2, depth: 3)", "depth: 3"),
        ("2 x 4 x 5", "crop(7, 3)", "7"),
        ("3 x 5 x 5", "conv(4, 3, groups: 2)", "groups: 2"),
        ("2 x 5 x 5", "conv(3, 3, table: r, groups: 2)", "groups: 2"),
        ("2 x 5 x 5", "conv(3, 2, table: h)", "2"),
        ("2 x 5 x 5", "conv(4, 3, table: s)", "table: s"),
        ("5", "rbf(3, codes: s)", "codes: s"),
        ("5", "connect(s)", "s"),
        ("2", "connect(s)", "s"),
        ("3 x 5 x 5", "group_norm(2)", "2"),
        ("3 x 5 x 5", "shuffle(2)", "2"),
        ("2 x 5", "reshape(3 x 4)", "3 x 4"),
        ("4 x 5", "slice(maps: [0, 4])", "maps: [0, 4]"),
        ("10", "conv(2, 3)", "conv"),
    ],
)
def test_the_argument_at_fault_is_underlined(x: str, layer: str, underlined: str) -> None:
    with pytest.raises(SpecError) as raised:
        graph_of(x, layer, TABLES)
    (problem,) = raised.value.problems.errors
    assert problem.span is not None
    assert problem.span.source.text[problem.span.start : problem.span.end].rstrip(")") == underlined
