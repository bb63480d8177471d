"""Text to syntax: Lark runs the grammar, the tree is built while it parses, every syntax error comes out in one run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer

from netspec.diagnostics import Problems, Source, Span
from netspec.language import syntax as s
from netspec.language.lexer import Tokens, tokenize
from netspec.language.messages import unexpected

#: The largest file that is read, in bytes.
LARGEST = 4 * 2**20


class _Ready(Lexer):
    """Lark asks for a lexer; ours has already run."""

    def __init__(self, conf: object) -> None:
        del conf

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:  # pragma: no cover - never called
        yield from ()


@cache
def _lark() -> tuple[Lark, _Builder]:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    builder = _Builder()
    options: Any = {"lexer": _Ready, "transformer": builder}
    lark = Lark(grammar, parser="lalr", keep_all_tokens=True, maybe_placeholders=False, **options)
    return lark, builder


def parse(source: Source, problems: Problems) -> s.File:
    """The syntax of a file; what does not parse is reported and stands in it as ``Broken``."""
    return parse_tokens(tokenize(source, problems), problems)


def parse_tokens(found: Tokens, problems: Problems) -> s.File:
    """As ``parse``, for tokens that are there already (the formatter keeps them)."""
    lark, builder = _lark()
    builder.source = found.source
    if found.unreadable:
        return s.File(Span(found.source, 0, 0), ())
    machine = lark.parse_interactive("")
    end = Token("$END", "", start_pos=len(found.source.text), end_pos=len(found.source.text))
    tokens = [*found.tokens, end]
    reported = [problem.span.start for problem in problems if problem.span and problem.code != "N001"]
    index, given_up = 0, -1
    while index < len(tokens):
        token = tokens[index]
        try:
            result = machine.feed_token(token)
            index += 1
        except UnexpectedToken as error:
            if index == given_up:  # a second time: nothing can be made of the rest
                return s.File(Span(found.source, 0, 0), ())
            if index and tokens[index - 1].type == "RBRACE" and token.type not in ("_NL", "$END", "RBRACE"):
                unexpected(problems, found.source, tokens, index, {"_NL"})
                given_up = index = _next_line(tokens, index)
                continue
            wrong, index = index, _recover(machine.parser_state, tokens, index, builder)
            given_up = index
            error_token = machine.parser_state.value_stack[-1]
            stretch = Span(found.source, error_token.start_pos, error_token.end_pos)
            if not any(_within(start, stretch) for start in reported):
                unexpected(problems, found.source, tokens, wrong, set(error.expected))
    return result  # type: ignore[no-any-return]


def _next_line(tokens: list[Token], index: int) -> int:
    """Pass over what stands behind a closing brace: to the end of its line, or to the brace that closes the one around."""
    depth = 0
    while tokens[index].type != "$END" and not (depth == 0 and tokens[index].type in ("_NL", "RBRACE")):
        depth += {"LBRACE": 1, "RBRACE": -1}.get(tokens[index].type, 0)
        index += 1
    return index


def _recover(state: Any, tokens: list[Token], index: int, builder: _Builder) -> int:
    """Give up the present statement: back to where it began, on to where the next one does.

    Returns the index of the token that ends the statement given up.
    """
    states = state.parse_conf.parse_table.states
    while "ERROR" not in states[state.state_stack[-1]]:
        state.state_stack.pop()
        state.value_stack.pop()
    depth = sum(isinstance(value, Token) and value.type == "LBRACE" for value in state.value_stack)
    first = _statement_start(tokens, index, depth)
    now = _depth(tokens[:index])
    while index < len(tokens) - 1 and not (now <= depth and tokens[index].type in ("_NL", "RBRACE", "$END")):
        now += {"LBRACE": 1, "RBRACE": -1}.get(tokens[index].type, 0)
        index += 1
    while index < len(tokens) - 1 and (now < depth or (depth == 0 and tokens[index].type == "RBRACE")):
        index += 1  # a brace too many at the top: pass over it
        now = depth
        if tokens[index].type not in ("_NL", "RBRACE", "$END"):
            break
    bound = _bound_name(tokens[first:index])
    span = Span(builder.source, tokens[first].start_pos or 0, max(tokens[max(index - 1, first)].end_pos or 0, 0))
    state.feed_token(Token("ERROR", bound or "", start_pos=span.start, end_pos=span.end))
    return index


def _within(offset: int, span: Span) -> bool:
    return span.start <= offset <= span.end


def _depth(tokens: list[Token]) -> int:
    return sum({"LBRACE": 1, "RBRACE": -1}.get(token.type, 0) for token in tokens)


def _statement_start(tokens: list[Token], index: int, depth: int) -> int:
    now = _depth(tokens[:index])
    start = index
    while start > 0:
        before = tokens[start - 1]
        if now == depth and (before.type == "_NL" or before.type == "LBRACE"):
            break
        now -= {"LBRACE": 1, "RBRACE": -1}.get(before.type, 0)
        start -= 1
    return start


def _bound_name(tokens: list[Token]) -> str | None:
    """The name that a statement which does not parse would have bound."""
    kinds = [token.type for token in tokens[:3]]
    if kinds in (["NAME", "TABLE", "NAME"], ["NAME", "NAME", "NAME"]):
        return str(tokens[2])
    if kinds[:1] == ["NAME"] and kinds[1:2] in (["ASSIGN"], ["NAME"], ["COLON"], []):
        return str(tokens[0])
    if len(kinds) > 1 and kinds[0] in ("LET", "INPUT", "OUTPUT", "SHARE", "BLOCK") and kinds[1] == "NAME":
        return str(tokens[1])
    return None


class _Builder:
    """One method a grammar rule; Lark calls each with the rule's tokens and finished parts."""

    source: Source

    def _span(self, parts: list[Any]) -> Span:
        first, last = parts[0], parts[-1]
        start = self._at(first) if isinstance(first, Token) else first.span
        end = self._at(last) if isinstance(last, Token) else last.span
        return Span(self.source, start.start, end.end)

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
        return s.Parameter(self._span(parts), str(parts[0]), parts[2] if len(parts) > 1 else None)

    def use(self, parts: list[Any]) -> s.Use:
        return s.Use(self._span(parts), _unquote(parts[1]))

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
            return parts[1]  # type: ignore[no-any-return]
        return s.Generate(self._span(parts), str(parts[0]), tuple(parts[1]) if len(parts) > 1 else ())

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
        return s.Choice(self._span(parts), parts[0], parts[2], parts[4])

    def times(self, parts: list[Any]) -> s.Times:
        return s.Times(self._span(parts), parts[1])

    def each(self, parts: list[Any]) -> s.Each:
        return s.Each(self._span(parts), str(parts[1]), self._at(parts[1]), parts[3])

    def args(self, parts: list[Any]) -> _Arguments:
        arguments = _Arguments(part for part in parts if isinstance(part, s.Argument))
        arguments.span = self._span(parts)
        return arguments

    def arg(self, parts: list[Any]) -> s.Argument:
        return s.Argument(self._span(parts), str(parts[0]) if len(parts) > 1 else None, parts[-1])

    def if_else(self, parts: list[Any]) -> s.IfElse:
        return s.IfElse(self._span(parts), parts[0], parts[2], parts[4])

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
        return s.Signed(self._span(parts), "-" if minus % 2 else "+", parts[-1])

    def power(self, parts: list[Any]) -> s.Power:
        return s.Power(self._span(parts), parts[0], parts[2])

    def size(self, parts: list[Any]) -> s.Size:
        return s.Size(self._span(parts), _nodes(parts))

    def attribute(self, parts: list[Any]) -> s.Attribute:
        return s.Attribute(self._span(parts), parts[0], str(parts[2]))

    def item(self, parts: list[Any]) -> s.Item:
        return s.Item(self._span(parts), parts[0], parts[2])

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
            return parts[1]  # type: ignore[no-any-return]
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
