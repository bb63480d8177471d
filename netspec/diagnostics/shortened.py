"""Long text cut down for a message: what a file says may be millions of characters, and what is said of it may not."""

from __future__ import annotations

import re

#: The longest message, label or help; the longest word in one, a name or a literal of the file that is quoted.
MOST, WORD = 500, 60
_LONG = re.compile(rf"[^\s/]{{{WORD + 1},}}")  # the parts of a path are words of their own


def shortened(text: str, most: int = MOST) -> str:
    """The text with its long words and, after that, its middle left out; ``…`` stands where something is missing."""
    if len(text) <= WORD:
        return text
    if len(text) > 8 * most:  # no need to look at all of it
        text = f"{text[: 4 * most]}…{text[-4 * most :]}"
    text = _LONG.sub(lambda found: f"{found[0][:40]}…{found[0][-15:]}", text)
    return text if len(text) <= most else f"{text[: most * 2 // 3]}…{text[-most // 3 :]}"
