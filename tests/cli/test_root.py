"""`run` on whatever files it is given: a row for each, at once, and an end as every program has it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from tests.runtime.models import DATA, flat

GOOD = flat({"data": DATA, "end": "softmax", "loss": "cross_entropy"}, "Softmax", axis=1)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(0, 256, 16, dtype=np.uint8).reshape(4, 4)).save("p.png")
    Path("good.onnx").write_bytes(GOOD)


@pytest.mark.parametrize("top", [1, 40])
def test_a_row_for_each_file_whatever_it_is(top: int, capfd: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.png")
    Path("device.png").symlink_to("/dev/zero")
    Path("loop.png").symlink_to("loop.png")
    Path("broken.png").write_bytes(Path("p.png").read_bytes()[:50])
    Path("empty.png").write_bytes(b"")
    Image.new("RGB", (5, 5)).save("larger.png")
    given = [
        "p.png",
        "pipe.png",
        "socket.png",
        "device.png",
        "loop.png",
        "broken.png",
        "empty.png",
        "none.png",
        "larger.png",
        'a, "b"\n.png',
        "p.png",
    ]
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.png")
        began = time.monotonic()
        assert main(["run", "good.onnx", *given, "--device", "cpu", "--json", "--top", str(top)]) == 1
    rows = json.loads(capfd.readouterr().out)
    assert [row["filename"] for row in rows] == given and time.monotonic() - began < 10
    assert [name for name, row in zip(given, rows, strict=True) if row["error"] is None] == ["p.png", "p.png"]
    assert len([name for name in rows[0] if name.startswith("label")]) == min(top, 16)
    assert all(row["code"].startswith("N7") for row in rows if row["error"])


def test_a_folder_is_its_pictures(capfd: pytest.CaptureFixture[str]) -> None:
    Path("in/deep").mkdir(parents=True)
    os.mkfifo("in/pipe.png")
    for name in ("in/b.png", "in/deep/a.png"):
        Path(name).write_bytes(Path("p.png").read_bytes())
    Path("in/text.txt").write_text("no picture")
    assert main(["run", "good.onnx", "in", "--device", "cpu"]) == 1
    rows = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in rows] == ["in/b.png", "in/deep/a.png", "in/pipe.png"] and "error[N705]" in rows[
        2
    ]
    Path("none").mkdir()
    assert main(["run", "good.onnx", "none", "--device", "cpu"]) == 2 and "N706" in capfd.readouterr().err


def started(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "netspec", "run", "good.onnx", *arguments, "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_an_interrupt_in_the_middle_ends_at_once() -> None:
    child = started(*["p.png"] * 100_000)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = child.communicate(timeout=20)
    assert child.returncode == 130 and time.monotonic() - began < 5 and b"Traceback" not in said


@pytest.mark.slow
def test_a_closed_output_ends_quietly() -> None:
    child = started(*["p.png"] * 100_000)
    assert child.stdout is not None and child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    said = child.stderr.read()
    assert (child.wait(timeout=20), said) == (141, b"")
    child.stderr.close()
