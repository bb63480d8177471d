"""What netspec decided where a file says nothing: each decision is a line, and what the file says is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.net import load
from netspec.report.decided import decided

SPEC = """netspec 1
net A {
    input image: 1 x 8 x 8
    output y = image -> LAYERS -> dense(3, init: he) -> softmax
}
train { TRAIN }
data { prepare: PREPARE }
"""


def told(folder: Path, layers: str = "relu", train: str = "epochs: 1", prepare: str = "grayscale") -> list[str]:
    path = folder / "a.net"
    path.write_text(SPEC.replace("LAYERS", layers).replace("TRAIN", train).replace("PREPARE", prepare))
    net = load(path)
    return list(decided(net.graph, net.train_settings, net.data))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("batch", "batch: 8"),
        ("epochs", "epochs: 2"),
        ("seed", "seed: 3"),
        ("schedule", "schedule: cosine"),
        ("optimizer", "optimizer: adam(0.1)"),
    ],
)
def test_a_setting_is_told_unless_the_file_says_it(name: str, line: str, tmp_path: Path) -> None:
    others = {"batch", "epochs", "seed", "schedule", "optimizer"} - {name}
    found = {text.split()[1] for text in told(tmp_path, train=line) if text.startswith("train: ") and " is " in text}
    assert found - {"the", "loss"} == others


def test_the_loss_of_each_output(tmp_path: Path) -> None:
    assert "train: the loss of y is cross_entropy" in told(tmp_path)


def test_a_bias_that_a_norm_takes_away(tmp_path: Path) -> None:
    line = "y/conv: no bias: the norm behind has one"
    assert line in told(tmp_path, "conv(2, 3) -> norm -> relu")
    assert line not in told(tmp_path, "conv(2, 3) -> relu")
    assert line not in told(tmp_path, "conv(2, 3, bias: false) -> relu")


def test_layers_with_the_same_line_stand_together(tmp_path: Path) -> None:
    lines = [line for line in told(tmp_path, "(conv(2, 3) -> norm) * 3") if "no bias" in line]
    assert lines == ["y/conv, y/conv_2, y/conv_3: no bias: the norm behind has one"]
    lines = [line for line in told(tmp_path, "(conv(2, 3, pad: 1) -> norm) * 5") if "no bias" in line]
    assert lines == ["y/conv, y/conv_2, … y/conv_5 (5 layers): no bias: the norm behind has one"]


def test_decay_that_reaches_kernels_alone(tmp_path: Path) -> None:
    line = "train: decay reaches kernels, not biases and gains"
    assert line in told(tmp_path, train="optimizer: sgd(0.1, decay: 0.001)")
    assert line not in told(tmp_path, train="optimizer: sgd(0.1)")


def test_decay_of_a_net_without_kernels_is_not_spoken_of(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(
        "netspec 1\nnet A {\n input x: 2 x 4 x 4\n output y = x -> norm\n}\ntrain { optimizer: sgd(0.1, decay: 0.1) }\n"
    )
    net = load(path)
    assert not [line for line in decided(net.graph, net.train_settings, net.data) if "decay" in line]


def test_how_a_picture_is_resized(tmp_path: Path) -> None:
    assert "data: resize filters bilinear, with antialiasing, as Pillow does" in told(
        tmp_path, prepare="grayscale -> resize(8, 8)"
    )
    assert not [line for line in told(tmp_path) if line.startswith("data: ")]
