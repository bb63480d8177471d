"""`compile --explain` tells both sides: how the deployed graph runs a table, and how the engine does."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.net import load

#: A table, the layer that has it, and what stands in the line for the graph and for the engine.
TABLES = [
    ("sparse table t: 8 -> 8 = identity", "conv(8, 3, table: t)", "depthwise", "patches"),
    ("sparse table t: 8 -> 8 = groups(2)", "conv(8, 5, table: t)", "grouped", "patches"),
    ("sparse table t: 8 -> 9 = random(fan_in: 2, seed: 1)", "conv(9, 1, table: t)", "even", "patches"),
    ("sparse table t: 8 -> 9 = random(fan_in: 3, seed: 1)", "conv(9, 1, table: t)", "spread", "patches"),
    (
        "sparse table t: 128 -> 128 = random(fan_in: 2, seed: 1)",
        "conv(128, 1) -> conv(128, 3, table: t)",
        "even",
        "blocks of a table",
    ),
    ("residual table t: 8 -> 8 = identity", "connect(t)", "fixed", "its one method"),
    (
        "sparse table t: 648 -> 20 = random(fan_in: 3, seed: 1)",
        "flatten -> dense(20, table: t)",
        "spread",
        "one product",
    ),
    (
        "sparse table t: 648 -> 2000 = random(fan_in: 5, seed: 1)",
        "flatten -> dense(2000, table: t)",
        "sparse",
        "blocks of a table",
    ),
]


@pytest.mark.parametrize(
    ("table", "layer", "deployed", "trained"), TABLES, ids=[f"{row[2]}, {row[3]}" for row in TABLES]
)
def test_both_sides_are_told(table: str, layer: str, deployed: str, trained: str, tmp_path: Path) -> None:
    file = tmp_path / "t.net"
    file.write_text(f"netspec 1\nnet A {{\n{table}\ninput x: 8 x 9 x 9\noutput y = x -> {layer}\n}}\n")
    (line,) = load(file).explained()
    assert f" runs as {deployed}: " in line
    assert f"; the engine trains it by {trained}" in line
