"""Names and what they stand for; where a layer's weights live; the failures that silence their followers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics import Problems, Span
from netspec.elaborate.trace import Trace
from netspec.language import syntax as s
from netspec.shape import Shape


class Failed(Exception):
    """Something was wrong and has been reported; what needs it is left out, in silence."""


class Halted(Exception):
    """A limit was passed and reported: building the net ends here."""


#: The most effort that evaluating a spec may take, in units of about 0.1 microseconds; and the effort of an expression,
#: an item of a list, a table's cell that has to be laid out, a character of a picture and the use of a block.
MOST_EFFORT = 2**25
AN_EXPRESSION, AN_ITEM, A_CELL, A_CHARACTER, A_BLOCK = 8, 4, 2, 2, 250


class Effort:
    """The effort that evaluating a spec has left: a small file must not ask for hours, in however many small pieces."""

    def __init__(self) -> None:
        self.left = MOST_EFFORT
        self.at: Span | None = None
        self.reported = False
        #: Tables by their pictures, which a block declares anew at every use.
        self.drawn: dict[tuple[int, int, int], Any] = {}

    def stop(self) -> None:
        """Leave none, and say nothing of it: what is worked out is not wanted any more."""
        self.reported, self.left = True, -1

    def spend(self, units: int, problems: Problems, span: Span) -> None:
        """Take units off what is left. Reports, once, and raises Halted where there are not so many."""
        self.left -= units
        if self.left < 0:
            if not self.reported:
                problems.error(
                    "N115",
                    span,
                    "evaluating this spec takes too much work, and stopped here",
                    help="use shorter lists and ranges, smaller tables, or fewer repetitions of what has them",
                )
            self.reported = True
            raise Halted


_NEW = Effort()  # stands for one of a scope's own: most scopes have that of the scope around


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the graph: its name there, its shape, and how to speak of it."""

    name: str
    shape: Shape
    label: str
    line: int


@dataclass(slots=True)
class Place:
    """Where layers live: the statement and blocks on the way; numbers the second of a kind and on.

    A number that makes a name which is there already is passed over: a block may be called `unit_2`.
    """

    path: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def layer(self, kind: str) -> str:
        """The path of one more ``kind`` here: ``C3/conv``, then ``C3/conv_2``."""
        number = self.counts.get(kind, 0) + 1
        while (name := kind if number == 1 else f"{kind}_{number}") in self.taken:
            number += 1
        self.counts[kind] = number
        self.taken.add(name)
        return f"{self.path}/{name}" if self.path else name

    def inner(self, kind: str) -> Place:
        """A place one level down."""
        return Place(self.layer(kind))


@dataclass(slots=True)
class Share:
    """An instance: one set of weights, wherever it is used."""

    syntax: s.Share
    scope: Scope
    place: str
    weights: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)  # uses of each path
    shape: Shape | None = None


@dataclass(slots=True)
class Binding:
    """What a name stands for: ``kind`` is constant, value, block, share or unknown."""

    kind: str
    span: Span
    what: Any = None
    scope: Scope | None = None
    used: bool = False
    heads: tuple[Span, Span] | None = None  # of a table: where its inputs and outputs are written


@dataclass(slots=True)
class Scope:
    """The names of one pair of braces; ``wall`` hides the values around it (a block's braces)."""

    problems: Problems
    parent: Scope | None = None
    wall: bool = False
    names: dict[str, Binding] = field(default_factory=dict)
    input: tuple[Value, ...] | None = None
    later: dict[str, int] = field(default_factory=dict)
    broken: bool = False
    effort: Effort = _NEW
    trace: Trace | None = None

    def __post_init__(self) -> None:
        if self.parent is not None:
            self.effort, self.trace = self.parent.effort, self.parent.trace
        elif self.effort is _NEW:
            self.effort = Effort()

    def sees(self, name: str) -> bool:
        """Whether a name stands for something here, without a use of it."""
        return self._seen(name) is not None

    def find(self, name: str) -> Binding | None:
        """What a name stands for here; a value behind a block's wall is not found."""
        binding = self._seen(name)
        if binding is not None:
            binding.used = True
        return binding

    def _seen(self, name: str) -> Binding | None:
        hidden = False
        scope: Scope | None = self
        while scope is not None:
            binding = scope.names.get(name)
            if binding is not None and not (hidden and binding.kind == "value"):
                return binding
            hidden = hidden or scope.wall
            scope = scope.parent
        return None

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def known(self, *kinds: str) -> list[str]:
        """The names of some kinds that can be seen from here."""
        return [name for scope in self.chain() for name, binding in scope.names.items() if binding.kind in kinds]

    def is_hidden(self, name: str) -> bool:
        """Whether a value of that name stands behind a block's wall."""
        return self.find(name) is None and any(name in scope.names for scope in self.chain())

    def is_broken(self) -> bool:
        """Whether a statement around did not parse, so that an unknown name may be its fault."""
        return any(scope.broken for scope in self.chain())

    def bound_later(self, name: str) -> int | None:
        """The line below on which these braces, or some around, bind the name."""
        return next((scope.later[name] for scope in self.chain() if name in scope.later), None)

    def bind(self, name: str, binding: Binding, span: Span) -> None:
        """Give a name its meaning; a name that these braces have already is an error."""
        before = self.names.get(name)
        self.later.pop(name, None)
        if before is not None:
            self.problems.error(
                "N103",
                span,
                f"{name} is bound twice in the same braces",
                label="again here",
                also=((before.span, "first bound here"),),
                help="give one of them another name",
            )
            return
        self.names[name] = binding
        if self.trace is not None:
            self.trace.bind(binding)


def fail(scope: Scope, code: str, span: Span, message: str, label: str = "", help: str = "") -> Failed:
    """Report, and give the exception to raise."""
    scope.problems.error(code, span, message, label=label, help=help)
    return Failed()
