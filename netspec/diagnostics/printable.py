"""Text of others made fit to print: no control character and no invisible sign reaches a terminal or a table."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

#: Kinds of characters that are shown by their numbers: controls, formats (bidirectional marks among them), halves,
#: line and paragraph separators, and what Unicode has not given a meaning.
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
#: Joiners are part of how some scripts and emoji are written.
_JOINERS = "\u200c\u200d"
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_PLAIN = re.compile(r"[ -~]*")


def printable(text: object, keep: str = "") -> str:
    """The text, each hidden character written by its number, as in ``\\x1b`` or ``\\u202e``; those in ``keep`` stay."""
    string = str(text)
    if _PLAIN.fullmatch(string):
        return string
    return "".join(c if c in keep or not _hidden(c) else _NAMED.get(c) or _number(c) for c in string)


def strict_json(value: Any, indent: int | None = None) -> str:
    """A value as JSON that every reader takes: null where a number is not finite, hidden characters by number."""
    text = json.dumps(_finite(value), ensure_ascii=False, indent=indent, allow_nan=False, default=str)
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(_unit(c) if c != "\n" and _hidden(c) else c for c in text)


def _hidden(c: str) -> bool:
    return unicodedata.category(c) in _HIDDEN and c not in _JOINERS


def _number(c: str) -> str:
    code = ord(c)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unit(c: str) -> str:
    """As JSON escapes it: in UTF-16."""
    return json.dumps(c)[1:-1] if ord(c) > 0x7F else f"\\u{ord(c):04x}"


def _finite(value: Any) -> Any:
    """The value with plain numbers in it, None for one that is not finite."""
    if isinstance(value, Mapping):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, str | bool | int) or value is None:
        return value
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays, without importing NumPy
        return _finite(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)
