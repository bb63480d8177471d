"""What is named in a file, and where each name is meant: told from the text alone, so it holds in half a file too."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from netspec.diagnostics import Span
from netspec.language import syntax as s

#: Kinds of names that a block's braces hide.
_VALUES = ("input", "output", "value")


@lru_cache(maxsize=1024)
def _real(name: str) -> str:
    return os.path.realpath(name)


@dataclass(eq=False, slots=True)
class Declared:
    """A name that a file gives a meaning.

    ``kind`` is net, block, input, output, value, share, constant, parameter, table, variable or size; ``whole`` is the
    declaration, ``span`` the name in it. ``parameters`` are those of a net or a block.
    """

    name: str
    kind: str
    span: Span
    whole: Span
    node: s.Node | None = None
    parameters: dict[str, Declared] = field(default_factory=dict)

    @property
    def place(self) -> tuple[str, int]:
        """What tells it from others, also in another reading of its file."""
        return _real(self.span.source.name), self.span.start


@dataclass(slots=True)
class Mention:
    """A name where it stands: declared there, meant there, or a word of the language.

    Of a word ``kind`` is layer, argument, function, word, generator, key, section, figure, size of or table kind, and
    ``owner`` whose it is: an argument's layer, a setting's section.
    """

    span: Span
    kind: str
    name: str
    declared: Declared | None = None
    declares: bool = False
    owner: str = ""
    node: s.Node | None = None


@dataclass(eq=False)
class Braces:
    """The names that one pair of braces binds, each with the offset from which on it is seen."""

    span: Span
    parent: Braces | None = None
    wall: bool = False
    enters: bool = False  # whether `in` means something
    bound: dict[str, tuple[int, Declared]] = field(default_factory=dict)
    inner: list[Braces] = field(default_factory=list)

    def bind(self, declared: Declared, seen_from: int) -> None:
        """A name means this, from an offset on; one that is bound twice means the first."""
        self.bound.setdefault(declared.name, (seen_from, declared))

    def find(self, name: str, offset: int) -> Declared | None:
        """What a name means at an offset; where it means nothing yet, what it will mean below."""
        return self._find(name, offset) or self._find(name, len(self.span.source.text))

    def _find(self, name: str, offset: int) -> Declared | None:
        hidden = False
        for braces in self.chain():
            seen_from, declared = braces.bound.get(name, (0, None))
            if declared is not None and seen_from <= offset and not (hidden and declared.kind in _VALUES):
                return declared
            hidden = hidden or braces.wall
        return None

    def chain(self) -> Iterator[Braces]:
        """These braces and those around them."""
        braces: Braces | None = self
        while braces is not None:
            yield braces
            braces = braces.parent

    def at(self, offset: int) -> Braces:
        """The innermost braces around an offset."""
        for inner in self.inner:
            if inner.span.start < offset <= inner.span.end:
                return inner.at(offset)
        return self

    def visible(self, offset: int) -> dict[str, Declared]:
        """All that names mean at an offset."""
        found: dict[str, Declared] = {}
        hidden = False
        for braces in self.chain():
            for name, (seen_from, declared) in braces.bound.items():
                if seen_from <= offset and not (hidden and declared.kind in _VALUES):
                    found.setdefault(name, declared)
            hidden = hidden or braces.wall
        return found


@dataclass
class Names:
    """The names of a file: its outermost braces, and all mentions in the order of the text."""

    braces: Braces
    mentions: list[Mention]
    #: What those get who use the file.
    exported: Mapping[str, Declared]

    @cached_property
    def _starts(self) -> list[int]:
        return [mention.span.start for mention in self.mentions]

    def at(self, offset: int) -> Mention | None:
        """What is named at an offset, or ends there."""
        index = bisect_right(self._starts, offset)
        for mention in reversed(self.mentions[max(index - 2, 0) : index]):
            if mention.span.start <= offset <= mention.span.end:
                return mention
        return None

    def starting(self, offset: int) -> Mention | None:
        """What is named from an offset on."""
        index = bisect_right(self._starts, offset) - 1
        return self.mentions[index] if index >= 0 and self._starts[index] == offset else None

    def of(self, declared: Declared) -> list[Mention]:
        """All mentions of what is declared, its declaration among them."""
        return [one for one in self.mentions if one.declared is not None and one.declared.place == declared.place]
