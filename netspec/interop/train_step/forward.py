"""The forward pass of training on a tape: as the exporter writes it, and what training has besides."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.graph import Graph, Node
from netspec.interop.gradients.tape import Own, Tape
from netspec.interop.train_step.spread import Spread, weights_of
from netspec.ops.norm import Norm
from netspec.ops.training import Dropout
from netspec.shape import numbers


def forward(tape: Tape, graph: Graph, spreads: Mapping[str, Spread]) -> tuple[dict[str, str], dict[str, str]]:
    """Write a net as it is trained: the name of each node's value, and of what running statistics become, by path.

    A use of a shared norm continues with the statistics that the use before left, as in the engine.
    """
    values = {name: name for name in graph.inputs}
    statistics: dict[str, str] = {}
    for node in graph.nodes:
        tape.prefix = node.name
        xs = [values[value] for value in node.inputs]
        local = weights_of(tape, spreads, {name: node.key(name) for name in graph.local_weights(node)})
        if isinstance(node.op, Norm) and not node.op.frozen:  # a frozen one keeps its statistics and uses them
            values[node.name] = _norm(tape, node, node.op, xs[0], local, statistics)
        elif isinstance(node.op, Dropout):
            mask = tape.given(f"mask/{node.name}", (None, *numbers(node.shape)))
            values[node.name] = tape("Mul", xs[0], mask)
        else:
            values[node.name] = node.op.onnx(tape, xs, local, graph.input_shapes(node), node.shape)
    return values, statistics


def _norm(
    tape: Tape, node: Node, op: Norm, x: str, w: Mapping[str, str], statistics: dict[str, str]
) -> str:  # fmt: skip
    """Batch normalisation by the batch's own moments (Ioffe, Szegedy 2015, algorithm 1), with a rule of its own.

    As in ``Affine.centred`` the mean is taken away twice, since in single precision the first is only near.
    """
    maps, axes = numbers(node.shape)[0], [0, *range(2, len(node.shape) + 1)]
    over, column = tape.ints(axes), (1, maps, *(1,) * (len(node.shape) - 1))
    first = tape("ReduceMean", x, over)
    near = tape("Sub", x, first)
    rest = tape("ReduceMean", near, over)
    apart = tape("Sub", near, rest)
    variance = tape("ReduceMean", tape("Mul", apart, apart), over)
    inverse = tape("Reciprocal", tape("Sqrt", tape("Add", variance, tape.floats(op.epsilon))))
    normed = tape("Mul", apart, inverse)
    gain = tape.shaped(w["weight"], column) if op.affine else ""
    result = tape("Add", tape("Mul", normed, gain), tape.shaped(w["bias"], column)) if op.affine else normed
    count = _count(tape, x, maps)
    _running(tape, node, op, tape("Add", first, rest), variance, count, statistics)

    def rule(d: str) -> list[str | None]:
        total = tape("ReduceSum", d, over)
        along = tape("ReduceSum", tape("Mul", d, normed), over)
        less = tape("Sub", d, tape("Div", total, count))
        slope = tape("Mul", inverse, gain) if gain else inverse
        dx = tape("Mul", tape("Sub", less, tape("Mul", normed, tape("Div", along, count))), slope)
        return [dx, *(tape("Reshape", grad, tape.ints([maps])) for grad in ((along, total) if gain else ()))]

    tape.own[result] = Own((x, w["weight"], w["bias"]) if op.affine else (x,), rule)
    return result


def _count(tape: Tape, x: str, maps: int) -> str:
    """Numbers a map in the batch, as a float."""
    return tape("Div", tape("Cast", tape("Size", x), to=1), tape.floats(float(maps)))


def _running(
    tape: Tape, node: Node, op: Norm, mean: str, variance: str, count: str, statistics: dict[str, str]
) -> None:  # fmt: skip
    """Running statistics: ``momentum`` of the old, the rest of the batch's mean and unbiased variance."""
    fewer = tape("Max", tape("Sub", count, tape.floats(1.0)), tape.floats(1.0))
    unbiased = tape("Mul", variance, tape("Div", count, fewer))
    for local, now in (("running_mean", mean), ("running_var", unbiased)):
        path = node.key(local)
        kept = tape("Mul", statistics.get(path, path), tape.floats(op.momentum))
        flat = tape("Reshape", now, tape.ints([-1]))
        statistics[path] = tape("Add", kept, tape("Mul", flat, tape.floats(1 - op.momentum)))
