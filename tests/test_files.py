"""Files are written whole or not at all, and a file that is rewritten stays the file that it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from netspec import files
from netspec.cli import main
from netspec.diagnostics import Trouble
from netspec.files import TEMPORARY, atomic_write, sweep

UGLY, NEAT = "netspec 1\nlet   a=1\n", "netspec 1\nlet a = 1\n"
ROOT = os.geteuid() == 0


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "a.net"
    path.write_text(UGLY)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755, 0o4750, 0o444 if ROOT else 0o644])
def test_format_keeps_the_mode(mode: int, spec: Path) -> None:
    os.chmod(spec, mode)
    assert main(["format", str(spec)]) == 0
    assert spec.read_text() == NEAT and os.stat(spec).st_mode & 0o7777 == mode


def test_format_keeps_links(spec: Path) -> None:
    hard, soft, far = spec.with_name("hard"), spec.with_name("soft"), spec.with_name("far")
    os.link(spec, hard)
    soft.symlink_to("a.net")
    far.symlink_to(soft)
    assert main(["format", str(far)]) == 0
    assert hard.read_text() == spec.read_text() == NEAT
    assert os.stat(hard).st_ino == os.stat(spec).st_ino and os.readlink(soft) == "a.net" and far.is_symlink()
    assert {path.name for path in spec.parent.iterdir()} == {"a.net", "hard", "soft", "far"}


def test_a_symbolic_link_stays_one(spec: Path) -> None:
    soft = spec.with_name("soft")
    soft.symlink_to("a.net")
    atomic_write(soft, b"new")
    assert soft.is_symlink()
    assert spec.read_bytes() == b"new"


@pytest.mark.skipif(not ROOT, reason="only root may give files away")
def test_format_keeps_owner_and_group(spec: Path) -> None:
    os.chown(spec, 1234, 2345)
    os.chmod(spec, 0o640)
    assert main(["format", str(spec)]) == 0
    there = os.stat(spec)
    assert (there.st_uid, there.st_gid, there.st_mode & 0o777) == (1234, 2345, 0o640) and spec.read_text() == NEAT


def as_nobody(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of a user without rights. It is run before by one who may read the modules, in a copy of the folder."""
    code = (
        "import os, shutil, sys, tempfile\nfrom netspec.cli import main\nhere = os.getcwd()\n"
        "with tempfile.TemporaryDirectory() as copy:\n"
        "    shutil.copytree(here, copy, dirs_exist_ok=True)\n"
        "    os.chdir(copy)\n    main(sys.argv[1:])\n    os.chdir(here)\n"
        "print('now', file=sys.stderr)\nos.setegid(65534)\nos.seteuid(65534)\nsys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that everybody reaches and writes."""
    folder = tmp_path_factory.mktemp("open")
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            os.chmod(path, path.stat().st_mode | 0o011)
    os.chmod(folder, 0o777)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not ROOT, reason="needs another user")
def test_another_user_keeps_the_owner_of_what_is_written(open_folder: Path) -> None:
    spec = open_folder / "a.net"
    spec.write_text(UGLY)
    os.chmod(spec, 0o666)
    done = as_nobody(open_folder, "format", "a.net")
    assert done.returncode == 0, done.stderr
    there = os.stat(spec)
    assert (there.st_uid, there.st_gid, there.st_mode & 0o777) == (
        os.geteuid(),
        os.getegid(),
        0o666,
    ) and spec.read_text() == NEAT
    assert [path.name for path in open_folder.iterdir()] == ["a.net"]


@pytest.mark.slow
@pytest.mark.skipif(not ROOT, reason="needs another user")
def test_what_may_not_be_written_stays(open_folder: Path) -> None:
    spec, shut = open_folder / "a.net", open_folder / "shut"
    spec.write_text(UGLY)
    shut.mkdir()
    (shut / "b.net").write_text(UGLY)
    os.chmod(shut / "b.net", 0o666)
    for arguments in (
        ["format", "a.net"],
        ["format", "shut/b.net"],
        ["draw", "a.net", "-o", "shut/x.svg"],
        ["train", "a.net", "--data", ".", "-o", "shut/run"],
    ):
        (open_folder / "a.net").write_text(
            UGLY
            if arguments[0] == "format"
            else UGLY + "net A {\n input x: 2\n output y = x -> dense(2) -> softmax\n}\n"
        )
        before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in open_folder.rglob("*.net")}
        done = as_nobody(open_folder, *arguments)
        assert (
            done.returncode == 2
            and "N604" in (said := done.stderr.rpartition("now\n")[2])
            and "permission denied" in said
        ), (arguments, done.stderr)
        assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in open_folder.rglob("*.net")} == before
        assert sorted(path.name for path in open_folder.rglob("*")) == ["a.net", "b.net", "shut"]


def failing(name: str) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    fail.__name__ = name
    return fail


@pytest.mark.parametrize(
    ("call", "links"), [("fsync", False), ("fsync", True), ("replace", False), ("chmod", False), ("chmod", True)]
)
def test_a_write_that_fails_leaves_what_was_there(
    call: str, links: bool, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if links:
        os.link(spec, spec.with_name("hard"))
    names = {path.name for path in spec.parent.iterdir()}
    monkeypatch.setattr(f"netspec.files.os.{call}", failing(call))
    with pytest.raises(Trouble, match="no space left on device"):
        atomic_write(spec, b"new")
    assert spec.read_text() == UGLY and {path.name for path in spec.parent.iterdir()} == names


def test_a_file_in_its_place_is_put_back_where_the_disk_fills(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With other links it is written in place: the second flush fails, and the third puts back what was there."""
    os.link(spec, spec.with_name("hard"))
    real, count = os.fsync, iter(range(10))

    def flush(handle: int) -> None:
        if next(count) == 1:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr("netspec.files.os.fsync", flush)
    with pytest.raises(Trouble, match="no space"):
        atomic_write(spec, b"new" * 100)
    assert spec.read_text() == UGLY and {path.name for path in spec.parent.iterdir()} == {"a.net", "hard"}


def test_only_temporary_files_are_swept(tmp_path: Path) -> None:
    for name in (f".model.onnx.abc{TEMPORARY}", f"mine{TEMPORARY}", ".hidden", "model.onnx"):
        (tmp_path / name).write_text("x")
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"mine{TEMPORARY}", ".hidden", "model.onnx"}


def test_a_temporary_folder_is_gone_at_the_end_and_where_the_process_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with files.temporary_folder() as folder:
        assert folder.parent == tmp_path and folder.stat().st_mode & 0o777 == 0o700
        (folder / "large").write_bytes(b"1")
    assert not list(tmp_path.iterdir())
    with files.temporary_folder() as folder:
        (folder / "large").write_bytes(b"1")
        files.remove_unfinished()  # as `abandon` does
        assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="broken off"), files.temporary_folder():
        raise ValueError("broken off")
    assert not list(tmp_path.iterdir())
