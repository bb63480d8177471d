"""`-o`: a new name or a regular file that is no input; all else is told before the work, and nothing is touched."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from netspec.cli import main

SPEC = """netspec 1
use "lib.net"
net A {
    input x: 4 x 6 x 6
    sparse table t: 4 -> 4 = band(2)
    output y = x -> conv(4, 3, table: t) -> piece(2) -> softmax
}
data { classes: "names.txt" }
"""
INPUTS = ("a.net", "lib.net", "names.txt")
COMMANDS = {
    "compile": ["compile", "a.net", "--weights", "w.safetensors"],
    "draw": ["draw", "a.net"],
    "table": ["table", "a.net", "t"],
    "weights": ["weights", "import", "a.net", "w.safetensors"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.net").write_text(SPEC)
    Path("lib.net").write_text("netspec 1\nblock piece(n) { dense(n) }\n")
    Path("names.txt").write_text("ant\nbee\n")
    from netspec.interop.weight_files import save_weights
    from netspec.net import load

    save_weights(Path("w.safetensors"), load("a.net").initial(), {})
    return tmp_path


def state(folder: Path) -> dict[str, object]:
    """Everything in a folder: kinds, links, contents, times."""
    return {
        str(path.relative_to(folder)): (os.lstat(path).st_mode, os.lstat(path).st_mtime_ns,
            os.readlink(path) if path.is_symlink() else None,
                                        path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_no_input_is_written_over_under_any_name(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = [*INPUTS, *(["w.safetensors"] if "w.safetensors" in COMMANDS[command] else [])]
    for name in inputs:
        os.link(name, f"hard-{name}")
        os.symlink(name, f"soft-{name}")
    os.symlink(".", "here")
    before = state(folder)
    for name in inputs:
        for out in (name, f"hard-{name}", f"soft-{name}", f"./{name}", str(folder / name), f"here/{name}"):
            assert main([*COMMANDS[command], "-o", out]) == 2
            said = capsys.readouterr()
            assert f"error[N604]: {Path(out)} cannot be written: it is" in said.err and not said.out
    assert state(folder) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_regular_file_is_refused(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo("pipe")
    Path("folder").mkdir()
    os.symlink("pipe", "to-pipe")
    os.symlink("circle", "circle")
    os.symlink("nowhere/at all", "dangling")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("socket")
    listening.close()
    before = state(folder)
    monkeypatch.setattr("netspec.net.Net.model", lambda *_: pytest.fail("the work was done first"))
    monkeypatch.setattr("netspec.report.drawing.draw_net", lambda *_: pytest.fail("the work was done first"))
    for out, told in (
        ("pipe", "a pipe"), ("folder", "a folder"), ("to-pipe", "a pipe"), ("circle", "symbolic links"),
        ("dangling", "no folder"),
        ("socket", "a socket"), ("/dev/zero", "a device"), ("/dev/full", "a device"),
        ("no/where/x", "no folder no/where"), ("a.net/x", ""),
    ):  # fmt: skip
        assert main([*COMMANDS[command], "-o", out]) == 2, out
        said = capsys.readouterr().err
        assert "N604" in said and told in said, said
    assert state(folder) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_new_names_old_files_links_and_the_hole_are_written(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("old").write_text("old")
    os.chmod("old", 0o640)
    os.symlink("old", "link")
    os.symlink("new", "to-new")
    for out in ("fresh", "link", "to-new", "/dev/null"):
        assert main([*COMMANDS[command], "-o", out]) == 0, capsys.readouterr().err
    contents = {Path(name).read_bytes() for name in ("fresh", "old", "new")}
    assert len(contents) == 1 and len(contents.pop()) > 100
    assert os.readlink("link") == "old" and os.readlink("to-new") == "new"
    assert os.stat("old").st_mode & 0o777 == 0o640


def test_standard_output_takes_text_only(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("draw", "table"):
        assert main([*COMMANDS[command], "-o", "-"]) == 0
        assert capsys.readouterr().out.startswith("<svg")
    for command in ("compile", "weights"):
        assert main([*COMMANDS[command], "-o", "-"]) == 2
        assert "N604" in capsys.readouterr().err
    assert not Path("-").exists()


def test_the_name_that_compile_takes_by_itself_is_looked_at_too(folder: Path) -> None:
    Path("a.net").rename("a.onnx")
    before = state(folder)
    assert main(["compile", "a.onnx"]) == 2
    assert state(folder) == before


def test_python_writes_over_no_spec_either() -> None:
    from netspec.diagnostics import Trouble
    from netspec.net import load

    net = load("a.net")
    for call in (
        lambda: net.compile("lib.net"),
        lambda: net.import_weights(Path("w.safetensors"), Path("w.safetensors")),
    ):
        with pytest.raises(Trouble, match="which this command reads"):
            call()
    assert np.isfinite(net.weights_from(Path("w.safetensors"))[0]["y/conv.weight"]).all()


@pytest.mark.slow
def test_what_is_read_of_a_run_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw = np.random.default_rng(0)
    np.savez("data.npz", x=draw.random((6, 4, 6, 6), np.float32), y=np.arange(6) % 2)
    assert main(["train", "a.net", "--data", "data.npz", "-o", "run", "--epochs", "1"]) == 0
    before = state(folder / "run")
    for line in (
        "eval run --data data.npz --mistakes run/model.onnx",
        "run run data.npz --csv run/model.onnx",
        "features run y data.npz -o run.csv",
        "compile run -o run/best.safetensors",
        "compile a.net --weights run -o run/weights.safetensors",
        "draw run -o run/weights.safetensors",
        "show run --csv run/state.safetensors",
        "table run t -o run/spec.net",
        "runs . --csv run/log.jsonl",
    ):
        if "features" in line:
            os.link("run/model.onnx", "run.csv")
        assert main(line.split()) == 2, line
        assert "which this command reads" in capsys.readouterr().err
    assert main(["sweep", "a.net", "--data", "data.npz", "--rate", "0.1,0.2", "-o", "run"]) == 2
    assert "error[N713]: run holds a run" in capsys.readouterr().err
    assert main(["eval", "run", "--data", "data.npz", "--mistakes", "run/mistakes.csv"]) == 0  # a name of its own
    Path("run/mistakes.csv").unlink()
    assert state(folder / "run") == before


def test_two_results_do_not_go_into_one_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("old").write_text("kept")
    os.symlink("old", "soft")
    os.link("old", "hard")
    before = state(folder)
    for second in ("new", "./new", "hard", "soft"):
        first = "new" if "new" in second else "old"
        assert main(["show", "a.net", "--csv", first, "--markdown", second]) == 2
        assert f"{Path(second)} would get two results" in capsys.readouterr().err
    assert main(["show", "a.net", "--csv", "/dev/null", "--markdown", "/dev/null"]) == 0
    assert state(folder) == before


@pytest.mark.parametrize("terminal", [False, True])
def test_names_of_strangers_on_standard_output(
    terminal: bool, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "a\x1b[31mb\u202ec"
    Path("all", name).mkdir(parents=True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert main(["runs", "all", "--csv", "-"]) == 0
    out = capsys.readouterr().out
    assert (name in out) == (not terminal)
    assert ("a\\x1b[31mb\\u202ec" in out) == terminal
