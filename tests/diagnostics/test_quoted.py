"""A file whose first line is not `netspec N` may be anybody's: no line of it is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.cli import main

SECRET = "hunter2-opens-the-safe"
FILES = {
    "an environment": f"HOME=/root\0PASSWORD={SECRET}\0".encode(),
    "passwords": f"root:{SECRET}:0:0\n".encode(),
    "another program's": f"[net]\nbatch={SECRET}\n".encode(),
    "no version": f'net A {{\n    input x: 3\n    output y = x -> cnov("{SECRET}") -> dense(2\n}}\n'.encode(),
    "a version with a word behind it": f"netspec 1 {SECRET}\nnet A {{\n input x: 3\n y = x -> dense(z)\n}}".encode(),
    "a comment, then no version": f"# {SECRET}\nlet a = b {SECRET}\nnet A {{ }}\n".encode(),
    "no UTF-8": f"PASSWORD={SECRET} \xff\n".encode("latin-1"),
    "no UTF-8 in our words": f'let a = "{SECRET}\xff"\n'.encode("latin-1"),
    "a second of a name": f"let a = 1 # {SECRET}\nlet a = 2 # {SECRET}\n".encode(),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "command", ["check", "check --format concise", "check --format json", "show", "format --check"]
)
def test_no_line_of_a_foreign_file_is_shown(
    command: str, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "some.net"
    path.write_bytes(FILES[name])
    assert main([*command.split(), str(path)]) == 1
    out, err = capfd.readouterr()
    assert "some.net" in out + err
    assert SECRET not in out + err


def test_a_place_is_named_with_its_help(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.net"
    path.write_text(f"# about\nlet a = 1 # {SECRET}\nlet a = 2\n", encoding="utf-8")
    assert main(["check", str(path)]) == 1
    err = capfd.readouterr().err
    assert f" --> {path}:2:1\n  = help: add this line at the top: `netspec 1`" in err
    assert f" --> {path}:3:5\n ::: {path}:2:5: " in err  # what stands at a second place is named as well
    assert "|" not in err


def test_our_own_files_are_quoted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.net"
    path.write_text("# about\n\nnetspec 1 # mine\nlet a = b\n", encoding="utf-8")
    assert main(["check", str(path)]) == 1
    assert "4 | let a = b\n" in capfd.readouterr().err
