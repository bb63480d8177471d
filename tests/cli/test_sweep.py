"""Sweeps: every combination once, what is done stays done, one that fails is a row, none is left running."""

from __future__ import annotations

import _thread
import csv
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import netspec
from netspec.cli import main
from netspec.cli.sweep import command
from netspec.cli.train import command as train
from netspec.diagnostics import Trouble
from netspec.net import sweeping
from netspec.net.points import Point, points, split
from netspec.net.sweeping import Sweep

SPEC = """netspec 1
net S(hidden = 8) {
    input x: 4
    output y = x -> dense(hidden) -> relu -> dense(3) -> softmax
}
train {
    epochs: 2
    batch: 8
    seed: 5
}
"""


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.net").write_text(SPEC)
    draw = np.random.default_rng(0)
    x = draw.random((60, 4), dtype="f4")
    Path("d").mkdir()
    np.savez("d/train.npz", x=x, y=(x[:, 0] * 3).astype(int))


def sweep(*words: str) -> int:
    return main(["sweep", "s.net", "--data", "d", "-o", "sw", *words])


def table() -> list[dict[str, str]]:
    return list(csv.DictReader(Path("sw/table.csv").read_text().splitlines()))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2", ["1", "2"]),
        ("[1,2],[3]", ["[1,2]", "[3]"]),
        ("sgd(rate: 1, decay: 2), adam", ["sgd(rate: 1, decay: 2)", "adam"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ("1, 1,2", ["1", "2"]),
        ("one", ["one"]),
    ],
)
def test_commas_part_values_outside_brackets(text: str, values: list[str]) -> None:
    assert split(text) == values


@pytest.mark.parametrize("text", ["", "1,", ",1", "1,,2"])
def test_an_empty_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        split(text)


def test_every_combination_in_order_named_by_what_differs() -> None:
    found = points(
        {"a": [("1", "--set=a=1"), ("2", "--set=a=2")], "rate": [("9", "--rate=9")],
         "seed": [("5", "--seed=5"), ("6", "--seed=6")]},
        ["--force"],
    )  # fmt: skip
    assert [point.name for point in found] == ["a=1,seed=5", "a=1,seed=6", "a=2,seed=5", "a=2,seed=6"]
    assert found[2].words == ("--set=a=2", "--rate=9", "--seed=5", "--force")


def test_a_name_that_no_folder_can_have_is_another_for_each_value() -> None:
    names = {Point({"f": value}, ()).name for value in ("a/b", "a b", "a_b", "x" * 300, "x" * 301, "ü")}
    assert len(names) == 6 and all("/" not in name and len(name) < 120 for name in names)
    assert Point({}, ()).name == "point" and Point({"a": "[1,2]"}, ()).name == "a=[1,2]"


def test_every_option_of_train_is_one_of_sweep() -> None:
    options = {option for param in command.params for option in param.opts}
    assert {option for param in train.params if isinstance(param, click.Option) for option in param.opts} <= options


FAKE = """
import sys, pathlib
words = sys.argv[2:]
out = pathlib.Path(next(w for w in words if w.startswith(('--out=', '--resume='))).partition('=')[2])
out.mkdir(exist_ok=True)
with open('calls', 'a') as calls: calls.write(' '.join(words) + chr(10))
if '--set=hidden=3' in words: sys.exit('warning' + chr(10) + 'error[N999]: three is wrong' + chr(10) + '  = help: no')
"""


@pytest.mark.slow
def test_what_is_done_stays_done_and_what_failed_is_a_row(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sweeping, "_CHILD", FAKE)
    more = ("--set", "hidden=2,3", "--seeds", "2", "--rate", "0.1", "--checkpoint-activations", "--freeze", "y/a*")
    assert sweep(*more) == 1
    assert [(row["run"], row["hidden"], row["seed"], row["state"], row["error"]) for row in table()] == [
        ("hidden=2,seed=5", "2", "5", "done", "it has no settings.json"),
        ("hidden=2,seed=6", "2", "6", "done", "it has no settings.json"),
        ("hidden=3,seed=5", "3", "5", "failed", "error[N999]: three is wrong"),
        ("hidden=3,seed=6", "3", "6", "failed", "error[N999]: three is wrong"),
    ]
    calls = Path("calls").read_text().splitlines()
    assert len(calls) == 4
    wanted = [
        "--set=hidden=2",
        "--seed=5",
        "--rate=0.1",
        "--data=d",
        "--checkpoint-activations",
        "--freeze=y/a*",
        "--threads=1",
    ]
    (first,) = [call.split() for call in calls if "--out=sw/hidden=2,seed=5" in call]
    assert sorted(first) == sorted(["train", *wanted, "--out=sw/hidden=2,seed=5", "--", "s.net"])
    Path("calls").unlink()
    assert sweep(*more) == 1
    assert sorted("hidden=3" in call for call in Path("calls").read_text().splitlines()) == [True, True]
    assert sweep(*more, "--max-hours", "1") == 1  # a bound on the time makes no other training
    capfd.readouterr()
    assert sweep(*more, "--batch", "4") == 2
    assert "holds another sweep: hidden=2,seed=5 was trained without --batch=4" in capfd.readouterr().err
    Path("s.net").write_text(SPEC.replace("relu", "tanh"))
    assert sweep(*more) == 2
    assert "its spec was another" in capfd.readouterr().err
    assert sweep(*more, "--force") == 1 and Path("sw.old-1/sweep.json").exists()


@pytest.mark.parametrize(
    "at", [{"words": [["--data=d"]]}, {"words": [False]}, {"words": "--data=d"}, {"error": ["no"]}, {"error": 3}, None]
)
def test_a_damaged_sweep_json_is_told(at: dict[str, object] | None, tmp_path: Path) -> None:
    sound = {"words": ["--data=d"], "done": True, "error": None}
    known = Sweep(Path("s.net"), tmp_path, [Point({}, ("--data=d",))], 1, "mark")
    for given in (sound, at if at is None else {**sound, **at}):
        text = json.dumps({"mark": "mark", "points": {"point": given}})
        (tmp_path / "sweep.json").write_text(text)
        if given is sound:
            known.read()
            continue
        with pytest.raises(Trouble, match=r"its sweep\.json cannot be read"):
            known.read()


def test_wrong_values_are_told_before_anything_begins(capfd: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        (["--rate", "0.1,0"], "0.0 is not in the range"),
        (["--memory", "2GB,much"], "'much' is not a size"),
        (["--set", "hidden"], "NAME=VALUE"),
        (["--seeds", "2", "--seed", "1,2"], "counts from one --seed"),
        (["--seeds", "10001"], "10,001 trainings are asked for"),
        (
            ["--set", "hidden=" + ",".join(map(str, range(200))), "--seed", ",".join(map(str, range(101)))],
            "20,200 train",
        ),
    ):
        assert sweep(*words) == 2
        assert told in capfd.readouterr().err
    assert sweep("--set", "hiden=1,2") == 1
    assert "hidden" in capfd.readouterr().err
    assert not Path("sw").exists()
    before = sorted(Path("d").iterdir())
    assert sweep("-o", "./d/../d") == 2 and sorted(Path("d").iterdir()) == before
    assert "d/../d has the data" in capfd.readouterr().err


@pytest.mark.slow
def test_the_runs_are_those_of_train(capfd: pytest.CaptureFixture[str]) -> None:
    assert sweep("--set", "hidden=4,0", "--rate", "0.5", "--seeds", "2", "--jobs", "2") == 1
    out = capfd.readouterr().out
    rows = table()
    assert [row["state"] for row in rows] == ["done", "done", "failed", "failed"]
    assert "units of dense must be" in rows[2]["error"] and "over the seeds" in out
    assert (
        main(["train", "s.net", "--data", "d", "-o", "own", "--set", "hidden=4", "--rate", "0.5", "--seed", "6"]) == 0
    )
    run = Path("sw/hidden=4,seed=6")
    assert (run / "weights.safetensors").read_bytes() == Path("own/weights.safetensors").read_bytes()
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert float(rows[1]["last"]) == log[-1]["val_accuracy"] and rows[1]["trained"] == "2"
    assert "best accuracy" in Path("sw/sweep.svg").read_text()


def training(more: tuple[str, ...] = ()) -> sweeping.Training:
    return sweeping.Training(Path("s.net"), Path("sw"), ("--rate=1", "--from=x"), more)


def test_a_training_goes_on_where_there_is_something_to_go_on_with() -> None:
    assert training(("--a",)).line() == ["train", "--rate=1", "--from=x", "--a", "--out=sw", "--", "s.net"]
    Path("sw").mkdir()
    Path("sw/state.safetensors").touch()
    assert training().line() == ["train", "--rate=1", "--resume=sw", "--", "s.net"]


def test_a_worker_waits_for_what_an_earlier_one_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = """import sys, pathlib
n = pathlib.Path('n')
n.open('a').write('x')
if n.stat().st_size < 3: sys.exit(print('error[N714]: sw is in use', file=sys.stderr) or 2)
sys.exit('error[N999]: other')
"""
    monkeypatch.setattr(sweeping, "_CHILD", busy)
    monkeypatch.setattr(sweeping.time, "sleep", lambda _: None)
    monkeypatch.chdir("/")
    status, told = sweeping.trained(training(), str(tmp_path), netspec.__version__)
    assert (status, told.strip()) == (1, b"error[N999]: other") and Path("n").read_text() == "xxx"
    monkeypatch.setattr(sweeping, "GRACE", -1.0)
    Path("n").unlink()
    status, told = sweeping.trained(training(), str(tmp_path), netspec.__version__)
    assert status == 2 and b"N714" in told and Path("n").read_text() == "x"


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN], ids=["heard", "ignored"])
def test_an_interrupt_that_is_no_signal_ends_a_training(
    handler: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears = "import pathlib, signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)"
    monkeypatch.setattr(sweeping, "_CHILD", f"{hears}; pathlib.Path('begun').touch(); time.sleep(5)")
    monkeypatch.chdir("/")
    before = signal.signal(signal.SIGINT, handler)

    def interrupt() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        _thread.interrupt_main()

    try:
        threading.Thread(target=interrupt, daemon=True).start()
        status, told = sweeping.trained(training(), str(tmp_path), netspec.__version__)
    finally:
        left = signal.signal(signal.SIGINT, before)
    assert left == handler
    assert status in (130, -signal.SIGINT) and b"KeyboardInterrupt" in told


def test_a_training_hears_ctrl_c_though_its_worker_has_it_blocked() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        sweeping.bound()
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        ctypes.CDLL(None).prctl(1, 0)


def test_a_worker_that_cannot_train_says_so(tmp_path: Path) -> None:
    status, told = sweeping.trained(training(), str(tmp_path), "0.0.1")
    assert status == 2 and b"error[N718]" in told and b"not 0.0.1" in told
    status, told = sweeping.trained(training(), str(tmp_path / "nowhere"), netspec.__version__)
    assert status == 2 and b"error[N718]" in told and b"no such file" in told


def test_where_nothing_waits_no_cluster_is_asked(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sweeping, "_CHILD", FAKE)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    there = ("--rate", "0.1", "--ray", "--ray-address", "127.0.0.1:1")
    assert sweep(*there) == 2 and "error[N718]" in capfd.readouterr().err
    assert sweep("--rate", "0.1") == 0 and sweep(*there) == 0
    assert sweep("--rate", "0.1", *there[-2:]) == 2 and "belongs to --ray" in capfd.readouterr().err


def own_processes(folder: Path) -> list[int]:
    """Processes whose working folder this is."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd") == str(folder) and int(entry.name) != os.getpid():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.slow
def test_ctrl_c_ends_every_child_and_the_same_command_goes_on(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "netspec", "sweep", "s.net", "--data", "d", "-o", "sw", "--rate", "0.1,0.2,0.3",
            "--jobs", "2"]  # fmt: skip
    child = subprocess.Popen([*line, "--epochs", "1000000"], stderr=subprocess.PIPE, start_new_session=True)
    logs = [tmp_path / "sw" / name / "log.jsonl" for name in ("rate=0.1", "rate=0.2")]
    end = time.monotonic() + 60
    while not all(log.exists() for log in logs) and time.monotonic() < end:
        time.sleep(0.02)
    assert len(own_processes(tmp_path)) >= 3
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=30)
    assert child.returncode == 130 and b"does the rest" in err
    assert own_processes(tmp_path) == []
    assert [row["state"] for row in table()] == ["unfinished"] * 3
    before = [len(log.read_text().splitlines()) for log in logs]
    again = subprocess.Popen([*line, "--epochs", "1000000"], stderr=subprocess.DEVNULL, start_new_session=True)
    further = lambda: [len(log.read_text().splitlines()) > n for log, n in zip(logs, before, strict=True)]  # noqa: E731
    while not all(further()) and time.monotonic() < end:
        time.sleep(0.02)
    again.send_signal(signal.SIGTERM)
    assert again.wait(timeout=30) == 143 and own_processes(tmp_path) == []
    assert all(further())
    before = [len(log.read_text().splitlines()) for log in logs]
    killed = subprocess.Popen([*line, "--epochs", "1000000"], stderr=subprocess.DEVNULL, start_new_session=True)
    while not all(further()) and time.monotonic() < end:
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    while own_processes(tmp_path) and time.monotonic() < end:
        time.sleep(0.02)
    assert own_processes(tmp_path) == []
