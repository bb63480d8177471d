"""Completions: what is offered to a shell, and shells that complete by the script."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from netspec.cli import COMMANDS, main, netspec
from tests.cli.commands import netspec as in_a_process

SPEC = """netspec 1
net A {
    input x: 4
    sparse table wires: 4 -> 4 = identity
    output y = x -> dense(4, table: wires)
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Specs with odd names, and a `netspec` to call."""
    for name in ("a b.net", "網絡.net", "z.txt"):
        (tmp_path / name).write_text(SPEC, encoding="utf-8")
    called = tmp_path / "bin" / "netspec"
    called.parent.mkdir()
    called.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netspec "$@"\n', encoding="utf-8")
    called.chmod(0o755)
    return tmp_path


def offered(*words: str) -> list[str]:
    """What is offered for the last word, or the kind where the shell has to look."""
    found = ShellComplete(netspec, {}, "netspec", "_NETSPEC_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in found]


def test_commands_and_options_that_begin_so() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("che") == ["check"]
    assert offered("--v") == ["--version"]
    assert offered("data", "") == ["check", "demo"]
    assert offered("show", "--re") == ["--receptive"]
    assert offered("train", "a.net", "--engine", "") == ["netspec", "onnxruntime"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.slow
def test_no_command_is_loaded_for_the_names_of_commands() -> None:
    code = (
        "import sys; from tests.cli.test_completion import offered; offered(''); "
        "print('netspec.cli.train' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def test_words_that_netspec_knows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert offered("claims", "rank-m") == ["rank-memory"]
    assert offered("layers", "hard_s") == ["hard_swish", "hard_sigmoid"]
    assert offered("explain", "N71") == sorted(offered("explain", "N71"))
    assert "N712" in offered("explain", "N71")
    assert offered("table", "網絡.net", "") == ["wires"]
    assert offered("table", "none.net", "") == []


def test_a_wrong_word_before_does_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    offered("chekc", "")
    offered("show", "--columns", "zzz", "--root", "nowhere", "")
    assert capsys.readouterr() == ("", "")


def parameters(command: click.Command) -> Iterator[click.Parameter]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            inner = command.get_command(click.Context(command), name)
            assert inner is not None
            yield from parameters(inner)
    yield from command.params


def test_where_a_file_or_folder_is_wanted_the_shell_looks_for_one() -> None:
    context, seen = click.Context(netspec), 0
    for parameter in parameters(netspec):
        plain = parameter.name if isinstance(parameter, click.Argument) else parameter.type.name
        if re.search(r"FILE|DIR|FOLDER|INPUT|DATA|RUN\b|SPEC|MODEL", parameter.metavar or str(plain).upper()):
            seen += 1
            kinds = {item.type for item in parameter.shell_complete(context, "")}
            assert kinds <= {"file", "dir"} and kinds, parameter
    assert seen > 40


def test_an_unknown_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def environment(folder: Path) -> dict[str, str]:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "TERM": "dumb", "PS1": "> ", "LC_ALL": "C.UTF-8", "HOME": str(folder)}


class Terminal:
    """A shell with a terminal."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        self.file, theirs = pty.openpty()
        self.process = subprocess.Popen(
            arguments, cwd=folder, env=environment(folder), stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.seen = ""

    def type(self, keys: str, wanted: str) -> None:
        """Type, and wait until the shell shows what is wanted."""
        os.write(self.file, keys.encode())
        end = time.monotonic() + 60
        while wanted not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.file], [], [], 0.1)[0]:
                self.seen += os.read(self.file, 65536).decode(errors="replace")
        self.seen = ""

    def close(self) -> None:
        """End the shell."""
        self.process.kill()
        self.process.wait()
        os.close(self.file)


ON = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source <(netspec completion bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit && compinit -u && source <(netspec completion zsh)"),
}


@pytest.mark.slow
def test_a_shell_completes(folder: Path) -> None:
    """Those of this machine; bash is on every one that develops."""
    assert shutil.which("bash")
    for arguments, on in (ON[shell] for shell in ON if shutil.which(shell)):
        terminal = Terminal(arguments, folder)
        try:
            terminal.type(f"{on} && echo re''ady\n", "ready")
            terminal.type("netspec chec\t", "netspec check ")
            terminal.type("\x15netspec show --rece\t", "--receptive ")
            terminal.type("\x15netspec show a\t", "a\\ b.net")
            terminal.type("\x15netspec table 網\t", "網絡.net")
        finally:
            terminal.close()


@pytest.mark.slow
def test_fish_completes_where_it_is(folder: Path) -> None:
    wanted = {
        "chec": f"check\t{COMMANDS['check']}",
        "explai": f"explain\t{COMMANDS['explain']}",  # it has a comma
        "show --rece": "--receptive",
        "show a": "a b.net",
    }
    for typed, told in wanted.items() if shutil.which("fish") else ():
        script = f"netspec completion fish | source; complete -C 'netspec {typed}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", script], cwd=folder, env=environment(folder), capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
        assert done.stdout.startswith(told), done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_goes_to_standard_output_alone(shell: str) -> None:
    done = in_a_process("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_NETSPEC_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("asked", "cursor"),
    [
        ("bash", "1"), ("ksh_complete", "1"), ("bash_complet", "1"), ("zsh_complete", "x"), ("bash_complete", ""),
        ("bash_complete", None), ("fish_complete", None),
    ],
)  # fmt: skip
def test_a_variable_that_no_script_sets_is_told(
    asked: str, cursor: str | None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_NETSPEC_COMPLETE", asked)
    monkeypatch.setenv("COMP_WORDS", "netspec che")
    monkeypatch.delenv("COMP_CWORD", raising=False)
    if cursor is not None:
        monkeypatch.setenv("COMP_CWORD", cursor)
    status, told = main([]), capfd.readouterr()
    assert (status, told.out) == (2, "")
    assert "_NETSPEC_COMPLETE" in told.err
