"""The syntax of a file to its names: what each stands for, by the rules of language.md section 3; nothing is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from netspec.diagnostics import Span
from netspec.elaborate.declarations import SPECIAL
from netspec.elaborate.functions import FUNCTIONS
from netspec.language import syntax as s
from netspec.lsp.bare_words import SETTINGS, words, words_of
from netspec.lsp.names import Braces, Declared, Mention, Names
from netspec.ops import OPERATORS
from netspec.tables.generators import GENERATORS

#: What a file takes from another, by the path that it writes: the names, and where the file lies.
Taken = Callable[[s.Use], Mapping[str, Declared]]


def resolved(file: s.File, taken: Taken = lambda use: {}) -> Names:
    """The names of a file, with those that it takes from others."""
    walk = _Walk(file, taken)
    walk.mentions.sort(key=lambda mention: (mention.span.start, mention.span.end))
    return Names(walk.top, walk.mentions, walk.exported)


class _Walk:
    def __init__(self, file: s.File, taken: Taken) -> None:
        self.mentions: list[Mention] = []
        self.exported: dict[str, Declared] = {}
        self.top = Braces(file.span)
        self.taken = taken
        self.net: Braces | None = None
        self.parameters: dict[str, Declared] = {}
        self._ahead(file.items, self.top)
        sections = []
        for item in file.items:
            if isinstance(item, s.Section):
                sections.append(item)
            else:
                self._item(item)
        for section in sections:
            self._section(section)

    # ---- declarations

    def _item(self, item: s.Declaration) -> None:
        if isinstance(item, s.Use):
            self.mentions.append(Mention(item.path_span, "file", item.path, node=item))
            for declared in self.taken(item).values():
                self.top.bind(declared, item.span.end)
                self.exported.setdefault(declared.name, declared)
        elif isinstance(item, s.Net):
            declared = self._declare(item, "net", None)
            self.net = self._inner(Braces(item.span, self.top))
            declared.parameters = self.parameters = self._parameters(item.parameters, self.net)
            self._body(item.body, self.net)
        elif isinstance(item, s.Let | s.Table | s.Block):
            self._statement(item, self.top)

    def _ahead(self, statements: Iterable[s.Statement | s.Declaration], braces: Braces) -> None:
        """Blocks are seen above their line, too."""
        for statement in statements:
            if isinstance(statement, s.Block):
                declared = self._declare(statement, "block", braces, seen_from=-1)
                declared.parameters = {
                    one.name: Declared(one.name, "parameter", one.name_span, one.span, one)
                    for one in statement.parameters
                }

    def _declare(
        self, node: s.Net | s.Block | s.Let | s.Table | s.Input | s.Output | s.Share | s.Bind, kind: str,
        braces: Braces | None, seen_from: int | None = None,
    ) -> Declared:  # fmt: skip
        declared = Declared(node.name, kind, node.name_span, node.span, node)
        self.mentions.append(Mention(node.name_span, kind, node.name, declared, declares=True))
        if braces is not None:
            braces.bind(declared, node.span.end if seen_from is None else seen_from)
        if braces is self.top and kind in ("block", "constant", "table"):
            self.exported.setdefault(node.name, declared)
        return declared

    def _inner(self, braces: Braces) -> Braces:
        assert braces.parent is not None
        braces.parent.inner.append(braces)
        return braces

    def _parameters(
        self, parameters: Sequence[s.Parameter], braces: Braces, known: Mapping[str, Declared] | None = None
    ) -> dict[str, Declared]:
        found: dict[str, Declared] = {}
        for one in parameters:
            declared = (known or {}).get(one.name) or Declared(one.name, "parameter", one.name_span, one.span, one)
            found[one.name] = declared
            self.mentions.append(Mention(one.name_span, "parameter", one.name, declared, declares=True))
            if one.default is not None:
                self._expression(one.default, braces)
            braces.bind(declared, one.span.end)
        return found

    def _body(self, body: s.Body, braces: Braces) -> None:
        self._ahead(body.statements, braces)
        for statement in body.statements:
            self._statement(statement, braces)

    def _statement(self, node: s.Statement, braces: Braces) -> None:
        if isinstance(node, s.Block):
            declared = braces.bound[node.name][1]
            inner = self._inner(Braces(node.span, braces, wall=True, enters=True))
            self._parameters(node.parameters, inner, declared.parameters if declared.node is node else None)
            self._body(node.body, inner)
        elif isinstance(node, s.Let):
            self._expression(node.value, braces)
            self._declare(node, "constant", braces)
        elif isinstance(node, s.Table):
            self._table(node, braces)
        elif isinstance(node, s.Input):
            self._input(node, braces)
        elif isinstance(node, s.Output):
            for argument in node.arguments:
                self._argument(argument, "output", braces, ("train",))
            self._pipe(node.pipe, braces)
            self._declare(node, "output", braces)
        elif isinstance(node, s.Share | s.Bind):
            self._pipe(node.pipe, braces)
            self._declare(node, "share" if isinstance(node, s.Share) else "value", braces)
        elif isinstance(node, s.Bare):
            self._pipe(node.pipe, braces)
        elif isinstance(node, s.Expect):
            self._expect(node, braces)

    def _input(self, node: s.Input, braces: Braces) -> None:
        parts = node.shape.parts if isinstance(node.shape, s.Size) else (node.shape,)
        for part in parts:
            free = isinstance(part, s.Name) and part.arguments is None and not braces.find(part.name, part.span.start)
            if free and isinstance(part, s.Name) and part is not parts[0]:
                declared = Declared(part.name, "size", part.span, part.span, part)
                self.mentions.append(Mention(part.span, "size", part.name, declared, declares=True))
                braces.bind(declared, part.span.end)
            else:
                self._expression(part, braces)
        self._declare(node, "input", braces)

    def _table(self, node: s.Table, braces: Braces) -> None:
        self.mentions.append(Mention(node.kind_span, "table kind", node.kind))
        self._expression(node.inputs, braces)
        if node.outputs is not None:
            self._expression(node.outputs, braces)
        if isinstance(node.body, s.Generate | s.Combined):
            self._made(node.body, braces)
        self._declare(node, "table", braces)

    def _made(self, node: s.Made, braces: Braces) -> None:
        if isinstance(node, s.Combined):
            for part in node.parts:
                self._made(part, braces)
            return
        declared = braces.find(node.name, node.span.start) if not node.arguments else None
        if declared is not None:
            self.mentions.append(Mention(node.name_span, declared.kind, node.name, declared))
            return
        self.mentions.append(Mention(node.name_span, "generator", node.name))
        for argument in node.arguments:
            self._argument(argument, node.name, braces, tuple(GENERATORS))

    def _expect(self, node: s.Expect, braces: Braces) -> None:
        self._name(node.target, node.target_span, braces)
        for argument in node.arguments:
            if argument.name is not None and argument.name_span is not None:
                self.mentions.append(Mention(argument.name_span, "figure", argument.name))
            self._expression(argument.value, braces)
        if node.condition is not None:
            self._expression(node.condition, braces)

    # ---- pipelines

    def _pipe(self, pipe: s.Pipe, braces: Braces) -> None:
        for stage in pipe.stages:
            if isinstance(stage, s.Call):
                self._call(stage, braces)
            elif isinstance(stage, s.In):
                if stage.index is not None:
                    self._expression(stage.index, braces)
            elif isinstance(stage, s.Many):
                for inner in stage.pipes:
                    self._pipe(inner, braces)
            else:
                self._group(stage, braces)

    def _group(self, stage: s.Group, braces: Braces) -> None:
        within = braces
        if isinstance(stage.repeat, s.Times):
            self._expression(stage.repeat.count, braces)
        elif isinstance(stage.repeat, s.Each):
            each = stage.repeat
            self._expression(each.items, braces)
            within = self._inner(Braces(stage.span, braces))
            declared = Declared(each.name, "variable", each.name_span, each.span, each)
            self.mentions.append(Mention(each.name_span, "variable", each.name, declared, declares=True))
            within.bind(declared, -1)
        inner = stage.inner
        while isinstance(inner, s.Choice):
            self._pipe(inner.pipe, within)
            self._expression(inner.condition, within)
            inner = inner.otherwise
        self._pipe(inner, within)

    def _call(self, stage: s.Call, braces: Braces) -> None:
        declared = braces.find(stage.name, stage.span.start)
        known = stage.name in OPERATORS or stage.name in SPECIAL
        if declared is not None and not (known and declared.kind not in ("value", "input", "output", "block", "share")):
            self.mentions.append(Mention(stage.name_span, declared.kind, stage.name, declared, node=stage))
        elif known:
            self.mentions.append(Mention(stage.name_span, "layer", stage.name, node=stage))
            declared = None
        order = OPERATORS[stage.name].positional() if stage.name in OPERATORS else ["shortcut"]
        for place, argument in enumerate(stage.arguments or ()):
            name = argument.name or (order[place] if place < len(order) else "")
            self._given(argument, name, stage, declared, braces)
        if stage.body is not None:
            self._body(stage.body, self._inner(Braces(stage.body.span, braces, enters=True)))

    def _given(self, argument: s.Argument, name: str, stage: s.Call, block: Declared | None, braces: Braces) -> None:
        """An argument of a layer, or of a block, whose parameters have names of their own."""
        parameter = block.parameters.get(argument.name or "") if block is not None else None
        if parameter is not None and argument.name_span is not None:
            self.mentions.append(Mention(argument.name_span, "parameter", parameter.name, parameter))
            self._expression(argument.value, braces)
            return
        taken = () if block is not None else words(stage.name, name)
        self._argument(argument, stage.name, braces, taken)

    def _argument(self, argument: s.Argument, owner: str, braces: Braces, taken: Sequence[str] = ()) -> None:
        if argument.name is not None and argument.name_span is not None:
            self.mentions.append(Mention(argument.name_span, "argument", argument.name, owner=owner))
        self._expression(argument.value, braces, taken, owner)

    # ---- sections

    def _section(self, section: s.Section) -> None:
        self.mentions.append(Mention(section.name_span, "section", section.name))
        braces = self._inner(Braces(section.span, self.top))
        for declared in self.parameters.values():
            braces.bind(declared, -1)
        for setting in section.settings:
            if isinstance(setting, s.Broken):
                continue
            self.mentions.append(Mention(setting.key_span, "key", setting.key, owner=section.name))
            if setting.target is not None and setting.target_span is not None and self.net is not None:
                self._name(setting.target, setting.target_span, self.net)
            known = SETTINGS.get(setting.key) or words_of(section.name, setting.key)
            for value in setting.values:
                self._expression(value, braces, tuple(known), setting.key)

    # ---- expressions

    def _name(self, name: str, span: Span, braces: Braces) -> None:
        declared = braces.find(name, span.start)
        if declared is not None:
            self.mentions.append(Mention(span, declared.kind, name, declared))

    def _expression(self, node: s.Expression, braces: Braces, taken: Sequence[str] = (), owner: str = "") -> None:
        if isinstance(node, s.Name):
            name_span = Span(node.span.source, node.span.start, node.span.start + len(node.name))
            if node.arguments is not None:
                kind = "function" if node.name in FUNCTIONS else "word"
                self.mentions.append(Mention(name_span, kind, node.name, owner=owner))
                for argument in node.arguments:
                    self._argument(argument, node.name, braces)
            elif node.name in taken:
                self.mentions.append(Mention(name_span, "word", node.name, owner=owner))
            else:
                self._name(node.name, node.span, braces)
            return
        if isinstance(node, s.IfElse):
            self._expression(node.then, braces, taken, owner)
            self._expression(node.condition, braces)
            self._expression(node.otherwise, braces, taken, owner)
            return
        for part in _parts(node):
            self._expression(part, braces)


def _parts(node: s.Expression) -> Iterable[s.Expression]:
    match node:
        case s.ListOf(items=items):
            return items
        case s.Size(parts=parts):
            return parts
        case s.Attribute(value=value) | s.Signed(value=value) | s.Not(value=value):
            return (value,)
        case s.Item(value=value, index=index):
            return (value, index)
        case s.Power(base=base, exponent=exponent):
            return (base, exponent)
        case s.Range(first=first, last=last):
            return (first, last)
        case s.Chain(first=first, rest=rest):
            return (first, *(part for _, part in rest))
    return ()
