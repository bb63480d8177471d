"""A worker's rows are those of the same model asked here, whatever the machine; what keeps it from that is told."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.diagnostics import Fault, Trouble
from netspec.runtime.devices import Device
from netspec.runtime.given import Item
from netspec.runtime.predict import Predictor, Seconds
from netspec.runtime.row import Row
from netspec.runtime.session import open_model
from netspec.runtime.worker import Job, Worker, answered
from tests.runtime.models import DATA, flat

STRANGE = os.fsdecode(b"gr\xfc\xdfe.png")
NAMES = ["a.png", "bad.png", "图 2.png", STRANGE, "none.png", "a.png"]


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    for name in {*NAMES} - {"bad.png", "none.png"}:
        Image.fromarray(draw.integers(0, 255, (4, 4), np.uint8)).save(name)
    Path("bad.png").write_bytes(b"no picture")
    Path("m.onnx").write_bytes(
        flat({"data": DATA | {"classes": list("abcdefghijklmnop")}, "end": "softmax"}, "Softmax")
    )
    return Job(str(tmp_path / "m.onnx"), Device("cpu", 4, 1), top=3)


def asked(worker: Worker, *names: str) -> list[Row]:
    (found,) = worker({"names": [json.dumps(names).encode()]})["answers"]
    return answered(found)[0]


def test_a_workers_rows_are_those_of_this_process(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = list(Predictor(open_model(Path("m.onnx"), "cpu"), 3).rows(Item(name, Path(name)) for name in NAMES))
    assert [bool(row.error) for row in ours] == [False, True, False, False, True, False]
    worker = Worker(job)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # where a worker of another machine begins
    blocks = [json.dumps(names).encode() for names in (NAMES[:4], NAMES[4:])]
    found = [answered(block) for block in worker({"names": blocks})["answers"]]
    assert [row for rows, _ in found for row in rows] == ours
    assert all(isinstance(seconds, Seconds) and seconds.reading > 0 for _, seconds in found)
    worker.predictor.seconds = Seconds(1e3, 1e3, 1e3)
    (later,) = worker({"names": blocks[:1]})["answers"]
    assert answered(later)[1].reading < 1e3  # each block's own


def test_what_a_worker_is_told(job: Job) -> None:
    (row,) = asked(Worker(replace(job, top=2, max_pixels=15)), "a.png")
    assert row.code == "N705" and "pixels" in row.error
    (row,) = asked(Worker(replace(job, top=2)), "a.png")
    assert len(row.answers) == 2


def test_a_picture_that_only_this_machine_sees(job: Job) -> None:
    (found,) = Worker(job)({"names": [json.dumps(["none.png"]).encode()]})["answers"]
    assert answered(found)[0][0].error  # none here either
    Path("none.png").write_bytes(b"")
    with pytest.raises(Trouble, match=r"does not see none.png") as raised:
        answered(found)
    assert raised.value.code == "N718"


@pytest.mark.parametrize(
    ("change", "kind", "code", "told"),
    [
        ({"version": "0.0.1"}, Trouble, "N718", "the command is of 0.0.1"),
        ({"model": "/nowhere/m.onnx"}, Trouble, "N601", "/nowhere/m.onnx"),
        ({"model": "bad.png"}, Fault, "N708", "bad.png"),
    ],
)
def test_what_keeps_a_worker_from_answering(
    job: Job, change: dict[str, str], kind: type[Fault], code: str, told: str
) -> None:
    with pytest.raises(kind, match=told) as raised:
        asked(Worker(replace(job, **change)), "a.png")
    assert type(raised.value) is kind and raised.value.code == code and raised.value.message.startswith("on ")


def test_a_worker_starts_with_nothing(job: Job) -> None:
    """What fails while a worker starts is not tried again."""
    assert Worker(replace(job, version="0.0.1", model="/nowhere")).predictor is None
