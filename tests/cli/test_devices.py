"""Commands on a card that works, falls silently to the processor, raises, cannot run or is full: a false onnxruntime.

The commands are processes of their own under an empty home, with everything that they print.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper as h
from PIL import Image

import tests.runtime
from tests.runtime.models import flat, model, tensor

FALSE = Path(tests.runtime.__path__[0]) / "false"
CUDA, TENSORRT, CPU = (f"{name}ExecutionProvider" for name in ("CUDA", "Tensorrt", "CPU"))
OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}


class Machine:
    """A folder with pictures and a model, and a home; ``asked`` is what was asked of the library."""

    def __init__(self, root: Path, card: str, driver: bool) -> None:
        self.root, self.home, self.log = root, root / "home", root / "asked"
        self.home.mkdir()
        (root / "m.onnx").write_bytes(flat())
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        paths = os.pathsep.join((str(FALSE), str(Path(__file__).parents[2])))
        self.environment |= {"PYTHONPATH": paths, "FALSE": card, "ASKED": str(self.log), "HOME": str(self.home)}
        if driver:  # any library that loads stands for the driver's
            library = next(
                line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/libc." in line
            )
            (root / "driver").mkdir()
            (root / "driver" / "libcuda.so.1").symlink_to(library)
            self.environment["LD_LIBRARY_PATH"] = str(root / "driver")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "netspec", *words], cwd=self.root, env=self.environment, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def batches(self, provider: str) -> list[int]:
        """Examples in each batch that ran there."""
        return [each["run"] for each in self.asked if each.get("on") == provider]

    def pictures(self, count: int) -> None:
        (self.root / "pictures").mkdir()
        for n in range(count):
            Image.fromarray(np.full((4, 4), n + 1, np.uint8)).save(self.root / "pictures" / f"{n:03}.png")


Made = Callable[..., Machine]


@pytest.fixture
def machine(tmp_path: Path) -> Made:
    return lambda card, driver=False: Machine(tmp_path, card, driver)


def notes(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was told, without the line of figures at the end."""
    return [line for line in done.stderr.splitlines() if " a second: " not in line]


@pytest.mark.slow
def test_pictures_go_through_a_card_in_equal_batches(machine: Made) -> None:
    made = machine("works")
    made.pictures(71)
    done = made.run("run", "m.onnx", "pictures", "--json")
    rows = json.loads(done.stdout)
    assert (done.returncode, len(rows), notes(done)) == (0, 71, ["running on cuda"])
    assert [row["value"] for row in rows] == pytest.approx([(n + 1) / 255 for n in range(71)])
    assert made.batches(CUDA) == [32, 32, 32, 32] and made.batches(CPU) == []  # zeros first
    assert [each["zeros"] for each in made.asked if "run" in each] == [True, False, False, False]
    assert not list(made.home.rglob("*"))


@pytest.mark.slow
def test_the_processor_pads_no_batch_beyond_what_there_is(machine: Made) -> None:
    made = machine("none")
    made.pictures(3)
    assert made.run("run", "m.onnx", "pictures").returncode == 0
    assert made.batches(CPU) == [3]


@pytest.mark.slow
@pytest.mark.parametrize("card", ["falls", "raises", "none"])
def test_where_no_card_is_seen_there_is_one_line_and_no_reason(machine: Made, card: str) -> None:
    made = machine(card)
    made.pictures(1)
    done = made.run("run", "m.onnx", "pictures")
    assert (done.returncode, notes(done)) == (0, ["running on the cpu"])
    assert done.stdout.startswith("pictures/000.png  ") and len(done.stdout.splitlines()) == 1
    assert sum("session" in each for each in made.asked) == (2 if card == "raises" else 1)  # what stood in is kept


@pytest.mark.slow
@pytest.mark.parametrize("card", ["falls", "raises"])
def test_a_card_that_is_seen_and_does_not_start_is_told_with_the_last_error(machine: Made, card: str) -> None:
    made = machine(card, True)
    made.pictures(1)
    done = made.run("run", "m.onnx", "pictures")
    first, reason = notes(done)
    assert (done.returncode, first) == (0, "running on the cpu")
    assert reason.startswith("cuda: no kernel image; install CUDA 13")


@pytest.mark.slow
def test_a_card_that_opens_and_cannot_run_is_passed_over_with_the_reason(machine: Made) -> None:
    made = machine("cannot_run")
    made.pictures(1)
    done = made.run("run", "m.onnx", "pictures")
    first, reason = notes(done)
    assert (done.returncode, first) == (0, "running on the cpu")
    assert reason.startswith("cuda: it cannot run the model: CUDA error: no kernel image is available")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("card", "device", "reason", "help"),
    [
        ("none", "cuda", "this onnxruntime is built without it", "onnxruntime-gpu[cuda,cudnn]"),
        ("falls", "cuda", "no kernel image", "onnxruntime-gpu[cuda,cudnn]"),
        ("raises", "cuda", "no kernel image", "onnxruntime-gpu[cuda,cudnn]"),
        ("raises", "tensorrt", "no kernel image", "pip install tensorrt-cu13"),
        ("cannot_run", "cuda", "it cannot run the model: CUDA error: no kernel image is available", "driver"),
        ("full", "cuda", "its memory does not hold 32 examples at a time", "`--batch 16`"),
    ],
)
def test_a_card_by_name_is_that_one_or_an_error(machine: Made, card: str, device: str, reason: str, help: str) -> None:
    made = machine(card)
    made.pictures(1)
    done = made.run("run", "m.onnx", "pictures", "--device", device)
    assert (done.returncode, done.stdout) == (2, "")
    first, second = notes(done)
    assert first.startswith(f"error[N709]: the device {device} does not start: {reason}")
    assert second.startswith("  = help: ") and help in second
    assert not list(made.home.rglob("*"))


@pytest.mark.slow
def test_fewer_examples_at_a_time_fit_a_card(machine: Made) -> None:
    made = machine("full")
    made.pictures(9)
    done = made.run("run", "m.onnx", "pictures", "--device", "cuda", "--batch", "8")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 9)
    assert made.batches(CUDA) == [8, 8, 8]


@pytest.mark.slow
def test_a_full_card_in_the_middle_ends_the_command(machine: Made) -> None:
    made = machine("full")
    free = [tensor("x", ["N", 1, "H", "W"])], [tensor("y", ["N", 1, "H", "W"])]
    (made.root / "m.onnx").write_bytes(model([h.make_node("Neg", ["x"], ["y"])], *free))
    made.pictures(9)
    done = made.run("run", "m.onnx", "pictures", "--device", "cuda")
    assert (done.returncode, done.stdout) == (2, "")
    assert notes(done) == [
        "error[N709]: the device cuda does not go on: its memory does not hold 9 examples at a time",
        "  = help: give it fewer: `--batch 4`",
    ]
    assert made.batches(CUDA) == [1, 9]  # free sizes: a size that fits, and none is padded


@pytest.mark.slow
@pytest.mark.parametrize("fast", [False, True])
def test_a_card_is_asked_for_exactly_what_is_meant(machine: Made, fast: bool) -> None:
    made = machine("works")
    made.pictures(1)
    more = ["--fast"] if fast else []
    assert made.run("run", "m.onnx", "pictures", "--device", "cuda", "--threads", "3", *more).returncode == 0
    before, *_, opened = [each for each in made.asked if "run" not in each]
    assert before == {"preload": ""}  # before it is asked what there is
    options = OPTIONS | {"use_tf32": "1" if fast else "0"}
    assert opened == {"session": [[CUDA, options], CPU], "threads": 3}


@pytest.mark.slow
def test_tensorrt_has_cuda_behind_it_and_keeps_its_engines(machine: Made) -> None:
    made = machine("works")
    made.pictures(1)
    assert made.run("run", "m.onnx", "pictures", "--device", "tensorrt").returncode == 0
    place = str(made.home / ".cache" / "netspec" / "tensorrt")
    engines = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": place,
               "trt_timing_cache_enable": "1", "trt_timing_cache_path": place}  # fmt: skip
    (opened,) = (each["session"] for each in made.asked if "session" in each)
    assert opened == [[TENSORRT, engines], [CUDA, OPTIONS], CPU]


@pytest.mark.slow
def test_doctor_tells_a_card_that_cannot_run(machine: Made) -> None:
    made = machine("cannot_run", True)
    done = made.run("doctor", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 2 and found["card"] == "libcuda.so.1"
    assert [device["starts"] for device in found["devices"]] == [True, False, False]
    (problem,) = (each["problem"] for each in found["problems"])
    assert "there is a card (libcuda.so.1), and cuda does not start: it cannot run the model" in problem
    assert not list(made.home.rglob("*"))
