"""A row that plants nothing, or whose tests are gone, is told at once; `python -m tests.planted` plants them all."""

from __future__ import annotations

import pytest

from tests.planted.fault import ROOT, Planted, rooms

ROWS = [pytest.param(fault, id=f"{room}: {fault.rule}") for room, faults in rooms().items() for fault in faults]


@pytest.mark.parametrize("fault", ROWS)
def test_a_row_can_be_planted_and_its_tests_exist(fault: Planted) -> None:
    compile(fault.spoiled(), fault.file, "exec")
    assert all((ROOT / path.split("::")[0]).exists() for path in fault.tests.split())
