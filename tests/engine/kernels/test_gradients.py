"""Every kernel's backward is the gradient of its forward: one directional difference in float64 (cases.py)."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.engine.kernels import KERNELS
from netspec.ops import OPERATORS
from tests.engine.kernels.bound import Bound
from tests.engine.kernels.cases import CASES, Row, random_weights


@pytest.mark.parametrize("row", CASES, ids=str)
def test_backward_is_the_gradient_of_forward(row: Row) -> None:
    numeric, analytic, _ = Bound(row.case()).slopes()
    assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("row", CASES, ids=str)
def test_weights_pack_and_unpack(row: Row) -> None:
    case = row.case()
    bound = Bound(case)
    start = random_weights(case.graph())
    for local in bound.weights:
        original = start[bound.node.key(local)]
        np.testing.assert_array_equal(bound.kernel.unpack(local, bound.point[local]), original)


def test_declaration_kernel_and_cases_are_the_same_set() -> None:
    assert set(OPERATORS.values()) == set(KERNELS) == {OPERATORS[row.name] for row in CASES}
