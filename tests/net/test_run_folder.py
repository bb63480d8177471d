"""A run is never lost or written over: who may write into a folder, what may go on, and what ends with nothing touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from netspec.cli import main
from netspec.diagnostics import Fault, Trouble
from netspec.net import load
from netspec.net import run_folder as module
from netspec.net.lock import NAME, Lock
from netspec.net.recorded import compare, record

SPEC = """netspec 1
sparse table t: 2 -> 2 = band(1)
net R(part = 0.3) {
    input x: 2 x 4 x 4
    output y = x -> conv(2, 3, pad: 1, table: t) -> norm -> relu -> dropout(part) -> dense(3) -> softmax
}
train {
    optimizer: sgd(rate: 0.2)
    schedule: constant
    batch: 10
    epochs: 2
}
data { prepare: augment -> scale(1) }
"""
OURS = {"spec.net", "settings.json", "weights.safetensors", "log.jsonl", "model.onnx", "state.safetensors"}


def make_data(folder: Path, seed: int = 0, count: int = 25) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for part in ("train", "test"):
        np.savez(folder / f"{part}.npz", x=rng.random((count, 2, 4, 4), dtype="f4"), y=rng.integers(0, 3, count))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("s.net").write_text(SPEC)
    make_data(tmp_path / "d")
    return tmp_path


def train(*words: str, spec: str = "s.net", data: str = "d") -> int:
    return main(["train", spec, "--data", data, "--threads", "1", *words])


def content(folder: str | Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()}


# ---- what a folder must be


def test_a_run_is_refused_and_force_moves_it_aside(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a") == 0
    first = content("a")
    assert set(first) == OURS
    capsys.readouterr()
    assert train("-o", "a", "--seed", "1") == 2
    said = capsys.readouterr().err
    assert "error[N713]: a has a run" in said and "the weights of the last" not in said
    assert content("a") == first
    assert train("-o", "a", "--seed", "1", "--force") == 0
    assert "a had a run, which is in a.old-1 now" in capsys.readouterr().err
    assert content("a.old-1") == first and set(content("a")) == OURS != first
    assert train("-o", "a", "--seed", "2", "--force") == 0
    assert content("a.old-1") == first and set(content("a.old-2")) == OURS


@pytest.mark.parametrize("there", sorted(OURS))
def test_nothing_of_anybody_is_written_over(there: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a").mkdir()
    Path("a", there).write_bytes(b"mine")
    assert train("-o", "a") == 2
    assert "N713" in capsys.readouterr().err and content("a") == {there: b"mine"}


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


@pytest.mark.parametrize("name", ["two words", "it's", 'a "b"', "line\nend", "👩‍🔬" * 10, "-o", "x" * 255, os.fsdecode(b"\xff\xfe"), "名前", "$(x);*"])
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


def test_no_room_is_told_before_the_first_step(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(module.os, "statvfs", lambda path: SimpleNamespace(f_bavail=3, f_frsize=100, f_blocks=1000))
    assert train("-o", "a") == 2
    # 1 x 3 x 3 kernels: 2 connections' weights and 2 biases less those that norm takes, norm 4 x 2, dense 32 x 3 + 3: two states of
    # weights and momentum, the weights and the model
    weights = sum(int(np.prod(weight.shape)) for weight in load("s.net").graph.weights.values())
    assert f"N715]: the run takes {4 * weights * (2 * 2 + 2) / 1e6:.1f} MB in a, and the disk has 0.0 MB left" in capsys.readouterr().err
    assert not Path("a").exists()


# ---- one owner


HOLD = """
import sys, time
from netspec.net import load
events = load("s.net").train("d", out="a", workers=1)
next(events)
print("held", flush=True)
time.sleep(60)
"""


def test_two_trainings_in_one_folder(capsys: pytest.CaptureFixture[str]) -> None:
    child = subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        before = content("a")
        for words in (["-o", "a"], ["-o", "a", "--force"]):
            assert train(*words) == 2
            said = capsys.readouterr().err
            assert f"error[N714]: a is in use: process {child.pid} on {socket.gethostname()} trains in it" in said
        assert content("a") == before
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    assert train("-o", "a", "--force") == 0
    assert f"a was locked by process {child.pid} on {socket.gethostname()}, which is gone" in capsys.readouterr().err
    assert set(content("a")) == OURS


def test_python_obeys_the_same_rules() -> None:
    net = load("s.net")
    events = net.train("d", out="a", workers=1)
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


@pytest.mark.parametrize("said", [b"", b"{", b"[" * 4000, b'{"pid": 1, "host": "elsewhere"}', b"\xff\xfe", b'{"pid": "x"}'])
def test_a_lock_that_nobody_holds_is_taken(said: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(said)
    Lock(tmp_path).take().release()
    assert not (tmp_path / NAME).exists()


# ---- going on


def test_other_data_and_another_net_do_not_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a") == 0
    make_data(Path("more"), 0, 31)
    make_data(Path("other"), 1)
    shutil.copytree("d", "swapped")
    with np.load("d/train.npz") as held:
        np.savez("swapped/train.npz", x=held["x"], y=held["y"][::-1])
    before = content("a")
    for words, told in (
        ({"data": "more"}, "another number of train examples and another number of test examples"),
        ({"data": "other"}, "another set of train examples"),
        ({"data": "swapped"}, "another set of train examples"),
        ({"spec": SPEC.replace("part = 0.3", "part = 0.6")}, "another layer y/dropout"),
        ({"spec": SPEC.replace("relu", "tanh")}, "another layer y/relu"),
        ({"spec": SPEC.replace("= band(1)", "{\n . X\n X .\n}")}, "another layer y/conv"),
        ({"spec": SPEC.replace("augment -> scale(1)", "scale(1) -> augment")}, "another prepare"),
        ({"spec": SPEC.replace("sgd(rate: 0.2)", "sgd(rate: 0.3)")}, "another optimizer"),
        ({"spec": SPEC.replace("constant", "cosine")}, "another schedule"),
    ):
        Path("t.net").write_text(words.get("spec", SPEC))
        assert train("--resume", "a", "--epochs", "3", spec="t.net", data=words.get("data", "d")) == 1
        said = capsys.readouterr().err
        assert f"error[N711]: a was trained with {told}" in said, said
    assert content("a") == before


def test_augmentation_is_part_of_the_record() -> None:
    Path("t.net").write_text(SPEC.replace("scale(1) }", "scale(1)\n augment: rotate(5) }"))
    a, b = (load(spec) for spec in ("s.net", "t.net"))
    before, now = (record(net.graph, net.train_settings, net.data, {}) for net in (a, b))
    compare("a", before, before.brief(), dict(before.net))
    with pytest.raises(Fault, match="a was trained with another augment"):
        compare("a", now, before.brief(), dict(before.net))


def test_the_same_data_under_another_path_goes_on() -> None:
    assert train("-o", "a") == 0
    shutil.move("d", "elsewhere")
    Path("a/.state.abc.netspec-tmp").write_bytes(b"half")  # of a run that was killed
    assert train("--resume", "a", "--epochs", "3", data="elsewhere") == 0
    assert set(content("a")) == OURS


def test_a_finished_run_goes_on_elsewhere_with_all_that_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a") == 0
    before = content("a")
    assert train("--resume", "a", "-o", "b") == 0
    assert capsys.readouterr().out == "a/model.onnx\nb/model.onnx\n"
    assert set(content("b")) == OURS and content("a") == before
    for name in ("model.onnx", "weights.safetensors", "state.safetensors", "log.jsonl"):
        assert content("b")[name] == before[name]
    assert train("--resume", "a", "-o", "c", "--epochs", "3") == 0
    assert len(Path("c/log.jsonl").read_text().splitlines()) == 3 and content("a") == before
    assert train("--resume", "a", "-o", "c", "--epochs", "3") == 2


def test_a_log_is_cut_to_the_place_of_the_state() -> None:
    assert train("-o", "a", "--epochs", "2") == 0
    assert train("-o", "whole", "--epochs", "4") == 0
    early = {name: Path("a", name).read_bytes() for name in ("state.safetensors",)}
    assert train("--resume", "a", "--epochs", "3") == 0
    Path("a/state.safetensors").write_bytes(early["state.safetensors"])  # as if killed between the log and the state
    assert train("--resume", "a", "--epochs", "4") == 0
    figures = [[{**json.loads(line), "seconds": 0} for line in Path(run, "log.jsonl").read_text().splitlines()] for run in ("a", "whole")]
    assert [row["epoch"] for row in figures[0]] == [1, 2, 3, 4] and figures[0] == figures[1]
    for name in ("state.safetensors", "weights.safetensors", "model.onnx"):
        a, whole = Path("a", name).read_bytes(), Path("whole", name).read_bytes()
        assert a == whole, name


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("state.safetensors", b""), ("state.safetensors", b"\xff" * 100), ("log.jsonl", b'{"epoch": 1}\n{"epoch": 3}\n'),
        ("log.jsonl", b"\xff\n\n"), ("log.jsonl", b'{"epoch": 1}\n'), ("log.jsonl", b"[" * 100_000), ("settings.json", b"{"), ("settings.json", b"[]"),
    ],
)  # fmt: skip
def test_damaged_files_are_told(name: str, damage: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a") == 0
    Path("a", name).write_bytes(damage)
    before = content("a")
    assert train("--resume", "a", "--epochs", "3") == 1
    assert f"error[N702]: a/{name}" in capsys.readouterr().err and content("a") == before


def test_numbers_that_run_away_in_the_first_epoch_promise_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.net").write_text(SPEC.replace("0.2", "1e30"))
    assert train("-o", "a", spec="w.net") == 1
    assert "weights of the last" not in capsys.readouterr().err
    assert train("-o", "b") == 0


@pytest.mark.parametrize("more", ["average: 0.5", "stop: patience(1)\n epochs: 50", "average: 0.9\n stop: patience(1)\n epochs: 50"])
def test_the_last_line_of_the_log_is_of_the_model(more: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.net").write_text(SPEC.replace("epochs: 2", more if "epochs" in more else f"{more}\n epochs: 2"))
    assert train("-o", "a", spec="t.net") == 0
    last = json.loads(Path("a/log.jsonl").read_text().splitlines()[-1])
    capsys.readouterr()
    assert main(["eval", "a/model.onnx", "--data", "d", "--json", "--device", "cpu"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accuracy"] == last["test_accuracy"]
    assert abs(told["loss"] - last["test_loss"]) < 1e-5
