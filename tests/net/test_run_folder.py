"""A run is never lost or overwritten: who may write into a folder, what may go on, what ends with nothing touched."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from netspec.cli import main
from netspec.diagnostics import Fault, Trouble
from netspec.net import load
from netspec.net.lock import NAME, Lock
from tests.net.runs import OURS, SPEC, begin, content, train


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    begin()
    return tmp_path


# ---- what a folder must be


@pytest.mark.slow
def test_a_run_is_refused_and_force_moves_it_aside(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a") == 0
    first = content("a")
    assert set(first) == OURS
    capsys.readouterr()
    assert train("-o", "a", "--seed", "1") == 2
    said = capsys.readouterr().err
    assert "error[N713]: a already holds a run" in said and "the weights of the last" not in said
    assert content("a") == first
    assert train("-o", "a", "--seed", "1", "--force") == 0
    assert "the run that was in a is now in a.old-1" in capsys.readouterr().err
    assert content("a.old-1") == first and set(content("a")) == OURS != first
    assert train("-o", "a", "--seed", "2", "--force") == 0
    assert content("a.old-1") == first and set(content("a.old-2")) == OURS


@pytest.mark.parametrize("there", sorted(OURS))
def test_nothing_of_anybody_is_written_over(there: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a").mkdir()
    Path("a", there).write_bytes(b"mine")
    assert train("-o", "a") == 2
    assert "N713" in capsys.readouterr().err and content("a") == {there: b"mine"}


@pytest.mark.slow
def test_an_empty_folder_and_one_with_other_things_are_taken() -> None:
    Path("a").mkdir()
    Path("b").mkdir()
    Path("b/notes.txt").write_text("mine")
    assert (train("-o", "a"), train("-o", "b"), train("-o", "new/deep er/c")) == (0, 0, 0)
    assert set(content("b")) == OURS | {"notes.txt"}


def test_what_is_no_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    os.symlink("nowhere", "dangling")
    for out in ("s.net", "pipe", "/dev/null", "dangling", "s.net/sub"):
        assert train("-o", out) == 2
        assert "error[N604]" in capsys.readouterr().err
    assert Path("s.net").read_text() == SPEC and not Path("nowhere").exists()


def test_the_spec_and_the_data_are_not_moved_aside() -> None:
    assert train("-o", "a") == 0
    shutil.copytree("d", "a/d")
    before = content("a")
    assert train("-o", "a", "--force", data="a/d") == 2
    assert train("-o", "a", "--force", spec="a/spec.net") == 2
    assert content("a") == before and not Path("a.old-1").exists()


def test_a_run_that_never_began_leaves_nothing(folder: Path) -> None:
    assert train(data="nowhere") == 2
    assert train("-o", "a", data="nowhere") == 2
    assert train("-o", "a", "--batch", "9", "--memory", "1KB") == 1
    assert {path.name for path in folder.iterdir()} == {"s.net", "d"}
    assert train("-o", "a") == 0
    before = content("a")
    assert train("-o", "a", "--force", data="nowhere") == 2
    assert content("a") == before


def test_fresh_folders_count_up() -> None:
    Path("runs").mkdir()
    Path("runs/s-1").write_text("no folder")
    assert train() == 0 and train() == 0
    assert sorted(path.name for path in Path("runs").iterdir()) == ["s-1", "s-2", "s-3"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "two words",
        "it's",
        'a "b"',
        "line\nend",
        "👩‍🔬" * 10,
        "-o",
        "x" * 255,
        os.fsdecode(b"\xff\xfe"),
        "名前",
        "$(x);*",
    ],
)
def test_odd_names_work(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "s.net", "--data=d", "--threads=1", f"--out={name}"]) == 0
    assert set(content(name)) == OURS
    assert main(["train", "s.net", "--data=d", "--threads=1", f"--resume={name}", "--epochs=3"]) == 0
    assert main(["compile", "s.net", f"--weights={name}/weights.safetensors", f"--out={name}/again"]) == 0
    assert "Traceback" not in capfd.readouterr().err


def test_names_that_no_system_takes_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("x" * 256, "é" * 128, "y" * 5000):
        assert main(["train", "s.net", "--data=d", f"--out={name}"]) == 2
        assert main(["compile", "s.net", f"--out={name}"]) == 2
        assert main(["draw", "s.net", f"--out={name}"]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_no_room_is_told_before_the_first_step(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "netspec.net.run_folder.os.statvfs", lambda path: SimpleNamespace(f_bavail=3, f_frsize=100, f_blocks=1000)
    )
    assert train("-o", "a") == 2
    # two states of weights and momentum, the weights and the model
    weights = sum(int(np.prod(weight.shape)) for weight in load("s.net").graph.weights.values())
    assert (
        f"N715]: the run needs {4 * weights * (2 * 2 + 2) / 1e6:.1f} MB in a, but the disk has 0.0 MB left"
        in capsys.readouterr().err
    )
    assert not Path("a").exists()


@pytest.mark.slow
def test_a_run_needs_two_states_its_weights_and_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("netspec.net.keeping.room", lambda path, needed: asked.append(needed))
    assert train("-o", "a") == 0
    weights = sum(int(np.prod(weight.shape)) for weight in load("s.net").graph.weights.values())
    assert asked == [4 * weights * (2 * 2 + 2)]  # a state has the weights and their momentum
    there = sum(Path("a", name).stat().st_size for name in ("state.safetensors", "weights.safetensors", "model.onnx"))
    assert train("--resume", "a", "--epochs", "3") == 0
    assert asked[1] == asked[0] - there  # what is there is written over


# ---- one owner


HOLD = """
import sys, time
from netspec.net import load
events = load("s.net").train("d", out="a", workers=1)
next(events)
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.slow
def test_two_trainings_in_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        before = content("a")
        for words in (["-o", "a"], ["-o", "a", "--force"]):
            assert train(*words) == 2
            said = capsys.readouterr().err
            assert f"error[N714]: a is in use: process {child.pid} on {socket.gethostname()} is training in it" in said
        assert content("a") == before
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert train("-o", "a", "--force") == 0
    assert (
        f"a was locked by process {child.pid} on {socket.gethostname()}, which no longer runs"
        in capsys.readouterr().err
    )
    assert set(content("a")) == OURS


def test_python_obeys_the_same_rules() -> None:
    net = load("s.net")
    events: Any = net.train("d", out="a", workers=1)
    next(events)
    with pytest.raises(Trouble, match=f"process {os.getpid()} on"):
        next(net.train("d", out="a", workers=1))
    events.close()
    assert not Path("a", NAME).exists()
    with pytest.raises(Trouble) as caught:
        next(net.train("d", out="a", workers=1))
    assert (caught.value.code, caught.value.status) == ("N713", 2)
    list(net.train("d", out="b", workers=1))
    assert not Path("b", NAME).exists()


def test_a_lock_is_given_back_where_training_raises() -> None:
    Path("w.net").write_text(SPEC.replace("0.2", "1e30"))
    with pytest.raises(Fault, match="not finite"):
        list(load("w.net").train("d", out="a", workers=1))
    assert not Path("a", NAME).exists()


@pytest.mark.parametrize(
    "said", [b"", b"{", b"[" * 4000, b'{"pid": 1, "host": "elsewhere"}', b"\xff\xfe", b'{"pid": "x"}']
)
def test_a_lock_that_nobody_holds_is_taken(said: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(said)
    Lock(tmp_path).take().release()
    assert not (tmp_path / NAME).exists()
