"""A confusion matrix as a table and as a picture."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import numpy as np
import pytest

from netspec.report.confusion import confusion_csv, confusion_svg

NAMES = ["cat", 'a,"b"', "<script>"]
MATRIX = np.array([[3, 1, 0], [0, 0, 0], [0, 2, 2]])
SVG = "{http://www.w3.org/2000/svg}"


def test_a_table_that_a_spreadsheet_reads() -> None:
    rows = list(csv.reader(io.StringIO(confusion_csv(NAMES, MATRIX))))
    assert rows[0] == ["label", *NAMES]
    assert rows[1:] == [["cat", "3", "1", "0"], ['a,"b"', "0", "0", "0"], ["<script>", "0", "2", "2"]]


def test_cells_that_count_are_drawn_with_their_share() -> None:
    drawn = ElementTree.fromstring(confusion_svg(NAMES, MATRIX, "of the test part"))
    cells = [cell for cell in drawn.iter(f"{SVG}rect") if cell.get("fill-opacity")]
    assert [cell.get("fill-opacity") for cell in cells] == ["0.780", "0.340", "0.560", "0.560"]  # 0.12 + 0.88 * share
    assert [cell.get("fill") for cell in cells] == ["#2b7a3d", "#b8402a", "#b8402a", "#2b7a3d"]
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts[0] == "of the test part"
    assert {"cat", "<script>", "3", "1", "2"} <= set(texts)


@pytest.mark.parametrize("classes", [1, 12, 13, 24, 25, 60, 61, 1000])
def test_any_number_of_classes_has_a_picture_of_some_size(classes: int) -> None:
    drawn = ElementTree.fromstring(confusion_svg(["a long name of a class"] * classes, np.eye(classes, dtype=int), "x"))
    assert 60 < int(drawn.get("height", 0)) < 1200
    assert all(float(cell.get("x", 0)) + float(cell.get("width", 0)) <= float(drawn.get("width", 0))
               for cell in drawn.iter(f"{SVG}rect"))  # fmt: skip


def test_no_text_is_cut_where_the_matrix_is_small() -> None:
    drawn = ElementTree.fromstring(confusion_svg(["0", "1"], np.eye(2, dtype=int), "x"))
    for text in drawn.iter(f"{SVG}text"):
        wide, x = 7 * len(text.text or ""), float(text.get("x", 0))
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
        assert left >= 0 and left + wide <= float(drawn.get("width", 0)), text.text
