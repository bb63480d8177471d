"""What kind each word of a file is, for editors that colour by meaning."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token
from lsprotocol.types import SemanticTokens, SemanticTokensLegend, SemanticTokensParams, SemanticTokensRangeParams

from netspec.language.keywords import KEYWORDS
from netspec.lsp.snapshot import Snapshot

TYPES = (
    "keyword", "number", "string", "comment", "operator", "class", "function", "method", "variable", "parameter",
    "property", "enumMember", "type", "macro", "namespace",
)  # fmt: skip
MODIFIERS = ("declaration", "defaultLibrary", "readonly")
LEGEND = SemanticTokensLegend(list(TYPES), list(MODIFIERS))

_LIBRARY, _DECLARES, _READONLY = 2, 1, 4
#: Of a token, by its kind.
_TOKENS = {"VERSION": "keyword", "NUMBER": "number", "STRING": "string", "TABLE": "keyword", "X": "operator",
           "ARROW": "operator", "ROW": "enumMember"} | {word.upper(): "keyword" for word in KEYWORDS}  # fmt: skip
#: Of a name, by what it means.
_NAMES = {
    "net": ("class", 0), "block": ("function", 0), "share": ("function", 0), "layer": ("method", _LIBRARY),
    "input": ("variable", 0), "output": ("variable", 0), "value": ("variable", 0), "variable": ("variable", 0),
    "constant": ("variable", _READONLY), "size": ("type", 0), "table": ("type", 0), "parameter": ("parameter", 0),
    "argument": ("property", 0), "key": ("property", 0), "figure": ("property", 0),
    "word": ("enumMember", _LIBRARY), "generator": ("macro", _LIBRARY), "function": ("macro", _LIBRARY),
    "section": ("namespace", 0), "table kind": ("keyword", 0),
}  # fmt: skip


def tokens(snapshot: Snapshot, params: SemanticTokensParams | SemanticTokensRangeParams) -> SemanticTokens:
    """The words of a file, or of a part of it, as the protocol packs them: each relative to the one before."""
    wanted = (
        range(params.range.start.line, params.range.end.line + 1)
        if isinstance(params, SemanticTokensRangeParams)
        else None
    )
    data: list[int] = []
    line = column = 0
    for start, end, kind, modifiers in _pieces(snapshot):
        place = snapshot.places.position(start)
        if wanted is not None and place.line not in wanted:
            continue
        length = snapshot.places.units(snapshot.source.text[start:end])
        data += [
            place.line - line,
            place.character - (column if place.line == line else 0),
            length,
            TYPES.index(kind),
            modifiers,
        ]
        line, column = place.line, place.character
    return SemanticTokens(data)


def _pieces(snapshot: Snapshot) -> Iterator[tuple[int, int, str, int]]:
    """Start, end, type and modifiers of each word, in the order of the text."""
    comments = [Token("COMMENT", "", start_pos=span.start, end_pos=span.end) for span in snapshot.found.comments]
    names = snapshot.names
    for token in sorted([*snapshot.found.tokens, *comments], key=lambda token: token.start_pos or 0):
        start, end = token.start_pos or 0, token.end_pos or 0
        if end <= start:
            continue
        if token.type == "COMMENT":
            yield start, end, "comment", 0
        elif token.type == "NAME":
            mention = names.starting(start)
            if mention is not None and mention.kind in _NAMES:
                kind, modifiers = _NAMES[mention.kind]
                yield start, end, kind, modifiers | (_DECLARES if mention.declares else 0)
        elif token.type in _TOKENS:
            yield start, end, _TOKENS[token.type], 0
