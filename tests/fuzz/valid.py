"""R2, R27: what `check` accepts compiles, is sound ONNX, runs, answers as the engine does,
and means the same after `format`."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netspec import passes
from netspec.graph import Graph
from netspec.interop.export import export, serialize
from netspec.language import format_text
from netspec.tables import KernelTable, Table
from netspec.weights import Model
from tests.agreement import ENDS, Arrays, by_engine, by_onnxruntime, inputs_for, sound, weights_for, written
from tests.fuzz.frame import Harness
from tests.fuzz.whole import spec


def told(value: Any) -> Any:
    """What an argument says, tables cell by cell."""
    if isinstance(value, Table):
        cells = value.cells
        return (
            value.kind,
            value.inputs,
            value.outputs,
            cells.output.tolist(),
            cells.input.tolist(),
            cells.weight.tolist(),
            str(cells.value.tolist()),
        )
    return (value.size, value.taps) if isinstance(value, KernelTable) else value


def meaning(graph: Graph) -> Any:
    """All of a graph but the lines of its file."""
    nodes = [
        (n.name, n.path, n.op.name, {k: told(v) for k, v in n.op.arguments().items()}, n.inputs, n.shape)
        for n in graph.nodes
    ]
    return graph.name, dict(graph.inputs), nodes, graph.outputs, dict(graph.names)


def faults(graph: Graph, sizes: Mapping[str, int], seed: int, weights: Arrays | None = None) -> list[str]:
    """Where the model that is exported, free sizes and all, does not answer as the net that was written,
    its sizes given."""
    weights = weights_for(graph, seed) if weights is None else weights
    content = serialize(export(passes.run(Model(graph, weights), passes.DEPLOY), {}))
    sized = graph.sized(sizes)
    inputs, model = inputs_for(sized, seed, 1 + seed % 3), written(sized, weights)
    single = by_engine(model, inputs)
    found = []
    for level in ENDS:
        for name, answer in by_onnxruntime(content, inputs, level).items():
            rounded = single[name]
            if answer.shape != rounded.shape:
                found.append(f"{level.name}: {name} is {answer.shape}, and {rounded.shape} is wanted")
                continue
            off, scale = (float(np.abs(x).max(initial=0)) for x in (answer - rounded, rounded))
            if not off <= 1e-4 * scale + 1e-6:
                exact = by_engine(model, inputs, np.float64)[name]
                own = float(np.abs(rounded - exact).max())
                if not off <= 30 * own:  # what single precision does to the net itself is no fault of the export
                    found.append(
                        f"{level.name}: {name} is off by {off:.3g} of {scale:.3g}, and the engine itself by {own:.3g}"
                    )
    return found


def _case(draw: random.Random, folder: Path) -> None:
    text, sizes = spec(draw)
    graph = sound(text)
    once = format_text(text)
    assert format_text(once) == once, f"format is not at rest\n{text}"
    assert meaning(sound(once)) == meaning(graph), f"format changes the net\n{text}"
    try:
        found = faults(graph, sizes, draw.randrange(2**31))
    except Exception as error:
        error.add_note(text)
        raise
    assert not found, "\n".join(found) + "\n" + text


VALID = Harness("valid", "R2", _case, short=100, long=20_000, seconds=20.0, megabytes=1024)
