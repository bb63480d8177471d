"""Whatever stands in a file, it is read to its end: errors with a place, no exception, no circle without end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.language import parse

ROOT = Path(__file__).parents[2]
PAGES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "errors").glob("N*.md")))
SPECS = [found for found in re.findall(r"```net(?: error)?\n(.*?)```", PAGES, re.DOTALL) if len(found) < 1500]
PIECES = re.compile(r"\w+|\s+|->|[^\w\s]")
WORDS = [
    "->", "(", ")", "[", "]", "{", "}", ",", ":", "=", "*", "if", "else", "for", "in", "conv", "dense", "x", "3", "0",
    "-1", '"a"', '"\\q"',
    "residual", "table", "share", "block", "net", "let", "input", "output", "expect", "use", "train", "data", "\n",
    " ", "..", "**", ".",
    "not", "relu", "concat", "in[0]", "in.maps", "image", "#", "é", "\u200b",
]  # fmt: skip
CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3), st.sampled_from(WORDS)), min_size=1, max_size=5)


def findings(text: str) -> str:
    problems = Problems()
    found = elaborate(parse(Source("a.net", text), problems), problems, path=ROOT / "specs" / "a.net")
    assert problems.errors or found.graph is not None or found.is_library
    return render(problems)


@pytest.mark.slow
@given(st.sampled_from(SPECS), CHANGES)
@settings(max_examples=400, deadline=None)
def test_any_change_of_a_spec_is_read_to_its_end(spec: str, changes: list[tuple[int, int, str]]) -> None:
    pieces = PIECES.findall(spec)
    for place, kind, word in changes:
        at = place % (len(pieces) + 1)
        pieces[at : at + kind] = [word] if kind < 3 else pieces[: place % 9]
    findings("".join(pieces))


NET = "netspec 1\n\nnet Tiny {{\n    input image: 3 x 8 x 8\n    output y = image -> {0}\n}}{1}\n"


@pytest.mark.parametrize(
    "behind",
    [".", " y", "}", "} y", " = 3", "{", " {", "[", "for", " ->", "\n}\n} x", " # fine", "x }", "} }", " foo }\n}"],
)
def test_what_stands_behind_a_brace_is_said(behind: str) -> None:
    found = findings(NET.format("relu", behind))
    assert ("error" in found) == ("#" not in behind)


@pytest.mark.parametrize(
    "body",
    [
        "residual { relu } y",
        "residual { relu } }",
        "residual { relu }. -> cnov(3)",
        "[conv(4, 3), reluTiny {\n input image:\n}\nconv(4, 3)]Tiny {\n input -> relu\n}",
    ],
)
def test_what_stands_behind_an_inner_brace_is_said(body: str) -> None:
    assert "page" not in findings(NET.format(body, "")) and "error[" in findings(NET.format(body, ""))


def test_a_share_cannot_use_itself() -> None:
    found = findings("netspec 1\nnet A {\n input x: 3\n share s = x -> s\n output y = x -> s\n}\n")
    assert "error[N101]: s is used above the line that binds it" in found
