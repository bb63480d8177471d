"""Lines above the text: what an ``expect`` line would find now, and what the net has and takes."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol.types import CodeLens, CodeLensParams, Command, Range

from netspec.language import syntax as s
from netspec.lsp.figures import costs, count
from netspec.lsp.parts import parts
from netspec.lsp.snapshot import Snapshot
from netspec.net.budget import in_words
from netspec.net.net import Net
from netspec.shape import elements, show

#: The training of a net of more layers is not planned for a lens.
MOST_LAYERS = 2_000
#: A number of single precision, in bytes.
_NUMBER = 4


def lenses(snapshot: Snapshot, params: CodeLensParams) -> list[CodeLens]:
    """A lens for each ``expect`` line, and two for the net; what training takes is worked out when it is asked for."""
    return list(_lenses(snapshot))


def _lenses(snapshot: Snapshot) -> Iterator[CodeLens]:
    graph = snapshot.trace.graph
    net = next((item for item in snapshot.file.items if isinstance(item, s.Net)), None)
    if graph is None or net is None:
        return
    where = snapshot.places.range(net.name_span)
    yield CodeLens(where, Command(_net(snapshot), ""))
    if snapshot.meaning is not None and snapshot.meaning.graph is not None and len(graph.nodes) <= MOST_LAYERS:
        yield CodeLens(where, data={"uri": snapshot.document.uri, "version": snapshot.document.version})
    for line in parts(net, s.Expect):
        told = _now(snapshot, line)
        if told:
            yield CodeLens(snapshot.places.range(line.target_span), Command(told, ""))


def _net(snapshot: Snapshot) -> str:
    """Layers, parameters, products, and what they take in single precision."""
    graph = snapshot.trace.graph
    assert graph is not None
    sizes = [elements(node.shape) for node in graph.nodes]
    known = [size for size in sizes if size is not None]
    values = f", {in_words(_NUMBER * sum(known))} of values an example" if len(known) == len(sizes) else ""
    weights = in_words(_NUMBER * graph.parameters())
    return f"{count(len(graph.nodes), 'layer')}, {costs(graph, graph.nodes)}; {weights} of weights{values}"


def _now(snapshot: Snapshot, line: s.Expect) -> str:
    asked, graph = snapshot.trace.asked(line), snapshot.trace.graph
    if asked is None or graph is None:
        return ""
    if asked.layers is None:
        return "not held now: its condition is false"
    shape = f"{show(asked.shape)}, " if asked.shape is not None else ""
    return f"now: {shape}{costs(graph, asked.layers)}"


def training(snapshot: Snapshot, where: Range) -> CodeLens:
    """What a step of training takes, as `netspec train` tells before it starts; planning it takes a second at most."""
    meaning = snapshot.meaning
    if meaning is None or meaning.graph is None:
        return CodeLens(where, Command("training: not known while there are errors", ""))
    if any(elements(shape) is None for shape in meaning.graph.inputs.values()):
        return CodeLens(where, Command("training: its memory depends on a free size", ""))
    net = Net(snapshot.source, meaning, meaning.graph, snapshot.problems)
    batch = net.train_settings.batch
    return CodeLens(where, Command(f"training on batches of {batch:,} takes {in_words(net.training_bytes())}", ""))
