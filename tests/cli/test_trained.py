"""Trainings by the command: what is left in the folder, what is equal, what an interrupt keeps."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.commands import netspec
from tests.fixtures import TINY, prepared


@pytest.mark.slow
def test_train_compile_run_eval(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    done = netspec("train", "tiny.net", "--data", "digits", "--epochs", 2, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "runs/tiny-1/model.onnx\n")
    run = folder / "runs" / "tiny-1"
    assert {p.name for p in run.iterdir()} == {
        "spec.net",
        "settings.json",
        "weights.safetensors",
        "log.jsonl",
        "metrics.csv",
        "model.onnx",
        "state.safetensors",
        "environment.json",
        "curves.svg",
        "confusion.svg",
        "confusion.csv",
        "report.html",
    }
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in log] == [1, 2]
    score = json.loads(
        netspec("eval", run / "model.onnx", "--data", "digits", "--json", "--device", "cpu", cwd=folder).stdout
    )
    assert (score["right"], score["count"]) == (log[-1]["test_right"], 16)
    done = netspec("compile", "tiny.net", "--weights", run / "weights.safetensors", "-o", "again.onnx", cwd=folder)
    assert done.returncode == 0
    assert (folder / "again.onnx").read_bytes() == (run / "model.onnx").read_bytes()
    done = netspec(
        "run", "again.onnx", "digits/one.png", "tiny.net", "--top", 3, "--json", "--device", "cpu", cwd=folder
    )
    good, bad = json.loads(done.stdout)
    assert done.returncode == 1
    assert [good[name] for name in ("label", "label_2", "label_3")] == [
        str(good[f"index{n}"]) for n in ("", "_2", "_3")
    ]
    assert "cannot be decoded" in bad["error"]


@pytest.mark.slow
def test_two_trainings_and_any_threads_give_equal_bytes(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    for name, threads in (("a", 1), ("b", 1), ("c", 2), ("d", 4)):
        assert (
            netspec("train", "tiny.net", "--data", "digits", "--out", name, "--threads", threads, cwd=folder).returncode
            == 0
        )
    for file in ("weights.safetensors", "model.onnx"):
        assert len({(folder / name / file).read_bytes() for name in "abcd"}) == 1


@pytest.mark.slow
def test_interrupt_keeps_the_last_good_weights(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-m", "netspec", "train", "tiny.net", "--data", "digits", "--epochs", "100000"],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    kept = folder / "runs" / "tiny-1" / "weights.safetensors"
    for _ in range(300):
        if kept.exists():
            break
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "runs/tiny-1" in said.splitlines()[-1]
    assert kept.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "loss"),
    [("dense(10)", "mse"), ("dense(10)", "hinge"), ("dense(10) -> sigmoid", "binary_cross_entropy"),
                      ("dense(784) -> sigmoid -> reshape(1 x 28 x 28)", "mae")],
)  # fmt: skip
def test_every_loss_trains(end: str, loss: str, tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    (folder / "a.net").write_text(
        f"netspec 1\nnet A {{\n input image: 1 x 28 x 28\n output y = image -> dense(8) -> tanh -> {end}\n}}\n"
        f"train {{\n loss: {loss}\n epochs: 20\n optimizer: adam(0.003)\n}}\n"
        "data { prepare: grayscale -> scale(1 / 255) }\n"
    )
    done = netspec("train", "a.net", "--data", "digits", cwd=folder)
    assert done.returncode == 0, done.stderr
    log = [json.loads(line)["loss"] for line in (folder / "runs" / "a-1" / "log.jsonl").read_text().splitlines()]
    assert log[-1] < log[0]


@pytest.mark.slow
def test_memory_decides_the_batch(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    told = json.loads(netspec("show", "tiny.net", "--memory", "9200KB", "--json", cwd=folder).stdout)["training"]
    assert told["bytes"] <= 9_200_000
    assert (
        json.loads(netspec("show", "tiny.net", "--batch", told["batch"] + 1, "--json", cwd=folder).stdout)["training"][
            "bytes"
        ]
        > 9_200_000
    )
    assert told["batch"] < 64
    (folder / "large.net").write_text(TINY.replace("epochs: 1", "epochs: 1\n batch: 64"))
    done = netspec("train", "large.net", "--data", "digits", "--memory", "9200KB", cwd=folder)
    assert done.returncode == 0 and f"{told['batch']} examples per step" in done.stderr
    (folder / "small.net").write_text(TINY.replace("epochs: 1", "epochs: 1\n batch: 5"))
    done = netspec("train", "small.net", "--data", "digits", "--memory", "9200KB", cwd=folder)
    assert done.returncode == 0 and "5 examples per step" in done.stderr
    assert (
        netspec("train", "tiny.net", "--data", "digits", "--batch", 64, "--memory", "9200KB", cwd=folder).returncode
        == 1
    )
    assert netspec("show", "tiny.net", "--memory", "much", cwd=folder).returncode == 2


@pytest.mark.slow
def test_profile_tells_every_layer_and_tuning_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = prepared(tmp_path)
    told = json.loads(netspec("profile", "tiny.net", "--batch", 4, "--json", cwd=folder).stdout)
    assert [line["layer"] for line in told["lines"]] == ["y/conv", "y/conv_2", "y/relu", "y/dense", "y/softmax"]
    assert all(line["forward"] > 0 for line in told["lines"][:-1])
    (folder / "many.net").write_text(
        "netspec 1\nnet Many {\n input x: 4 x 12 x 12\n output y = x -> conv(8, 3, pad: 1) -> dense(2) -> softmax\n}\n"
    )
    done = netspec("profile", "many.net", "--batch", 4, "--tune", cwd=folder)
    assert done.returncode == 0 and "y/conv: " in done.stderr
    assert (tmp_path / "cache" / "netspec" / "methods.json").is_file()


@pytest.mark.slow
def test_interrupted_and_resumed_is_the_unbroken_run(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    child = subprocess.Popen(
        [sys.executable, "-m", "netspec", "train", "tiny.net", "--data", "digits", "--epochs", "120", "--out", "a"],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(300):
        if (folder / "a" / "weights.safetensors").exists():
            break
        time.sleep(0.1)
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    done = netspec("train", "tiny.net", "--data", "digits", "--epochs", 120, "--resume", "a", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "a/model.onnx\n")
    assert netspec("train", "tiny.net", "--data", "digits", "--epochs", 120, "--out", "b", cwd=folder).returncode == 0
    assert (folder / "a" / "weights.safetensors").read_bytes() == (folder / "b" / "weights.safetensors").read_bytes()
