"""``train { … }`` and ``data { … }`` to settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netspec.diagnostics import did_you_mean
from netspec.elaborate import picture_sizes
from netspec.elaborate.arguments import bind, single
from netspec.elaborate.columns import check_columns, read_columns
from netspec.elaborate.expressions import evaluate
from netspec.elaborate.labels import check_classes, read_classes
from netspec.elaborate.losses import check_class_weight, losses_of_outputs, read_class_weight, read_loss
from netspec.elaborate.scope import Failed, Scope, fail
from netspec.elaborate.values import describe
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import OPTIMIZERS, SCHEDULES, STEPS, STOPS, TESTS, Arguments, Data, Train
from netspec.settings.arguments import Refused, past_single
from netspec.settings.train import Step, Warmup

Reader = Callable[[s.Setting, Scope], Any]
Steps = tuple[Arguments, ...]


def read_sections(
    sections: list[s.Section],
    scope: Scope,
    graph: Graph | None,
    labels: Callable[[str, s.Expression, Scope], list[str]],
) -> tuple[Train, Data]:
    """The settings of a file; ``labels`` reads a file of class names."""
    found: dict[str, s.Section] = {}
    for section in sections:
        if section.name not in ("train", "data"):
            help = did_you_mean(section.name, ("train", "data", "net", "block"), "sections: train, data")
            scope.problems.error("N501", section.name_span, f"there is no section {section.name}", help=help)
        elif section.name in found:
            also = ((found[section.name].name_span, "first here"),)
            message = f"there are two {section.name} sections"
            scope.problems.error(
                "N103", section.name_span, message, label="again here", also=also, help="merge them into one"
            )
        else:
            found[section.name] = section
    train = _read(Train, found.get("train"), scope, _TRAIN)
    data = _read(
        Data, found.get("data"), scope, {**_DATA, "classes": lambda node, seen: read_classes(node, seen, labels)}
    )
    if graph is not None:
        train = losses_of_outputs(train, found.get("train"), graph, scope)
        check_class_weight(train, found.get("train"), graph, scope)
        if "data" in found:
            picture_sizes.check(data, found["data"], graph, scope.problems)
            check_classes(data, found["data"], graph, scope)
            check_columns(data, found["data"], graph, scope)
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


def _setting(
    kind: type[Arguments], node: s.Setting, values: dict[str, Any], scope: Scope, special: Mapping[str, Reader]
) -> None:
    if node.key not in kind.fields():
        help = did_you_mean(node.key, kind.fields(), f"it takes {', '.join(kind.fields())}")
        raise fail(scope, "N502", node.key_span, f"{kind.name} has no setting {node.key}", help=help)
    if node.target is not None and node.key not in _BY_NAME:
        raise fail(
            scope,
            "N502",
            node.target_span or node.span,
            f"{node.key} cannot be set for one output",
            help="`loss` and `columns` can: `loss price: mae`",
        )
    if node.key in _BY_NAME:
        found = values.setdefault(node.key, {})
        if (node.target or "") in found:
            whose = f" of {node.target}" if node.target else ""
            message = f"{'the ' * (node.key == 'loss')}{node.key}{whose} is set twice"
            raise fail(scope, "N103", node.key_span, message, help="keep one of the lines")
        found[node.target or ""] = _BY_NAME[node.key](node, scope)
        return
    if node.key in values:
        raise fail(scope, "N103", node.key_span, f"{node.key} is set twice", help="keep one of the lines")
    if node.key in special:
        values[node.key] = special[node.key](node, scope)
        return
    value = evaluate(single(node, scope), scope)
    try:
        kind(**{node.key: value})
    except Refused:
        span = node.values[0].span
        raise fail(
            scope,
            "N112",
            span,
            f"{node.key} must be {kind.fields()[node.key].takes.text}{past_single(value)}, not {describe(value)}",
        ) from None
    values[node.key] = value


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
        word = name or expression.span.text
        help = did_you_mean(word, known, f"there are {', '.join(known)}")
        raise fail(scope, "N503", expression.span, f"there is no {what} {word}", help=help)
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
    return lambda node, scope: _word(single(node, scope), scope, known, what)


def _schedule(node: s.Setting, scope: Scope) -> Steps:
    steps = _chain(SCHEDULES, "schedule")(node, scope)
    for expression, step in zip(node.values[:-1], steps[:-1], strict=True):
        if step.name != "warmup":
            raise fail(
                scope,
                "N504",
                expression.span,
                f"{step.name} goes on to the end of training: nothing can follow it",
                help="only `warmup(epochs)` leads into another",
            )
    first, *rest = steps
    if isinstance(first, Warmup) and rest and isinstance(rest[0], Warmup):
        raise fail(
            scope,
            "N504",
            node.values[1].span,
            "only one warmup is allowed",
            help=f"write one `warmup({first.epochs + rest[0].epochs:g})`",
        )
    for step, expression in zip(steps, node.values, strict=True):
        if isinstance(step, Step) and (step.every is None) == (step.at is None):
            raise fail(
                scope,
                "N112",
                expression.span,
                "step takes either `every:` or `at:`",
                help="write `step(every: 30)` or `step(at: [30, 60])`",
            )
    return steps


def _prepare(node: s.Setting, scope: Scope) -> Steps:
    steps = _chain(STEPS, "step")(node, scope)
    marked = False
    for expression, step in zip(node.values, steps, strict=True):
        if getattr(step, "random", False):
            scope.problems.error(
                "N505",
                expression.span,
                f"{step.name} is random, and `prepare` is what every image gets",
                help="put it into `augment:`",
            )
        elif step.name == "augment" and marked:
            scope.problems.error("N505", expression.span, "`augment` marks one place, and is written twice")
        marked = marked or step.name == "augment"
    return steps


def _augment(node: s.Setting, scope: Scope) -> Steps:
    steps = _chain(STEPS, "step")(node, scope)
    for expression, step in zip(node.values, steps, strict=True):
        if step.name == "augment":
            raise fail(
                scope,
                "N505",
                expression.span,
                "`augment` belongs in `prepare`, where it marks the place of these steps",
            )
    return steps


_TRAIN: dict[str, Reader] = {
    "optimizer": _one(OPTIMIZERS, "optimizer"), "schedule": _schedule, "stop": _one(STOPS, "stopping rule"),
    "class_weight": read_class_weight,
}  # fmt: skip
#: Settings with a line for each input or output.
_BY_NAME: dict[str, Reader] = {"loss": read_loss, "columns": read_columns}
_DATA: dict[str, Reader] = {"prepare": _prepare, "augment": _augment, "test": _one(TESTS, "test")}
