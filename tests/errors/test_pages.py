"""Every error has a page, and the page is its test: what it shows is what netspec prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.language import parse
from tests.fixtures import prepared

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "errors").glob("N*.md"))
#: What pages have no room for: in the same form, a file for each part of the language.
MORE = sorted((ROOT / "tests" / "errors" / "more").glob("*.md"))
ERROR = re.compile(r"```net error\n(.*?)```\n```text\n(.*?)```", re.DOTALL)
SOUND = re.compile(r"```net\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"```console\n(\$ netspec [^\n]*)\n(.*?)```", re.DOTALL)


def slow(page: Path) -> tuple[pytest.MarkDecorator, ...]:
    """Pages that run commands take their time."""
    return (pytest.mark.slow,) if CONSOLE.search(page.read_text(encoding="utf-8")) else ()


def printed(text: str) -> str:
    """What `netspec check` prints of a spec called page.net."""
    problems = Problems()
    elaborate(parse(Source("page.net", text), problems), problems, path=ROOT / "docs" / "errors" / "page.net")
    return render(problems)


@pytest.mark.parametrize("page", [pytest.param(page, marks=slow(page), id=page.stem) for page in (*PAGES, *MORE)])
def test_page_shows_what_netspec_prints(page: Path, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    new = ERROR.sub(lambda m: f"```net error\n{m[1]}```\n```text\n{printed(m[1])}\n```", text)
    if CONSOLE.search(text):
        folder = prepared(tmp_path)
        new = CONSOLE.sub(lambda m: f"```console\n{m[1]}\n{run(m[1], folder)}```", new)
    if new != text and request.config.getoption("--accept"):
        page.write_text(new, encoding="utf-8")
    assert new == text
    for sound in SOUND.findall(text):
        assert printed(sound) == ""
    shown = [answer for _, answer in ERROR.findall(text)]
    if page in MORE:
        assert shown and all(map(str.strip, shown))
    else:
        assert not shown or f"[{page.stem}]" in text


def run(line: str, folder: Path) -> str:
    """A command's stderr and stdout, in a folder with the files that pages speak of."""
    arguments = line.split()[2:]
    done = subprocess.run(
        [sys.executable, "-m", "netspec", *arguments], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    kept = [
        row
        for row in done.stderr.splitlines()
        if not row.startswith(("running on", "no weights")) and not re.match(r"\d+ (picture|example)s? in ", row)
    ]
    text = "\n".join([*kept, *done.stdout.splitlines()])
    text = re.sub(r"[0-9.]+ (s|KB|MB)\b", r"… \1", text.replace(f"{folder}/", ""))
    return re.sub(r"(, )[0-9] workers?", r"\g<1>… workers", text) + "\n" if text else ""


def test_codes_and_pages_are_the_same_set() -> None:
    codes = {
        code
        for path in (ROOT / "netspec").rglob("*.py")
        for code in re.findall(r'"(N\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert codes == {page.stem for page in PAGES}
