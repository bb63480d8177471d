"""R1: specs with bytes changed, cut, doubled, spliced from others and tokens swapped;
`check` says yes or no, and nothing else."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from netspec.cli import main
from tests.fuzz.frame import Harness

ROOT = Path(__file__).parents[2]


@cache
def corpus() -> list[str]:
    """The specs of the zoo and of every error page."""
    pages = [page.read_text(encoding="utf-8") for page in sorted((ROOT / "docs" / "errors").glob("*.md"))]
    blocks = [
        re.sub(r"^ {4}", "", block, flags=re.M)
        for page in pages
        for block in re.findall(r"(?:^(?: {4}.*)?\n)+", page, flags=re.M)
        if "netspec 1" in block
    ]
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").glob("*.net"))] + blocks


#: What is repeated in one place: brackets, long words, chains of operators.
REPEATED = (
    "(", ")", "[", "]", "{", "}", "a", "9", '"', "\\q", "0.", "-", "not ", "2 ** ", "[0]", ".maps", " -> relu", "x -> ",
    "1 if true else ", " + 1", " x 2", "1, ", "a: 1, ", ".5 ",
    "\u00a0", "\u202e", "卷", "\n", "# ", "residual { ", "block b { ", "(relu) * 2 -> ", "max(", "dense(", "| t", "..",
    "let k = 3 y\n", "use ",
)  # fmt: skip


def _nested(draw: random.Random, text: str, tokens: list[str]) -> str:
    """A word of the text put into brackets many times."""
    place = draw.choice([i for i, token in enumerate(tokens) if token.strip()] or [0])
    opened, closed = draw.choice(
        (
            ("(", ")"),
            ("[", "]"),
            ("max(", ")"),
            ("-(", ")"),
            ("residual { ", " }"),
            ("(", ") * 2"),
            ("[1, ", "][0]"),
            ("2 ** (", ")"),
            ("(1 if true else ", ")"),
        )
    )
    depth = draw.choice((2, 20, 99, 101, 2000))
    tokens[place] = opened * depth + tokens[place] + closed * depth
    return "".join(tokens)


def mutate(draw: random.Random, text: str) -> bytes:
    """One to four changes to a text."""
    for _ in range(draw.randint(1, 4)):
        at, size = draw.randrange(len(text) + 1), draw.choice((1, 1, 2, 5, 20, 100))
        piece = text[at : at + size]
        tokens = re.split(r"(\W)", text)
        kind = draw.randrange(8)
        if kind == 0:
            text = (
                text[:at]
                + chr(draw.choice((0, 10, 34, 40, 41, 91, 123, 125, 160, 8238, 65279, draw.randrange(32, 0x3000))))
                + text[at + 1 :]
            )
        elif kind == 1:
            text = text[:at] + text[at + size :]
        elif kind == 2:
            text = text[:at] + piece * draw.choice((2, 3, 50)) + text[at + size :]
        elif kind == 3:
            other = draw.choice(corpus())
            start = draw.randrange(len(other))
            text = text[:at] + other[start : start + size] + text[at:]
        elif kind == 4:
            text = text[:at] + draw.choice(REPEATED) * draw.choice((2, 10, 101, 3000)) + text[at:]
        elif kind == 5:
            text = _nested(draw, text, tokens)
        else:
            i, j = draw.randrange(len(tokens)), draw.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]
            text = "".join(tokens)
    content = text.encode("utf-8", errors="replace")
    if draw.random() < 0.05:
        at = draw.randrange(len(content) + 1)
        content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
    return content


def _case(draw: random.Random, folder: Path) -> None:
    (folder / "s.net").write_bytes(mutate(draw, draw.choice(corpus())))
    assert main(["check", "s.net"]) in (0, 1)


MUTATED = Harness("specs", "R1", _case, short=600, long=100_000)
