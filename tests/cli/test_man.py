"""The manual page: every command and option is in it, and `man` reads it without a warning."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from netspec.cli import main, netspec
from netspec.cli.man import _text, page

MACROS = {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".nf", ".fi"}


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return list(page())


def plain(text: str) -> str:
    """What a reader sees of a line."""
    text = text.replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\(ga", "`").replace(r"\&", "")
    return re.sub(r"\\\[u([0-9A-F]+)\]", lambda found: chr(int(found[1], 16)), text).replace(r"\e", "\\")


def test_every_line_is_text_or_a_macro_of_man(lines: list[str]) -> None:
    assert {line.split()[0] for line in lines if line.startswith((".", "'"))} <= MACROS
    assert all(line and line.isascii() for line in lines)
    assert lines.count(".nf") == lines.count(".fi")


def options(command: click.Command, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            assert inner is not None
            yield from options(inner, f"{path} {name}")
        return
    yield path, ""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield path, parameter.opts[-1]


def test_every_command_has_its_options_and_their_help(lines: list[str]) -> None:
    place, sections = "", {"": ""}
    for line in lines:
        if line.startswith((".SS ", ".SH ")):
            place = re.split(r" [\[A-Z]", plain(line[4:]))[0]
            sections[place] = ""
        else:
            sections[place] += f"{plain(line)}\n"
    for path, option in options(netspec, "netspec"):
        assert option in sections[path], path
    assert "Give a free size a number, such as H=224." in sections["netspec show"]
    assert 'netspec completion zsh > "${fpath[1]}/_netspec"\n' in sections["netspec completion"]
    assert ".B 130" in sections["EXIT"]


@pytest.mark.parametrize("text", [".B no macro", "'no macro", "a\\fBb", "--out", "…`x`", "-"])
def test_texts_stay_what_they_are(text: str) -> None:
    written = _text(text)
    assert plain(written) == text
    assert not written.startswith((".", "'"))
    assert written.isascii()


def test_man_reads_it_without_a_warning(tmp_path: Path) -> None:
    """Where there is a `man` that can warn."""
    assert main(["man", "-o", str(tmp_path / "netspec.1")]) == 0
    if shutil.which("man") and shutil.which("groff"):
        environment = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"}
        done = subprocess.run(
            ["man", "--warnings", "-l", "./netspec.1"], cwd=tmp_path, env=environment, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        shown = re.sub(".\b", "", done.stdout)
        assert re.search(r"^EXIT STATUS$", shown, re.MULTILINE)
        assert "…" in shown  # it is no ASCII
