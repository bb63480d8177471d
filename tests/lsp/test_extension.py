"""The extension for VS Code: its grammar knows the language's words, its snippets are sound, its settings are read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from netspec.elaborate.tables import KINDS
from netspec.language.keywords import KEYWORDS
from tests.elaborate.reading import read

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "editors" / "vscode"


def loaded(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


SNIPPETS = loaded("snippets/netspec.json")
#: What must stand around a snippet so that it is a whole file.
AROUND = {
    "residual": "block q() {{ {} }}", "expect": "net A {{ input i: 3\n output y = i -> relu\n {} }}",
    "block": "{}\n", "whole": "{}",
}  # fmt: skip


def filled(body: list[str]) -> str:
    """A snippet with what its places begin with; a choice is its first."""
    text = "\n".join(body)
    text = re.sub(r"\$\{\d+\|([^,|]+)[^}]*\|\}", r"\1", text)
    text = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", text)
    return text.replace("{ $0 }", "{ relu }").replace(": $0)", ": 0)").replace("$0", "")


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_sound(name: str) -> None:
    text = filled(SNIPPETS[name]["body"])
    around = AROUND.get(name, "{}")
    reading = read(around.format(text).removeprefix("netspec 1\n"))
    assert [problem.message for problem in reading.problems if problem.severity == "error"] == []


def test_the_grammar_has_every_word_of_the_language() -> None:
    words = set(re.findall(r"[a-z]+", (FOLDER / "syntaxes" / "netspec.tmLanguage.json").read_text(encoding="utf-8")))
    assert KEYWORDS | set(KINDS) | {"table", "train", "data", "netspec", "x"} <= words


def test_the_settings_are_those_that_the_server_reads() -> None:
    package = loaded("package.json")
    settings = set(package["contributes"]["configuration"]["properties"])
    server = (ROOT / "netspec" / "lsp" / "server.py").read_text(encoding="utf-8")
    read = {f"netspec.{name}" for name in re.findall(r'given\.get\("(\w+)"\)', server)} - {"netspec.netspec"}
    assert settings == read | {"netspec.command"}
    for path in [package["main"].replace("out/extension.js", "src/extension.ts"), "syntaxes/netspec.tmLanguage.json"]:
        assert (FOLDER / path).exists()


def test_what_is_built_of_is_locked_and_comes_from_the_registry() -> None:
    package, lock = loaded("package.json"), loaded("package-lock.json")
    root = lock["packages"][""]
    assert (root["dependencies"], root["devDependencies"]) == (package["dependencies"], package["devDependencies"])
    packages = [one for name, one in lock["packages"].items() if name]
    assert len(packages) > 100
    assert all(one["integrity"].startswith("sha512-") for one in packages)
    assert {one.get("resolved", "https://registry.npmjs.org/")[:27] for one in packages} == {
        "https://registry.npmjs.org/"
    }


def test_the_page_names_what_the_server_is_asked() -> None:
    page = (ROOT / "docs" / "editor.md").read_text(encoding="utf-8")
    for heading in ("VS Code", "Neovim", "Helix", "Emacs"):
        assert f"\n## {heading}" in page
    for setting in ("`netspec.command`", "`netspec.parameters`", "`netspec.root`", "# netspec: depth=18"):
        assert setting in page
