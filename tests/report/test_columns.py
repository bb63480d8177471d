"""Tables as text, CSV and Markdown, and bytes in units."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from netspec.report.columns import as_csv, as_markdown, columns, size


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


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (1234, "1.2 KB"),
        (999_900, "999.9 KB"),
        (1_000_000, "1.0 MB"),
        (2_500_000_000, "2.5 GB"),
        (5e12, "5000.0 GB"),
    ],
)
def test_bytes_in_units(count: float, text: str) -> None:
    assert size(count) == text


ROWS = [["名", "=1+1"], ["a,b", 'say "x"'], [None, 3]]


def test_csv_reads_back() -> None:
    text = as_csv(ROWS)
    assert list(csv.reader(io.StringIO(text))) == [["名", "=1+1"], ["a,b", 'say "x"'], ["", "3"]]
    assert text.splitlines()[0] == "名,=1+1"


def test_bytes_of_a_name_that_are_no_text_are_written_out() -> None:
    assert as_csv([["a\udcff"]]) == "a\\udcff\n"


@pytest.mark.parametrize(
    "name", ["C1/conv", "__init__", "_a_/b_2", "a*b*", "`x`", "x|y", "<b>", "[a](b)", "a\\|b", "~~s~~"]
)
def test_a_name_in_markdown_is_that_name(name: str) -> None:
    page = (
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(as_markdown(["n", "m"], [[name, "1"]], {0}))
    )
    (cell,) = re.findall(r"<tbody>\s*<tr>\s*<td[^>]*>(.*?)</td>", page)
    assert unescape(cell) == name
    assert '<td style="text-align:right">1</td>' in page
