"""What no model can hold is an error, and nothing is written; a file without a net is told as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netspec.cli import main
from netspec.diagnostics import Fault, SpecError
from netspec.interop.weight_files import save_weights
from netspec.net import load

NET = "netspec 1\nnet A {\n input x: 2 x 5 x 5\n output y = x -> conv(3, 3) -> norm -> relu -> norm -> dense(2)\n}\n"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("path", ["y/conv.weight", "y/norm.running_mean", "y/norm_2.running_var", "y/dense.bias"])
def test_numbers_that_are_not_finite(path: str, value: float, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(NET)
    net = load(tmp_path / "a.net")
    weights = net.initial()
    weights[path].flat[-1] = value
    with pytest.raises(Fault, match="not finite") as told:
        net.compile(tmp_path / "a.onnx", weights)
    assert path in told.value.message
    save_weights(tmp_path / "w.safetensors", weights, {})
    with pytest.raises(Fault, match="not finite"):
        net.weights_from(tmp_path / "w.safetensors")
    assert not (tmp_path / "a.onnx").exists()


@pytest.mark.parametrize("norm", ["y/norm", "y/norm_2"])
def test_a_variance_below_zero(norm: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(NET)
    net = load(tmp_path / "a.net")
    weights = net.initial()
    weights[f"{norm}.running_var"][1] = -1e-3
    with pytest.raises(Fault, match=f"{norm}.running_var") as told:
        net.compile(tmp_path / "a.onnx", weights)
    assert told.value.code == "N609"


def test_a_product_past_single_precision(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(NET)
    net = load(tmp_path / "a.net")
    weights = net.initial()
    weights["y/norm.weight"][0] = 3e38
    weights["y/norm.running_var"][0] = 0
    with pytest.raises(Fault, match="single precision"):
        net.compile(tmp_path / "a.onnx", weights)


@pytest.mark.parametrize("layer", ["rbf(2, width: 1e-30)", "rbf(2, width: 1.2e-38)"])
def test_constants_past_single_precision(layer: str, tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(f"netspec 1\nnet A {{\n input x: 2 x 4\n output y = x -> {layer}\n}}\n")
    net = load(tmp_path / "a.net")
    with pytest.raises(Fault) as told:
        net.compile(tmp_path / "a.onnx")
    assert told.value.code == "N609"
    assert not (tmp_path / "a.onnx").exists()


@pytest.mark.parametrize(
    ("line", "code"),
    [("scale(1e300)", "N112"), ("shift(-1e39)", "N112"), ("relu(max: 4e38)", "N112"),
     ("rbf(2, width: 1e-200)", "N112"), ("lppool(2, p: 1e-40)", "N112"),
     ("conv(2, 1, init: gaussian(1e39))", "N112"), ("conv(2, 1, bias: constant(-1e39))", "N112"),
     ("connect(t)", "N207")],
)  # fmt: skip
def test_numbers_past_single_precision_are_told_by_check(line: str, code: str, tmp_path: Path) -> None:
    table = "residual table t: 2 -> 1 {\n 1e39\n =\n }\n" if "(t)" in line else ""
    (tmp_path / "a.net").write_text(f"netspec 1\nnet A {{\n input x: 2 x 4\n {table} output y = x -> {line}\n}}\n")
    with pytest.raises(SpecError, match="single precision") as told:
        load(tmp_path / "a.net")
    assert [problem.code for problem in told.value.problems.errors] == [code]


LIBRARY = "netspec 1\nlet k = 3\nsparse table t: 2 -> 2 = identity\nblock a { conv(2, k) }\n"
COMMANDS = (
    "show",
    "show --json",
    "draw -o out",
    "diff lib.net",
    "compile",
    "compile --convolutional",
    "profile",
    "train --data . -o out",
    "weights list",
    "weights import w -o out",
)


@pytest.mark.parametrize("text", [LIBRARY, "netspec 1\n", "netspec 1\ntrain { epochs: 1 }\n"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_library_is_told(
    command: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lib.net").write_text(text)
    Path("w").write_bytes(b"")
    words = command.split()
    at = 2 if words[0] == "weights" else 1
    assert main([*words[:at], "lib.net", *words[at:]]) == 1
    told = capsys.readouterr()
    assert "error[N608]: lib.net has no net" in told.err and not told.out
    assert sorted(path.name for path in Path().iterdir()) == ["lib.net", "w"]


def test_a_library_can_be_checked_and_its_tables_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lib.net").write_text(LIBRARY)
    assert main(["check", str(tmp_path / "lib.net")]) == 0
    assert main(["table", str(tmp_path / "lib.net"), "t"]) == 0
    assert "2 -> 2" in capsys.readouterr().out
    with pytest.raises(SpecError, match="no net"):
        load(tmp_path / "lib.net")


ODD = [
    b"model \xff\xfe.onnx",
    b"-o.onnx",
    b" two  blanks .onnx",
    "größe 卷積 🙂.onnx".encode(),
    b"quote'\".onnx",
    b"line\nbreak.onnx",
    b"w" * 250 + b".onnx",
]


@pytest.mark.parametrize("name", ODD, ids=repr)
def test_paths_of_any_bytes(name: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    import netspec
    from netspec.runtime.session import open_model

    monkeypatch.chdir(tmp_path)
    model = os.fsdecode(name)
    spec = model.replace(".onnx", ".net")
    Path(spec).write_text(NET)
    assert main(["compile", "-o", model, "--", spec]) == 0
    assert os.path.getsize(name) > 0
    assert main(["compile", "--", spec]) == 0  # beside the spec, under its name
    assert open_model(Path(model), "cpu").outputs == {"y": (2,)}
    assert netspec.load(spec).compile(model) is not None
    assert main(["show", "--", spec]) == 0
