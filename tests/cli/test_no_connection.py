"""Nothing reaches out: no command opens a connection, and onnxruntime is told not to before it is loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.runtime.models import DATA, flat

SPEC = "netspec 1\nnet T {\n input x: 1 x 4 x 4\n output y = x -> dense(16) -> softmax\n}\ntrain { epochs: 1 }\n"
#: Python's own view of the network: every call of its socket module that would reach another machine.
WATCHED = """
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto") + (
        "urllib.Request", "http.client.connect"):
        print("REACHED OUT", event, arguments, file=sys.stderr)
sys.addaudithook(hook)
from netspec.cli import main
sys.exit(main(sys.argv[1:]))
"""


def strace(folder: Path) -> list[str]:
    """How a command is run under strace; nothing where there is none, or where it may not look."""
    command = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(folder / "trace")]
    works = shutil.which("strace") and subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if works else []


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["check", "t.net"], ["train", "t.net", "--data", ".", "-o", "run", "--threads", "2"],
            ["run", "m.onnx", "p.png"], ["eval", "m.onnx", "--data", "."],
        ["run", "m.onnx", "p.png", "--untrusted"],
    ],
)  # fmt: skip
def test_no_command_opens_a_connection(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "t.net").write_text(SPEC)
    (tmp_path / "m.onnx").write_bytes(
        flat({"data": DATA, "end": "softmax", "loss": "cross_entropy"}, "Softmax", axis=1)
    )
    Image.new("L", (4, 4)).save(tmp_path / "p.png")
    for part in ("train", "test"):
        np.savez(tmp_path / f"{part}.npz", x=np.zeros((6, 1, 4, 4), np.float32), y=np.arange(6))
    watching = strace(tmp_path)
    done = subprocess.run(
        [*watching, sys.executable, "-c", WATCHED, *command], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0 and "REACHED OUT" not in done.stderr, done.stderr
    if watching:
        calls = [
            line for line in (tmp_path / "trace").read_text().splitlines() if "(" in line and "AF_UNIX" not in line
        ]
        assert not calls, calls


def test_the_watch_sees_a_connection() -> None:
    code = WATCHED.replace(
        "from netspec.cli import main",
        "import socket; main = lambda _: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))",
    )
    assert (
        "REACHED OUT socket.connect"
        in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr
    )


@pytest.mark.slow
def test_onnxruntime_is_told_to_be_silent_before_it_is_loaded() -> None:
    code = (
        "import os, sys\nclass Finder:\n    def find_spec(self, name, *_):\n"
        "        if name == 'onnxruntime': print(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "sys.meta_path.insert(0, Finder())\nimport netspec.runtime.session"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        == "1\n"
    )
