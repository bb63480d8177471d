"""The arguments of what stands before an open parenthesis, and which one is being written."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token
from lsprotocol.types import (
    MarkupContent,
    MarkupKind,
    ParameterInformation,
    SignatureHelp,
    SignatureHelpParams,
    SignatureInformation,
)

from netspec.elaborate.expectations import FIGURES
from netspec.language import syntax as s
from netspec.lsp import words
from netspec.lsp.cursor import Cursor, Open, cursor
from netspec.lsp.names import Declared
from netspec.lsp.snapshot import Snapshot
from netspec.report.described import Argument, Described


def signature(snapshot: Snapshot, params: SignatureHelpParams) -> SignatureHelp | None:
    """What the innermost call around a place takes."""
    found = cursor(snapshot, snapshot.places.offset(params.position))
    if found is None:
        return None
    for opened in reversed(found.around):
        called = called_at(snapshot, found, opened)
        if called is not None:
            return _shown(called, opened)
        if opened.holds in ("file", "body", "section", "picture"):
            return None
    return None


def called_at(snapshot: Snapshot, found: Cursor, opened: Open) -> Described | None:
    """What takes the arguments of an open parenthesis: a block of the file, a layer, a step, a generator …"""
    if opened.holds != "arguments" or opened.name is None:
        return None
    name = str(opened.name)
    kinds = [token.type for token in found.head]
    if kinds[:1] == ["EXPECT"] and opened.name is found.head[1]:
        figures = tuple(Argument(figure, "a number", False, "not held", about) for figure, about in FIGURES.items())
        return Described("expect", "", "What the paper says, held against what the spec is.", (), figures)
    if kinds[:1] in (["OUTPUT"], ["NET"], ["BLOCK"]) and opened.name is found.head[1]:
        return _OUTPUT if kinds[0] == "OUTPUT" else None
    if any(one.holds == "section" for one in found.around):
        key = str(found.head[0]) if found.head else ""
        return words.behind(key).get(name) or words.functions().get(name)
    if "TABLE" in kinds[1:2]:
        return words.generators().get(name) or words.functions().get(name)
    declared = snapshot.names.braces.at(found.start).find(name, found.start)
    if declared is not None and declared.kind == "block":
        return _block(declared.whole.text, name, list(declared.parameters.values()))
    return words.layers().get(name) or words.functions().get(name)


_OUTPUT = Described(
    "output", "", "An auxiliary head, where it says `train`.",
    (Argument("train", "train", False, "not set", "a loss while training, and left out of what is deployed"),),
    (Argument("weight", "a number of at least 0", False, "1", "how much its loss counts"),),
)  # fmt: skip


def _block(text: str, name: str, parameters: Sequence[Declared]) -> Described:
    given = []
    for one in parameters:
        default = one.node.default if isinstance(one.node, s.Parameter) else None
        written = None if default is None else default.span.text
        given.append(Argument(one.name, "", written is None, written))
    return Described(name, "a block", text.split("\n", 1)[0].rstrip(), tuple(given))


def _shown(called: Described, opened: Open) -> SignatureHelp:
    parts, label = [], f"{called.name}("
    arguments = (*called.ordered, *called.named)
    for number, one in enumerate(arguments):
        text = one.name if one.required else f"{one.name}: {one.default}"
        start = len(label) + (2 if number else 0)
        label += f"{', ' if number else ''}{text}"
        about = ". It takes ".join(part for part in (one.about, one.takes) if part)
        parts.append(
            ParameterInformation((start, len(label)), MarkupContent(MarkupKind.Markdown, about) if about else None)
        )
    told = MarkupContent(MarkupKind.Markdown, called.about.replace("``", "`"))
    information = SignatureInformation(f"{label})", told, parts)
    return SignatureHelp([information], 0, _active(called, opened.given()))


def _active(called: Described, given: list[list[Token]]) -> int | None:
    """Which argument is being written: by its name, else by its place."""
    names = [one.name for one in (*called.ordered, *called.named)]
    present = given[-1]
    if len(present) > 1 and present[1].type == "COLON":
        return names.index(str(present[0])) if str(present[0]) in names else None
    place = len(given) - 1
    return place if place < len(called.ordered) else None
