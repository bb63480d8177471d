"""Learning curves: every value at its place, the axes named, the largest value on top."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from netspec.report.curves import COLOURS, HEIGHT, TOP, WIDTH, curves, learning_curves


def lines(svg: str) -> list[list[tuple[float, float]]]:
    found = [element for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("polyline")]
    return [[tuple(map(float, point.split(","))) for point in one.attrib["points"].split()] for one in found]  # type: ignore[misc]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def test_values_lie_evenly_across_and_in_proportion_up() -> None:
    svg = curves({"loss": [2.0, 1.0, 1.5]}, "t", "epoch", "loss")
    (line,) = lines(svg)
    xs, ys = zip(*line, strict=True)
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1])
    assert ys[0] < ys[2] < ys[1]  # SVG counts down: the largest value stands highest
    assert (ys[1] - ys[2]) / (ys[1] - ys[0]) == pytest.approx(0.5, abs=0.01)
    assert all(0 <= x <= WIDTH and TOP <= y <= HEIGHT for x, y in line)
    frame = [element.attrib for element in ElementTree.fromstring(svg).iter() if element.get("stroke") == "#dddddd"]
    assert len(frame) == 6
    assert {(float(one["x1"]), float(one["x2"])) for one in frame} == {(xs[0], xs[-1])}  # from axis to axis


def test_lines_of_other_lengths_share_their_axes() -> None:
    long, short = lines(curves({"a": [0.0, 1, 2, 3], "b": [3.0, 2]}, "t", "x", "y"))
    assert [x for x, _ in short] == [x for x, _ in long[:2]]
    assert short[0][1] == long[3][1]


def test_names_are_written_and_escaped() -> None:
    found = texts(curves({"a < b & c": [1.0, 2.0]}, "the title", "epoch", "loss"))
    assert {"a < b & c", "the title", "epoch", "loss"} <= set(found)
    assert {"1", "2"} <= set(found)  # epochs are counted from 1


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.9), (0.01, 0.9), (-3.0, 2.0), (5.0, 5.0)])
def test_the_axis_holds_all_values_and_does_not_go_below_0_for_nothing(low: float, high: float) -> None:
    marks = [float(text) for text in texts(curves({"a": [low, high, low, high, low, high]}, "t", "x", "y"))[3:9]]
    assert marks == sorted(marks)
    assert marks[0] <= low and marks[-1] >= high
    assert (marks[0] < 0) == (low < 0)


def test_one_value_has_an_axis_too() -> None:
    ((point,),) = lines(curves({"a": [3.0]}, "t", "x", "y"))
    assert TOP < point[1] < HEIGHT
    ((first, last),) = lines(curves({"a": [3.0, 4.0]}, "t", "x", "y"))
    marks = texts(curves({"a": [3.0, 4.0]}, "t", "x", "y"))
    assert marks.count("1") == marks.count("2") == 1
    assert last[0] > first[0]


def test_more_lines_than_colours() -> None:
    svg = curves({str(n): [1.0 * n, 2.0] for n in range(9)}, "t", "x", "y")
    assert len(lines(svg)) == 9
    assert svg.count(f'stroke="{COLOURS[0]}"') == 2 * 2  # line and its key, for the first and the seventh


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="nothing"):
        curves({"a": []}, "t", "x", "y")


def test_a_curve_is_broken_where_a_number_is_missing() -> None:
    svg = curves({"a": [1.0, 2.0, None, float("nan"), 3.0, float("inf"), 1.0, 1.0]}, "t", "x", "y")
    found = lines(svg)
    assert [len(line) for line in found] == [2, 1, 2]
    assert svg.count("<circle") == 1  # a line of one point would not be seen
    assert found[0][1][0] < found[1][0][0] < found[2][0][0]


def test_loss_and_accuracy_of_a_log_one_above_the_other() -> None:
    rows = [{"loss": 2.0, "val_loss": 3.0, "accuracy": 0.5, "val_accuracy": None}, {"loss": 1.0, "accuracy": 0.75}]
    svg = learning_curves(rows, "the net")
    assert [len(line) for line in lines(svg)] == [2, 1, 2]  # nobody measured a validation accuracy
    assert texts(svg).count("training") == 2 and texts(svg).count("validation") == 1
    assert ElementTree.fromstring(svg).attrib["height"] == str(2 * HEIGHT)
    assert f'<g transform="translate(0 {HEIGHT})">' in svg


def test_a_log_without_accuracy_has_one_chart() -> None:
    assert ElementTree.fromstring(learning_curves([{"loss": 2.0}], "t")).attrib["height"] == str(HEIGHT)
    with pytest.raises(ValueError, match="nothing"):
        learning_curves([{"loss": None}], "t")
