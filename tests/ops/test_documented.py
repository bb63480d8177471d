"""Every operator stands in docs/language.md with every argument and its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.language import parse
from netspec.ops import OPERATORS, Init
from netspec.ops.operator import COMMON

TEXT = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
#: The rows of the table of layers: what stands in code in the first cell, and in the whole row.
ROWS = [
    (re.findall(r"`([^`]+)`", row.split("|")[1]), re.findall(r"`([^`]+)`", row))
    for row in TEXT.split("| layer | ")[1].split("\n\n")[0].splitlines()[2:]
]


def signatures() -> dict[str, tuple[str, list[str]]]:
    """By layer its call in the first cell, and all code of its row."""
    return {call.split("(")[0]: (call, row) for calls, row in ROWS for call in calls}


def test_the_table_has_the_operators_and_no_others() -> None:
    assert set(signatures()) == set(OPERATORS)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_argument_is_documented(name: str) -> None:
    fields, (call, row) = OPERATORS[name].fields(), signatures()[name]
    required = [argument for argument in OPERATORS[name].positional() if fields[argument].required]
    assert call == (f"{name}({', '.join(required)})" if required else name)
    own = [argument for argument in fields if argument not in COMMON and not fields[argument].required]
    code = " ; ".join(row)
    assert [argument for argument in own if not re.search(rf"\b{argument}\b", code)] == []


@pytest.mark.parametrize("name", OPERATORS)
def test_every_default_is_the_documented_one(name: str) -> None:
    """`stride: 1` in the row says the default; within a call it is an example."""
    for argument, value in (found for code in signatures()[name][1] for found in re.findall(r"^(\w+): (\S+)$", code)):
        declared = OPERATORS[name].fields().get(argument)
        if declared is None or value in ("T", "σ"):
            continue
        default = declared.default
        if isinstance(default, Init):
            assert re.fullmatch(r"(\w+)\((.+)\)", value).groups() == (default.kind, f"{default.value:g}")  # type: ignore[union-attr]
        else:
            assert value in (str(default).lower(), f"{default:g}" if isinstance(default, float) else None) or float(
                value
            ) == float(default)


def test_what_layers_with_weights_take_is_documented() -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith("- Layers take `name: value` for"))
    assert [name for name in COMMON if f"`{name}: " not in line] == []


def test_the_documents_examples_can_be_parsed() -> None:
    from netspec.diagnostics import Problems, Source

    calls = [code for _, row in ROWS for code in row if re.fullmatch(r"\w+\(\w+: .*\)", code)]
    assert len(calls) >= 4
    for call in calls:
        problems = Problems()
        parse(Source("a.net", f"netspec 1\nnet A {{\ninput x: 2\noutput y = x -> {call}\n}}\n"), problems)
        assert not problems.errors, call
