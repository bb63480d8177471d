"""R1: specs with bytes changed, cut, doubled, spliced from others and tokens swapped; `check` says yes or no, and nothing else."""

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
    blocks = [re.sub(r"^ {4}", "", block, flags=re.M) for page in pages for block in re.findall(r"(?:^(?: {4}.*)?\n)+", page, flags=re.M) if "netspec 1" in block]
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").glob("*.net"))] + blocks


def mutate(draw: random.Random, text: str) -> bytes:
    """One to four changes to a text."""
    for _ in range(draw.randint(1, 4)):
        at, size = draw.randrange(len(text) + 1), draw.choice((1, 1, 2, 5, 20, 100))
        piece = text[at : at + size]
        tokens = re.split(r"(\W)", text)
        kind = draw.randrange(6)
        if kind == 0:
            text = text[:at] + chr(draw.choice((0, 10, 34, 40, 41, 91, 123, 125, 160, 8238, 65279, draw.randrange(32, 0x3000)))) + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + text[at + size :]
        elif kind == 2:
            text = text[:at] + piece * draw.choice((2, 3, 50)) + text[at + size :]
        elif kind == 3:
            other = draw.choice(corpus())
            start = draw.randrange(len(other))
            text = text[:at] + other[start : start + size] + text[at:]
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
