"""The canonical form of a document, as edits that leave alone what is right already."""

from __future__ import annotations

from difflib import SequenceMatcher

from lsprotocol.types import DocumentFormattingParams, Position, Range, TextEdit

from netspec.diagnostics import SpecError
from netspec.language import format_text
from netspec.lsp.snapshot import Snapshot

#: Longer texts are replaced as a whole: comparing lines takes the square of their number.
MOST_COMPARED = 3_000


def formatted(snapshot: Snapshot, params: DocumentFormattingParams) -> list[TextEdit] | None:
    """Edits of whole lines, with the line ends that the document has; none where the text does not parse."""
    source = snapshot.source
    try:
        wanted = format_text(source.text, source.name)
    except SpecError:
        return None
    end = "\r\n" if "\r\n" in snapshot.document.text else "\n"
    before, after = _lines(source.text), _lines(wanted)
    if max(len(before), len(after)) > MOST_COMPARED:
        changed = [] if before == after else [[0, len(before), 0, len(after)]]
    else:
        codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        changed = [places for what, *places in codes if what != "equal"]
    return [
        TextEdit(
            Range(_line(snapshot, first, before), _line(snapshot, last, before)),
            "".join(after[low:high]).replace("\n", end),
        )
        for first, last, low, high in changed
    ]


def _lines(text: str) -> list[str]:
    """The lines, each with its end but perhaps the last."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _line(snapshot: Snapshot, index: int, lines: list[str]) -> Position:
    """Where a line begins; behind the last one, the end of the text."""
    return Position(index, 0) if index < len(lines) else snapshot.places.position(len(snapshot.source.text))
