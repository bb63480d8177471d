"""What building a net works on: the nodes so far, and the place of the next ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from netspec.diagnostics import Problems, Span
from netspec.elaborate.counting import Counting
from netspec.elaborate.limits import MOST_LAYERS, MOST_STEPS
from netspec.elaborate.scope import Binding, Effort, Halted, Place, Scope, Share, Value
from netspec.graph import Node
from netspec.language import syntax as s
from netspec.ops import Operator, Weight
from netspec.shape import Shape
from netspec.tables import Table

Values = tuple[Value, ...]


@dataclass(frozen=True)
class Expected:
    """An ``expect`` line and the names around it."""

    node: s.Expect
    scope: Scope


@dataclass
class Build:
    """The nodes so far, and what must be known about them at the end.

    ``run_body`` builds the statements in braces. It is handed in, because blocks stand in pipelines and pipelines in
    blocks, and the files must not import each other in a circle.
    """

    problems: Problems
    run_body: Callable[[s.Body, Site], Values]
    nodes: list[Node] = field(default_factory=list)
    #: Tables and layers that N220 has warned of.
    warned: set[tuple[str, int]] = field(default_factory=set)
    #: The nodes of each named statement, from and to, by its scope and name.
    ranges: dict[tuple[int, str], tuple[int, int, Binding]] = field(default_factory=dict)
    expected: list[Expected] = field(default_factory=list)
    #: Pipelines that were not chosen and blocks, looked over or built.
    looked: set[int] = field(default_factory=set)
    effort: Effort = field(default_factory=Effort)
    #: Layers of repeats, whose arguments stay the same.
    bound: dict[int, tuple[Scope, Operator]] = field(default_factory=dict)
    #: Layers by their arguments.
    known: dict[Any, Operator] = field(default_factory=dict)
    #: Shapes, weights and tables of layers by what enters them.
    figures: dict[Any, tuple[Shape, dict[str, Weight], Table | None]] = field(default_factory=dict)
    #: Uses of blocks, by their paths.
    calls: dict[str, str] = field(default_factory=dict)
    #: Places of shares that are used; and of each share its weights and the uses of each path, by its place.
    shares: set[str] = field(default_factory=set)
    instances: dict[str, tuple[dict[str, Any], dict[str, int]]] = field(default_factory=dict)
    counting: Counting = field(default_factory=Counting)
    steps: int = 0

    def ask(self, layers: int, span: Span) -> None:
        """Report, and raise Halted, where so many more layers do not fit into the net.

        It is asked before they are built, with the number that ``Counting`` finds in their text.
        """
        if len(self.nodes) + layers > MOST_LAYERS:
            count = f"at least {len(self.nodes) + layers:,} layers are past the limit of {MOST_LAYERS:,}"
            self.problems.error("N301", span, count, help="repeat less")
            raise Halted

    def step(self, span: Span) -> None:
        """Count one more step of building. Past a limit it reports and raises Halted."""
        self.steps += 1
        self.effort.at = span
        if self.effort.left < 0:  # it was stopped
            raise Halted
        if self.steps > MOST_STEPS or len(self.nodes) > MOST_LAYERS:
            limit = f"{MOST_LAYERS:,} layers" if len(self.nodes) > MOST_LAYERS else f"{MOST_STEPS:,} steps of building"
            self.problems.error("N301", span, f"the net is past the limit of {limit}", help="repeat less")
            raise Halted


@dataclass(frozen=True)
class Site:
    """Where a pipeline is built: its names, the place of its layers, the blocks around, the share it is of."""

    build: Build
    scope: Scope
    place: Place
    blocks: tuple[str, ...] = ()
    share: Share | None = None
