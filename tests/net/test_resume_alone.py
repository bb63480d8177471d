"""`netspec train --resume RUN`: the run says what it is, and that is enough."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from netspec.cli import main
from tests.net.runs import SPEC, begin, train

pytestmark = pytest.mark.slow  # whole trainings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    begin()
    return tmp_path


GIVEN = ("--set", "part=0.6", "--rate", "0.05", "--batch", "7", "--seed", "5", "--checkpoint-activations")


def about(run: str) -> dict[str, object]:
    found = json.loads(Path(run, "settings.json").read_text())
    assert isinstance(found, dict)
    return found


def test_spec_data_and_settings_are_those_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "whole", "--epochs", "4", *GIVEN) == 0
    assert train("-o", "a", "--epochs", "2", *GIVEN) == 0
    Path("s.net").unlink()  # the run has its own
    capsys.readouterr()
    assert main(["train", "--resume", "a", "--epochs", "4"]) == 0
    assert "activations recomputed" in capsys.readouterr().err
    for name in ("weights.safetensors", "state.safetensors"):
        assert Path("a", name).read_bytes() == Path("whole", name).read_bytes(), name
    for name in ("parameters", "optimizer", "batch", "epochs", "seed"):
        assert about("a")[name] == about("whole")[name]
    assert about("a")["parameters"] == {"part": 0.6}
    assert main(["train", "--resume", "a", "-o", "b", "--epochs", "5"]) == 0
    assert about("b")["parameters"] == {"part": 0.6} and about("b")["epochs"] == 5


def test_data_that_moved_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert train("-o", "a") == 0
    shutil.move("d", "elsewhere")
    assert main(["train", "--resume", "a", "--epochs", "3"]) == 2
    assert "/d" in capsys.readouterr().err
    assert main(["train", "--resume", "a", "--epochs", "3", "--data", "elsewhere"]) == 0
    assert main(["train", "--resume", "a", "--epochs", "4"]) == 0  # it knows now


def test_it_says_why_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    Path("s.net").write_text(SPEC.replace("epochs: 2", "epochs: 2\n stop: patience(3)"))
    assert train("-o", "a") == 0
    assert main(["train", "--resume", "a"]) == 0
    assert "a had done all that is asked: 2 of 2 epochs; `--epochs` gives it more" in capsys.readouterr().err
    assert main(["train", "--resume", "a", "--epochs", "500"]) == 0
    capsys.readouterr()
    assert main(["train", "--resume", "a", "--epochs", "1000"]) == 0
    assert "its loss had not fallen for 3 epochs; `--patience` gives it more" in capsys.readouterr().err


@pytest.mark.parametrize("schedule", ["cosine", "poly", "warmup(1) -> cosine"])
def test_a_schedule_that_counts_the_epochs_cannot_be_prolonged(
    schedule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("s.net").write_text(SPEC.replace("constant", schedule))
    assert train("-o", "a") == 0
    capsys.readouterr()
    assert main(["train", "--resume", "a", "--epochs", "3"]) == 1
    said = capsys.readouterr().err
    assert "a cannot go on to 3 epochs: its schedule, " in said and "cannot" in said and "was laid out for 2" in said
    assert "constant, step, plateau" in said and "--from a" in said


@pytest.mark.parametrize(("words", "told"), [([], "SPEC"), (["s.net"], "--data"), (["--data", "d"], "SPEC")])
def test_without_a_run_both_must_be_given(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *words]) == 2
    assert told in capsys.readouterr().err
