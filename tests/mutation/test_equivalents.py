"""The list of changes that change nothing: each names a line and a function that are still there."""

from __future__ import annotations

import pytest

from tests.mutation.__main__ import equivalents
from tests.mutation.rooms import ROOT


@pytest.mark.parametrize("row", equivalents(), ids=lambda row: f"{row['function']}: {row['now']}")
def test_a_row_is_of_a_line_that_is_there(row: dict[str, str]) -> None:
    assert set(row) == {"function", "was", "now", "why"} and row["was"] != row["now"]
    module = row["function"].split(".")
    while module and not (path := ROOT / "/".join(module)).with_suffix(".py").exists():
        module.pop()
    text = path.with_suffix(".py").read_text(encoding="utf-8")
    assert row["was"] in [line.strip() for line in text.splitlines()]
    assert f"def {row['function'].rpartition('.')[2]}(" in text
