"""The commands as a user types them: what they print, what they load, how they end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.commands import netspec
from tests.fixtures import TINY, prepared

ROOT = Path(__file__).parents[2]
LENET = ROOT / "specs" / "lenet5.net"


def loaded(*arguments: object) -> set[str]:
    """The modules that a command loads."""
    code = (
        "import sys\nfrom netspec.cli import main\nmain(sys.argv[1:])\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    modules = loaded("--help")
    assert modules.isdisjoint({"numpy", "onnx", "onnxruntime", "PIL", "pydantic", "lark", "rich", "safetensors"})


@pytest.mark.slow
def test_check_without_tables_loads_no_numpy(tmp_path: Path) -> None:
    spec = tmp_path / "plain.net"
    spec.write_text(
        "netspec 1\nnet A {\n input x: 1 x 8 x 8\n output y = x -> conv(3, 3) -> relu -> dense(4) -> softmax\n}\n"
    )
    assert loaded("check", spec).isdisjoint({"numpy", "onnx", "onnxruntime", "PIL", "rich", "safetensors"})


def test_importing_netspec_loads_neither_numpy_nor_onnx() -> None:
    code = "import sys, netspec; assert not {'numpy', 'onnx', 'onnxruntime'} & set(sys.modules); netspec.load"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_no_file_of_onnxruntime_appears(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = "import netspec.runtime.session"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "HOME": str(home)})
    assert list(home.rglob("*")) == []


@pytest.mark.slow
def test_check_is_silent_where_nothing_is_wrong() -> None:
    done = netspec("check", LENET)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_check_as_json_and_concise(tmp_path: Path) -> None:
    spec = tmp_path / "a.net"
    spec.write_text(TINY.replace("relu", "rleu"))
    done = netspec("check", "a.net", "--format", "json", cwd=tmp_path)
    (problem,) = json.loads(done.stdout)
    assert (done.returncode, problem["code"], problem["line"], problem["help"]) == (
        1,
        "N303",
        5,
        "did you mean `relu`?",
    )
    done = netspec("check", "a.net", "--format", "concise", cwd=tmp_path)
    assert done.stderr.startswith("a.net:5:") and done.stderr.count("\n") == 1


@pytest.mark.slow
def test_show_as_json() -> None:
    told = json.loads(netspec("show", LENET, "--json").stdout)
    assert told["net"] == "LeNet5"
    assert (told["parameters"], told["connections"]) == (60850, 340918)
    assert told["inputs"] == {"image": "1 x 32 x 32"}
    assert told["outputs"] == {"digit": "10"}
    assert told["tables"] == {"c3": {"inputs": 6, "outputs": 16, "connections": 60, "fan_in": 6, "weights": 60}}
    conv = next(layer for layer in told["layers"] if layer["name"] == "C3/conv")
    assert conv == {
        "name": "C3/conv",
        "kind": "conv",
        "shape": "16 x 10 x 10",
        "units": 1600,
        "parameters": 1516,
        "connections": 151600,
        "macs": 150000,
        "activations": 16 * 10 * 10 * 4,
        "line": 19,
    }
    assert [layer["parameters"] for layer in told["layers"] if layer["parameters"]] == [
        156,
        12,
        1516,
        32,
        48120,
        10164,
        850,
    ]


@pytest.mark.slow
def test_show_sets_parameters() -> None:
    assert json.loads(netspec("show", LENET, "--set", "classes=26", "--json").stdout)["outputs"] == {"digit": "26"}


@pytest.mark.slow
def test_format_reads_standard_input_and_checks(tmp_path: Path) -> None:
    done = netspec("format", "-", stdin="netspec 1\nlet   a=1 # one\n")
    assert (done.returncode, done.stdout) == (0, "netspec 1\nlet a = 1  # one\n")
    spec = tmp_path / "a.net"
    spec.write_text("netspec 1\nlet   a=1\n")
    assert netspec("format", "--check", spec).returncode == 1
    assert netspec("format", spec).returncode == 0
    assert spec.read_text() == "netspec 1\nlet a = 1\n"


@pytest.mark.slow
def test_table_draws(tmp_path: Path) -> None:
    done = netspec("table", LENET, "c3")
    assert "60 connections of 96" in done.stdout
    assert "0   X  .  .  .  X  X  X  .  .  X  X  X  X  .  X  X" in done.stdout


@pytest.mark.slow
def test_wrong_usage_is_2() -> None:
    for arguments in (
        ["chekc"],
        ["show"],
        ["show", LENET, "--set", "classes"],
        ["run", "a.onnx"],
        ["check", "nothing.net"],
    ):
        assert netspec(*arguments).returncode == 2


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec import files
    from netspec.diagnostics import Trouble

    target = tmp_path / "a.onnx"
    target.write_bytes(b"before")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("netspec.files.os.fsync", full)
    with pytest.raises(Trouble, match="no space left") as caught:
        files.atomic_write(target, b"after" * 100)
    assert caught.value.status == 2
    assert target.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.onnx"]


def test_compact_tables_in_the_file(tmp_path: Path) -> None:
    from netspec.net import load

    weights = load(LENET).initial()
    kernels, bias = weights["C3/conv.weight"], weights["C3/conv.bias"]
    assert kernels.shape == (60, 5, 5)
    assert kernels.size + bias.size == 1516
    assert sum(np.size(array) for array in weights.values()) == 60850


@pytest.mark.slow
def test_diff_tells_layers_and_cells(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text(TINY)
    (tmp_path / "b.net").write_text(TINY.replace("band(2)", "full").replace("relu", "tanh"))
    assert netspec("diff", "a.net", "a.net", cwd=tmp_path).returncode == 0
    done = netspec("diff", "a.net", "b.net", cwd=tmp_path)
    assert done.returncode == 1
    assert "y/relu: relu | none" in done.stdout
    assert "table c3 [0 -> 2]: . | X" in done.stdout
    done = netspec("diff", LENET, LENET, "--set", "classes=10", "--set-other", "classes=11")
    assert "digit/dense shape: 10 | 11" in done.stdout


@pytest.mark.slow
def test_weights_are_listed_for_specs_and_files(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    told = json.loads(netspec("weights", "list", LENET, "--json").stdout)
    assert told["C3/conv.weight"] == "60 x 5 x 5"
    assert netspec("weights", "list", "other.safetensors", cwd=folder).stdout == "y/conv.weight  4 x 1 x 3 x 3\n"


@pytest.mark.slow
def test_draw_writes_a_figure_and_names_an_unknown_block(tmp_path: Path) -> None:
    out = tmp_path / "net.svg"
    assert netspec("draw", LENET, "-o", out).returncode == 0 and out.read_text(encoding="utf-8").startswith("<svg")
    assert netspec("table", LENET, "c3", "-o", tmp_path / "c3.svg").returncode == 0
    done = netspec("draw", ROOT / "specs" / "resnet.net", "--open", "unti", "-o", tmp_path / "no.svg")
    assert done.returncode == 2 and "did you mean `unit`?" in done.stderr and not (tmp_path / "no.svg").exists()


@pytest.mark.slow
def test_memory_of_training_wants_numbers_for_free_sizes() -> None:
    spec = ROOT / "specs" / "fcn32s.net"
    done = netspec("show", spec, "--batch", 2)
    assert done.returncode == 1 and "error[N212]" in done.stderr and "Traceback" not in done.stderr
    assert (
        "training on batches of 2 takes" in netspec("show", spec, "--batch", 2, "--at", "H=64", "--at", "W=64").stdout
    )
