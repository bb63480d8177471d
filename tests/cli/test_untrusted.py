"""A model that nobody vouches for: whatever it does to its process, the command ends with a line and exit 1."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto as T
from onnx import helper as h
from PIL import Image

from netspec.cli import main, untrusted
from netspec.diagnostics import Fault
from tests.runtime.models import DATA, FLAT, X, flat, ints, model, tensor

GOOD = flat({"data": DATA, "end": "softmax", "loss": "cross_entropy"}, "Softmax", axis=1)
EATS = model(
    [h.make_node("ConstantOfShape", ["s"], ["big"]), h.make_node("ReduceSum", ["big"], ["r"], keepdims=0), FLAT,
        h.make_node("Add", ["f", "r"], ["y"])],
    [X], [tensor("y", ["N", 16])], [ints("s", 50_000, 50_000)],
)  # fmt: skip
_BODY = h.make_graph(
    [h.make_node("Identity", ["go"], ["on"]), h.make_node("Identity", ["v"], ["w"])], "body",
    [tensor("i", [], T.INT64), tensor("go", [], T.BOOL), tensor("v", ["N", 16])],
        [tensor("on", [], T.BOOL), tensor("w", ["N", 16])],
)  # fmt: skip
ENDLESS = model(
    [FLAT, h.make_node("Loop", ["most", "true", "f"], ["y"], body=_BODY)], [X], [tensor("y", ["N", 16])],
    [h.make_tensor("most", T.INT64, [], [2**62]), h.make_tensor("true", T.BOOL, [], [True])],
)  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(0, 256, 16, dtype=np.uint8).reshape(4, 4)).save("p.png")
    np.savez("test.npz", x=np.zeros((3, 1, 4, 4), np.float32), y=np.arange(3))
    Path("good.onnx").write_bytes(GOOD)


@pytest.mark.slow
def test_a_good_model_gives_the_same_answers(capfd: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["run", "good.onnx", "p.png", "no.png", "--top", "3", "--json"],
        ["eval", "good.onnx", "--data", ".", "--json"],
    ):
        plain = (main([*command, "--device", "cpu"]), *capfd.readouterr())
        apart = (main([*command, "--untrusted"]), *capfd.readouterr())
        assert apart[:2] == plain[:2]
        assert apart[2].partition(" in ")[0] == plain[2].partition(" in ")[0]  # the closing line has its seconds


@pytest.mark.slow
def test_a_model_that_eats_memory_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    Path("eats.onnx").write_bytes(EATS)
    assert main(["run", "eats.onnx", "p.png", "--untrusted", "--json"]) == 1
    assert json.loads(capfd.readouterr().out)[0]["code"] == "N708"


@pytest.mark.slow
def test_a_model_that_never_answers_is_ended() -> None:
    Path("endless.onnx").write_bytes(ENDLESS)
    began = time.monotonic()
    with pytest.raises(Fault, match="no answer for 3 seconds") as caught:
        untrusted.apart(["run", "--device", "cpu", "--", "endless.onnx", "p.png"], seconds=3)
    assert (caught.value.code, caught.value.status) == ("N727", 1) and time.monotonic() - began < 20


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "os.kill(os.getpid(), 11)",
        "os.abort()",
        "os.kill(os.getpid(), 9)",
        "os._exit(99)",
        "os.close(1); os.close(2); time.sleep(100)",
    ],
)
def test_a_process_that_dies_is_one_line_and_exit_1(
    code: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(untrusted, "_CHILD", f"import os, time; print('one \\x1b[2J row', flush=True); {code}")
    monkeypatch.setattr(untrusted, "apart", lambda arguments, apart=untrusted.apart: apart(arguments, 2))
    monkeypatch.setattr("netspec.cli.run.apart", untrusted.apart)
    assert main(["run", "good.onnx", "p.png", "--untrusted"]) == 1
    out, said = capfd.readouterr()
    assert out == "one \\x1b[2J row\n" and said.startswith("error[N727]")


def test_a_line_without_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(untrusted, "LONGEST", 100)
    take = untrusted._passing(False)
    assert not take(b"x" * 60)
    assert take(b"y" * 100 + b"\nz")  # a line of 160 that has ended
    with pytest.raises(Fault) as caught:
        take(b"z" * 100)
    assert caught.value.code == "N727"
    assert capfd.readouterr().out == "x" * 60 + "y" * 100 + "\n"


def test_the_process_may_not_write_and_has_its_limits() -> None:
    code = "import sys, os; from netspec.cli.untrusted import _limit; _limit(os.getppid(), 2**29)\n"
    for act in ("open('file', 'w').write('x' * 9999)", "bytearray(2**30)"):
        done = subprocess.run([sys.executable, "-c", code + act], capture_output=True, text=True)
        assert done.returncode and ("File too large" in done.stderr or "MemoryError" in done.stderr), done.stderr


@pytest.mark.slow
def test_nothing_outlives_an_interrupted_parent() -> None:
    Path("endless.onnx").write_bytes(ENDLESS)
    for number in (signal.SIGINT, signal.SIGKILL):
        parent = subprocess.Popen(
            [sys.executable, "-m", "netspec", "run", "endless.onnx", "p.png", "--untrusted"], stderr=subprocess.PIPE
        )
        children: list[str] = []
        for _ in range(200):
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            if children and len(list(Path(f"/proc/{children[0]}/task").iterdir())) > 1:
                break
            time.sleep(0.05)
        assert children
        os.kill(parent.pid, number)
        parent.communicate(timeout=20)
        assert parent.returncode == (130 if number == signal.SIGINT else -9)
        for _ in range(100):
            if not Path(f"/proc/{children[0]}").exists() or " Z " in Path(f"/proc/{children[0]}/stat").read_text():
                break
            time.sleep(0.05)
        else:
            pytest.fail("the model still runs")
