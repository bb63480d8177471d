"""The first line of a file: the version of the language, or whose file it is."""

from __future__ import annotations

import re
from typing import NamedTuple

from netspec.diagnostics import Problems, Source, Span

VERSION = 1

#: A blank: any of Unicode's that does not end a line.
_B = r"[^\S\n]"
#: A line that only a netspec file has.
_OURS = re.compile(
    rf'^{_B}*+(?:(?:net|block){_B}+\w+{_B}*[({{]|use{_B}*"|let{_B}+\w+{_B}*=|\w++{_B}+table{_B}+\w+{_B}*:)',
    re.MULTILINE,
)
_ABOVE = re.compile(rf"{_B}*+(?:#[^\n]*+)?")
_VERSION = re.compile(rf"netspec{_B}+([0-9]+){_B}*(?=#|\n|\Z)")
#: So much of a file is looked at to tell whose it is.
_LOOKED_AT = 2**16
#: How files of other programs begin.
_THEIRS = {
    r"SNNS network definition file": "a network of SNNS, the Stuttgart Neural Network Simulator",
    r"\[net(?:work)?\]": "a configuration of Darknet",
    r"(?:name[ \t]*:[ \t]*\"[^\n]*\n(?:[^\n]*\n)*?)?[ \t]*layers?[ \t]*\{": "a prototxt of Caffe",
    r"(?i:\*(?:vertices|network)\b)": "a graph of Pajek",
    r"net\s*\{|class[ \t]+\w+\s*\{": "a Bayesian network of Hugin",
}


def says_version(text: str) -> bool:
    """Whether the first line that is not a comment is ``netspec N``."""
    return _VERSION.match(text, _first(text)) is not None


class Said(NamedTuple):
    """The version, from ``start`` to ``end`` (None: not there); where the text goes on; whether it is foreign."""

    start: int
    end: int | None
    go_on: int
    foreign: bool = False


def read_version(source: Source, problems: Problems) -> Said:
    """Read ``netspec 1``, the first line that is not a comment; what is wrong with it is said once."""
    text = source.text
    start = _first(text)
    found = _VERSION.match(text, start)
    if found is None:
        return _missing(source, start, problems)
    if int(found[1][:9]) != VERSION or len(found[1]) > 9:
        problems.error(
            "N002", Span(source, *found.span(1)),
            f"this file is in version {found[1][:12]} of the language, and this netspec reads version {VERSION}",
            label="not supported", help="install a newer netspec, or write `netspec 1`",
        )  # fmt: skip
    return Said(start, start + len(found[0].rstrip()), found.end())


def _first(text: str) -> int:
    """Where the first thing stands that is neither blank nor a comment; the end of the text where there is none."""
    position = 0
    while True:
        above = _ABOVE.match(text, position)
        position = above.end() if above else position
        if text[position : position + 1] != "\n":
            return position
        position += 1


def _missing(source: Source, start: int, problems: Problems) -> Said:
    text = source.text
    line = text[start : start + _LOOKED_AT].split("\n", 1)[0].rstrip()
    span = Span(source, start, start + max(len(line), 1))
    near = re.match(rf"netspec\b(?:{_B}*[0-9]+(?={_B}))?", line, re.IGNORECASE)
    if near is not None:
        problems.error(
            "N001",
            span,
            "the language version is not written like this",
            help="write `netspec 1`, on a line of its own",
        )
        return Said(start, None, start + (len(near[0]) if re.search(r"[{}]", line) else len(line)))
    theirs = next(
        (name for pattern, name in _THEIRS.items() if re.compile(pattern).match(text[start : start + _LOOKED_AT])), ""
    )
    if theirs:
        problems.error(
            "N001", span, f"this is {theirs}, not a netspec file",
            help="other programs have files like it, some called .net; a netspec file begins with `netspec 1`",
        )  # fmt: skip
    else:
        problems.error(
            "N001", span, "the file does not state its language version",
            label="before this line", help="add this line at the top: `netspec 1`",
        )  # fmt: skip
    return Said(start, None, start, bool(theirs) or not _OURS.search(text))
