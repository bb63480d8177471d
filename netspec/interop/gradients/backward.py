"""Reverse mode over a tape: gradients from the losses back to what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import onnx

from netspec.diagnostics import Fault
from netspec.interop.gradients import convolutions, moving, pointwise, pooling, products
from netspec.interop.gradients.pointwise import Grads, Rule
from netspec.interop.gradients.tape import Tape

#: The rule of each kind of node: gradients of its inputs from that of its output, None where one has none.
RULES: Mapping[str, Rule] = {**pointwise.RULES, **moving.RULES, **products.RULES, **convolutions.RULES,
                              **pooling.RULES}  # fmt: skip
#: Kinds whose result does not change with small changes of what they read.
STILL = frozenset({"Shape", "ConstantOfShape"})


def backward(tape: Tape, seeds: Mapping[str, str], wanted: Iterable[str]) -> dict[str, str]:
    """The gradient of each wanted value that has one, by its name.

    ``seeds`` are the gradients of values that losses read. All values must have their sizes (``Tape.derive``).
    Raises Fault N612 where a node has no rule.
    """
    written, reached = list(tape.nodes), set(wanted)
    for node in written:
        if node.op_type not in STILL and not reached.isdisjoint(node.input):
            reached.update(node.output)
    found = dict(seeds)
    for node in reversed(written):
        value = node.output[0]
        if value not in found or value not in reached:
            continue
        tape.prefix = f"gradient/{value}"
        for name, grad in zip(*_grads(tape, node, found[value]), strict=True):
            if grad is None or name not in reached:
                continue
            found[name] = tape("Add", found[name], grad) if name in found else grad
    return {name: found[name] for name in wanted if name in found}


def _grads(tape: Tape, node: onnx.NodeProto, d: str) -> tuple[Iterable[str], Grads]:
    """What a node reads, and the gradient of each."""
    own = tape.own.get(node.output[0])
    if own is not None:
        return own.inputs, list(own.rule(d))
    if node.op_type not in RULES:
        raise Fault("N612", f"{node.output[0]} is computed by {node.op_type}, of which no gradient is known")
    return node.input, RULES[node.op_type](tape, node, d)
