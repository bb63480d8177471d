"""Text to syntax: the lexer's tokens go through Lark's machine, which builds the tree as it parses."""

from __future__ import annotations

from lark import Token

from netspec.diagnostics import Problems, Source, Span, TooMany
from netspec.language import syntax as s
from netspec.language.brackets import DEEPEST
from netspec.language.grammar import machine
from netspec.language.keywords import KEYWORDS
from netspec.language.lexer import Tokens, tokenize
from netspec.language.lookalikes import report_lookalikes
from netspec.language.recovery import Run
from netspec.language.statements import Statements

#: The largest file that is read, in bytes.
LARGEST = 4 * 2**20


def parse(source: Source, problems: Problems) -> s.File:
    """The syntax of a file; what does not parse is reported and stands in it as ``Broken``."""
    try:
        return parse_tokens(tokenize(source, problems), problems)
    except TooMany:
        return s.File(Span(source, 0, 0), ())


def parse_tokens(found: Tokens, problems: Problems) -> s.File:
    """As ``parse``, for tokens that are there already (the formatter keeps them)."""
    lark, builder = machine()
    builder.source, builder.deepest = found.source, None
    if found.unreadable:
        return s.File(Span(found.source, 0, 0), ())
    if not found.source.text.isascii():
        report_lookalikes(found.source, found.tokens, KEYWORDS, problems)
    end = Token("$END", "", start_pos=len(found.source.text), end_pos=len(found.source.text))
    lexer_errors = sorted(
        problem.span.start
        for problem in problems
        if problem.span and problem.severity == "error" and problem.code not in ("N001", "N009")
    )
    file = Run(lark.parse_interactive(""), builder, Statements([*found.tokens, end]), problems, lexer_errors).run()
    if builder.deepest is not None:
        problems.error(
            "N007", builder.deepest, f"operators are nested deeper than {DEEPEST}", help="give a name to an inner part"
        )
        return s.File(Span(found.source, 0, 0), ())
    return file
