"""The loss of each output: as its line says, as the common line says, or as its last layer has it."""

from __future__ import annotations

from netspec.diagnostics import did_you_mean
from netspec.elaborate.arguments import single, value_of
from netspec.elaborate.scope import Scope, fail
from netspec.elaborate.values import describe
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import LOSSES, Train
from netspec.settings.losses import CrossEntropy
from netspec.settings.train import BALANCED

#: Which last layer a loss belongs to; the two are worked out together.
ENDS = {name: loss.ends for name, loss in LOSSES.items() if loss.ends}


def read_loss(node: s.Setting, scope: Scope) -> str:
    """The name of a loss."""
    expression = single(node, scope)
    value = value_of(expression, scope, tuple(LOSSES))
    if not isinstance(value, str) or value not in LOSSES:
        given = f"`{value}`" if isinstance(value, str) else describe(value)
        help = did_you_mean(value if isinstance(value, str) else "", LOSSES, f"losses: {', '.join(LOSSES)}")
        raise fail(scope, "N503", expression.span, f"there is no loss {given}", help=help)
    return str(value)


def losses_of_outputs(train: Train, section: s.Section | None, graph: Graph, scope: Scope) -> Train:
    """Each output's loss: as its line says, else the common one, else the one its last layer belongs to."""
    settings = [node for node in section.settings if isinstance(node, s.Setting)] if section is not None else []
    lines = {node.target or "": node for node in reversed(settings) if node.key == "loss"}
    outputs = {output.name: output for output in graph.outputs}
    for name, node in lines.items():
        if name and name not in outputs:
            scope.problems.error(
                "N506",
                node.target_span,
                f"there is no output {name}",
                help=did_you_mean(name, outputs, f"outputs: {', '.join(outputs)}"),
            )
    ends = {node.name: node.op.name for node in graph.nodes}
    losses: dict[str, str] = {}
    for name, output in outputs.items():
        end = ends.get(output.value, "")
        loss = train.loss.get(name) or train.loss.get("")
        if loss is None and not train.loss:
            loss = _own_loss(end)
        if loss is None and any(name and name not in outputs for name in lines):
            continue  # it may be the one that was meant
        if loss is None:
            first = next(iter(lines.values()), None)
            scope.problems.warning(
                "N514",
                first.key_span if first else None,
                f"output {name} has no loss, and is not trained: no `loss` line names it",
                help=f"write `loss {name}: {_own_loss(end)}` to train it",
            )
            continue
        losses[name] = loss
        required = ENDS.get(loss)
        if required and end not in required:
            line = lines.get(name) or lines.get("")
            scope.problems.error(
                "N507",
                line.values[0].span if line else None,
                f"{loss} needs an output that ends in {' or '.join(required)}, and {name} ends in {end or 'its input'}",
                help=f"write `-> {required[0]}` at the end of {name}, or choose another loss",
            )
    return train.replaced(loss=losses)


def read_class_weight(node: s.Setting, scope: Scope) -> str | list[float]:
    """``balanced``, or a number for each class."""
    expression = single(node, scope)
    takes = Train.fields()["class_weight"].takes
    value = value_of(expression, scope, takes.words)
    try:
        read: str | list[float] = takes.read(list(value) if isinstance(value, tuple) else value)
    except ValueError:
        given = f"`{value}`" if isinstance(value, str) else describe(value)
        raise fail(scope, "N112", expression.span, f"class_weight must be {takes.text}, not {given}") from None
    return read


def check_class_weight(train: Train, section: s.Section | None, graph: Graph, scope: Scope) -> None:
    """N507 where no output has the loss of ``class_weight``, N508 where one has another number of units."""
    settings = [node for node in section.settings if isinstance(node, s.Setting)] if section is not None else []
    line = next((node for node in settings if node.key == "class_weight"), None)
    if line is None or train.class_weight is None:
        return
    span, name = line.values[0].span, CrossEntropy.name
    units = {out.name: graph.shapes[out.value][0] for out in graph.outputs if train.loss.get(out.name) == name}
    if not units:
        scope.problems.error(
            "N507",
            span,
            f"class_weight needs an output whose loss is {name}, and there is none",
            help=f"end an output in `{CrossEntropy.ends[0]}`, or leave `class_weight` out",
        )
    for output, count in units.items() if isinstance(train.class_weight, list) else ():
        if count != (given := len(train.class_weight)):
            help = f"write {count} numbers, or `class_weight: {BALANCED}`"
            message = f"class_weight has {given} number{'s' * (given != 1)}, and output {output} gives {count}"
            scope.problems.error("N508", span, message, help=help)


def _own_loss(end: str) -> str:
    """The loss that belongs to a last layer."""
    return next((loss for loss, layers in ENDS.items() if end in layers), "mse")
