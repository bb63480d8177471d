"""The examples run, and what they show holds."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if "def main(" in path.read_text(encoding="utf-8"))


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs an example's main, quickly."""
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    return lambda name: importlib.import_module(name).main(tmp_path, True)


def test_dense_layers_as_convolutions_give_the_same_numbers(example: Any) -> None:
    shown = example("dense_as_conv")
    assert shown["difference"] < 1e-5 and shown["found"] >= 0.75


def test_two_small_kernels_see_what_a_large_one_sees(example: Any) -> None:
    shown = example("small_kernels")
    for large, small in (("5 × 5", "two 3 × 3"), ("7 × 7", "three 3 × 3")):
        assert shown[large][1] == shown[small][1] and shown[small][0] < shown[large][0]


def test_projections_cost_parameters(example: Any) -> None:
    parameters = [parameters for parameters, _ in example("shortcuts").values()]
    assert parameters == sorted(parameters) and len(set(parameters)) == 3


def test_relu_learns_faster_than_sigmoid(example: Any) -> None:
    shown = example("relu_speed")
    assert shown["relu"][0] < shown["sigmoid"][0] - 0.5


def test_neighbours_by_features_are_alike(example: Any) -> None:
    assert example("features") > 0.7


def test_a_table_saves_parameters_and_little_else(example: Any) -> None:
    shown = example("table_effect")
    assert shown["full"][0] - shown["c3"][0] == 900
    assert min(share for _, share in shown.values()) > 0.8


@pytest.mark.parametrize("name", ["degradation", "ensemble_of_paths", "overlapping_pooling"])
def test_the_longer_ones_run(example: Any, name: str, tmp_path: Path) -> None:
    assert np.isfinite([np.mean(value) for value in example(name).values()]).all()


def test_each_is_tested_here() -> None:
    told = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in SCRIPTS if f'"{name}"' not in told] == []


def test_shapes_are_the_same_from_one_seed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    shapes = importlib.import_module("shapes")
    for place in ("a", "b"):
        shapes.make(tmp_path / place, 8, 8)
    assert [p.read_bytes() for p in sorted((tmp_path / "a").rglob("*.png"))] == [
        p.read_bytes() for p in sorted((tmp_path / "b").rglob("*.png"))
    ]
