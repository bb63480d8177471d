"""A run's spec stands for itself: values that were set, files that it uses, wherever the folder goes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from netspec.cli import main
from netspec.net import load
from netspec.net.kept import written

SPEC = """netspec 1
# of how many maps
use "lib/b.net"
net  M(maps=4,   # how many
  part, rate = 0.1, sizes = [3, 4], end = "softmax", big = false, cell = 3 x 3) {
    input x: 1 x 8 x 8
    output y = x -> b(maps) -> conv(2, cell) -> dropout(part) -> dense(3) -> softmax
}
train { optimizer: sgd(rate)
   epochs: 3  # long
   batch: 8 }
data { classes: "names.txt" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    Path("lib/b.net").write_text('netspec 1\nuse "c.net"\nblock b(n) { conv(n, side) -> relu }\n')
    Path("lib/c.net").write_text("netspec 1\nlet side = 3\n")
    Path("names.txt").write_text("ant\nbee\ncat\n")
    Path("m.net").write_text(SPEC)
    Path("d").mkdir()
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        np.savez(f"d/{part}.npz", x=rng.random((20, 1, 8, 8), dtype="f4"), y=rng.integers(0, 3, 20))
    return tmp_path


def lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines()}


def test_the_values_that_were_set_are_written_and_all_else_stays(folder: Path) -> None:
    net = load("m.net", maps=8, part=0.25, rate=1e-5, sizes=[1], end='a "b"', big=True)
    used = net.train_settings.replaced(epochs=7, seed=3, clip=1.0)
    text = net.spec(used).text
    assert text == SPEC.replace("maps=4", "maps=8").replace("part,", "part = 0.25,").replace(
        "rate = 0.1", "rate = 1e-05"
    ).replace("[3, 4]", "[1]").replace('"softmax"', '"a \\"b\\""').replace("false", "true").replace(
        "epochs: 3", "epochs: 7"
    ).replace("batch: 8 }", "batch: 8 \n    seed: 3\n    clip: 1.0\n}")
    Path("m.net").write_text(text)
    again = load("m.net")
    assert again.train_settings == used
    assert again.graph.nodes == net.graph.nodes


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        3,
        -3,
        2**40,
        0.1,
        1e-300,
        1e22,
        -1e-7,
        "he",
        'q"\\\n\u2028é',
        [1, 2.5],
        [],
        ["a", True],
        (3, 5),
        np.int64(4),
        np.float32(0.5),
    ],
)
def test_a_value_reads_back_as_it_was(value: object, tmp_path: Path) -> None:
    spec = tmp_path / "v.net"
    spec.write_text(
        f"netspec 1\nlet value = {written(value)}\n"
        "net V(v = 0) {\n input x: 2\n output y = x -> dense(2) -> softmax\n}\n"
    )
    from netspec.diagnostics import Problems, Source
    from netspec.elaborate.expressions import evaluate
    from netspec.elaborate.scope import Scope
    from netspec.language import parse

    let = parse(Source("v.net", spec.read_text()), Problems()).items[0]
    assert evaluate(let.value, Scope(Problems())) == value  # type: ignore[union-attr]


def test_a_spec_without_a_train_section_gets_one(folder: Path) -> None:
    Path("p.net").write_text("netspec 1\nnet P {\n input x: 1 x 8 x 8\n output y = x -> dense(3) -> softmax\n}\n")
    net = load("p.net")
    used = net.train_settings.replaced(epochs=2, optimizer=load("m.net", part=0).train_settings.optimizer)
    Path("p.net").write_text(net.spec(used).text)
    assert load("p.net").train_settings == used


#: What a `train` section may say; whatever was used instead of the spec's own must read back from the kept spec.
SAID = (
    "batch: 7", "epochs: 9", "seed: 4", "clip: 0.5", "label_smoothing: 0.1", "average: 0.99", "stop: patience(3)",
    "optimizer: sgd(0.1, momentum: 0.9, nesterov: true, decay: 0.0005)", "optimizer: adam(0.003)",
    "optimizer: adamw(0.001, decay: 0.1)", "optimizer: rmsprop(0.01)", "schedule: cosine", "schedule: poly(2)",
    "schedule: step(10, 0.5)", "schedule: step(at: [3, 5], factor: 0.1)", "schedule: plateau(3, 0.5)",
    "schedule: warmup(2) -> cosine", "loss: mse", "loss y: mse\n loss z: mae",
)  # fmt: skip


def test_class_weights_read_back(tmp_path: Path) -> None:
    spec = "netspec 1\nnet P {\n input x: 4\n output y = x -> dense(2) -> softmax\n}\n"
    (tmp_path / "own.net").write_text(f"{spec}train {{ class_weight: [1, 2] }}")
    for said in ("balanced", "[1, 2.5]"):
        (tmp_path / "said.net").write_text(f"{spec}train {{ class_weight: {said} }}")
        used = load(tmp_path / "said.net").train_settings
        (tmp_path / "kept.net").write_text(load(tmp_path / "own.net").spec(used).text)
        assert load(tmp_path / "kept.net").train_settings == used


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("own", ["", "train { seed: 1 }", "train {\n epochs: 2\n batch: 3  # small\n}"])
def test_every_setting_that_was_used_reads_back(own: str, said: str, tmp_path: Path) -> None:
    spec = "netspec 1\nnet P {\n input x: 4\n output y = x -> dense(3)\n output z = x -> dense(2)\n}\n"
    (tmp_path / "own.net").write_text(spec + own)
    (tmp_path / "said.net").write_text(f"{spec}train {{ {said} }}")
    used = load(tmp_path / "said.net").train_settings
    (tmp_path / "kept.net").write_text(load(tmp_path / "own.net").spec(used).text)
    assert load(tmp_path / "kept.net").train_settings == used


@pytest.mark.slow
def test_a_moved_run_checks_compiles_and_goes_on_with_nothing_set(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--set", "maps=6", "--set", "part=0.25", "--epochs", "2", "--seed", "5", "--threads", "1"]
    assert main(["train", "m.net", "--data", "d", "-o", "run", *given]) == 0
    elsewhere = folder / "elsewhere"
    shutil.move("run", elsewhere)
    shutil.rmtree("lib")
    Path("names.txt").unlink()
    spec = str(elsewhere / "spec.net")
    assert main(["check", spec]) == 0
    assert main(["compile", spec, "--weights", str(elsewhere / "weights.safetensors"), "-o", "again.onnx"]) == 0
    assert main(["train", spec, "--data", "d", "--resume", str(elsewhere), "--threads", "1"]) == 0
    assert main(["train", spec, "--data", "d", "--resume", str(elsewhere), "--threads", "1", "--epochs", "3"]) == 0
    assert main(["train", spec, "--data", "d", "--resume", str(elsewhere), "--threads", "1"]) == 0
    told = json.loads((elsewhere / "settings.json").read_text())
    assert (told["parameters"], told["epochs"], told["seed"]) == ({"maps": 6, "part": 0.25}, 3, 5)
    assert (
        told["command"]
        == "netspec train m.net --data d --out run --epochs 2 --seed 5 --threads 1 --set maps=6 --set part=0.25"
    )
    assert [row["command"].split()[1] for row in told["resumed"]] == ["train"] * 3
    assert (
        told["data"]["path"] == str(folder / "d")
        and len(told["data"]["digest"]) == 64
        and told["version"]
        and told["time"]
    )
    assert "error" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_of_a_spec_with_a_root_needs_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("sub").mkdir()
    Path("sub/m.net").write_text(
        SPEC.replace("lib/b.net", "../lib/b.net").replace("names.txt", "../names.txt").replace("part,", "part = 0,")
    )
    assert (
        main(["train", "sub/m.net", "--root", ".", "--data", "d", "-o", "run", "--threads", "1", "--epochs", "1"]) == 0
    )
    elsewhere = folder / "elsewhere"
    shutil.move("run", elsewhere)
    shutil.rmtree("lib")
    spec = str(elsewhere / "spec.net")
    assert main(["check", spec]) == 0, capsys.readouterr().err
    assert main(["train", spec, "--data", "d", "--resume", str(elsewhere), "--threads", "1", "--epochs", "2"]) == 0


def test_files_from_elsewhere_lie_beside_the_spec(folder: Path) -> None:
    """A library with the name of a file of ours, and class names one folder up."""
    Path("sub").mkdir()
    shutil.copy("lib/c.net", "sub/c.net")
    Path("sub/spec.net").write_text('netspec 1\nuse "c.net"\nblock b(n) { conv(n, side) -> relu }\n')
    Path("sub/m.net").write_text(SPEC.replace("lib/b.net", "spec.net"))
    shutil.copy("names.txt", "sub/names.txt")
    net = load("sub/m.net", part=0)
    kept = net.spec()
    assert set(kept.files) == {"files/spec.net", "files/c.net", "files/names.txt"}
    assert {'use "files/spec.net"', 'data { classes: "files/names.txt" }'} <= lines(kept.text)
    target = folder / "target"
    for name, text in {**kept.files, "spec.net": kept.text}.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
    assert load(target / "spec.net").graph.nodes == net.graph.nodes
