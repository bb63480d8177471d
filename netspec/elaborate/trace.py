"""What elaboration found at each place of the text, for who shows it beside the text: an editor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netspec.graph import Graph, Node
from netspec.language import syntax as s
from netspec.shape import Shape

if TYPE_CHECKING:  # scopes carry a trace
    from netspec.elaborate.scope import Binding, Effort, Value

#: So many different shapes are kept of a stage that a block uses again and again.
MOST_SHAPES = 8


@dataclass(slots=True)
class Passed:
    """What went through a stage at its first use: the values, and which nodes it built.

    ``uses`` counts all of them, ``shapes`` are those that came out, each once.
    """

    stage: s.Stage
    entering: tuple[Value, ...] | None
    leaving: tuple[Value, ...]
    first: int
    last: int
    uses: int = 1
    shapes: list[tuple[Shape, ...]] = field(default_factory=list)


@dataclass(slots=True)
class Asked:
    """What an ``expect`` line asks about: its layers and its shape; None where its condition does not hold."""

    layers: list[Node] | None
    shape: Shape | None


@dataclass
class Trace:
    """Filled while a file is elaborated, also where the file has errors; ``graph`` is then what could be built of it.

    Another thread may ``stop`` the elaboration, whose result nobody wants any more.
    """

    graph: Graph | None = None
    _passed: dict[int, Passed] = field(default_factory=dict)
    _bound: dict[tuple[str, int], Binding] = field(default_factory=dict)
    _asked: dict[int, tuple[s.Expect, Asked]] = field(default_factory=dict)
    _effort: Effort | None = None
    stopped: bool = False

    def passed(self, stage: s.Stage) -> Passed | None:
        """What went through a stage; None where it was not built."""
        return self._passed.get(id(stage))

    def bound(self, source: str, start: int) -> Binding | None:
        """What the name that is declared at a place of a source stood for, when it was bound first."""
        return self._bound.get((source, start))

    def asked(self, line: s.Expect) -> Asked | None:
        """What an ``expect`` line asked about first; None where that could not be told."""
        found = self._asked.get(id(line))
        return None if found is None else found[1]

    def stop(self) -> None:
        """End the elaboration at its next step."""
        self.stopped = True
        if self._effort is not None:
            self._effort.stop()

    # ---- told by the elaboration

    def begins(self, effort: Effort) -> None:
        """The effort that the elaboration may take."""
        self._effort = effort
        if self.stopped:
            effort.stop()

    def pass_through(
        self, stage: s.Stage, entering: tuple[Value, ...] | None, leaving: tuple[Value, ...], first: int, last: int
    ) -> None:
        """A stage was built."""
        found = self._passed.get(id(stage))
        shapes = tuple([value.shape for value in leaving])
        if found is None:
            self._passed[id(stage)] = Passed(stage, entering, leaving, first, last, 1, [shapes])
            return
        found.uses += 1
        if len(found.shapes) < MOST_SHAPES and shapes not in found.shapes:
            found.shapes.append(shapes)

    def bind(self, binding: Binding) -> None:
        """A name was bound."""
        self._bound.setdefault((binding.span.source.name, binding.span.start), binding)

    def ask(self, line: s.Expect, asked: Asked) -> None:
        """An ``expect`` line was looked at."""
        self._asked.setdefault(id(line), (line, asked))
