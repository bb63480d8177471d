"""Brackets: which are open, which never close, which close nothing."""

from __future__ import annotations

from lark import Token

from netspec.diagnostics import Problems, Source, Span
from netspec.language.characters import run_of

#: Brackets may stand this deep in one another.
DEEPEST = 100
OPENS_WITH = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
_CLOSES_WITH = {"(": ")", "[": "]", "{": "}"}


class Brackets:
    """The brackets that are open at a place of the text; ``raw`` are the tokens before it."""

    def __init__(self, source: Source, problems: Problems, raw: list[Token]) -> None:
        self.source, self.problems, self.raw = source, problems, raw
        self.open: list[Token] = []

    @property
    def inmost(self) -> Token | None:
        """The bracket opened last."""
        return self.open[-1] if self.open else None

    @property
    def braced(self) -> bool:
        """Whether line ends count: in braces, and where nothing is open."""
        return not self.open or self.open[-1].type == "LBRACE"

    def opened(self, bracket: Token) -> bool:
        """Note an opening bracket; False, and reported, where it stands too deep."""
        self.open.append(bracket)
        if len(self.open) <= DEEPEST:
            return True
        start = bracket.start_pos or 0
        self.problems.error(
            "N007", Span(self.source, start, start + 1), f"brackets are nested deeper than {DEEPEST}",
            help="give a name to an inner part",
        )  # fmt: skip
        return False

    def close(self, kind: str) -> bool:
        """Close the bracket that one of this kind closes, and those in it as unclosed; False where there is none."""
        opening = OPENS_WITH[kind]
        while self.open and self.open[-1].type != opening and any(b.type == opening for b in self.open):
            if kind != "RBRACE" and any(b.type == "LBRACE" for b in self.open[self._last(opening) :]):
                break  # a parenthesis does not reach out of its braces
            self.unclosed()
        if self.open and self.open[-1].type == opening:
            self.open.pop()
            return True
        return False

    def closes_nothing(self, start: int) -> int:
        """Report a bracket too many, with those like it behind it; where they end."""
        end = run_of(self.source.text, start)
        self.problems.error(
            "N006", Span(self.source, start, end), f"`{self.source.text[start]}` closes nothing",
            help="delete it, or add the opening bracket",
        )  # fmt: skip
        return end

    def unclosed(self) -> None:
        """Report that the bracket opened last is never closed, and close it."""
        bracket = self.open.pop()
        start = bracket.start_pos or 0
        self.problems.error(
            "N005", Span(self.source, start, start + 1), f"`{bracket}` is never closed", label="opened here",
            help=f"add the `{_CLOSES_WITH[str(bracket)]}`",
        )  # fmt: skip
        if bracket.type != "LBRACE":
            end = self.raw[-1].end_pos or 0
            self.raw.append(
                Token("UNCLOSED", "", start_pos=end, end_pos=end)
            )  # no rule has it: what it meant is unknown
        else:
            end = len(self.source.text)
            self.raw.append(Token("RBRACE", "}", start_pos=end, end_pos=end))

    def unclosed_in_line(self) -> None:
        """The statement ends here: what is open within it is never closed."""
        while not self.braced:
            self.unclosed()

    def unclosed_at_end(self) -> None:
        """The file ends here: what is open is never closed."""
        while self.open:
            self.unclosed()

    def _last(self, kind: str) -> int:
        return max(i for i, bracket in enumerate(self.open) if bracket.type == kind)
