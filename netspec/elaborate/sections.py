"""``train { … }`` and ``data { … }`` to settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from netspec.diagnostics import did_you_mean
from netspec.elaborate import preparation
from netspec.elaborate.arguments import bind, value_of
from netspec.elaborate.expressions import describe, evaluate, fail
from netspec.elaborate.labels import hidden_in
from netspec.elaborate.scope import Failed, Scope
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import LOSSES, OPTIMIZERS, SCHEDULES, STEPS, STOPS, TESTS, Arguments, Data, Train
from netspec.settings.arguments import past_single
from netspec.settings.train import Step

#: Which last layer a loss belongs to; the two are worked out together.
ENDS = {"cross_entropy": ("softmax", "log_softmax"), "binary_cross_entropy": ("sigmoid",)}

Reader = Callable[[s.Setting, Scope], Any]
Steps = tuple[Arguments, ...]


def read_sections(
    sections: list[s.Section], scope: Scope, graph: Graph | None, labels: Callable[[str, s.Expression, Scope], list[str]]
) -> tuple[Train, Data]:
    """The settings of a file; ``labels`` reads a file of class names."""
    found: dict[str, s.Section] = {}
    for section in sections:
        if section.name not in ("train", "data"):
            scope.problems.error("N501", section.name_span, f"there is no section {section.name}",
                                 help=did_you_mean(section.name, ("train", "data", "net", "block"), "sections: train, data"))  # fmt: skip
        elif section.name in found:
            scope.problems.error("N103", section.name_span, f"{section.name} stands twice", label="again here",
                                 also=((found[section.name].name_span, "first here"),), help="put them together")  # fmt: skip
        else:
            found[section.name] = section
    train = _read(Train, found.get("train"), scope, _TRAIN)
    data = _read(Data, found.get("data"), scope, {**_DATA, "classes": lambda node, at: _classes(node, at, labels)})
    if graph is not None:
        train = _losses(train, found.get("train"), graph, scope)
        if "data" in found:
            preparation.check(data, found["data"], graph, scope.problems)
            _check_classes(data, found["data"], graph, scope)
    return train, data


def _read(kind: type[Any], section: s.Section | None, scope: Scope, special: Mapping[str, Reader]) -> Any:
    values: dict[str, Any] = {}
    for node in section.settings if section is not None else ():
        if isinstance(node, s.Broken):
            continue
        try:
            _setting(kind, node, values, scope, special)
        except Failed:
            continue
    return kind(**values)


def _setting(kind: type[Arguments], node: s.Setting, values: dict[str, Any], scope: Scope, special: Mapping[str, Reader]) -> None:
    if node.key not in kind.model_fields:
        raise fail(scope, "N502", node.key_span, f"{kind.name} has no setting {node.key}",
                   help=did_you_mean(node.key, kind.model_fields, f"it takes {', '.join(kind.model_fields)}"))  # fmt: skip
    if node.target is not None and node.key != "loss":
        raise fail(scope, "N502", node.target_span or node.span, f"{node.key} is not set for one output", help="only `loss` is: `loss price: mae`")
    if node.key == "loss":
        losses = values.setdefault("loss", {})
        if (node.target or "") in losses:
            raise fail(scope, "N103", node.key_span, f"the loss{f' of {node.target}' if node.target else ''} is set twice", help="keep one of the lines")
        losses[node.target or ""] = _loss(node, scope)
        return
    if node.key in values:
        raise fail(scope, "N103", node.key_span, f"{node.key} is set twice", help="keep one of the lines")
    if node.key in special:
        values[node.key] = special[node.key](node, scope)
        return
    value = evaluate(_single(node, scope), scope)
    try:
        kind(**{node.key: value})
    except ValidationError:
        span = node.values[0].span
        raise fail(scope, "N112", span, f"{node.key} is {describe(value)}, and {kind.wanted(node.key).told}{past_single(value)} is wanted") from None
    values[node.key] = value


def _single(node: s.Setting, scope: Scope) -> s.Expression:
    if len(node.values) > 1:
        raise fail(scope, "N502", node.values[1].span, f"{node.key} takes one value, and an arrow makes it several")
    return node.values[0]


def _loss(node: s.Setting, scope: Scope) -> str:
    expression = _single(node, scope)
    value = value_of(expression, scope, LOSSES)
    if value not in LOSSES:
        told = f"`{value}`" if isinstance(value, str) else describe(value)
        raise fail(scope, "N503", expression.span, f"there is no loss {told}",
                   help=did_you_mean(value if isinstance(value, str) else "", LOSSES, f"losses: {', '.join(LOSSES)}"))  # fmt: skip
    return str(value)


def _word(expression: s.Expression, scope: Scope, known: Mapping[str, type[Arguments]], what: str) -> Arguments:
    """A word with arguments, such as ``sgd(rate: 0.1)`` or ``resize(32, 32)``; a parameter may carry a bare one."""
    name: str | None = None
    arguments: tuple[s.Argument, ...] = ()
    if isinstance(expression, s.Name):
        binding = scope.find(expression.name) if expression.name not in known and expression.arguments is None else None
        name, arguments = expression.name, expression.arguments or ()
        if binding is not None and isinstance(binding.what, str):
            name = binding.what
    elif isinstance(expression, s.String | s.IfElse):
        value = evaluate(expression, scope)
        name = value if isinstance(value, str) else None
    if name is None or name not in known:
        told = name or expression.span.text
        raise fail(scope, "N503", expression.span, f"there is no {what} {told}",
                   help=did_you_mean(told, known, f"there are {', '.join(known)}"))  # fmt: skip
    return bind(known[name], arguments, scope, expression.span)


def _chain(known: Mapping[str, type[Arguments]], what: str) -> Callable[[s.Setting, Scope], Steps]:
    def read(node: s.Setting, scope: Scope) -> Steps:
        steps, good = [], True
        for expression in node.values:
            try:
                steps.append(_word(expression, scope, known, what))
            except Failed:
                good = False
        if not good:
            raise Failed
        return tuple(steps)

    return read


def _one(known: Mapping[str, type[Arguments]], what: str) -> Reader:
    return lambda node, scope: _word(_single(node, scope), scope, known, what)


def _schedule(node: s.Setting, scope: Scope) -> Steps:
    steps = _chain(SCHEDULES, "schedule")(node, scope)
    for expression, step in zip(node.values[:-1], steps[:-1], strict=True):
        if step.name != "warmup":
            raise fail(scope, "N504", expression.span, f"{step.name} goes on to the end: nothing can follow it", help="only `warmup(epochs)` leads into another")
    if len(steps) > 1 and steps[1].name == "warmup":
        raise fail(scope, "N504", node.values[1].span, "warmup begins a training, and a second one would begin again", help=f"write one `warmup({steps[0].epochs + steps[1].epochs:g})`")  # type: ignore[attr-defined]
    for step, expression in zip(steps, node.values, strict=True):
        if isinstance(step, Step) and (step.every is None) == (step.at is None):
            raise fail(scope, "N112", expression.span, "step takes either `every:` or `at:`", help="write `step(every: 30)` or `step(at: [30, 60])`")
    return steps


def _prepare(node: s.Setting, scope: Scope) -> Steps:
    steps = _chain(STEPS, "step")(node, scope)
    marked = False
    for expression, step in zip(node.values, steps, strict=True):
        if getattr(step, "random", False):
            scope.problems.error("N505", expression.span, f"{step.name} is random, and `prepare` is what every image gets", help="put it into `augment:`")
        elif step.name == "augment" and marked:
            scope.problems.error("N505", expression.span, "`augment` marks one place, and stands here twice")
        marked = marked or step.name == "augment"
    return steps


def _augment(node: s.Setting, scope: Scope) -> Steps:
    steps = _chain(STEPS, "step")(node, scope)
    for expression, step in zip(node.values, steps, strict=True):
        if step.name == "augment":
            raise fail(scope, "N505", expression.span, "`augment` stands in `prepare`, where it marks the place of these steps")
    return steps


def _classes(node: s.Setting, scope: Scope, labels: Callable[[str, s.Expression, Scope], list[str]]) -> list[str]:
    expression = _single(node, scope)
    value = evaluate(expression, scope)
    names = labels(value, expression, scope) if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise fail(scope, "N112", expression.span, f"classes is {describe(value)}, and a list of names or the name of a file is wanted")
    if isinstance(value, str):
        return names  # the file has been looked at line by line
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise fail(scope, "N112", expression.span, f'the class "{name[:80]}" stands twice')
        hidden = hidden_in(name)
        if hidden:
            raise fail(scope, "N112", expression.span, f"the name of a class has {hidden} in it")
        seen.add(name)
    return names


def _check_classes(data: Data, section: s.Section, graph: Graph, scope: Scope) -> None:
    """As many class names as the first output has units or maps."""
    output = next((out for out in graph.outputs if not out.train), None)
    units = graph.shapes[output.value][0] if output else None
    if output and data.classes is not None and units != len(data.classes):
        node = next(node for node in section.settings if isinstance(node, s.Setting) and node.key == "classes")
        scope.problems.error(
            "N508", node.values[0].span, f"the data has {len(data.classes)} classes, and output {output.name} gives {units}",
            help=f"give the net as many: `--set classes={len(data.classes)}`, or name {units}",
        )  # fmt: skip


def _losses(train: Train, section: s.Section | None, graph: Graph, scope: Scope) -> Train:
    """Each output's loss: as its line says, else the common one, else the one its last layer belongs to."""
    settings = [node for node in section.settings if isinstance(node, s.Setting)] if section is not None else []
    lines = {node.target or "": node for node in reversed(settings) if node.key == "loss"}
    outputs = {output.name: output for output in graph.outputs}
    for name, node in lines.items():
        if name and name not in outputs:
            scope.problems.error("N506", node.target_span, f"there is no output {name}", help=did_you_mean(name, outputs, f"outputs: {', '.join(outputs)}"))
    ends = {node.name: node.op.name for node in graph.nodes}
    losses: dict[str, str] = {}
    for name, output in outputs.items():
        end = ends.get(output.value, "")
        loss = train.loss.get(name) or train.loss.get("")
        if loss is None and not train.loss:
            loss = next((loss for loss, layers in ENDS.items() if end in layers), "mse")
        if loss is None and any(name and name not in outputs for name in lines):
            continue  # it may be the one that was meant
        if loss is None:
            first = next(iter(lines.values()), None)
            scope.problems.warning(
                "N514", first.key_span if first else None, f"output {name} has no loss, and is not trained: no `loss` line names it",
                help=f"`loss {name}: {next((loss for loss, layers in ENDS.items() if end in layers), 'mse')}` trains it",
            )  # fmt: skip
            continue
        losses[name] = loss
        wanted = ENDS.get(loss)
        if wanted and end not in wanted:
            line = lines.get(name) or lines.get("")
            scope.problems.error(
                "N507", line.values[0].span if line else None, f"{loss} belongs to an output that ends in {' or '.join(wanted)}, and {name} ends in {end or 'its input'}",
                help=f"write `-> {wanted[0]}` at the end of {name}, or take another loss",
            )  # fmt: skip
    return train.model_copy(update={"loss": losses})


_TRAIN: dict[str, Reader] = {
    "optimizer": _one(OPTIMIZERS, "optimizer"), "schedule": _schedule, "stop": _one(STOPS, "way to stop"),
}  # fmt: skip
_DATA: dict[str, Reader] = {"prepare": _prepare, "augment": _augment, "test": _one(TESTS, "test")}
