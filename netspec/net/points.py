"""The points of a sweep: every combination of values, each with a name and its words of the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product

_LONGEST_NAME = 100


def split(text: str) -> list[str]:
    """The values of a list: commas part them, but for those in brackets or quotes. ValueError where one is empty."""
    found, deep, quoted = [""], 0, False
    for c in text:
        quoted ^= c == '"'
        deep += 0 if quoted else (c in "([{") - (c in ")]}")
        if c == "," and deep <= 0 and not quoted:
            found.append("")
        else:
            found[-1] += c
    found = [piece.strip() for piece in found]
    if not all(found):
        raise ValueError(f"{text!r} has an empty value")
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Point:
    """A training: ``values`` are those that differ from point to point, ``words`` all options of its command line."""

    values: Mapping[str, str]
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """A folder's name that says the values; another for each."""
        said = ",".join(f"{name}={value}" for name, value in self.values.items()) or "point"
        plain = re.sub(r"[^\w.,=+\-\[\]]", "_", said)[:_LONGEST_NAME].lstrip(".-")
        return plain if plain == said else f"{plain}-{sha256(said.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def points(choices: Mapping[str, Sequence[tuple[str, str]]], fixed: Sequence[str] = ()) -> list[Point]:
    """Every combination of the ``choices``, by name: what is shown of each, and its word of the command line."""
    several = [name for name, values in choices.items() if len(values) > 1]
    found = []
    for chosen in product(*choices.values()):
        shown = {name: value for name, (value, _) in zip(choices, chosen, strict=True) if name in several}
        found.append(Point(shown, (*(word for _, word in chosen), *fixed)))
    return found
