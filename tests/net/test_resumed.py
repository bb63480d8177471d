"""A run that is resumed: of the same net, data and settings, from an undamaged state, here or in another folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from netspec.cli import main
from netspec.diagnostics import Fault
from netspec.net import load
from netspec.net.recorded import compare, record
from tests.net.runs import OURS, SPEC, begin, content, make_data, train

pytestmark = pytest.mark.slow  # whole trainings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    begin()
    return tmp_path


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
    figures = [
        [{**json.loads(line), "seconds": 0} for line in Path(run, "log.jsonl").read_text().splitlines()]
        for run in ("a", "whole")
    ]
    assert [row["epoch"] for row in figures[0]] == [1, 2, 3, 4] and figures[0] == figures[1]
    for name in ("state.safetensors", "weights.safetensors", "model.onnx"):
        a, whole = Path("a", name).read_bytes(), Path("whole", name).read_bytes()
        assert a == whole, name


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("state.safetensors", b""), ("state.safetensors", b"\xff" * 100),
            ("log.jsonl", b'{"epoch": 1}\n{"epoch": 3}\n'),
        ("log.jsonl", b"\xff\n\n"), ("log.jsonl", b'{"epoch": 1}\n'), ("log.jsonl", b"[" * 100_000),
            ("settings.json", b"{"), ("settings.json", b"[]"),
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


@pytest.mark.parametrize(
    "more", ["average: 0.5", "stop: patience(1)\n epochs: 50", "average: 0.9\n stop: patience(1)\n epochs: 50"]
)
def test_the_last_line_of_the_log_is_of_the_model(more: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.net").write_text(SPEC.replace("epochs: 2", more if "epochs" in more else f"{more}\n epochs: 2"))
    assert train("-o", "a", spec="t.net") == 0
    last = json.loads(Path("a/log.jsonl").read_text().splitlines()[-1])
    capsys.readouterr()
    assert main(["eval", "a/model.onnx", "--data", "d", "--json", "--device", "cpu"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["accuracy"] == last["test_accuracy"]
    assert abs(told["loss"] - last["test_loss"]) < 1e-5
