"""Names of classes: one a line of a file, or a list; each once, and nothing hidden in them."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import category

from netspec.elaborate.arguments import single
from netspec.elaborate.expressions import evaluate
from netspec.elaborate.scope import Scope, fail
from netspec.elaborate.values import describe
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import Data

#: The most classes, and how many faults of one file are reported.
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
    return labels, [
        *wrong[:MOST_TOLD],
        *([(wrong[MOST_TOLD][0], f"and {len(wrong) - MOST_TOLD:,} faults more")] if len(wrong) > MOST_TOLD else []),
    ]


def hidden_in(name: str) -> str:
    """The first control character in a name, in words; nothing where there is none."""
    found = next((c for c in name if category(c) in ("Cc", "Zl", "Zp") or c in _BIDI), None)
    if found is None:
        return ""
    return f"the {'direction' if found in _BIDI else 'control'} character U+{ord(found):04X}"


def read_classes(node: s.Setting, scope: Scope, labels: Callable[[str, s.Expression, Scope], list[str]]) -> list[str]:
    """The names that ``classes:`` gives: a list, or the name of a file that ``labels`` reads."""
    expression = single(node, scope)
    value = evaluate(expression, scope)
    names = labels(value, expression, scope) if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise fail(
            scope,
            "N112",
            expression.span,
            f"classes must be a list of names or the name of a file, not {describe(value)}",
        )
    if isinstance(value, str):
        return names  # the file has been looked at line by line
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise fail(scope, "N112", expression.span, f'the class "{name[:80]}" is named twice')
        hidden = hidden_in(name)
        if hidden:
            raise fail(scope, "N112", expression.span, f"the name of a class has {hidden} in it")
        seen.add(name)
    return names


def check_classes(data: Data, section: s.Section, graph: Graph, scope: Scope) -> None:
    """As many class names as the first output has units or maps."""
    output = next((out for out in graph.outputs if not out.train), None)
    units = graph.shapes[output.value][0] if output else None
    if output and data.classes is not None and units != len(data.classes):
        node = next(node for node in section.settings if isinstance(node, s.Setting) and node.key == "classes")
        scope.problems.error(
            "N508", node.values[0].span,
            f"the data has {len(data.classes)} classes, and output {output.name} gives {units}",
            help=f"give the net as many: `--set classes={len(data.classes)}`, or name {units}",
        )  # fmt: skip
