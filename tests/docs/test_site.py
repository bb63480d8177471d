"""The site of docs/: every page can be found in it, and what checks the built one notices what must not be there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.session import ROOT

PAGE = '<html><head><link rel="stylesheet" href="a.css"></head><body><h1 id="top">a</h1>{}</body></html>'


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n")[1].split("\nplugins:")[0]
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    listed = {line.split()[-1] for line in navigation.splitlines() if line.endswith(".md")}
    beside = {"contributing.md", "changes.md"}  # .ci/site_hooks.py writes these
    found = {name for name in pages if not name.startswith(("errors/N", "decisions/")) and not name.endswith(".zh.md")}
    assert found == listed - beside


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="#top">a</a><a href="b.html#there">b</a><a href="https://x.org">c</a>', ""),
        ('<a href="none.html">a</a>', "leads to none.html, which is not there"),
        ('<a href="b.html#none">a</a>', "leads to b.html#none, and the page has no such place"),
        ('<img src="https://x.org/a.png">', "fetches https://x.org/a.png"),
        ('<script src="//x.org/a.js"></script>', "fetches //x.org/a.js"),
        ('<link rel="icon" href="http://x.org/a.ico">', "fetches http://x.org/a.ico"),
        ("<style>@import 'https://x.org/a.css';</style>", "fetches https://x.org/a.css"),
        ('<p style="background: url(https://x.org/b.png)">a</p>', "fetches https://x.org/b.png"),
    ],
)
def test_the_check_of_the_built_site(body: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE.format(body), encoding="utf-8")
    (tmp_path / "b.html").write_text(PAGE.format('<h2 id="there">b</h2>'), encoding="utf-8")
    (tmp_path / "a.css").write_text("h1 { color: red }", encoding="utf-8")
    check = [sys.executable, str(ROOT / ".ci" / "check_site.py"), str(tmp_path)]
    done = subprocess.run(check, capture_output=True, text=True)
    assert (done.returncode, told in done.stdout) == (int(bool(told)), True)
