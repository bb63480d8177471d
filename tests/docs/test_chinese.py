"""Pages in Chinese say what the English ones say: the same sections, blocks and figures, in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netspec.cli import COMMANDS
from tests.docs.session import FENCE, ROOT

PAGES = sorted([*(ROOT / "docs").rglob("*.zh.md"), ROOT / "README.zh.md"])
PART = re.compile(r"^(#+) |^```(\w*(?: \w+)*)$|^(!\[)|^\| (---)", re.MULTILINE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def parts(text: str) -> list[str]:
    """Headings by their level, blocks by their kind, figures and tables."""
    return ["".join(filter(None, found)) for found in PART.findall(FENCE.sub(r"```\1", text))]


@pytest.mark.parametrize("page", [p for p in PAGES if p.name != "README.zh.md"], ids=lambda p: p.name)
def test_a_page_has_the_parts_of_the_english_one(page: Path) -> None:
    english = page.with_name(page.name.replace(".zh.md", ".md"))
    assert parts(page.read_text(encoding="utf-8")) == parts(english.read_text(encoding="utf-8"))


def test_parts_are_seen() -> None:
    assert parts("# a\n\n```net\n# no heading\n```\n\n![x](y)\n\n| a |\n| --- |\n") == ["#", "net", "![", "---"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_its_own_specs_have_chinese_names(page: Path) -> None:
    for block in re.findall(
        r"^```net\n(netspec 1\n.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        code = re.sub(r"#.*|\"[^\"]*\"", "", block)
        assert CHINESE.search(code), block


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    assert {name for name in COMMANDS if f"| `netspec {name}" not in text} == set()
