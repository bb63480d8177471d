"""`use` and `classes:` reach regular files below the spec's folder, or `--root`, and show nothing of any others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netspec.cli import main

SECRET = "TOKEN=hunter2"
GOOD = "netspec 1\nblock b { relu }\n"
NET = "net A {{\n    input u: 2\n    output y = u -> {layer}\n}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `nets` beside files that it must not reach."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "outside.net").write_text(GOOD)
    nets = tmp_path / "nets"
    (nets / "deep").mkdir(parents=True)
    (nets / "deep" / "lib.net").write_text(GOOD)
    (nets / "text.txt").write_text(SECRET)
    (nets / "binary.net").write_bytes(b"\xff\xfe" + SECRET.encode())
    (nets / "folder.net").mkdir()
    os.mkfifo(nets / "pipe.net")
    (nets / "out.net").symlink_to("../outside.net")
    (nets / "in.net").symlink_to("deep/lib.net")
    (nets / "loop.net").symlink_to("loop.net")
    (nets / "zero.net").symlink_to("/dev/zero")
    (nets / "up").symlink_to("..")
    monkeypatch.chdir(tmp_path)
    return nets


def check(folder: Path, text: str, *options: str) -> int:
    (folder / "s.net").write_text(text)
    return main(["check", "nets/s.net", *options])


@pytest.mark.parametrize("name", ["deep/lib.net", "in.net", "./deep/../deep/lib.net"])
def test_files_below_are_used(folder: Path, name: str) -> None:
    assert check(folder, f'netspec 1\nuse "{name}"\n' + NET.format(layer="b")) == 0


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("../outside.net", "outside"), ("../secret", "outside"), ("../../../../../../etc/passwd", "outside"),
        ("out.net", "outside"), ("up/outside.net", "outside"), ("zero.net", "outside"), ("/etc/passwd", "absolute"),
        ("/proc/self/environ", "absolute"), ("text.txt", "no netspec file"), ("binary.net", "no netspec file"),
        ("folder.net", "a folder"), ("pipe.net", "a pipe"), ("loop.net", "cannot be used"),
        ("missing.net", "no such file"), ("~/x.net", "no such file"), ("", "cannot be used"),
    ],
)  # fmt: skip
def test_other_files_are_told_and_never_quoted(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    assert check(folder, f'netspec 1\nuse "{name}"\n' + NET.format(layer="relu")) == 1
    printed = capsys.readouterr().err
    assert "N603" in printed
    assert told in printed
    assert not any(word in printed for word in ("hunter2", "TOKEN", "root:", "PATH="))


def test_root_lets_a_spec_reach_further(folder: Path) -> None:
    text = 'netspec 1\nuse "../outside.net"\n' + NET.format(layer="b")
    assert check(folder, text) == 1
    assert check(folder, text, "--root", ".") == 0
    assert check(folder, text, "--root", "nets/deep") == 1
    assert check(folder, text, "--root", "missing") == 2


def test_root_is_an_option_of_every_command_that_reads_a_spec(folder: Path) -> None:
    check(folder, 'netspec 1\nuse "../outside.net"\n' + NET.format(layer="b"))
    assert main(["show", "nets/s.net"]) == 1
    assert main(["show", "nets/s.net", "--root", ".", "--json"]) == 0
    assert main(["diff", "nets/s.net", "nets/s.net", "--root", "."]) == 0
    assert main(["compile", "nets/s.net", "-o", "y.onnx", "--root", "."]) == 0


@pytest.mark.parametrize("count", [1, 2, 50])
def test_circles_are_told(folder: Path, capsys: pytest.CaptureFixture[str], count: int) -> None:
    for k in range(count):
        (folder / f"c{k}.net").write_text(f'netspec 1\nuse "c{(k + 1) % count}.net"\n')
    assert check(folder, 'netspec 1\nuse "c0.net"\n' + NET.format(layer="relu")) == 1
    assert ("circle" if count < 32 else "deeper than 32") in capsys.readouterr().err


def test_a_file_that_uses_itself_through_a_link_is_a_circle(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "me.net").symlink_to("s.net")
    assert check(folder, 'netspec 1\nuse "me.net"\n' + NET.format(layer="relu")) == 1
    assert "circle" in capsys.readouterr().err


def test_many_files_are_bounded(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for k in range(300):
        (folder / f"f{k}.net").write_text("netspec 1\n")
    assert (
        check(folder, "netspec 1\n" + "".join(f'use "f{k}.net"\n' for k in range(300)) + NET.format(layer="relu")) == 1
    )
    assert "more than 256 in all" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("cat\ndog\n", ""), ("\ufeffcat\r\ndog\r\n", ""), ("cat\n\ndog\n", "labels.txt:2: the line is empty"),
        ("\ncat\n", "labels.txt:1: the line is empty"),
        ("cat\ndog\ncat\n", "labels.txt:3: the class stands on line 1 already"),
        ("cat\nd\x1bog\n", "labels.txt:2: the name of a class has the control character U+001B"),
        ("cat\nd\u202eog\n", "labels.txt:2: the name of a class has the direction character U+202E"),
        ("", "there is no class"),
    ],
)  # fmt: skip
def test_files_of_classes(folder: Path, capsys: pytest.CaptureFixture[str], labels: str, told: str) -> None:
    (folder / "labels.txt").write_bytes(labels.encode())
    status = check(folder, "netspec 1\n" + NET.format(layer="dense(2) -> softmax") + 'data { classes: "labels.txt" }\n')
    assert status == bool(told)
    assert told in capsys.readouterr().err


def test_classes_lie_below_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(folder, "netspec 1\n" + NET.format(layer="relu") + 'data { classes: "../secret" }\n') == 1
    printed = capsys.readouterr().err
    assert "outside" in printed
    assert "hunter2" not in printed
    assert "help: put the file below the spec's folder" in printed
