"""The walk of docs/architecture.md is what happens; its drawing of the rooms is the contract's."""

from __future__ import annotations

import ast
import doctest
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"


def test_the_walk() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert tried > 20
    assert not failed


def test_the_drawing_has_the_floors_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [c for c in settings["tool"]["importlinter"]["contracts"] if c["name"] == "one direction"]
    drawn = re.findall(r"^    ([a-z]+(?: \| [a-z]+)*) {2,}\S", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert drawn == contract["layers"]


def test_every_page_of_a_decision_has_the_three_parts() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert len(pages) >= 5
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], page.name


#: What a file says that imports inside a function: there is no other reason to.
LATE = "# What only some commands need is imported where it is used, so that the others start quickly.\n"


@pytest.mark.slow
def test_imports_inside_functions_say_why() -> None:
    for path in sorted((ROOT / "netspec").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        late = any(
            isinstance(node, ast.Import | ast.ImportFrom) for function in functions for node in ast.walk(function)
        )
        assert (LATE in text) == late, path
