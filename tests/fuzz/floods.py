"""Files of 4 MiB of one thing: read in seconds, within bounds of memory, and told in few words."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from netspec.cli import main
from tests.fuzz.frame import Harness

HEAD = "netspec 1\nnet A {\n input x: 3\n output y = x -> dense(3)\n}\n"
#: What stands before the flood.
FRONTS = {"nothing": "", "net": HEAD, "let": HEAD + "let k = ", "string": HEAD + 'let k = "',
          "list": HEAD + "let k = [",
          "pipeline": "netspec 1\nnet A {\n input x: 3\n a = x -> ", "picture": "netspec 1\nsparse table t: 4 -> 4 {\n",
          "train": HEAD + "train {\n",
          "comment": HEAD + "# "}  # fmt: skip
#: What is repeated.
UNITS = (
    ")", "(", "]", "[", "}", "{", "?", '"', "\\q", "\\n", "\n", "a", "a ", "a\n", "1", "1 ", "1, ", ",", ":", "=", "->",
    "->relu", "-> ", "#", "#\n", "netspec 1\n", "..",
    ".", ".maps", "[0]", "**", "2**", "-", "- ", "not ", "\\", "\0", "\t", "\r", "\x0c", "'", "“", "é", "卷", "\u0301",
    "\u00a0", "\u3000", "\u202e", "\u200b", "\U0001f600", "x", "x ", "3x",
    "3x3 ", "a=b\n", "let a = 1\n", "let \n", "let a = 3 y\n", "let a = .5\n", "let a = \"\\q\"\n", "net\n", "block ",
    "block b {", 'use "a"\n', "{}\n", "}\n{", "(\n", "()", "{}", "[{", "a(",
    "a{\n", "a = (\n", "a:1\n", "a b: 1\n", "a {} b\n", "a } ", "|", "&", "sparse table t: 1 -> 1 {\n", "table ", "if ",
    "1 if true else ", "relu if true else ", "for ", "expect a()\n", "share a=b\n", "+1", "? ?",
    "X . ", "X . X .\n", "0:\n", "?a", ")a", "x -> cnov(3)\n", "z = x -> conv(1, 2, 3)\n", "a(b: ", "<", "1e9", "9.",
)  # fmt: skip
MOST_PRINTED = 100_000


def check(text: str, folder: Path, options: tuple[str, ...] = ()) -> tuple[int, int]:
    """The status of ``netspec check``, and the bytes that it printed."""
    (folder / "flood.net").write_text(text, encoding="utf-8", newline="")
    kept = os.dup(1), os.dup(2)
    sys.stdout.flush()
    with open(folder / "printed", "wb") as printed:
        try:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            status = main(["check", str(folder / "flood.net"), *options])
        finally:
            for number, old in enumerate(kept, 1):
                os.dup2(old, number)
                os.close(old)
    return status, (folder / "printed").stat().st_size


def flood(front: str, unit: str, size: int) -> str:
    """A file of at most ``size`` bytes, nearly all of it one thing."""
    room = size - len(FRONTS[front].encode()) - 8
    return FRONTS[front] + unit * (room // len(unit.encode()))


def _case(draw: random.Random, folder: Path) -> None:
    front, units = draw.choice(list(FRONTS)), draw.choices(UNITS, k=draw.choice((1, 1, 2, 3)))
    status, size = check(flood(front, "".join(units), 4 * 2**20), folder)
    assert status in (0, 1), (front, units, status)
    assert size <= MOST_PRINTED, (front, units, size)


FLOODS = Harness("floods", "R4", _case, short=8, long=3_000, seconds=5.0)
