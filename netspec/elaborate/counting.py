"""The least number of layers that a pipeline makes, counted from its text: a limit is noticed before it is passed."""

from __future__ import annotations

from netspec.elaborate.limits import DEEPEST
from netspec.elaborate.scope import Binding, Scope
from netspec.language import syntax as s
from netspec.ops import OPERATORS


class Counting:
    """Layers of pipelines and blocks; each is gone through once, however often it is built.

    A net is refused for what is counted here, so the count may be too low and never too high. What is not known without
    building counts nothing: a number that depends on what enters, a share, a name that braces on the way bind anew.
    """

    def __init__(self) -> None:
        self.known: dict[int, int] = {}
        self.deep = 0

    def pipe(self, pipe: s.Pipe | s.Choice, scope: Scope, hidden: frozenset[str] = frozenset()) -> int:
        """The least number of layers in a pipeline; of a choice, in its shortest branch.

        ``hidden`` are names bound on the way, which may no longer be those of layers or blocks.
        """
        if isinstance(pipe, s.Choice):
            return min(self.pipe(pipe.pipe, scope, hidden), self.pipe(pipe.otherwise, scope, hidden))
        if id(pipe) not in self.known:
            self.known[id(pipe)] = 0  # what a circle of blocks adds; it is reported when it is built
            self.known[id(pipe)] = sum(self.stage(stage, scope, hidden) for stage in pipe.stages)
        return self.known[id(pipe)]

    def stage(self, stage: s.Stage, scope: Scope, hidden: frozenset[str] = frozenset()) -> int:
        """The least number of layers in a stage."""
        if isinstance(stage, s.Many):
            return sum(self.pipe(pipe, scope, hidden) for pipe in stage.pipes)
        if isinstance(stage, s.Group):
            if isinstance(stage.repeat, s.Each):
                hidden |= {stage.repeat.name}
            return _times(stage.repeat) * self.pipe(stage.inner, scope, hidden)
        if not isinstance(stage, s.Call) or stage.name in hidden:
            return 0
        binding = _named(stage.name, scope)
        if binding is not None:
            return self._block(binding) if binding.kind == "block" else 0
        if stage.name == "residual" and stage.body is not None:
            return 1 + self._body(stage.body, scope, hidden)
        return int(stage.name in OPERATORS)

    def _block(self, binding: Binding) -> int:
        block: s.Block = binding.what
        if binding.scope is None:
            return 0
        return self._body(block.body, binding.scope, frozenset(parameter.name for parameter in block.parameters))

    def _body(self, body: s.Body, scope: Scope, hidden: frozenset[str]) -> int:
        if id(body) not in self.known and self.deep < DEEPEST:
            self.known[id(body)] = 0
            self.deep += 1
            if not any(isinstance(statement, s.Block | s.Broken) for statement in body.statements):
                hidden |= {getattr(statement, "name", "") for statement in body.statements}
                pipes = [node.pipe for node in body.statements if isinstance(node, s.Bind | s.Bare)]
                self.known[id(body)] = sum(self.pipe(pipe, scope, hidden) for pipe in pipes)
            self.deep -= 1
        return self.known.get(id(body), 0)


def _named(name: str, scope: Scope) -> Binding | None:
    """What a name stands for, without a use of it."""
    return next((around.names[name] for around in scope.chain() if name in around.names), None)


def _times(repeat: s.Times | s.Each | None) -> int:
    """How often a group is built, where that is written in numbers."""
    if repeat is None:
        return 1
    if isinstance(repeat, s.Times):
        return _number(repeat.count)
    if isinstance(repeat.items, s.Range):
        ends = repeat.items.first, repeat.items.last
        if all(isinstance(end, s.Number) and end.text.isdigit() for end in ends):
            first, last = map(_number, ends)
            return max(0, last - first + 1)
    return len(repeat.items.items) if isinstance(repeat.items, s.ListOf) else 0


def _number(expression: s.Expression) -> int:
    return (
        int(expression.text)
        if isinstance(expression, s.Number) and expression.text.isdigit() and len(expression.text) < 19
        else 0
    )
