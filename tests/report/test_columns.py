"""Tables of text: each column as wide as its widest cell, as a terminal counts."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from netspec.report.columns import columns


def test_left_columns_and_right_ones() -> None:
    assert columns([("layer", "kind", "macs"), ("a", "conv", "1,234"), ("long name", "x", "")], 2) == [
        "layer      kind   macs",
        "a          conv  1,234",
        "long name  x          ",
    ]


def test_a_short_row_ends_in_empty_cells() -> None:
    assert columns([("a", "b", "c"), ("dd",)], 1) == ["a   b  c", "dd      "]


@pytest.mark.parametrize("name", ["卷積", "é", "e\u0301", "ａ", "🙂"])
def test_wide_and_combined_characters_keep_the_columns(name: str) -> None:
    lines = columns([(name, "1"), ("plain", "22")], 1)
    assert [cell_len(line) for line in lines] == [9, 9]
    assert all(line.endswith(end) for line, end in zip(lines, (" 1", "22"), strict=True))


def test_bold_rows_and_no_others() -> None:
    assert columns([("a",), ("b",)], 1, bold={1}) == ["a", "\x1b[1mb\x1b[0m"]
