"""R14: models with bytes or metadata changed, given to `run` and `eval`: our error, or answers that are well formed.

A case runs in a process forked for it, as `--untrusted` does:
what crashes the runtime there is no finding, since the parent lives; an end that is none of ours is.
"""

from __future__ import annotations

import copy
import json
import os
import random
import resource
import signal
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from PIL import Image

from netspec.cli import main
from netspec.net import load
from tests.fuzz.frame import Harness

#: Bytes that a case may write to, and the seconds that it may take.
MEMORY, SECONDS = 2 * 2**30, 20
_NETS = (
    ("softmax", "x -> conv(3, 3) -> relu -> dense(4) -> softmax", "prepare: grayscale -> scale(1 / 255)", False),
    (
        "log_softmax",
        "x -> conv(4, 3) -> norm -> log_softmax",
        "prepare: resize(9, 9) -> grayscale -> scale(1 / 255)\n test: ten_crop(8)",
        False,
    ),
    ("sigmoid", "x -> maxpool(2) -> dense(3) -> sigmoid", "prepare: grayscale -> normalize(mean: 0.1, std: 0.3)", True),
    ("price", "x -> avgpool(2) -> dense(1)", "prepare: grayscale", False),
)
_ODD: tuple[Any, ...] = (
    None, True, 0, -1, 3, 2**40, 1e308, -0.5, "", "focal", "resize", "scale", "\x1b[31m", "\u202e", "a" * 5000, [], {},
    [1], ["a"] * 20, {"step": "invert"}, [[[[]]]],
)  # fmt: skip


@cache
def corpus() -> list[bytes]:
    """Compiled models, small ones of every end."""
    import tempfile

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, pipeline, data, raw in _NETS:
            spec = Path(folder) / f"{name}.net"
            spec.write_text(
                f"netspec 1\nnet A {{\n input x: 1 x 8 x 8\n output y = {pipeline}\n}}\ndata {{\n {data}\n}}\n"
            )
            load(spec).compile(Path(folder) / "m.onnx", raw_pixels=raw)
            found.append((Path(folder) / "m.onnx").read_bytes())
    return found


def bytes_changed(draw: random.Random, content: bytes) -> bytes:
    """One to three changes to the bytes."""
    for _ in range(draw.randint(1, 3)):
        at, size, kind = draw.randrange(len(content) + 1), draw.choice((1, 1, 1, 2, 4, 16, 200)), draw.randrange(6)
        piece = content[at : at + size]
        if kind == 0:
            content = content[:at] + bytes(draw.randrange(256) for _ in piece) + content[at + len(piece) :]
        elif kind == 1:
            content = content[:at] + bytes([byte ^ 1 << draw.randrange(8) for byte in piece[:1]]) + content[at + 1 :]
        elif kind == 2:
            content = content[:at] + content[at + size :]
        elif kind == 3:
            content = content[:at] + piece * draw.choice((2, 3, 20)) + content[at + size :]
        elif kind == 4:
            other = draw.choice(corpus())
            start = draw.randrange(len(other))
            content = content[:at] + other[start : start + size] + content[at:]
        else:
            content = content[:at] if draw.random() < 0.3 else content[:at] + b"\xff" * 9 + content[at + 9 :]
    return content


def metadata_changed(draw: random.Random, content: bytes) -> bytes:
    """The model with a value, a name or the text of its metadata changed."""
    proto = onnx.ModelProto.FromString(content)
    held = next(prop for prop in proto.metadata_props if prop.key == "netspec")
    told: Any = json.loads(held.value)
    for _ in range(draw.randint(1, 3)):
        at: Any = told
        while True:
            names = list(at) if isinstance(at, dict) else list(range(len(at)))
            name = draw.choice(names) if names else None
            if name is None or not isinstance(at[name], dict | list) or draw.random() < 0.3:
                break
            at = at[name]
        if name is None or draw.random() < 0.2:
            at[draw.choice(("step", "loss", "end", "prepare", "more")) if isinstance(at, dict) else slice(0, 0)] = (
                draw.choice(([], [copy.deepcopy(draw.choice(_ODD))]))
            )
        elif draw.random() < 0.3:
            del at[name]
        else:
            at[name] = copy.deepcopy(draw.choice(_ODD))
    held.value = json.dumps(told)
    if draw.random() < 0.2:
        place = draw.randrange(len(held.value))
        held.value = held.value[:place] + draw.choice(("[" * 20_000, "\x00", "}", "NaN", '"')) + held.value[place + 1 :]
    changed: bytes = proto.SerializeToString()
    return changed


def _case(draw: random.Random, folder: Path) -> None:
    import netspec.runtime.session

    assert netspec.runtime.devices.ort  # loaded once, before the fork
    change = draw.choice((bytes_changed, metadata_changed))
    (folder / "m.onnx").write_bytes(change(draw, draw.choice(corpus())))
    Image.fromarray(np.frombuffer(draw.randbytes(64), np.uint8).reshape(8, 8)).save("p.png")
    np.savez("test.npz", x=np.frombuffer(draw.randbytes(192), np.uint8).reshape(3, 1, 8, 8), y=np.array([0, 1, 0]))
    command = draw.choice(
        (
            ["run", "m.onnx", "p.png", "p.png", "--top", "9", "--json", "--device", "cpu"],
            ["eval", "m.onnx", "--data", ".", "--json", "--device", "cpu"],
        )
    )
    child = os.fork()
    if child == 0:
        _apart(command)
    status = _waited(child)
    if status is None or os.WIFSIGNALED(status):
        return  # `--untrusted` tells it as N727
    assert os.WEXITSTATUS(status) in (0, 1, 2), (os.WEXITSTATUS(status), Path("err").read_text(errors="replace"))
    said = Path("err").read_text()
    assert all(c.isprintable() or c == "\n" for c in said), ascii(said)
    said = Path("out").read_text()
    found = json.loads(said, parse_constant=_refused) if said else []
    rows = found if isinstance(found, list) else [found]
    if os.WEXITSTATUS(status) == 0:
        assert rows
    for row in rows:
        assert row.get("prob") is None or 0 <= row["prob"] <= 1.001, row
        assert row.get("accuracy") is None or 0 <= row["accuracy"] <= 1, row


def _refused(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _apart(command: list[str]) -> None:
    """The case itself, in its own process."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    status = 99
    try:
        with open("out", "w", encoding="utf-8") as sys.stdout, open("err", "w", encoding="utf-8") as sys.stderr:
            status = main(command)
    finally:
        os._exit(status)


def _waited(child: int) -> int | None:
    """How a process ended; None where it had to be ended."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


MODELS = Harness("models", "R14", _case, short=100, long=10_000, seconds=60.0)
