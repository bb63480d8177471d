"""The preparation of pictures as standard operators: a model that takes uint8 pictures of any size, without netspec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onnx import TensorProto

from netspec.data import tested
from netspec.diagnostics import Fault
from netspec.interop.resampling import resampled
from netspec.interop.writer import Writer
from netspec.settings import Data, steps
from netspec.settings.picture import Picture


def maps_read(data: Data, shape: Sequence[Any]) -> int:
    """Maps of the pictures that a model takes: three, red, green and blue, unless all of the net is grey."""
    return 3 if shape[0] == 3 or any(step.after(Picture()).maps == 1 for step in data.prepare) else 1


def prepare(data: Data, picture: str, shape: Sequence[Any], writer: Writer) -> str:
    """The value that the net reads, float32 and maps first.

    Pictures are (N, height, width, maps), uint8, or float32 before a `range`.

    ``shape`` is the net's input. Raises Fault N607 where it is no picture.
    """
    if len(shape) not in (1, 3):
        raise Fault("N607", f"the net reads {len(shape)} axes, but a picture has maps, height and width")
    writer.prefix = "prepare"
    first = writer("Transpose", picture, perm=[0, 3, 1, 2])
    pictures = _Pictures(writer, first, maps_read(data, shape), data.span is None)
    tested.graph(pictures, data)
    return pictures.end(shape)


def answer(data: Data, value: str, end: str, writer: Writer) -> str:
    """The mean over ten crops, of probabilities; the value itself where there are none."""
    if not isinstance(data.test, steps.TenCrop):
        return value
    value = writer("Exp", value) if end == "log_softmax" else value
    crops = data.test.crops
    parts = writer.several("Split", crops, value, axis=0, num_outputs=crops)
    value = writer("Mean", *parts)
    return writer("Log", value) if end == "log_softmax" else value


class _Pictures:
    """What steps speak to (data.pixel_graph.PixelGraph)."""

    def __init__(self, write: Writer, value: str, maps: int, in_bytes: bool) -> None:
        self.write, self.value, self.maps, self.bytes = write, value, maps, in_bytes

    def size(self, axis: int) -> str:
        """The size of an axis as it is, int64."""
        return self.write("Shape", self.value, start=axis, end=axis + 1)

    def cast(self, value: str, kind: str) -> str:
        """A value in numbers of another kind."""
        return self.write("Cast", value, to=getattr(TensorProto, kind))

    def floats(self) -> str:
        """The pictures in single precision from here on."""
        if self.bytes:
            self.value, self.bytes = self.cast(self.value, "FLOAT"), False
        return self.value

    def cut(self, top: str, left: str, height: int, width: int) -> str:
        """A part of each picture."""
        write = self.write
        starts = write("Concat", top, left, axis=0)
        return write("Slice", self.value, starts, write("Add", starts, write.ints([height, width])), write.ints([2, 3]))

    def resized(self, height: str, width: str, filter: str) -> str:
        """By Pillow's filters, bytes as bytes."""
        sizes = self.size(2), self.size(3)
        return resampled(self.write, self.value, sizes, (height, width), filter, self.bytes)

    def end(self, shape: Sequence[Any]) -> str:
        """The value in the net's shape; another size of picture is an error of the runtime's."""
        write, value = self.write, self.floats()
        if len(shape) == 1:
            return write("Flatten", value, axis=1)
        if self.maps == 1 and shape[0] == 3:
            value = write("Concat", value, value, value, axis=1)
        fixed = [n if isinstance(n, int) else 1 for n in shape]
        return write("Expand", value, write.ints([1, *fixed]))
