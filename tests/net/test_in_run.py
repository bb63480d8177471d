"""A run's folder stands wherever a spec, weights or a model is asked for, and gives the net that was trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from netspec.cli import main
from netspec.interop.weight_files import load_weights
from netspec.locations import in_run
from netspec.net import load
from tests.fixtures import prepared


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = prepared(tmp_path_factory.mktemp("runs"))
    text = (here / "tiny.net").read_text().replace("net Tiny(classes = 10)", "net Tiny(classes = 10, width = 4)")
    text = text.replace("conv(4, 5, stride: 3)", "conv(width, 5, stride: 3) -> conv(4, 1)")
    (here / "wide.net").write_text(text.replace("data {", "data {\n    validate: 0.25\n   "))
    run = ["train", str(here / "wide.net"), "--data", str(here / "digits"), "--epochs", "3", "--set", "width=6"]
    assert main([*run, "-o", str(here / "run"), "--threads", "1"]) == 0
    return here


def test_it_gives_the_net_that_was_trained(folder: Path) -> None:
    assert load(folder / "run").graph.shapes == load(folder / "wide.net", width=6).graph.shapes


def test_every_command_that_reads_a_spec_takes_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(folder / "run")
    for line in (
        ["check", run],
        ["show", run],
        ["draw", run, "-o", "-"],
        ["table", run, "c3"],
        ["weights", "list", run],
    ):
        assert main(line) == 0, line
    assert main(["diff", run, run]) == 0
    capsys.readouterr()


def test_compiled_it_has_its_own_best_weights(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "m.onnx"
    assert main(["compile", str(folder / "run"), "-o", str(out)]) == 0
    assert "fresh" not in capsys.readouterr().err
    best = load_weights(folder / "run" / "best.safetensors")[0]
    for path, array in load(folder / "run").weights_from(folder / "run")[0].items():
        np.testing.assert_array_equal(array, best[path])
    assert main(["compile", str(folder / "run"), "--weights", str(folder / "run"), "-o", str(tmp_path / "n.onnx")]) == 0
    assert out.read_bytes() == (tmp_path / "n.onnx").read_bytes()
    assert (
        main(
            ["compile", str(folder / "wide.net"), "--set", "width=6", "--weights", str(folder / "run"), "-o", str(out)]
        )
        == 0
    )


def test_it_is_run_and_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {}
    for model in (folder / "run", folder / "run" / "model.onnx"):
        assert main(["eval", str(model), "--data", str(folder / "digits"), "--device", "cpu", "--json"]) == 0
        rows[model] = json.loads(capsys.readouterr().out)
        assert main(["run", str(model), str(folder / "digits" / "one.png"), "--device", "cpu"]) == 0
        capsys.readouterr()
    first, second = rows.values()
    assert first == second and first["part"] == "test"


def test_another_folder_is_itself(folder: Path, tmp_path: Path) -> None:
    assert in_run(tmp_path, "spec.net") == tmp_path
    (tmp_path / "spec.net").mkdir()
    assert in_run(tmp_path, "spec.net") == tmp_path
    shutil.copy(folder / "tiny.net", tmp_path / "b.net")
    assert in_run(tmp_path, "a.net", "b.net") == tmp_path / "b.net"
    assert in_run(tmp_path / "b.net", "b.net") == tmp_path / "b.net"
    assert main(["check", str(tmp_path)]) == 2  # a folder without a run
