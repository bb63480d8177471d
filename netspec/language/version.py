"""The first line of a file: the version of the language, or whose file it is."""

from __future__ import annotations

import re
from typing import NamedTuple

from netspec.diagnostics import Problems, Source, Span

VERSION = 1

#: A line that only a netspec file has.
_OURS = re.compile(r'^[ \t]*(?:(?:net|block)[ \t]+\w+[ \t]*[({]|use[ \t]*"|let[ \t]+\w+[ \t]*=|\w+[ \t]+table[ \t]+\w+[ \t]*:)', re.MULTILINE)
#: How files of other programs begin.
_THEIRS = {
    r"SNNS network definition file": "a network of SNNS, the Stuttgart Neural Network Simulator",
    r"\[net(?:work)?\]": "a configuration of Darknet",
    r"(?:name[ \t]*:[ \t]*\"[^\n]*\n(?:[^\n]*\n)*?)?[ \t]*layers?[ \t]*\{": "a prototxt of Caffe",
    r"(?i:\*(?:vertices|network)\b)": "a graph of Pajek",
    r"net\s*\{|class[ \t]+\w+\s*\{": "a Bayesian network of Hugin",
}


_BEFORE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(#[^\n]*\Z)?")
_SAID = re.compile(r"netspec[ \t]+([0-9]+)[ \t]*(?=#|\n|\Z)")


def says_version(text: str) -> bool:
    """Whether the first line that is not a comment is ``netspec N``."""
    before = _BEFORE.match(text)
    return bool(before and _SAID.match(text, before.end()))


class Said(NamedTuple):
    """The version from ``start`` to ``end``, None where it is not there; where the text goes on; whether it is foreign."""

    start: int
    end: int | None
    go_on: int
    foreign: bool = False


def read_version(source: Source, problems: Problems) -> Said:
    """Read ``netspec 1``, the first line that is not a comment; what is wrong with it is said once."""
    text = source.text
    before = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(#[^\n]*\Z)?").match(text)
    start = before.end() if before else 0
    found = re.compile(r"netspec[ \t]+([0-9]+)[ \t]*(?=#|\n|\Z)").match(text, start)
    if found is None:
        return _missing(source, start, problems)
    if int(found[1][:9]) != VERSION or len(found[1]) > 9:
        problems.error(
            "N002", Span(source, *found.span(1)),
            f"this file is written in version {found[1][:12]} of the language, and this netspec reads version {VERSION}",
            label="not known here", help="install a newer netspec, or write `netspec 1`",
        )  # fmt: skip
    return Said(start, start + len(found[0].rstrip()), found.end())


def _missing(source: Source, start: int, problems: Problems) -> Said:
    text = source.text
    line = text[start:].split("\n", 1)[0].rstrip()
    span = Span(source, start, start + max(len(line), 1))
    near = re.match(r"netspec\b(?:[ \t]*[0-9]+(?=[ \t]))?", line, re.IGNORECASE)
    if near is not None:
        problems.error("N001", span, "the language version is not written like this", help="write `netspec 1`, on a line of its own")
        return Said(start, None, start + (len(near[0]) if re.search(r"[{}]", line) else len(line)))
    theirs = next((name for pattern, name in _THEIRS.items() if re.compile(pattern).match(text, start)), "")
    if theirs:
        problems.error(
            "N001", span, f"this is {theirs}, not a netspec file",
            help="other programs have files like it, some called .net; a netspec file begins with `netspec 1`",
        )  # fmt: skip
    else:
        problems.error(
            "N001", span, "the file does not say its language version",
            label="before this line", help="add this line at the top: `netspec 1`",
        )  # fmt: skip
    return Said(start, None, start, bool(theirs) or not _OURS.search(text))
