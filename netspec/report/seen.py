"""What a layer sees of the input, drawn on it: the receptive field of its middle unit, and of the next one."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.graph import Graph
from netspec.report.layout import Row
from netspec.report.receptive import Field, fields
from netspec.report.svg import EDGE, MARK, ROW, rectangle, text, text_width

#: How large the input is drawn, in pixels, and a line of it that has no height.
LARGEST, LINE = 150.0, 18.0


@dataclass(frozen=True)
class Seen:
    """A layer's field on an input: sizes of both, and where the middle unit's field begins, an axis at a time."""

    name: str
    input: str
    sizes: tuple[int, ...]
    field: Field
    start: tuple[float, ...]

    @property
    def texts(self) -> list[Row]:
        """What the picture says below its title."""
        if self.field.everything:
            return [Row(f"all of {self.input}", "note")]
        size, stride, _ = (text.replace(" x ", " × ") for text in self.field.texts())
        return [
            Row(f"{size} of {' × '.join(map(str, self.sizes))}", "note"),
            Row(f"its neighbour (dashed): {stride} further", "note"),
        ]


def seen(graph: Graph, name: str) -> Seen | None:
    """What a statement or a layer sees; None where the input or the layer has no places or they are of a free size.

    Raises KeyError where there is none of that name.
    """
    value = graph.names.get(name, name)
    node = {node.name: node for node in graph.nodes}[value]
    field = fields(graph)[value]
    source = _input(graph, value)
    sizes = tuple(size for size in graph.inputs[source][1:] if isinstance(size, int))
    if not sizes or len(sizes) != len(graph.inputs[source]) - 1:
        return None
    if field.everything or len(field.size) != len(sizes):
        whole = Field(tuple(map(float, sizes)), (0.0,) * len(sizes), (0.0,) * len(sizes), everything=True)
        return Seen(name, source, sizes, whole, whole.offset)
    places = [size for size in node.shape[1:] if isinstance(size, int)]
    if len(places) != len(sizes):
        return None
    rows = zip(field.offset, field.stride, places, strict=True)
    return Seen(name, source, sizes, field, tuple(offset + n // 2 * stride for offset, stride, n in rows))


def _input(graph: Graph, value: str) -> str:
    """The first input that a value is made of."""
    inputs = {node.name: node.inputs for node in graph.nodes}
    waiting, known = [value], set[str]()
    while waiting:
        name = waiting.pop()
        if name in inputs and name not in known:
            known.add(name)
            waiting += inputs[name]
        known.add(name)
    return next(name for name in graph.inputs if name in known)


def drawn(what: Seen) -> tuple[float, float, list[str]]:
    """Width, height and picture: a plane of height and width, above it one of the depth where there is one."""
    title = [Row(f"what {what.name} sees", "name"), *what.texts]
    lines = [text(0, ROW * (n + 0.8), row, "start") for n, row in enumerate(title)]
    y, wide = ROW * len(title) + 8, max(map(text_width, title))
    axes = [(axis,) for axis in range(len(what.sizes) - 2)] + [
        tuple(range(max(len(what.sizes) - 2, 0), len(what.sizes)))
    ]
    for plane in axes:
        width, height, more = _plane(what, plane, y)
        lines += more
        y, wide = y + height + 8, max(wide, width)
    return wide, y, lines


def _plane(what: Seen, axes: tuple[int, ...], top: float) -> tuple[float, float, list[str]]:
    """The input and the field along one or two axes, down and across."""
    low = [min(0.0, what.start[axis]) for axis in axes]
    high = [max(what.sizes[axis], what.start[axis] + what.field.size[axis] + what.field.stride[axis]) for axis in axes]
    scale = LARGEST / max(b - a for a, b in zip(low, high, strict=True))

    def box(start: list[float], size: list[float], fill: str, line: str, more: str = "") -> str:
        across, wide = (start[-1] - low[-1]) * scale, size[-1] * scale
        down, high = ((start[0] - low[0]) * scale, size[0] * scale) if len(axes) > 1 else (0.0, LINE)
        return rectangle(across, top + down, max(wide, 1), max(high, 1), fill, line, more)

    sizes, start = [float(what.sizes[axis]) for axis in axes], [what.start[axis] for axis in axes]
    field, stride = [what.field.size[axis] for axis in axes], [what.field.stride[axis] for axis in axes]
    lines = [box([0.0] * len(axes), sizes, "#f1f1f1", EDGE), box(start, field, MARK, MARK, ' fill-opacity="0.25"')]
    if not what.field.everything:
        moved = [*start[:-1], start[-1] + stride[-1]]
        lines.append(box(moved, field, "none", MARK, ' stroke-dasharray="3 2"'))
    tall = (high[0] - low[0]) * scale if len(axes) > 1 else LINE
    return (high[-1] - low[-1]) * scale, tall, lines
