"""All that a spec has words for, each as its class or function declares it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, get_args, get_type_hints

from netspec.ops import FAMILIES, OPERATORS, Operator
from netspec.settings import Data, Train
from netspec.settings.arguments import Arguments, Field
from netspec.settings.losses import LOSSES, Loss
from netspec.settings.steps import STEPS, TESTS
from netspec.settings.train import OPTIMIZERS, SCHEDULES, STOPS
from netspec.tables.generators import GENERATORS

#: What a generator's parameter takes, by its type.
_TAKEN = {int: "a whole number"}


@dataclass(frozen=True)
class Argument:
    """One argument: what it takes and, unless it is ``required``, its default, as a file would write it.

    ``about`` is what it means; ``words`` are the bare words among what it takes.
    """

    name: str
    takes: str
    required: bool
    default: str | None
    about: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """``ordered`` are the arguments that may be given by position, ``named`` the others."""

    name: str
    kind: str
    about: str
    ordered: tuple[Argument, ...] = ()
    named: tuple[Argument, ...] = ()
    formula: str = ""
    rule: str = ""
    source: str = ""

    def text(self) -> str:
        """As the command line prints it."""
        required = [argument.name for argument in self.ordered if argument.required]
        head = f"{self.name}({', '.join(required)})" if self.kind == "layer" else f"{self.name}, {self.kind}"
        lines = [head, "", self.about]
        lines += ["", f"  {self.formula}"] if self.formula else []
        more = [f"{title}: {text}" for title, text in (("Shape", self.rule), ("Source", self.source)) if text]
        lines += ["", *more] if more else []
        for title, arguments in (("Arguments, in this order:", self.ordered), ("Arguments by name:", self.named)):
            lines += ["", title, *map(_line, arguments)] if arguments else []
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self)


def _line(argument: Argument) -> str:
    default = "" if argument.required else f" (default: {argument.default})"
    takes = f": {argument.takes}" if argument.takes else ""
    about = f"\n      {argument.about}" if argument.about else ""
    return f"  {argument.name}{takes}{default}{about}"


def groups() -> dict[str, list[Described]]:
    """All by group: layers by family, then what `train { }` and `data { }` and tables take."""
    found = {
        family.__name__.rsplit(".", 1)[1]: [_layer(op) for op in OPERATORS.values() if op.__module__ == family.__name__]
        for family in FAMILIES
    }
    return found | {
        "losses": [_loss(loss) for loss in LOSSES.values()],
        "optimisers": _all(OPTIMIZERS, "an optimiser"),
        "schedules": _all(SCHEDULES, "a schedule of the rate"),
        "stops": _all(STOPS, "a way to stop early"),
        "steps": _all(STEPS, "a step of `prepare` or `augment`"),
        "crops of a test": _all(TESTS, "a crop of `test`"),
        "generators": [_generator(name, make) for name, make in GENERATORS.items()],
        "settings of train": _settings(Train),
        "settings of data": _settings(Data),
    }


def _layer(op: type[Operator]) -> Described:
    ordered = op.positional()
    named = [name for name in op.fields() if name not in ordered]
    by_place, by_name = (tuple(_argument(name, op.fields()[name]) for name in names) for names in (ordered, named))
    return Described(op.name, "layer", inspect.getdoc(op) or "", by_place, by_name, op.formula, op.rule, op.source)


def _loss(loss: Loss) -> Described:
    reads = "numbers of classes" if loss.labels else "arrays of the output's shape"
    behind = f", behind {' or '.join(loss.ends)}" if loss.ends else ""
    return Described(loss.name, "a loss", f"{inspect.getdoc(type(loss))}\nTargets are {reads}{behind}.")


def _all(kinds: Mapping[str, type[Arguments]], kind: str) -> list[Described]:
    return [
        Described(
            name,
            kind,
            inspect.getdoc(of) or "",
            tuple(_argument(key, of.fields()[key]) for key in of.positional()),
            tuple(_argument(key, field) for key, field in of.fields().items() if key not in of.positional()),
        )
        for name, of in kinds.items()
    ]


def _generator(name: str, make: Callable[..., Any]) -> Described:
    parameters = list(inspect.signature(make).parameters.values())[3:]  # kind, inputs and outputs are the table's
    arguments = []
    hints = get_type_hints(make, include_extras=True)
    for parameter in parameters:
        kind, about = get_args(hints[parameter.name])
        required, takes = parameter.default is parameter.empty, _TAKEN.get(kind, "a list of lists of whole numbers")
        default = None if required else _written(parameter.default)
        arguments.append(Argument(parameter.name, takes, required, default, about))
    return Described(name, "a generator of tables", inspect.getdoc(make) or "", tuple(arguments))


def _settings(of: type[Arguments]) -> list[Described]:
    """The section as a whole, then each of its settings."""
    section = f"{of.name} {{ }}"
    arguments = [_argument(name, field) for name, field in of.fields().items()]
    whole = Described(of.name, f"the section {section}", inspect.getdoc(of) or "", (), tuple(arguments))
    each = [
        Described(
            one.name,
            f"a setting of {section}",
            f"{one.about[:1].upper()}{one.about[1:]}. It takes {one.takes} (default: {one.default}).",
        )
        for one in arguments
    ]
    return [whole, *each]


def _argument(name: str, field: Field) -> Argument:
    default = None if field.required else _default(field.default)
    return Argument(name, field.takes.text, field.required, default, field.about, field.takes.words)


def _default(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], float | int):
        return f"{value[0]:g}"  # a pair of weights and biases, whose own has the same
    return _written(value)


def _written(value: object) -> str:
    if value is None or value in ((), [], {}):
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return " -> ".join(map(_written, value))
    return str(getattr(value, "kind", value))
