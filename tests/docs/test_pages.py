"""Every page of docs/ is what happens: each of its commands is run, and prints what the page shows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from netspec import cli
from tests.docs.session import FENCE, ROOT, Mismatch, Session, agree

DOCS = ROOT / "docs"
#: Pages of errors have a test of their own; the book of claims is measured.
PAGES = sorted(
    path
    for path in (*DOCS.rglob("*.md"), *ROOT.glob("README*.md"))
    if path.parent.name != "errors" and FENCE.search(path.read_text(encoding="utf-8"))
)
#: Pages that train for more than a second or two.
SLOW = {"autoencoder", "lenet5", "mlp", "running", "start", "tables", "training", "tutorial"}


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            page, id=str(page.relative_to(ROOT)), marks=[pytest.mark.slow] if page.name.split(".")[0] in SLOW else []
        )
        for page in PAGES
    ],
)
def test_the_page_is_what_happens(page: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    new = Session(tmp_path).run(text)
    drawn = [name for name in re.findall(r"!\[[^]]*\]\((.*?\.svg)\)", text) if page.parent != DOCS / "claims"]
    if request.config.getoption("--accept"):
        page.write_text(new, encoding="utf-8")
        for name in drawn:
            shutil.copy(tmp_path / name, page.parent)
    else:
        assert new == text
        assert all((tmp_path / name).is_file() for name in drawn)


def test_commands_in_the_text_of_pages_are_some() -> None:
    for path in (*DOCS.rglob("*.md"), *ROOT.glob("README*.md")):
        named = set(re.findall(r"`netspec ([a-z]+)", path.read_text(encoding="utf-8")))
        assert named <= set(cli.COMMANDS), path


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("`a.net`\n```net\nnetspec 1\nnet A {\n    input x: 3\n    output y = x -> relu\n}\n```\n"
         "From `a.net`:\n```net\n    output y = x -> tanh\n```\n", "has no such lines"),
        ("```net\nnetspec 1\n```\n", "no file is named"),
        ("```console\n$ netspec check none.net\n```\n", "ended with 2"),
        ("```console\n$ mkdir a\n$ mkdir a\n```\n", "ended with 1"),
        ("```pycon\n>>> 1 + 1\n3\n```\n", "Got"),
        ("```net part\nconv(16 3)\n```\n", "no part of a spec"),
        ("```sh\nnetspec demo\n```\n", "is not run"),
    ],
)  # fmt: skip
def test_what_is_not_so_is_told(page: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Mismatch, match=told):
        Session(tmp_path).run(page)


def test_what_is_printed_stands_where_something_else_was_shown(tmp_path: Path) -> None:
    page = "```console\n$ echo one two\n{}$ echo four\nfour\n```\n"
    assert Session(tmp_path).run(page.format("one six\n")) == page.format("one two\n")


@pytest.mark.parametrize(
    ("shown", "printed", "measured", "same"),
    [
        ("a 1\n", "a 1\n", False, True),
        ("a 1\n", "a 2\n", False, False),
        ("a …\n", "a 2\n", False, True),
        ("a\n…\n", "a\nb\nc\n", False, True),
        ("a\n…\nd\n", "a\nb\nc\n", False, False),
        ("a …\n", "a 2\nb\n", False, False),
        ("epoch 1  accuracy 90.0%  0.1 s\n", "epoch 1  accuracy 92.5%  7.9 s\n", True, True),
        ("epoch 1  accuracy 90.0%  0.1 s\n", "epoch 1  accuracy 78.0%  0.1 s\n", True, False),
        ("1,001 examples\n", "1,500 examples\n", True, False),
        ("7 examples\n", "8 examples\n", True, False),
        ("one 1\n", "two 1\n", True, False),
    ],
)
def test_what_agrees(shown: str, printed: str, measured: bool, same: bool) -> None:
    assert agree(shown, printed, measured) is same
