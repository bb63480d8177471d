"""Names of files: an empty one is a usage error everywhere; and what commands leave where they fail."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click
import numpy as np
import pytest

from netspec.cli import main, netspec
from netspec.cli.paths import NamedPath
from tests.cli.test_completion import parameters

SPEC = """netspec 1
net A(maps = 2) {
    input x: 1 x 6 x 6
    c = x -> conv(maps, 3)
    output y = c -> dense(3) -> softmax
}
train {
    epochs: 1
    batch: 2
}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec, its data, and a run."""
    here = tmp_path_factory.mktemp("paths")
    (here / "a.net").write_text(SPEC, encoding="utf-8")
    x = np.random.default_rng(0).random((8, 1, 6, 6), dtype=np.float32)
    np.savez(here / "d.npz", x=x, y=np.arange(8) % 3)
    np.savez(here / "four.npz", x=x, y=np.arange(8) % 4)
    words = ["train", str(here / "a.net"), "--data", str(here / "d.npz"), "-o", str(here / "run"), "--threads", "1"]
    assert main(words) == 0
    return here


@pytest.fixture(autouse=True)
def inside(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)


def test_every_path_of_every_command_is_read_in_one_way() -> None:
    paths = [each for each in parameters(netspec) if isinstance(each.type, click.Path)]
    assert len(paths) > 40
    assert all(isinstance(each.type, NamedPath) for each in paths)


@pytest.mark.parametrize(
    "words",
    [
        ["check", ""], ["show", "", "--json"], ["run", "run", ""], ["run", "", "a.png"], ["format", ""], ["runs", ""],
        ["train", "a.net", "--data", ""], ["train", "a.net", "--data=", "-o", "x"], ["eval", "run", "--data", ""],
        ["train", "a.net", "--data", "d.npz", "-o", ""], ["run", "run", "a.png", "--map", ""], ["new", ""],
        ["run", "run", "a.png", "--csv", ""], ["run", "run", "a.png", "--parquet", ""],
        ["check", "a.net", "--root", ""], ["show", "a.net", "--csv", ""],
    ],
)  # fmt: skip
def test_an_empty_name_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().iterdir())
    assert main(words) == 2
    assert "an empty name is no file and no folder" in capsys.readouterr().err
    assert sorted(Path().iterdir()) == before


def test_a_size_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "a.net", "--at", "H=32", "--at", " H =64"]) == 2
    assert "--at gives H two sizes: 32 and 64" in capsys.readouterr().err


@pytest.mark.parametrize("out", [["-o", "cut"], []])
def test_nothing_is_left_of_a_pruning_that_diverged(out: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prune", "run", "--to-table", "c", "--keep", "0.5", "--rate", "1e30", *out]) == 1
    assert "training diverged" in capsys.readouterr().err
    assert not Path("cut").exists() and not Path("runs").exists()


@pytest.mark.parametrize("words", [["-o", "run2"], ["--data", "four.npz", "-o", "new"]])
def test_advice_of_prune_names_no_option_of_train(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree("run", "run2")
    kept = sorted(Path("run2").iterdir())
    assert main(["prune", "run", "--to-table", "c", "--keep", "0.5", *words]) > 0
    told = capsys.readouterr().err
    assert "error[" in told
    assert not any(option in told for option in ("--resume", "--force", "--set"))
    assert sorted(Path("run2").iterdir()) == kept
    assert not Path("new").exists()


@pytest.mark.parametrize(
    "damage", [{"data": 3}, {"data": {"path": [1]}}, {"options": []}, {"data": {"path": "d.npz"}, "options": 3}]
)
@pytest.mark.parametrize("words", [["train", "--resume", "run"], ["prune", "run", "--to-table", "c", "--keep", "0.5"]])
def test_damaged_settings_are_the_runs_fault(
    damage: dict[str, object], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("run/settings.json").write_text(json.dumps(damage), encoding="utf-8")
    assert main(words) == 1
    assert "error[N702]: run/settings.json is damaged: `" in capsys.readouterr().err


def test_a_training_step_is_told_where_weights_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "a.net", "--train-step", "-o", "step.onnx"]) == 0
    assert main(["train", "a.net", "--data", "d.npz", "--from", "step.onnx", "-o", "new"]) == 1
    assert "step.onnx is a training step, and a model or weights are wanted" in capsys.readouterr().err
    assert not Path("new").exists()


def test_a_sweep_whose_cluster_does_not_answer_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", "a.net", "--data", "d.npz", "-o", "far", "--rate", "0.1", "--ray", "--ray-address", "127.0.0.1:1"]
    assert main(words) == 2
    assert "error[N718]" in capsys.readouterr().err
    assert not Path("far").exists()


def test_no_cluster_is_asked_about_files_that_are_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "run", "none.png", "no.png", "--ray", "--ray-address", "127.0.0.1:1"]) == 1
    told = capsys.readouterr()
    assert told.out.count("error[N705]") == 2
    assert "N718" not in told.err


@pytest.mark.slow
def test_health_looks_at_the_memory_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "a.net", "--health", "--batch", "10000000000"]) == 1
    told = capsys.readouterr().err
    assert "error[N712]: training on batches of 10,000,000,000 takes " in told
