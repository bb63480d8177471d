"""Training on a card that works, falls to the processor, raises, cannot run or is full: a false onnxruntime."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_devices import CPU, CUDA, OPTIONS, Machine

SPEC = """netspec 1
net A {
    input x: 4
    output y = x -> dense(3) -> dropout(0.5) -> dense(3) -> softmax
}
train {
    optimizer: adam(0.01)
    batch: 12
    epochs: 2
}
"""


def made(root: Path, card: str, driver: bool = False) -> Machine:
    """A machine with a spec and data."""
    found = Machine(root, card, driver)
    (root / "s.net").write_text(SPEC)
    rng = np.random.default_rng(0)
    (root / "d").mkdir()
    for part in ("train", "test"):
        np.savez(root / "d" / f"{part}.npz", x=rng.random((30, 4), dtype="f4"), y=rng.integers(0, 3, 30))
    return found


def trained(machine: Machine, *words: str) -> subprocess.CompletedProcess[str]:
    return machine.run("train", "s.net", "--data", "d", "-o", "run", "--engine", "onnxruntime", *words)


@pytest.mark.slow
def test_weights_go_to_a_card_once_and_stay_there(tmp_path: Path) -> None:
    machine = made(tmp_path, "works")
    done = trained(machine, "--device", "cuda")
    assert done.returncode == 0, done.stderr
    assert "training by onnxruntime on cuda\n" in done.stderr
    assert machine.batches(CUDA) == [1, 12, 12, 12, 6, 12, 12, 6] and machine.batches(CPU) == []  # zeros first
    sizes = sorted(each["placed"] for each in machine.asked if "placed" in each)
    weights = [[3], [3], [3, 3], [3, 4]]
    assert sizes == sorted(2 * 3 * weights)  # two sets of the weights and of both moments
    assert {each["on"] for each in machine.asked if "placed" in each} == {"cuda"}
    assert [each["session"] for each in machine.asked if "session" in each] == [[[CUDA, OPTIONS], CPU]]
    assert len((tmp_path / "run" / "log.jsonl").read_text().splitlines()) == 2
    assert not list(machine.home.rglob("*"))


@pytest.mark.slow
def test_a_card_gives_the_processors_run(tmp_path: Path) -> None:
    losses = []
    for card in ("works", "none"):
        (tmp_path / card).mkdir()
        machine = made(tmp_path / card, card)
        assert trained(machine).returncode == 0  # auto
        log = (tmp_path / card / "run" / "log.jsonl").read_text().splitlines()
        losses.append([json.loads(line)["loss"] for line in log])
    assert losses[0] == losses[1]


@pytest.mark.slow
@pytest.mark.parametrize(("card", "reason"), [
    ("none", "this onnxruntime is built without it"), ("falls", "no kernel image"), ("raises", "no kernel image"),
    ("cannot_run", "it cannot run the step: CUDA error: no kernel image is available"),
])  # fmt: skip
def test_a_card_by_name_is_that_one_or_an_error(tmp_path: Path, card: str, reason: str) -> None:
    machine = made(tmp_path, card)
    done = trained(machine, "--device", "cuda")
    assert done.returncode == 2
    assert f"error[N709]: the device cuda does not start: {reason}" in done.stderr
    assert "  = help: " in done.stderr
    assert not (tmp_path / "run").exists() and not list(machine.home.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize(("card", "driver", "reason"), [
    ("cannot_run", True, "cuda: it cannot run the step: CUDA error"), ("raises", True, "cuda: no kernel image"),
    ("raises", False, ""), ("none", False, ""),
])  # fmt: skip
def test_auto_passes_a_card_over_that_does_not_train(tmp_path: Path, card: str, driver: bool, reason: str) -> None:
    done = trained(made(tmp_path, card, driver), "--epochs", "1")
    lines = done.stderr.splitlines()
    place = lines.index("training by onnxruntime on the cpu")
    assert done.returncode == 0
    assert lines[place + 1].startswith(reason or "30 training examples")


@pytest.mark.slow
def test_a_full_card_says_which_batch_may_fit(tmp_path: Path) -> None:
    done = trained(made(tmp_path, "full"), "--device", "cuda")
    assert done.returncode == 2
    assert "error[N709]: the device cuda does not go on: its memory does not hold 12 examples at a time" in done.stderr
    assert "give it fewer: `--batch 6`" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_run_goes_on_with_its_engine_unless_another_is_named(tmp_path: Path) -> None:
    machine = made(tmp_path, "works")
    assert trained(machine, "--device", "cuda").returncode == 0
    done = machine.run("train", "--resume", "run", "--epochs", "3")
    assert done.returncode == 0 and "training by onnxruntime on cuda\n" in done.stderr
    done = machine.run("train", "--resume", "run", "--epochs", "4", "--engine", "netspec")
    assert done.returncode == 1 and "error[N711]: run was trained with another engine" in done.stderr
    done = machine.run("train", "--resume", "run", "--epochs", "4", "--device", "cpu")
    assert done.returncode == 0 and "training by onnxruntime on the cpu\n" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--device", "cuda"), ("--engine", "netspec", "--device", "cpu"),
                                   ("--tune",), ("--engine", "onnxruntime", "--checkpoint-activations")])  # fmt: skip
def test_what_makes_no_sense_is_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    machine = made(tmp_path, "none")
    done = machine.run("train", "s.net", "--data", "d", "-o", "run", *words)
    assert done.returncode == 2 and "engine" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_what_is_timed_on_a_card_is_the_one_thing_that_is_written_into_a_home(tmp_path: Path) -> None:
    machine = made(tmp_path, "works")
    net = (tmp_path / "s.net").read_text().replace("input x: 4", "input x: 1 x 4 x 4").replace(
        "x -> dense(3)", "x -> conv(2, 3) -> dense(3)", 1)  # fmt: skip
    (tmp_path / "s.net").write_text(net)
    for part in ("train", "test"):
        np.savez(tmp_path / "d" / f"{part}.npz", x=np.ones((30, 1, 4, 4), "f4"), y=np.arange(30) % 3)
    done = trained(machine, "--device", "cuda", "--tune", "--epochs", "1")
    assert done.returncode == 0, done.stderr
    assert "timing the forms of 2 gradients of convolutions on cuda\n" in done.stderr
    kept = [path.relative_to(machine.home) for path in machine.home.rglob("*") if path.is_file()]
    assert kept == [Path(".cache/netspec/forms.json")]
    assert all(key.startswith("cuda ") for key in json.loads((machine.home / kept[0]).read_text()))
    assert CPU not in {each.get("on") for each in machine.asked}
