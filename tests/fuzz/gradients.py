"""R26: every operator of random shape, stride, pad, dilation, groups and tables, in memory full of NaN:
its gradient is what a small step along a random direction changes, float64, to a millionth."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netspec.diagnostics import Fault
from netspec.engine.kernel import Kernel, last
from netspec.engine.kernels import METHODS, convolution, possible
from netspec.ops import OPERATORS
from netspec.shape import numbers
from netspec.tables import KernelTable, Table
from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import Case, drawn
from tests.fuzz.frame import Harness

BOUND, STEPS = 1e-6, (1e-6, 1e-7)  # a second, smaller step where the first may have gone over a kink
Arguments = dict[str, Any]


def sizes(draw: random.Random, least: int = 1, ranks: tuple[int, ...] = (1, 1, 2, 2, 2, 3)) -> tuple[int, ...]:
    """The sizes of one to three axes; the more, the smaller."""
    rank = draw.choice(ranks)
    return tuple(draw.randint(least, (14, 9, 5)[rank - 1]) for _ in range(rank))


def each(draw: random.Random, rank: int, least: int, most: int) -> Any:
    """A number for all axes or one for each."""
    return draw.randint(least, most) if draw.random() < 0.6 else tuple(draw.randint(least, most) for _ in range(rank))


def table(draw: random.Random, inputs: int, outputs: int, cells: str = "") -> Table:
    """A picture of random cells; in a residual one `=` and numbers too."""
    kind, allowed = draw.choice(
        [
            ("sparse", ".X"),
            ("shared", ".Xab"),
            ("shared", "abc"),
            ("residual", ".Xa=2"),
            ("residual", ".=2"),
            ("sparse", "....X"),
        ]
    )
    allowed = cells or allowed
    rows = [" ".join(draw.choice(allowed).replace("2", "0.5") for _ in range(outputs)) for _ in range(inputs)]
    return drawn("residual" if cells else kind, inputs, outputs, *rows)


def kernel_table(draw: random.Random, rank: int) -> KernelTable:
    """Taps that exist or not, some of one weight."""
    size = tuple(draw.randint(1, 3) for _ in range(rank))
    marks = [draw.choice(".XXab") for _ in range(numbers_in(size))]
    marks[0] = "X"
    ids: dict[Any, int] = {}
    taps = tuple(
        -1 if mark == "." else ids.setdefault(i if mark == "X" else mark, len(ids)) for i, mark in enumerate(marks)
    )
    return KernelTable("k", size, taps, tuple((number, mark) for mark, number in ids.items() if isinstance(mark, str)))


def numbers_in(shape: tuple[int, ...]) -> int:
    """Their product."""
    count = 1
    for n in shape:
        count *= n
    return count


def windowed(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """conv, deconv and local."""
    axes, groups = sizes(draw), draw.choice((1, 1, 1, 2, 3))
    rank, inputs, outputs = len(axes), groups * draw.randint(1, 4), groups * draw.randint(1, 4)
    kernel: Any = each(draw, rank, 1, 7 if rank == 1 else 5 if rank == 2 else 3)
    told = {
        "maps": outputs, "kernel": kernel_table(draw, rank) if draw.random() < 0.15 else kernel,
        "stride": each(draw, rank, 1, 4) if draw.random() < 0.6 else 1,
        "pad": draw.choice(["same", 0, each(draw, rank, 0, 3)]),
        "dilation": each(draw, rank, 1, 3) if draw.random() < 0.3 else 1,
        "groups": groups, "bias": draw.random() < 0.6,
    }  # fmt: skip
    if groups == 1 and draw.random() < 0.4:
        told["table"] = table(draw, inputs, outputs)
    return [(inputs, *axes)], told


def pool(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """Pools with windows."""
    axes = sizes(draw)
    size = each(draw, len(axes), 1, 4)
    told: Arguments = {"size": size}
    if name != "subsample":
        told |= {
            "stride": draw.choice([None, each(draw, len(axes), 1, 5)]),
            "pad": draw.choice([0, "same", each(draw, len(axes), 0, 3)]),
            "ceil": draw.random() < 0.5,
        }
    return [(draw.choice((1, 2, 5, 20)), *axes)], told | (
        {"p": draw.choice((2.0, 3.0, 2.5))} if name == "lppool" else {}
    )


def units(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """dense and rbf."""
    inputs, outputs = draw.randint(1, 12), draw.randint(1, 8)
    shape = (inputs,) if draw.random() < 0.6 else (inputs, *sizes(draw))
    told: Arguments = {"units": outputs}
    if name == "rbf":
        if draw.random() < 0.5:
            told["codes"] = drawn(
                "sparse",
                numbers_in(shape),
                outputs,
                *(" ".join(draw.choice(".X") for _ in range(outputs)) for _ in range(numbers_in(shape))),
            )
        return [shape], told | {"width": draw.choice((None, 3.0))}
    if len(shape) == 1 and draw.random() < 0.6:
        told["table"] = table(draw, inputs, outputs)
    return [shape], told | {"bias": draw.random() < 0.6}


def norm(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """Norms over sets of some numbers: of one or two nothing or a sign is left."""
    groups, axes = draw.randint(1, 3), (*sizes(draw, 2), 2)[: draw.randint(1, 3)]
    maps = {"layer_norm": draw.randint(4, 9), "group_norm": groups * draw.randint(2, 4)}.get(name, draw.randint(1, 20))
    shape = (maps,) if name != "group_norm" and draw.random() < 0.3 else (maps, *axes)
    if name == "lrn":
        return [shape if len(shape) > 1 else (maps, 3)], {
            "size": draw.randint(1, 6),
            "alpha": draw.uniform(0.1, 2),
            "beta": draw.choice((0.5, 0.75, 1.0)),
            "bias": draw.uniform(1, 2),
        }
    more = {"groups": groups} if name == "group_norm" else {"momentum": 0.8} if name == "norm" else {}
    return [shape], {"epsilon": draw.choice((1e-5, 1e-2)), "affine": draw.random() < 0.7, **more}


def join(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """Joins; axes of 1 stretch, and so do units, but for concat."""
    shape = (draw.randint(1, 5), *(sizes(draw) if draw.random() < 0.7 else ()))
    count = draw.randint(2, 4)
    if name == "concat":
        return [(draw.randint(1, 5), *shape[1:]) for _ in range(count)], {}
    others = [
        draw.choice([shape, tuple(n if draw.random() < 0.6 else 1 for n in shape), shape[:1]]) for _ in range(count - 1)
    ]
    return [shape, *others], {}


def rearranged(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """What moves numbers about."""
    groups, axes = draw.randint(1, 4), sizes(draw)
    shape: tuple[int, ...] = (groups * draw.randint(1, 4), *axes)
    rank = len(axes)
    cut = dict(
        zip(
            (("height",), ("height", "width"), ("depth", "height", "width"))[rank - 1],
            (draw.randint(1, n) for n in axes),
            strict=True,
        )
    )
    told: dict[str, Arguments] = {
        "shuffle": {"groups": groups},
        "upsample": {"factor": each(draw, rank, 1, 4), "mode": draw.choice(("nearest", "linear"))},
        "pad": {"size": each(draw, rank, 0, 3)}, "crop": cut,
        "slice": {"maps": [draw.randrange(shape[0]) for _ in range(draw.randint(1, 5))]},
        "reshape": {"size": draw.choice([shape[::-1], (numbers_in(shape),), (1, *shape)[:4]])}, "flatten": {},
    }  # fmt: skip
    if name == "connect":
        outputs = draw.randint(1, 6)
        return [shape], {"table": table(draw, shape[0], outputs, ".=2"), "stride": each(draw, rank, 1, 3)}
    return [shape], told[name]


def pointwise(draw: random.Random, name: str) -> tuple[list[tuple[int, ...]], Arguments]:
    """Activations and the like."""
    shape = (draw.randint(1, 20), *(sizes(draw) if draw.random() < 0.7 or name.startswith("global") else ()))
    told: dict[str, Arguments] = {
        "relu": {"max": draw.choice((None, 0.7))}, "leaky_relu": {"slope": 0.2}, "elu": {"alpha": 0.7},
        "tanh": draw.choice([{}, {"scale": 1.7159, "slope": 2 / 3}]),
        "scale": {"factor": draw.uniform(-2, 2)}, "shift": {"amount": draw.uniform(-2, 2)}, "dropout": {"share": 0.4},
    }  # fmt: skip
    return [shape], told.get(name, {})


Maker = Callable[[random.Random, str], tuple[list[tuple[int, ...]], Arguments]]
MAKERS: dict[str, Maker] = {
    **dict.fromkeys(("conv", "deconv", "local"), windowed),
    **dict.fromkeys(("maxpool", "avgpool", "lppool", "subsample"), pool),
    **dict.fromkeys(("dense", "rbf"), units), **dict.fromkeys(("norm", "layer_norm", "group_norm", "lrn"), norm),
    **dict.fromkeys(("concat", "add", "subtract", "multiply"), join),
    **dict.fromkeys(("shuffle", "upsample", "pad", "crop", "slice", "reshape", "flatten", "connect"), rearranged),
}  # fmt: skip


def made(draw: random.Random, name: str) -> Case:
    """An operator that the language takes."""
    while True:
        shapes, told = MAKERS.get(name, pointwise)(draw, name)
        op = OPERATORS[name](**told)
        try:
            y = op.shape(shapes)
        except Fault:
            continue
        if numbers_in(numbers(y)) <= 4000:
            return Case(op, tuple(shapes), f"{name} {shapes} {told}")


def methods(case: Case) -> list[type[Kernel]]:
    """The ways in which a convolution may be run."""
    graph = case.graph()
    (node,) = graph.nodes
    plain = convolution(
        case.op, [last(numbers(shape)) for shape in case.shapes], last(numbers(node.shape)), graph.local_weights(node)
    )
    return [METHODS[name] for name in possible(plain)] if plain is not None else []


def _case(draw: random.Random, folder: Path) -> None:
    case = made(draw, draw.choice(sorted(OPERATORS)))
    ways = methods(case)
    bound = Bound(
        case, draw.randint(2, 4), draw.randrange(10**6) + 1, draw.choice(ways) if ways else None, draw.random() < 0.5
    )
    told = []
    for eps in STEPS:
        numeric, analytic, size = bound.slopes(eps)
        told.append((numeric, analytic, size))
        if abs(numeric - analytic) <= BOUND * max(abs(analytic), size, 1e-2):
            return
    raise AssertionError(f"{case.label}: {type(bound.kernel).__name__} {told}")


GRADIENTS = Harness("gradients", "R26", _case, short=5000, long=1000 * len(OPERATORS))
