"""Dots of trainings: each value at its place, the mean of a row as its stroke and number."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from netspec.report.dots import dots


def test_each_value_at_its_place_and_the_mean_between() -> None:
    svg = ElementTree.fromstring(dots({"a < b": [0.0, 1.0], "c": [0.5], "d": []}, "t", "best accuracy"))
    points = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in svg.iter() if one.tag.endswith("circle")]
    (low, y), (high, same), (middle, below) = points
    assert y == same < below and middle == pytest.approx((low + high) / 2, abs=0.1)
    strokes = [float(one.attrib["x1"]) for one in svg.iter() if one.get("stroke-width") == "2"]
    assert strokes == [middle, middle]
    texts = [one.text for one in svg.iter() if one.tag.endswith("text")]
    assert {"a < b", "c", "d", "t", "best accuracy"} <= set(texts) and texts.count("0.5") >= 2


def test_equal_values_and_none() -> None:
    assert "nan" not in dots({"a": [0.0]}, "t", "x") and "nan" not in dots({"a": [3.0, 3.0]}, "t", "x")
    with pytest.raises(ValueError, match="nothing"):
        dots({"a": []}, "t", "x")
