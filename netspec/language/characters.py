"""Characters that are not part of the language, that are invisible, or that mislead a reader."""

from __future__ import annotations

import re
import unicodedata

from netspec.diagnostics import Problems, Source, Span

#: Characters that show a line in another order than it is read, or end it where it goes on.
_MISLEADING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\x85]")
_TYPED_FOR = {"→": "->", "⟶": "->", "×": "x", "“": '"', "”": '"', "‘": '"', "’": '"', "–": "-", "—": "-",
              "−": "-", "≤": "<=", "≥": ">=", "≠": "!=", "，": ",", "：": ":", "（": "(", "）": ")"}  # fmt: skip
_ESCAPE = re.compile(
    r'\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB]..\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u?.))'
)


def run_of(text: str, position: int) -> int:
    """Where a run of one sign ends: it is one mistake."""
    found = re.compile(re.escape(text[position]) + "++").match(text, position)
    return found.end() if found else position + 1


def misleads(text: str) -> bool:
    """Whether a character that misleads stands anywhere in a text."""
    return _MISLEADING.search(text) is not None


def report_misleading(source: Source, problems: Problems, start: int, end: int, what: str) -> None:
    """Report the first misleading character of a comment or string."""
    found = _MISLEADING.search(source.text, start, end)
    if found:
        name = unicodedata.name(found[0], "NEXT LINE")
        problems.error(
            "N009", Span(source, *found.span()),
            f"{name} (U+{ord(found[0]):04X}) in a {what} makes the text look different from what is read",
            help="delete it" + ("" if what == "comment" else f", or write `\\u{ord(found[0]):04x}`"),
        )  # fmt: skip


def report_escapes(source: Source, problems: Problems, start: int, end: int) -> bool:
    """Report the escapes of a string that stand for no character; whether there are any."""
    wrong = [found for found in _ESCAPE.finditer(source.text, start, end) if found[1]]
    for found in wrong:
        problems.error(
            "N004", Span(source, *found.span()), f"`{found[0]}` is not an escape",
            help='write `\\\\` for a backslash; `\\"`, `\\n`, `\\t` and `\\u2028` are as in JSON',
        )  # fmt: skip
    return bool(wrong)


def report_stray(source: Source, problems: Problems, start: int) -> int:
    """Report a character that begins no token, with those like it behind it; where they end."""
    c, end = source.text[start], run_of(source.text, start)
    if invisible(c):
        report_invisible(source, problems, start, "", end)
        return end
    help = f"write `{_TYPED_FOR[c]}`" if c in _TYPED_FOR else ""
    if c == "'":
        help = 'write strings in double quotes: `"…"`'
    if c == ";":
        help = "a statement ends with its line: break it here"
    problems.error("N004", Span(source, start, end), f"`{c}` is not part of the language", help=help)
    return end


def report_invisible(source: Source, problems: Problems, position: int, name: str, end: int | None = None) -> None:
    """Report an invisible character, in a name or outside of all."""
    c = source.text[position]
    seen = name.replace(c, "")
    problems.error(
        "N003", Span(source, position, end or position + 1),
        f"an invisible character, {unicodedata.name(c, 'a control character')} (U+{ord(c):04X}), "
        + (f"stands in the name `{seen}`" if seen else "stands outside a string"),
        help="delete it",
    )  # fmt: skip


def invisible(c: str) -> bool:
    """Format and control characters, fillers and variation selectors: they change a name and nobody sees them."""
    return (
        unicodedata.category(c) in ("Cf", "Cc", "Zl", "Zp")
        or c in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u3164\uffa0"
        or 0xFE00 <= ord(c) <= 0xFE0F
        or 0xE0000 <= ord(c) <= 0xE0FFF
    )
