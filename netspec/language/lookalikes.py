"""Names that look alike: letters of other scripts, wide and joined forms that are taken for Latin ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from lark import Token

from netspec.diagnostics import Problems, Source, Span

#: Letters of Cyrillic and Greek, and a few others, with the Latin letter that each looks like.
_LIKE = dict(
    zip(
        "аеорсухіјѕԁһԛԝӏкАВЕЗКМНОРСТУХІЈЅԌԚԜҮαικνορυγϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺıɑɡʋℓօս",
        "aeopcyxijsdhqwlkABE3KMHOPCTYXIJSGQWYaikvopuycjABEZHIKMNOPTYXCMiagvlou",
        strict=True,
    )
)


def skeleton(name: str) -> str:
    """What a name looks like: equal for names that a reader would take for one another."""
    if name.isascii():
        return name
    plain = unicodedata.normalize("NFKC", name)
    parted = unicodedata.normalize("NFD", "".join(_LIKE.get(c, c) for c in plain))
    return unicodedata.normalize("NFC", "".join(_LIKE.get(c, c) for c in parted))


def report_lookalikes(source: Source, tokens: Iterable[Token], words: Iterable[str], problems: Problems) -> None:
    """Warn of each name, cells of pictures too, that looks like one before it or like a word of the language."""
    seen: dict[str, tuple[str, int]] = {word: (word, -1) for word in words}
    names: set[str] = set()
    for name, start, end in _names(tokens):
        if name in names:
            continue
        names.add(name)
        other, where = seen.setdefault(skeleton(name), (name, start))
        if other != name:
            _report(Span(source, start, end), name, other, source.place(where)[0] if where >= 0 else 0, problems)


def _names(tokens: Iterable[Token]) -> Iterator[tuple[str, int, int]]:
    for token in tokens:
        start = token.start_pos or 0
        if token.type == "NAME":
            yield str(token), start, token.end_pos or 0
        elif token.type == "ROW":
            for cell in re.finditer(r"[^\W\d]\w*", str(token)):
                yield unicodedata.normalize("NFC", cell[0]), start + cell.start(), start + cell.end()


def _report(span: Span, name: str, other: str, line: int, problems: Problems) -> None:
    strange = next((c for c in (other if name.isascii() else name) if ord(c) > 127), "")
    letter = unicodedata.name(strange, "a letter of another script") if strange else ""
    problems.warning(
        "N012", span, f"{name} looks like {other}{f' on line {line}' if line else ''}, but is a different name",
        label=f"with {letter} (U+{ord(strange):04X})" if strange else "",
        help="write both with the same letters, or rename one of them",
    )  # fmt: skip
