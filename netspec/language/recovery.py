"""All mistakes of a file in one run: behind each, the parser goes on where the next statement begins."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from lark import Token
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_analysis import Reduce

from netspec.diagnostics import Problems, Span
from netspec.language import syntax as s
from netspec.language.builder import Builder
from netspec.language.messages import unexpected
from netspec.language.statements import Statements

_BRACES = {"LBRACE": 1, "RBRACE": -1}


@dataclass
class Run:
    """One run of the parser over the tokens of a file, going on behind each mistake."""

    machine: Any
    builder: Builder
    statements: Statements
    problems: Problems
    lexer_errors: list[int]  # the offsets at which the lexer found something wrong, in order

    def run(self) -> s.File:
        """The syntax of the file; what does not parse is reported, and stands in it as ``Broken``."""
        tokens, source = self.statements.tokens, self.builder.source
        result: s.File | None = None
        index, given_up = 0, -1
        while index < len(tokens):
            token = tokens[index]
            try:
                result = self.machine.feed_token(token)
                index += 1
            except UnexpectedToken:
                if index == given_up:  # a second time: nothing can be made of the rest
                    return s.File(Span(source, 0, 0), ())
                expected = accepts(self.machine.parser_state)
                ended = index > 0 and tokens[index - 1].type == "RBRACE" and "_NL" in expected
                if ended and token.type not in ("_NL", "$END", "RBRACE"):
                    # What stands before is sound: only the rest of its line is passed over.
                    unexpected(self.problems, source, self.statements, index, {"_NL"})
                    given_up = index = self._next_line(index)
                    continue
                wrong, index = index, self._recover(index)
                given_up = index
                given_up_part = self.machine.parser_state.value_stack[-1]
                if not self._known(given_up_part.start_pos, max(given_up_part.end_pos, token.start_pos or 0)):
                    unexpected(self.problems, source, self.statements, wrong, expected)
        assert result is not None  # the last token ends the file
        return result

    def _known(self, start: int, end: int) -> bool:
        """Whether the lexer has found fault within a stretch: what the parser stumbles over may only follow from it."""
        first = bisect_left(self.lexer_errors, start)
        return first < len(self.lexer_errors) and self.lexer_errors[first] <= end

    def _next_line(self, index: int) -> int:
        """Pass over what follows a closing brace: to the end of its line, or to the next brace that closes."""
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
        open_braces = self.statements.depths[index]
        depth = sum(_is_brace(value) for value in state.value_stack)
        # Back: the stack is popped to where a statement may stand (the grammar has ERROR there), but not into braces
        # that have closed before this token: the body in them is sound, and only what holds it is given up.
        while "ERROR" not in states[state.state_stack[-1]] or depth > open_braces:
            state.state_stack.pop()
            depth -= _is_brace(state.value_stack.pop())
        first = self.statements.start(index, depth)
        if tokens[index].type == "_NL" and tokens[index + 1].type == "LBRACE":
            index += 1  # a brace that opens a line too late: its body belongs to the head that is given up
        # On: to the line end, or to the closing brace, at the depth where the statement began.
        while not (open_braces <= depth and tokens[index].type in ("_NL", "RBRACE", "$END")):
            open_braces += _BRACES.get(tokens[index].type, 0)
            index += 1
        bound = _bound_name(tokens[first : first + 3] if first + 3 < index else tokens[first:index])
        span = Span(
            self.builder.source, tokens[first].start_pos or 0, max(tokens[max(index - 1, first)].end_pos or 0, 0)
        )
        state.feed_token(Token("ERROR", bound or "", start_pos=span.start, end_pos=span.end))
        return index


def _is_brace(value: object) -> bool:
    return isinstance(value, Token) and value.type == "LBRACE"


def accepts(state: Any) -> set[str]:
    """The kinds of tokens that can really stand next.

    What the table has for a state are those of any rule that could end there; the rules around decide, so each is tried
    on a copy of the states alone.
    """
    states = state.parse_conf.parse_table.states
    return {
        kind for kind in states[state.state_stack[-1]] if kind.isupper() and _shifts(states, state.state_stack, kind)
    }


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
