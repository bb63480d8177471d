"""Every way to run a convolution against the definition, number by number, in workspace full of NaN: results and
gradients."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from netspec.engine.kernel import last
from netspec.engine.kernels import METHODS, convolution, possible
from netspec.engine.kernels.conv import winograd
from netspec.shape import numbers
from netspec.tables import Table
from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import MIXED, SHARED, SPARSE, Case, case
from tests.engine.kernels.definition import Array, Definition, full, summed

Row = tuple[tuple[int, ...], dict[str, Any]]


def conv(shape: tuple[int, ...], maps: int, kernel: Any, **more: Any) -> Row:
    """A row of the list."""
    return shape, {"maps": maps, "kernel": kernel, **more}


SIZES = [
    conv((3, 1), 2, 1),
    conv((3, 9), 4, 3, pad=1),
    conv((2, 13), 5, 4, stride=3, pad=2, dilation=2),
    conv((3, 11), 4, 9, stride=4, pad="same"),
    conv((3, 5, 7), 4, 1),
    conv((3, 5, 7), 4, 1, stride=2),
    conv((3, 5, 7), 4, 1, pad=1),
    conv((2, 3, 3), 4, 3, stride=3, pad=1),
    conv((3, 4, 5), 6, (4, 5)),
    conv((3, 7, 5), 4, 3, pad=2),
    conv((3, 8, 12), 4, 3, pad="same"),
    conv((2, 4, 9), 3, 3, pad=1),
    conv((5, 11, 6), 2, 3, pad=(0, 2)),
    conv((4, 8, 8), 8, 5, pad=2),
    conv((3, 9, 5), 11, (5, 2), pad=(1, 0)),
    conv((2, 8, 8), 3, (8, 3), pad=(4, 1)),
    conv((5, 10, 6), 3, (9, 4), pad=(4, 2)),
    conv((3, 6, 6), 5, (4, 3), pad="same", stride=(2, 3)),
    conv((3, 9, 8), 4, 2, stride=3),
    conv((4, 11, 9), 5, 3, stride=2, pad=1),
    conv((4, 7, 9), 6, (3, 5), stride=(1, 2), pad=(2, 0), dilation=(2, 1)),
    conv((4, 7, 6), 6, 3, groups=2, pad=1),
    conv((6, 9, 7), 9, 3, groups=3, stride=2, pad=1),
    conv((4, 6, 7), 4, 3, groups=4, pad=1),
    conv((4, 9, 7), 8, (3, 2), groups=4, stride=2, pad=(2, 1)),
    conv((3, 8, 8), 3, 3, groups=3, pad=3, dilation=(2, 3), stride=(1, 2)),
    conv((2, 4, 3, 5), 3, (2, 3, 2), pad=1),
    conv((4, 5, 4, 6), 4, 3, groups=2, pad=1, stride=(1, 2, 2)),
    conv((3, 4, 3, 5), 3, 3, groups=3, pad="same"),
]  # fmt: skip
KERNELS = [((3, 1), (1, 0)), ((1, 3), 0), (3, "same"), ((9, 1), (4, 0))]
EVEN = [(2, "same"), ((8, 2), (4, 0))]  # where nothing is fixed: it would stand in the middle
TABLES = [
    conv((3, 8, 4), 4, kernel, table=table, pad=pad)
    for table, shapes in ((SPARSE, KERNELS + EVEN), (SHARED, KERNELS + EVEN), (MIXED, KERNELS))
    for kernel, pad in shapes
]


def made(row: Row) -> Case:
    """The row's case; tables are made now."""
    shape, arguments = row
    return case("conv", shape, **{k: v.make() if hasattr(v, "make") else v for k, v in arguments.items()})


def ways(found: Case) -> list[str]:
    """The methods that can run it, patches among them."""
    (node,) = found.graph().nodes
    shapes = [last(numbers(shape)) for shape in found.shapes]
    plain = convolution(found.op, shapes, last(numbers(node.shape)), found.graph().local_weights(node))
    assert plain is not None
    return possible(plain)


def judged(found: Case, bound: Bound) -> tuple[Array, dict[str, Array], Array]:
    """By the definition: the result, the gradients, and the gradient of the result that they are of."""
    op: Any = found.op
    x, w = bound.point["x0"], bound.kernel.unpack("weight", bound.point["weight"])
    table = op.table if isinstance(op.table, Table) and not op.table.is_full else None
    dense = w if table is None else full(table, w)
    rule = Definition(op, bound.xs[0][:-1], bound.y[:-1], dense.shape[2:])
    y = rule.forward(x, dense, bound.point.get("bias"))
    dy: Any = np.random.default_rng(8).standard_normal(y.shape)
    dx, dw = rule.backward(x, dense, dy)
    slopes = {"x0": dx, "weight": dw if table is None else summed(table, dw, w)}
    if "bias" in bound.point:
        slopes["bias"] = dy.reshape(-1, dy.shape[-1]).sum(axis=0)
    return y, slopes, dy


@pytest.mark.slow
@pytest.mark.parametrize("row", [*SIZES, *TABLES], ids=lambda row: str(made(row)))
def test_every_way_is_the_convolution(row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    found = made(row)
    for method, few, fresh in product(ways(found), (True, False), (True, False)):
        monkeypatch.undo()
        if few:  # strips of one row of tiles, else one strip for all
            monkeypatch.setattr(winograd, "STRIP", 1)
            monkeypatch.setattr(winograd, "HEAVY", 0)
        if few == fresh:  # tiles of four results, else of two
            monkeypatch.setattr(winograd, "TINY_PLACES", 0)
        bound = Bound(found, n=3, method=METHODS[method], fresh=fresh)
        wanted, slopes, dy = judged(found, bound)
        m = bound.memory(bound.point)
        np.testing.assert_allclose(bound.forward(m), wanted, rtol=1e-9, atol=1e-9, err_msg=method)
        for name, gradient in bound.gradients(m, dy).items():
            mine = bound.kernel.unpack(name, gradient) if name in bound.weights else gradient
            np.testing.assert_allclose(mine, slopes[name], rtol=1e-8, atol=1e-8, err_msg=f"{method}: {name}")


def test_the_list_has_every_way_several_times() -> None:
    tried = [method for row in [*SIZES, *TABLES] for method in ways(made(row))]
    for method in METHODS:
        assert tried.count(method) >= 4, method


LOCALS = [
    conv((3, 5, 4), 4, 3),
    conv((2, 7), 3, 3, stride=2, pad=1),
    conv((4, 5, 4), 6, 2, stride=2, groups=2, pad=1),
    conv((3, 4, 3, 3), 2, 2, pad="same"),
]


@pytest.mark.parametrize("row", LOCALS, ids=str)
def test_locally_connected_layers_have_kernels_of_their_own(row: Row) -> None:
    found = case("local", row[0], **row[1])
    bound = Bound(found, n=3)
    places, rank = bound.y[:-1], len(bound.y) - 1
    w = bound.kernel.unpack("weight", bound.point["weight"]).reshape(*places, bound.y[-1], -1, *each_tap(found, rank))
    bias = bound.kernel.unpack("bias", bound.point["bias"])
    rule = Definition(found.op, bound.xs[0][:-1], places, each_tap(found, rank), own=True)
    m = bound.memory(bound.point)
    y = bound.forward(m)
    np.testing.assert_allclose(y, rule.forward(bound.point["x0"], w, bias), rtol=1e-10, atol=1e-10)
    dy: Any = np.random.default_rng(8).standard_normal(y.shape)
    dx, dw = rule.backward(bound.point["x0"], w, dy)
    mine = bound.gradients(m, dy)
    np.testing.assert_allclose(mine["x0"], dx, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(
        bound.kernel.unpack("weight", mine["weight"]).reshape(dw.shape), dw, rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(mine["bias"], dy.sum(axis=0), rtol=1e-10, atol=1e-10)


def each_tap(found: Case, rank: int) -> tuple[int, ...]:
    """The kernel's sizes."""
    kernel = found.op.kernel  # type: ignore[attr-defined]
    return kernel if isinstance(kernel, tuple) else (kernel,) * rank
