"""What an operator declares: shape rule, weights, cost, and how ONNX says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

from netspec.diagnostics import Fault
from netspec.ops.arguments import Bias, Init, Initial, Multiple
from netspec.settings.arguments import Arguments, Flag
from netspec.shape import Dim, Shape, is_free, numbers, show

Shapes = Sequence[Shape]
Names = Sequence[str]
#: Arguments that every layer with weights takes, by name only.
COMMON = ("init", "bias", "rate", "decay", "frozen")


@dataclass(frozen=True, slots=True)
class Weight:
    """One array of weights: its shape, what it is, and how it starts.

    ``role`` is kernel, bias, gain (norms' and subsampling's), state (statistics, not trained) or fixed.
    ``fan_in`` and ``fan_out`` count connections; a fan-in may differ from kernel to kernel of a table.
    """

    shape: tuple[int, ...]
    role: str
    start: Init
    fan_in: int | Sequence[int] = 1
    fan_out: int = 1

    @property
    def trained(self) -> bool:
        """Whether training changes it by a gradient."""
        return self.role in ("kernel", "bias", "gain")


@dataclass(frozen=True, slots=True)
class Cost:
    """Uses of a weight or bias at a position (LeCun's connections), and products of kernels."""

    connections: int = 0
    macs: int = 0


class Emit(Protocol):
    """The ONNX writer that an operator speaks to; operators themselves know no onnx."""

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node of the default domain; returns the name of its output."""

    def floats(self, values: Any, shape: tuple[int, ...] | None = None) -> str:
        """A constant of float32."""

    def ints(self, values: Sequence[int]) -> str:
        """A constant of int64, one axis."""

    def shaped(self, weight: str, shape: tuple[int, ...]) -> str:
        """A weight, seen in another shape of as many elements."""


class Operator(Arguments):
    """One layer: its fields are its arguments, in the order in which a file writes them."""

    source: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    joins: ClassVar[bool] = False
    first: ClassVar[tuple[str, ...]] = ()
    rule: ClassVar[str] = "as it came"

    @classmethod
    def positional(cls) -> list[str]:
        """The arguments that may be given by position; those that all layers share go by name."""
        common = COMMON if issubclass(cls, Rated) else ()
        rest = [name for name in cls.fields() if name not in common and name not in cls.first]
        return [*cls.first, *rest]

    def shape(self, xs: Shapes) -> Shape:
        """The shape of the result, batch axis left out; Fault where the inputs do not fit."""
        return xs[0]

    def weights(self, xs: Shapes) -> dict[str, Weight]:
        """The arrays that belong to it, by local name."""
        return {}

    def cost(self, xs: Shapes, y: tuple[int, ...]) -> Cost:
        """Connections and multiply-accumulates; shapes have no free sizes here."""
        return Cost()

    def onnx(self, emit: Emit, xs: Names, w: Mapping[str, str], shapes: Shapes, y: Shape) -> str:
        """Say it in ONNX's default domain, opset 18; returns the name of the result."""
        raise NotImplementedError(self.name)

    def decided(self, xs: Shapes) -> list[str]:
        """What was decided for the user, a line each (`netspec show --explain`)."""
        return []


class Rated(Operator):
    """A layer with something to train: the arguments that say how fast and whether."""

    rate: Annotated[Multiple, "a multiple of the learning rate"] = (1.0, 1.0)
    decay: Annotated[Multiple, "a multiple of the optimiser's decay"] = None
    frozen: Annotated[Flag, "whether training leaves it as it is"] = False


class Begun(Rated):
    """A layer whose kernels start at random."""

    init: Annotated[Initial, "how its weights begin"] = Init("he")

    def decided(self, xs: Shapes) -> list[str]:
        """How its weights begin, where nothing is said."""
        return [] if "init" in self.given else [f"weights begin as {self.init}"]


class Trained(Begun):
    """A layer with kernels and a bias: the arguments they all take by name."""

    bias: Annotated[Bias, "whether a trained number is added to each output, and how it begins"] = None

    def decided(self, xs: Shapes) -> list[str]:
        """How its weights and biases begin, where nothing is said."""
        zero = ", biases at 0" if self.with_bias and not isinstance(self.bias, Init) else ""
        return [line + zero for line in super().decided(xs)]

    @property
    def with_bias(self) -> bool:
        """Whether there is a bias; unsaid (None) means yes, once the graph is finished."""
        return self.bias is not False

    def bias_weight(self, size: int) -> Weight:
        """A bias for ``size`` outputs, from 0 unless said."""
        start = self.bias if isinstance(self.bias, Init) else Init("constant", 0.0)
        return Weight((size,), "bias", start)


class Gained(Rated):
    """A layer whose weights are a gain and a bias a map (norms, subsampling)."""

    @staticmethod
    def gains(size: int) -> dict[str, Weight]:
        """A gain from 1 and a bias from 0 for each of ``size`` maps."""
        return {
            "weight": Weight((size,), "gain", Init("constant", 1.0)),
            "bias": Weight((size,), "gain", Init("constant", 0.0)),
        }


def fixed(shape: Shape, what: str) -> tuple[int, ...]:
    """A shape as numbers; Fault where a layer needs to know a size that is free."""
    if is_free(shape):
        raise Fault(
            "N212",
            f"{what} needs to know every size, but {show(shape)} has a free one",
            help="use `global_avgpool` before it, or give the input numbers",
        )
    return numbers(shape)


def spatial(shape: Shape, layer: str) -> tuple[Dim, ...]:
    """The sizes behind the maps; Fault where there are none."""
    if len(shape) < 2:
        raise Fault(
            "N201",
            f"{layer} needs maps, but gets {show(shape)} units",
            help=f"put it before the layer that flattens, or begin with `reshape({show(shape)} x 1 x 1)`",
        )
    return shape[1:]


def maps(shape: Shape) -> int:
    """The number of maps, or of units."""
    return fixed(shape[:1], "a layer")[0]


def zeros_around(emit: Emit, x: str, before: Sequence[int], behind: Sequence[int]) -> str:
    """Zeros before and behind each spatial axis, as a node that onnxruntime leaves alone.

    Its optimiser takes a Pad of plain zeros into the pool behind it, where padding is not counted, or is −∞ under a
    maximum. It compares bytes, and those of -0.0 are not zero; no operator of ours could tell the two apart.
    """
    return emit("Pad", x, emit.ints([0, 0, *before, 0, 0, *behind]), emit.floats(-0.0))
