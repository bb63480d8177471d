"""A file of the wrong kind is told as what it is, wherever one of another kind is asked for."""

from __future__ import annotations

import io
import os
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from netspec.interop.weight_files import save_weights
from netspec.kinds import kind_of
from netspec.net import load
from tests.net.runs import begin, train


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("kinds")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        begin()
        assert train("-o", "run") == 0
    Image.new("L", (4, 4)).save(here / "p.png")
    np.savez(here / "a.npz", x=np.ones(3))
    np.save(here / "a.npy", np.ones(3))
    return here


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    ("line", "status", "told"),
    [
        ("check run/model.onnx", 1, "run/model.onnx is a model, and a spec is wanted"),
        ("show run/weights.safetensors", 1, "run/weights.safetensors holds weights, and a spec is wanted"),
        ("draw p.png -o x.svg", 1, "p.png is a picture, and a spec is wanted"),
        ("show d", 2, "d is a folder, and a spec is wanted"),
        ("diff run/model.onnx s.net", 1, "run/model.onnx is a model, and a spec is wanted"),
        ("train run/model.onnx --data d", 1, "run/model.onnx is a model, and a spec is wanted"),
        ("compile s.net --weights s.net", 1, "s.net is a spec, and weights are wanted"),
        ("compile s.net --weights run/model.onnx -o x.onnx", 1, "run/model.onnx is a model, and weights are wanted"),
        ("compile s.net --weights p.png", 1, "p.png is a picture, and weights are wanted"),
        ("compile s.net --weights d", 2, "d is a folder, and weights are wanted"),
        ("compile s.net --weights run/settings.json", 1, "run/settings.json holds no weights"),  # which no one guesses
        ("run s.net p.png", 1, "s.net is a spec, and a model is wanted"),
        ("run run/weights.safetensors p.png", 1, "run/weights.safetensors holds weights, and a model is wanted"),
        ("run p.png run/model.onnx", 1, "p.png is a picture, and a model is wanted"),
        ("run a.npz p.png", 1, "a.npz holds arrays, and a model is wanted"),
        ("eval a.npy --data d", 1, "a.npy holds arrays, and a model is wanted"),
        ("show a.npz", 1, "a.npz holds arrays, and a spec is wanted"),
        ("compile s.net --weights a.npz", 1, "error[N701]"),  # of an npz they may be
        ("run d p.png", 2, "d is a folder, and a model is wanted"),
        ("eval s.net --data d", 1, "s.net is a spec, and a model is wanted"),
        ("train s.net --data s.net", 2, "s.net is a spec, and a folder of data is wanted"),
        ("train s.net --data run/model.onnx", 2, "run/model.onnx is a model, and a folder of data is wanted"),
        ("train s.net --data run", 1, "run holds no train data: it is a run's folder"),
        ("train --resume s.net", 2, "s.net is a spec, and a run's folder is wanted"),
        ("train s.net --data d --from s.net", 1, "s.net is a spec, and weights are wanted"),
        ("train s.net --data d --from p.png", 1, "p.png is a picture, and weights are wanted"),
    ],
)
def test_it_is_told(line: str, status: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(line)) == status
    assert told in capsys.readouterr().err
    assert not Path("runs").exists()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"])
def test_pictures_are_known_by_their_first_bytes(form: str, tmp_path: Path) -> None:
    held = io.BytesIO()
    Image.new("RGB", (3, 2)).save(held, form)
    (tmp_path / "x").write_bytes(held.getvalue())
    assert kind_of(tmp_path / "x") == "a picture"


def test_other_files_are_not_guessed(tmp_path: Path) -> None:
    for name, content in {"a": b"", "b": b"\x08", "c": b"{}", "d": b"# netspec 1", "e": b"\xff" * 99}.items():
        (tmp_path / name).write_bytes(content)
        assert kind_of(tmp_path / name) is None, name
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    os.link(tmp_path / "x.npz", tmp_path / "x.zip")
    assert (kind_of(tmp_path / "x.npz"), kind_of(tmp_path / "x.zip"), kind_of(tmp_path / "none")) == (
        "arrays",
        None,
        None,
    )
    (tmp_path / "s").write_bytes(b"\xef\xbb\xbf# a word\n\n  # more\nnetspec 1\n")
    assert kind_of(tmp_path / "s") == "a spec"
    save_weights(tmp_path / "w", load("s.net").initial(), {})
    assert kind_of(tmp_path / "w") == "weights"


def test_a_runs_spec_is_formatted_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["format", "run", "--check"]) in (0, 1)
    assert "folder" not in capsys.readouterr().err
