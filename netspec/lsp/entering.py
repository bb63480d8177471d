"""How many maps enter the call that is being written: the text is read once more, without that call."""

from __future__ import annotations

from dataclasses import replace

from lark import Token

from netspec.language import syntax as s
from netspec.lsp.cursor import Cursor
from netspec.lsp.parts import parts
from netspec.lsp.snapshot import Snapshot, analysed

#: Where the analysis of the text takes longer, in seconds, it is not done once more.
LONGEST = 1.0
_CLOSES = {"LPAR": ")", "LSQB": "]"}


def entering(snapshot: Snapshot, found: Cursor) -> int | None:
    """The maps, or units, of what enters the innermost call; None where that is not known."""
    name = found.inmost.name
    if name is None or snapshot.seconds > LONGEST:
        return None
    tokens = snapshot.found.tokens
    index = next((i for i, token in enumerate(tokens) if token.start_pos == name.start_pos), 0)
    arrow = _arrow(tokens, index)
    if arrow < 1:
        return None
    cut = tokens[arrow - 1].end_pos or 0
    text = snapshot.source.text
    after = text.find("\n", found.start)
    closing = "".join(_closing(tokens[:arrow]))
    shorter = text[:cut] + closing + (text[after:] if after >= 0 else "")
    again = analysed(replace(snapshot.document, text=shorter), snapshot.around)
    for pipe in parts(again.file, s.Pipe):
        for stage in pipe.stages:
            passed = again.trace.passed(stage) if stage.span.end == cut else None
            if passed is not None and len(passed.leaving) == 1 and passed.leaving[0].shape:
                maps = passed.leaving[0].shape[0]
                return maps if isinstance(maps, int) else None
    return None


def _arrow(tokens: list[Token], index: int) -> int:
    """The arrow through which something enters a stage: before it, or the list or group that it begins; -1: none."""
    while index > 0 and tokens[index - 1].type != "ARROW":
        if tokens[index - 1].type not in ("LPAR", "LSQB", "COMMA", "ELSE"):
            return -1
        depth = 0
        while index > 0 and depth >= 0:
            index -= 1
            depth += {"RPAR": 1, "RSQB": 1, "LPAR": -1, "LSQB": -1}.get(tokens[index].type, 0)
    return index - 1


def _closing(tokens: list[Token]) -> list[str]:
    """What closes the parentheses and lists that are open, from within outwards; braces close below."""
    opened: list[str] = []
    for token in tokens:
        if token.type in ("LPAR", "LSQB", "LBRACE"):
            opened.append(token.type)
        elif token.type in ("RPAR", "RSQB", "RBRACE") and opened:
            opened.pop()
        elif token.type == "_NL":
            while opened and opened[-1] != "LBRACE":
                opened.pop()
    closing = []
    for kind in reversed(opened):
        if kind == "LBRACE":
            break
        closing.append(_CLOSES[kind])
    return closing
