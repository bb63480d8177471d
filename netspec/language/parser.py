"""Text to syntax: Lark runs the grammar, the tree is built while it parses, every syntax error comes out in one run."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Reduce

from netspec.diagnostics import Problems, Source, Span, TooMany
from netspec.language import syntax as s
from netspec.language.lexer import DEEPEST, KEYWORDS, Tokens, tokenize
from netspec.language.lookalikes import tell_lookalikes
from netspec.language.messages import unexpected
from netspec.language.statements import Statements

#: The largest file that is read, in bytes.
LARGEST = 4 * 2**20
_BRACES = {"LBRACE": 1, "RBRACE": -1}


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
    try:
        return parse_tokens(tokenize(source, problems), problems)
    except TooMany:
        return s.File(Span(source, 0, 0), ())


def parse_tokens(found: Tokens, problems: Problems) -> s.File:
    """As ``parse``, for tokens that are there already (the formatter keeps them)."""
    lark, builder = _lark()
    builder.source, builder.deepest = found.source, None
    if found.unreadable:
        return s.File(Span(found.source, 0, 0), ())
    if not found.source.text.isascii():
        tell_lookalikes(found.source, found.tokens, KEYWORDS, problems)
    end = Token("$END", "", start_pos=len(found.source.text), end_pos=len(found.source.text))
    told = sorted(problem.span.start for problem in problems if problem.span and problem.severity == "error" and problem.code not in ("N001", "N009"))
    file = _Run(lark.parse_interactive(""), builder, Statements([*found.tokens, end]), problems, told).run()
    if builder.deepest is not None:
        problems.error("N007", builder.deepest, f"this is nested deeper than {DEEPEST}", help="give a name to an inner part")
        return s.File(Span(found.source, 0, 0), ())
    return file


@dataclass
class _Run:
    """One run of the parser over the tokens of a file, going on behind each mistake."""

    machine: Any
    builder: _Builder
    statements: Statements
    problems: Problems
    told: list[int]  # where the lexer found something wrong

    def run(self) -> s.File:
        tokens, source = self.statements.tokens, self.builder.source
        index, given_up = 0, -1
        while index < len(tokens):
            token = tokens[index]
            try:
                result = self.machine.feed_token(token)
                index += 1
            except UnexpectedToken:
                if index == given_up:  # a second time: nothing can be made of the rest
                    return s.File(Span(source, 0, 0), ())
                if index and tokens[index - 1].type == "RBRACE" and token.type not in ("_NL", "$END", "RBRACE"):
                    unexpected(self.problems, source, self.statements, index, {"_NL"})
                    given_up = index = self._next_line(index)
                    continue
                expected = _accepts(self.machine.parser_state)
                wrong, index = index, self._recover(index)
                given_up = index
                stretch = self.machine.parser_state.value_stack[-1]
                at = bisect_left(self.told, stretch.start_pos)
                if at == len(self.told) or self.told[at] > stretch.end_pos:
                    unexpected(self.problems, source, self.statements, wrong, expected)
        return result  # type: ignore[no-any-return]

    def _next_line(self, index: int) -> int:
        """Pass over what stands behind a closing brace: to the end of its line, or to the brace that closes the one around."""
        tokens, depth = self.statements.tokens, 0
        while tokens[index].type != "$END" and not (depth == 0 and tokens[index].type in ("_NL", "RBRACE")):
            depth += _BRACES.get(tokens[index].type, 0)
            index += 1
        return index

    def _recover(self, index: int) -> int:
        """Give up the present statement: back to where it began, on to where the next one does.

        Returns the index of the token that ends the statement given up.
        """
        state, tokens = self.machine.parser_state, self.statements.tokens
        states = state.parse_conf.parse_table.states
        while "ERROR" not in states[state.state_stack[-1]]:
            state.state_stack.pop()
            state.value_stack.pop()
        depth = sum(isinstance(value, Token) and value.type == "LBRACE" for value in state.value_stack)
        first = self.statements.start(index, depth)
        now = self.statements.depths[index]
        while index < len(tokens) - 1 and not (now <= depth and tokens[index].type in ("_NL", "RBRACE", "$END")):
            now += _BRACES.get(tokens[index].type, 0)
            index += 1
        while index < len(tokens) - 1 and (now < depth or (depth == 0 and tokens[index].type == "RBRACE")):
            index += 1  # a brace too many at the top: pass over it
            now = depth
            if tokens[index].type not in ("_NL", "RBRACE", "$END"):
                break
        bound = _bound_name(tokens[first : first + 3] if first + 3 < index else tokens[first:index])
        span = Span(self.builder.source, tokens[first].start_pos or 0, max(tokens[max(index - 1, first)].end_pos or 0, 0))
        state.feed_token(Token("ERROR", bound or "", start_pos=span.start, end_pos=span.end))
        return index


def _accepts(state: Any) -> set[str]:
    """The kinds of tokens that can really stand next.

    What the table has for a state are those of any rule that could end there; the rules around decide, so each is tried
    on a copy of the states alone.
    """
    states = state.parse_conf.parse_table.states
    return {kind for kind in states[state.state_stack[-1]] if kind.isupper() and _shifts(states, state.state_stack, kind)}


def _shifts(states: Any, stack: list[Any], kind: str) -> bool:
    new: list[Any] = []
    kept = len(stack)  # the stack is stack[:kept] + new
    while True:
        action, what = states[new[-1] if new else stack[kept - 1]].get(kind, (None, None))
        if action is not Reduce:
            return action is not None
        size = len(what.expansion)
        kept -= max(size - len(new), 0)
        del new[max(len(new) - size, 0) :]
        new.append(states[new[-1] if new else stack[kept - 1]][what.origin.name][1])


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


N = TypeVar("N", bound=s.Node)


class _Builder:
    """One method a grammar rule; Lark calls each with the rule's tokens and finished parts."""

    source: Source
    deepest: Span | None = None

    def _span(self, parts: list[Any]) -> Span:
        first, last = parts[0], parts[-1]
        start = first.start_pos if isinstance(first, Token) else first.span.start
        end = last.end_pos if isinstance(last, Token) else last.span.end
        return Span(self.source, start or 0, end or 0)

    def _deeper(self, node: N, inner: s.Node, levels: int = 1) -> N:
        """Note how many nodes stand in one another without brackets: those that would make the walks over them too deep."""
        depth = inner.depth + levels
        object.__setattr__(node, "depth", depth)
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
        return s.Argument(self._span(parts), str(parts[0]) if len(parts) > 1 else None, parts[-1])

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
        return self._deeper(s.Attribute(self._span(parts), parts[0], str(parts[2])), parts[0])

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
