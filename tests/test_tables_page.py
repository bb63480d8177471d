"""docs/tables.md: its spec is sound, and each command on it prints what stands below it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from netspec import cli

PAGE = Path(__file__).parents[1] / "docs" / "tables.md"
BLOCK = re.compile(r"^    \$ (netspec [^\n]*)\n((?:    [^\n]*\n|\n(?=    [^$]))*)", re.MULTILINE)


def spec(text: str) -> str:
    """The file that the page is about."""
    block = re.search(r"(?:^    .*\n|^\n(?=    ))+", text, re.MULTILINE)
    assert block is not None
    return re.sub(r"^    ", "", block[0], flags=re.MULTILINE)


def test_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    Path("tables.net").write_text(spec(text), encoding="utf-8")

    def printed(found: re.Match[str]) -> str:
        assert cli.main(shlex.split(found[1])[1:]) == 0
        lines = [f"    {line}".rstrip() for line in capsys.readouterr().out.splitlines()]
        return "\n".join([f"    $ {found[1]}", *lines]) + "\n"

    shown = BLOCK.sub(printed, text)
    assert len(BLOCK.findall(text)) == 9
    if shown != text and request.config.getoption("--accept"):
        PAGE.write_text(shown, encoding="utf-8")
    assert shown == text
