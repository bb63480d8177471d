"""Many lines of one fault."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics.printable import printable
from netspec.diagnostics.render import MOST_TOLD


def several(lines: Sequence[str]) -> list[str]:
    """Those that are told, the first 50, and how many more there are; none where one line says it all.

    Each is one line, whatever names are in it.
    """
    if len(lines) == 1:
        return []
    more = [f"… and {len(lines) - MOST_TOLD:,} more"] if len(lines) > MOST_TOLD else []
    return [*map(printable, lines[:MOST_TOLD]), *more]
