"""The parameters with which an editor reads a net: from ``# netspec: depth=18`` in a comment, or from its settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.diagnostics import Problems, Source, Span
from netspec.language import syntax as s
from netspec.net.reading import setting

_ASKED = re.compile(r"#\s*netspec:(.*)")
_ONE = re.compile(r"""\s*,?\s*([^\W\d]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^\s,"\[\]]+)""")


def read_parameters(comments: Sequence[Span], problems: Problems) -> dict[str, Any]:
    """The values that comments give; a comment that begins like one and is none is a warning."""
    found: dict[str, Any] = {}
    for comment in comments:
        asked = _ASKED.match(comment.text)
        if asked is None:
            continue
        text, at = asked[1].rstrip(), 0
        while one := _ONE.match(text, at):
            found[one[1]] = setting(one[2])
            at = one.end()
        if text[at:].strip(" ,"):
            problems.warning(
                "N113", comment, "this line for the editor is not read to its end", label="no `name=value`",
                help="write `# netspec: depth=18, plain=true`",
            )  # fmt: skip
    return found


def places_of(name: str, source: Source) -> Iterator[Span]:
    """Where comments give a parameter its value."""
    for asked in _ASKED.finditer(source.text):
        at = asked.start(1)
        while one := _ONE.match(source.text, at, asked.end()):
            if one[1] == name:
                yield Span(source, *one.span(1))
            at = one.end()


def for_net(file: s.File, said: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a file is read with: what it says itself, and of the editor's settings what its net has parameters for."""
    net = next((item for item in file.items if isinstance(item, s.Net)), None)
    if net is None:
        return {}
    names = {parameter.name for parameter in net.parameters}
    return {**{name: value for name, value in settings.items() if name in names}, **said}
