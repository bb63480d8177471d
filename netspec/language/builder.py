"""Rules to syntax: while Lark parses, it hands each rule's parts to the method of that name."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from lark import Token

from netspec.diagnostics import Source, Span
from netspec.language import syntax as s
from netspec.language.brackets import DEEPEST

N = TypeVar("N", bound=s.Node)


class Builder:
    """One method a grammar rule; Lark calls each with the rule's tokens and finished parts."""

    source: Source
    deepest: Span | None = None

    def _span(self, parts: list[Any]) -> Span:
        first, last = parts[0], parts[-1]
        start = first.start_pos if isinstance(first, Token) else first.span.start
        end = last.end_pos if isinstance(last, Token) else last.span.end
        return Span(self.source, start or 0, end or 0)

    def _deeper(self, node: N, inner: s.Node, levels: int = 1) -> N:
        """Note how deep nodes nest without brackets, which the lexer cannot see: walks over them go as deep."""
        depth = inner.depth + levels
        node.nested(depth)
        if depth > DEEPEST and self.deepest is None:
            self.deepest = node.span
        return node

    def _at(self, token: Token) -> Span:
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)

    def start(self, parts: list[Any]) -> s.File:
        items = tuple(part for part in parts if not isinstance(part, Token))
        return s.File(Span(self.source, 0, len(self.source.text)), items)

    def net(self, parts: list[Any]) -> s.Net:
        return s.Net(self._span(parts), str(parts[1]), self._at(parts[1]), _parameters(parts), parts[-1])

    def block(self, parts: list[Any]) -> s.Block:
        return s.Block(self._span(parts), str(parts[1]), self._at(parts[1]), _parameters(parts), parts[-1])

    def params(self, parts: list[Any]) -> tuple[s.Parameter, ...]:
        return tuple(part for part in parts if isinstance(part, s.Parameter))

    def param(self, parts: list[Any]) -> s.Parameter:
        return s.Parameter(self._span(parts), str(parts[0]), self._at(parts[0]), parts[2] if len(parts) > 1 else None)

    def use(self, parts: list[Any]) -> s.Use:
        quoted = self._at(parts[1])
        return s.Use(self._span(parts), _unquote(parts[1]), Span(self.source, quoted.start + 1, quoted.end - 1))

    def let(self, parts: list[Any]) -> s.Let:
        return s.Let(self._span(parts), str(parts[1]), self._at(parts[1]), parts[3])

    def broken(self, parts: list[Any]) -> s.Broken:
        return s.Broken(self._span(parts), str(parts[0]) or None)

    def section(self, parts: list[Any]) -> s.Section:
        settings = tuple(part for part in parts if isinstance(part, s.Setting | s.Broken))
        return s.Section(self._span(parts), str(parts[0]), self._at(parts[0]), settings)

    def setting(self, parts: list[Any]) -> s.Setting:
        named = isinstance(parts[1], Token) and parts[1].type == "NAME"
        return s.Setting(
            self._span(parts),
            str(parts[0]),
            self._at(parts[0]),
            str(parts[1]) if named else None,
            self._at(parts[1]) if named else None,
            _nodes(parts),
        )

    def body(self, parts: list[Any]) -> s.Body:
        return s.Body(self._span(parts), _nodes(parts))

    def input(self, parts: list[Any]) -> s.Input:
        return s.Input(self._span(parts), str(parts[1]), self._at(parts[1]), parts[3])

    def output(self, parts: list[Any]) -> s.Output:
        arguments = parts[2] if isinstance(parts[2], _Arguments) else ()
        return s.Output(self._span(parts), str(parts[1]), self._at(parts[1]), tuple(arguments), parts[-1])

    def share(self, parts: list[Any]) -> s.Share:
        return s.Share(self._span(parts), str(parts[1]), self._at(parts[1]), parts[3])

    def bind(self, parts: list[Any]) -> s.Bind:
        return s.Bind(self._span(parts), str(parts[0]), self._at(parts[0]), parts[2])

    def value(self, parts: list[Any]) -> s.Bare:
        return s.Bare(self._span(parts), parts[0])

    def expect(self, parts: list[Any]) -> s.Expect:
        condition = parts[4] if len(parts) > 3 else None
        return s.Expect(self._span(parts), str(parts[1]), self._at(parts[1]), tuple(parts[2]), condition)

    def table(self, parts: list[Any]) -> s.Table:
        two = len(parts) > 5 and isinstance(parts[5], Token) and parts[5].type == "ARROW"
        last = parts[-1] if len(parts) > (7 if two else 5) else None
        return s.Table(
            self._span(parts), str(parts[0]), self._at(parts[0]), str(parts[2]), self._at(parts[2]),
            parts[4], parts[6] if two else None, last,
        )  # fmt: skip

    def picture(self, parts: list[Any]) -> s.Picture:
        rows = (part for part in parts if part.type == "ROW")
        return s.Picture(self._span(parts), tuple(s.Row(self._at(row), str(row)) for row in rows))

    def union(self, parts: list[Any]) -> s.Combined:
        return s.Combined(self._span(parts), "|", _nodes(parts))

    def both(self, parts: list[Any]) -> s.Combined:
        return s.Combined(self._span(parts), "&", _nodes(parts))

    def generator(self, parts: list[Any]) -> s.Made:
        if parts[0].type == "LPAR":
            within: s.Made = parts[1]
            return within
        arguments = tuple(parts[1]) if len(parts) > 1 else ()
        return s.Generate(self._span(parts), str(parts[0]), self._at(parts[0]), arguments)

    def pipe(self, parts: list[Any]) -> s.Pipe:
        return s.Pipe(self._span(parts), _nodes(parts))

    def call(self, parts: list[Any]) -> s.Call:
        arguments = next((part for part in parts if isinstance(part, _Arguments)), None)
        body = parts[-1] if isinstance(parts[-1], s.Body) else None
        listed = None if arguments is None else tuple(arguments)
        return s.Call(self._span(parts), str(parts[0]), self._at(parts[0]), listed, body)

    def stage_in(self, parts: list[Any]) -> s.In:
        return s.In(self._span(parts), parts[2] if len(parts) > 1 else None)

    def many(self, parts: list[Any]) -> s.Many:
        return s.Many(self._span(parts), _nodes(parts))

    def group(self, parts: list[Any]) -> s.Group:
        return s.Group(self._span(parts), parts[1], parts[3] if len(parts) > 3 else None)

    def choice(self, parts: list[Any]) -> s.Choice:
        return self._deeper(s.Choice(self._span(parts), parts[0], parts[2], parts[4]), parts[4])

    def times(self, parts: list[Any]) -> s.Times:
        return s.Times(self._span(parts), parts[1])

    def each(self, parts: list[Any]) -> s.Each:
        return s.Each(self._span(parts), str(parts[1]), self._at(parts[1]), parts[3])

    def args(self, parts: list[Any]) -> _Arguments:
        arguments = _Arguments(part for part in parts if isinstance(part, s.Argument))
        arguments.span = self._span(parts)
        return arguments

    def arg(self, parts: list[Any]) -> s.Argument:
        named = len(parts) > 1
        name, at = (str(parts[0]), self._at(parts[0])) if named else (None, None)
        return s.Argument(self._span(parts), name, at, parts[-1])

    def if_else(self, parts: list[Any]) -> s.IfElse:
        return self._deeper(s.IfElse(self._span(parts), parts[0], parts[2], parts[4]), parts[4])

    def interval(self, parts: list[Any]) -> s.Range:
        return s.Range(self._span(parts), parts[0], parts[2])

    def _chain(self, parts: list[Any]) -> s.Chain:
        rest = tuple((str(sign), value) for sign, value in zip(parts[1::2], parts[2::2], strict=True))
        return s.Chain(self._span(parts), parts[0], rest)

    or_ = and_ = comparison = sum = product = _chain

    def negate(self, parts: list[Any]) -> s.Expression:
        value = s.Not(self._span(parts), parts[-1])
        return value if len(parts) % 2 == 0 else s.Not(self._span(parts), value)

    def signed(self, parts: list[Any]) -> s.Signed:
        minus = sum(sign == "-" for sign in parts[:-1])
        return self._deeper(s.Signed(self._span(parts), "-" if minus % 2 else "+", parts[-1]), parts[-1], 0)

    def power(self, parts: list[Any]) -> s.Power:
        return self._deeper(s.Power(self._span(parts), parts[0], parts[2]), parts[2])

    def size(self, parts: list[Any]) -> s.Size:
        return s.Size(self._span(parts), _nodes(parts))

    def attribute(self, parts: list[Any]) -> s.Attribute:
        return self._deeper(s.Attribute(self._span(parts), parts[0], str(parts[2]), self._at(parts[2])), parts[0])

    def item(self, parts: list[Any]) -> s.Item:
        return self._deeper(s.Item(self._span(parts), parts[0], parts[2]), parts[0])

    def atom(self, parts: list[Any]) -> s.Expression:
        span, token = self._span(parts), parts[0]
        if token.type == "NUMBER":
            return s.Number(span, str(token))
        if token.type == "STRING":
            return s.String(span, _unquote(token))
        if token.type in ("TRUE", "FALSE"):
            return s.Boolean(span, token.type == "TRUE")
        if token.type == "IN":
            return s.InValue(span)
        if token.type == "LPAR":
            within: s.Expression = parts[1]
            return within
        if token.type == "LSQB":
            return s.ListOf(span, _nodes(parts))
        return s.Name(span, str(token), tuple(parts[1]) if len(parts) > 1 else None)


class _Arguments(list[s.Argument]):
    """The arguments in one pair of parentheses, which may be empty."""

    span: Span


def _nodes(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part for part in parts if not isinstance(part, Token))


def _parameters(parts: list[Any]) -> tuple[s.Parameter, ...]:
    return parts[2] if isinstance(parts[2], tuple) else ()


def _unquote(token: Token) -> str:
    return str(json.loads(str(token), strict=False))
