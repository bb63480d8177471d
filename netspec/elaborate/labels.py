"""Names of classes: one a line of a file, or a list; each once, and nothing hidden in them."""

from __future__ import annotations

from unicodedata import category

#: The most classes, and how many faults of one file are told.
MOST, MOST_TOLD = 1_000_000, 10
#: Controls of the direction of writing, with which a name can look like another.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read_labels(text: str) -> tuple[list[str], list[tuple[int, str]]]:
    """The names in a text, one a line, and what is wrong with its lines, by their numbers."""
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    if len(lines) > MOST:
        return [], [(MOST + 1, f"{len(lines):,} classes are past the limit of {MOST:,}")]
    labels = [line.strip() for line in lines]
    first: dict[str, int] = {}
    wrong: list[tuple[int, str]] = []
    for number, label in enumerate(labels, 1):
        before = first.setdefault(label, number)
        hidden = hidden_in(label)
        if not label:
            wrong.append((number, "the line is empty where a class is expected"))
        elif hidden:
            wrong.append((number, f"the name of a class has {hidden} in it"))
        elif before != number:
            wrong.append((number, f"the class stands on line {before} already"))
    if not lines:
        wrong.append((1, "there is no class"))
    return labels, [*wrong[:MOST_TOLD], *([(wrong[MOST_TOLD][0], f"and {len(wrong) - MOST_TOLD:,} faults more")] if len(wrong) > MOST_TOLD else [])]


def hidden_in(name: str) -> str:
    """The first control character in a name, in words; nothing where there is none."""
    found = next((c for c in name if category(c) in ("Cc", "Zl", "Zp") or c in _BIDI), None)
    if found is None:
        return ""
    return f"the {'direction' if found in _BIDI else 'control'} character U+{ord(found):04X}"
