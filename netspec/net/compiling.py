"""Weights from files to a net, and a net with its weights to a model's file."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Fault
from netspec.files import atomic_write, check_target
from netspec.interop.weight_files import load_weights, save_weights
from netspec.kinds import STEP
from netspec.locations import in_run
from netspec.net.kept import with_values
from netspec.net.left import BEST, LAST
from netspec.settings import Data
from netspec.shape import Free, Shape, numbers, slid
from netspec.weights import fit

if TYPE_CHECKING:
    import onnx

    from netspec.net.net import Net
    from netspec.net.small import Form
    from netspec.weights import Arrays, Model

#: A size for free axes that is enough for most nets, and layers from which a net is deep.
_TRIED, _DEEP = 64, 50


def weights_from(net: Net, path: Path) -> tuple[dict[str, Any], Data]:
    """The weights of a file or of a run, held against the net; the net's data settings with what training measured."""
    path = in_run(path, BEST, LAST)
    arrays, about = load_weights(path)
    fit(net.graph, arrays)
    data = net.data
    if isinstance(about.get("data"), dict):
        with suppress(KeyError, ValueError, TypeError):
            data = data.with_measured(Data.from_json(about["data"]))
    return arrays, data


def import_weights(net: Net, path: Path, out: Path) -> int:
    """Write the weights of a file under PyTorch's names by the net's paths; how many tensors."""
    from netspec.interop.torch_names import from_torch

    check_target(out, [*net.files, path])
    arrays = from_torch(net.graph, load_weights(path)[0])
    fit(net.graph, arrays)
    save_weights(out, arrays, {"net": net.name, "data": net.data.to_json()})
    return len(arrays)


def write(
    net: Net,
    path: Path,
    weights: Arrays | None,
    data: Data,
    raw_pixels: bool,
    seed: int | None = None,
    form: Form | None = None,
) -> Model:
    """Write the ONNX model, with fresh weights where none are given; the deployed model.

    ``seed`` is the one that decided what was held out of the training set.
    """
    from netspec.interop.export import export
    from netspec.net.small import Form, formed
    from netspec.passes import check_size

    check_target(path, net.files)
    check_size(net.graph)
    model = net.model(net.initial() if weights is None else weights)
    held_out = {} if seed is None or data.validate is None else {"seed": seed}
    about = {**metadata(net, data), "raw_pixels": raw_pixels, **held_out}
    proto = export(model, about, data if raw_pixels else None)
    atomic_write(path, formed(proto, model, form or Form()))
    return model


def write_step(net: Net, path: Path) -> onnx.ModelProto:
    """Write the training step as one ONNX model; weights are its inputs. Returns the model.

    Raises Fault N212 where an input has a free size, N612 where there is nothing to train.
    """
    from netspec.interop.export import serialize
    from netspec.interop.train_step import train_step
    from netspec.passes import check_size, lower_tables

    check_target(path, net.files)
    check_size(net.graph)
    about = {
        "version": 1,
        "kind": STEP,
        "net": net.name,
        "spec": with_values(net),
        "data": net.data.to_json(),
        "train": net.train_settings.to_json(),
    }
    proto = train_step(net.graph, net.train_settings, lower_tables, about)
    atomic_write(path, serialize(proto))
    return proto


def not_finite(net: Net, model: Model) -> list[str]:
    """The outputs of a deep deployed model whose answer to noise, N(0, 1), has a number that is not finite.

    Free sizes are tried at 64. Nets of few layers are not tried, nor one that does not take such an input.
    """
    import numpy as np

    from netspec.engine.running.evaluate import values

    graph = model.graph
    if len(net.graph.nodes) < _DEEP:
        return []
    sizes = {dim.name: _TRIED for shape in graph.inputs.values() for dim in shape if isinstance(dim, Free)}
    try:
        graph = graph.sized(sizes) if sizes else graph
        rng = np.random.default_rng(0)
        noise = {
            name: rng.standard_normal((1, *shape[1:], shape[0]), dtype=np.float32)
            for name, shape in ((name, numbers(shape)) for name, shape in graph.inputs.items())
        }
        with np.errstate(all="ignore"):
            found = values(replace(model, graph=graph), noise)
    except (Fault, MemoryError):
        return []
    return [name for name, array in found.items() if not np.isfinite(array).all()]


def explained(net: Net) -> list[str]:
    """How each layer with a table runs, a line each: as a deployed graph, and in the engine while it is trained."""
    from netspec.engine.kernel import sizes_of
    from netspec.engine.kernels import kernel_for
    from netspec.passes import choices
    from netspec.shape import is_free

    uses = Counter(node.path for node in net.graph.nodes)
    lines, nodes = [], {node.name: node for node in net.graph.nodes}
    for choice in choices(net.graph):
        node = nodes[choice.layer]
        line = f"{choice.layer}: table {choice.table} runs as {choice.pattern.kind}: {choice.pattern.reason}"
        if not any(map(is_free, (node.shape, *net.graph.input_shapes(node)))):
            method = kernel_for(node.op, *sizes_of(net.graph, node), uses[node.path] > 1).method
            line += f"; the engine trains it by {method or 'its one method'}"
        lines.append(line)
    return lines


def _windows(shape: Shape) -> dict[str, Any]:
    """What each place of a map of answers sees, and how far apart they are: (cells, stride) by axis."""
    found = [slid(size) if isinstance(size, Free) else None for size in shape[1:]]
    return {"windows": found} if found and None not in found else {}


def metadata(net: Net, data: Data) -> dict[str, Any]:
    """What travels in a model besides its graph."""
    ends = {node.name: node.op.name for node in net.graph.nodes}
    losses = net.train_settings.loss
    written = net.meaning.graph or net.graph  # before dense layers became convolutions
    mapped = {output.name for output in written.outputs if len(written.shapes[output.value]) > 1}
    outputs = {
        output.name: {
            "end": ends.get(output.value, ""),
            "loss": losses.get(output.name),
            **_windows(net.graph.shapes[output.value]),
            **({"places": True} if output.name in mapped else {}),
        }
        for output in net.graph.outputs
        if not output.train
    }
    first = next(iter(outputs.values()))
    return {
        "version": 1,
        "net": net.name,
        "spec": with_values(net),
        "data": data.to_json(),
        **first,
        "outputs": outputs,
    }
