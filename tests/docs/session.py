"""A page of docs/ as a session at a terminal: its files are written, its commands run, and what they print is compared.

A page has these fenced blocks, which belong together from its first line to its last:

- ``net``: a spec. It is the file that the text above names last, as `name.net`: it is written, or, where it is one of
  `specs/` or was written before, the block quotes lines of it. ``net part`` is some statements of one, of no file.
- ``console``: commands, each behind ``$``, with what a terminal shows of them. A block of commands alone shows nothing
  of what they print. A line ``…`` stands for any lines, and ``…`` in a line for anything. A command may only fail where
  its error is shown.
- ``pycon``: statements of Python with what they print, as doctest has it.
- ``sh``: installing, which is not run.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netspec import cli
from netspec.diagnostics import Problems, Source, render
from netspec.language import parse

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Commands whose figures differ a little from machine to machine.
MEASURING = ("claims", "eval", "profile", "prune", "run", "runs", "sweep", "train")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
#: What stands behind a number that is another one on every machine.
UNIT = re.compile(r"\s*(?:s|ms|minutes?|KB|MB|GB|GFLOP/s|GB/s|workers?)\b")
INSTALLING = re.compile(r"(\S*python[\d.]* -m venv|\S*pip install|npm|code|cd) .*")


class Mismatch(AssertionError):
    """A page shows what is not so."""


@dataclass
class Session:
    """The folder that a page works in, which has a copy of specs/."""

    folder: Path

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "specs", self.folder / "specs")
        self.names: dict[str, object] = {}

    def run(self, page: str) -> str:
        """The page as it should be: what its commands print now stands where what it shows does not agree."""
        out, place = [], 0
        for found in FENCE.finditer(page):
            blocks: dict[str, Callable[[str], str]] = {
                "console": self._console, "pycon": self._python, "net part": _part, "sh": _installing,
            }  # fmt: skip
            if found[1] == "net":
                self._file(found[2], page[: found.start()])
            new = blocks.get(found[1], str)(found[2])
            out += [page[place : found.start(2)], new]
            place = found.end(2)
        return "".join([*out, page[place:]])

    def _file(self, text: str, above: str) -> None:
        named = re.findall(r"`([^`\s]+\.net)`", above)
        if not named:
            raise Mismatch(f"no file is named above\n{text}")
        path = self.folder / named[-1]
        if not path.exists():
            path.write_text(text, encoding="utf-8")
            return
        there = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        missing = [line for line in text.splitlines() if line.strip() not in there]
        if missing:
            raise Mismatch(f"{named[-1]} has no such lines: {missing}")

    def _console(self, block: str) -> str:
        commands = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        silent = all(command.count("\n") == 1 for command in commands)
        return "".join(self._command(*command.split("\n", 1), silent) for command in commands)

    def _command(self, line: str, shown: str, silent: bool) -> str:
        status, printed = self._printed(line)
        if status and "error[" not in shown and not line.startswith("netspec diff "):
            raise Mismatch(f"`{line}` ended with {status}:\n{printed}")
        measured = line.startswith(tuple(f"netspec {name} " for name in MEASURING)) or "--health" in line
        if not silent and not agree(shown, printed, measured):
            shown = printed
        return f"$ {line}\n{shown}"

    def _printed(self, line: str) -> tuple[int, str]:
        printed = io.StringIO()
        if line.startswith("netspec "):
            with (
                contextlib.chdir(self.folder),
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(printed),
            ):
                status = cli.main(shlex.split(line)[1:])
        else:
            done = subprocess.run(["bash", "-c", line], cwd=self.folder, capture_output=True, text=True)
            status = done.returncode
            printed.write(done.stdout + done.stderr)
        lines = [row.rstrip() for row in printed.getvalue().splitlines()]
        return status, "".join(f"{row}\n" for row in lines)

    def _python(self, block: str) -> str:
        test = doctest.DocTestParser().get_doctest(block, self.names, "page", None, 0)
        told = io.StringIO()
        with contextlib.chdir(self.folder):
            failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.write, clear_globs=False)
        self.names = test.globs
        if failed:
            raise Mismatch(told.getvalue())
        return block


def _part(block: str) -> str:
    """The block, if its statements stand rightly in a file or in a net."""
    for text in (f"netspec 1\n{block}", f"netspec 1\nnet Part {{\n{block}}}\n"):
        problems = Problems()
        parse(Source("part.net", text), problems)
        if not problems:
            return block
    raise Mismatch(f"no part of a spec: {render(problems)}")


def _installing(block: str) -> str:
    for line in block.splitlines():
        if not INSTALLING.fullmatch(line):
            raise Mismatch(f"a block `sh` is not run, and is for installing alone: {line}")
    return block


def agree(shown: str, printed: str, measured: bool) -> bool:
    """Whether a page shows what was printed; of what was ``measured`` numbers may be off by a tenth, seconds by any."""
    form = NUMBER.sub("0", shown) if measured else shown
    pattern = re.sub(r"^…\\\n", "\0", re.escape(form), flags=re.MULTILINE)
    pattern = pattern.replace("…", "[^\n]*?").replace("\0", "(?:[^\n]*\n)*?")
    if not measured:
        return re.fullmatch(pattern, printed) is not None
    pattern = re.sub(r"(?:\\ )+", " +", pattern).replace("0", "([\\d.,]+)")
    found = re.fullmatch(pattern, printed)
    return found is not None and all(
        _near(one, other) or UNIT.match(shown, one.end())
        for one, other in zip(NUMBER.finditer(shown), found.groups(), strict=True)
    )


def _near(one: re.Match[str], other: str) -> bool:
    told, now = (float(text.replace(",", "")) for text in (one[0], other))
    return abs(told - now) <= 0.1 * max(abs(told), 0.5)
