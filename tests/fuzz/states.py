"""R14: states, logs and settings of a run with bytes changed, cut, doubled and swapped;
it goes on as if nothing was, or says no."""

from __future__ import annotations

import json
import random
from pathlib import Path

from netspec.diagnostics import Fault
from tests.fuzz import tiny
from tests.fuzz.frame import Harness

FILES = ("state.safetensors", "state.safetensors", "state.safetensors", "log.jsonl", "settings.json")
CODES = {"N701", "N702", "N711"}


def damaged(draw: random.Random, content: bytes) -> bytes:
    """One to three changes; of a state half of them in its header, which a byte in a million would not meet."""
    for _ in range(draw.randint(1, 3)):
        header = 8 + int.from_bytes(content[:8], "little") if content[8:9] == b"{" else len(content)
        at = draw.randrange(min(header, len(content)) + 1 if draw.random() < 0.5 else len(content) + 1)
        size = draw.choice((1, 1, 2, 8, 50))
        kind = draw.randrange(7)
        if kind < 2:
            content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
        elif kind == 2:
            content = content[:at] + content[at + size :]
        elif kind == 3:
            content = content[:at] + content[at : at + size] * draw.choice((2, 3)) + content[at + size :]
        elif kind == 4:
            content = (
                content[:at]
                + draw.choice((b"-1", b"NaN", b"1e999", b"null", b"[", b'"', b"9" * 30, b"{}"))
                + content[at + size :]
            )
        elif kind == 5:
            content = content[:at]
        else:
            old, new = draw.choice(
                ((b"epoch", b"step"), (b"momentum/", b"weights/"), (b"F32", b"I32"), (b"true", b"false"), (b"0", b"1"))
            )
            content = content.replace(old, new, draw.choice((1, 100)))
    return content


def _case(draw: random.Random, folder: Path) -> None:
    tiny.prepare(folder)
    run = folder / "a"
    run.mkdir()
    files = {**tiny.unbroken(2)}
    name = draw.choice(FILES)
    files[name] = damaged(draw, files[name])
    for other, content in files.items():
        (run / other).write_bytes(content)
    try:
        tiny.train(folder, out=run, resume=run)
    except Fault as fault:
        if fault.code not in CODES:
            raise
        assert {path.name: path.read_bytes() for path in run.iterdir()} == files
        return
    if (
        name == "log.jsonl"
    ):  # its figures are not checked by a sum: the weights have to be right, and its lines to be lines
        assert [json.loads(line)["epoch"] for line in (run / name).read_bytes().splitlines()] == [1, 2, 3, 4]
        (run / name).write_bytes(tiny.unbroken()[name])
    tiny.same_end(run)


STATES = Harness("states", "R14", _case, short=200, long=100_000)
