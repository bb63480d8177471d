"""What `compile` says of weights that nobody trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.cli import main


@pytest.mark.parametrize(
    ("layers", "start", "size", "told"),
    [
        (60, 100.0, "4 x 4", True),  # 100^60 is past single precision
        (60, 1.0, "4 x 4", False),
        (60, 100.0, "H x W", True),
        (5, 100.0, "4 x 4", False),
    ],
)
def test_answers_that_are_not_finite_are_told(
    layers: int, start: float, size: str, told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "a.net"
    spec.write_text(
        f"netspec 1\nnet A {{\n input x: 1 x {size}\n"
        f" output y = x -> (conv(1, 1, init: constant({start}))) * {layers}\n}}\n"
    )
    assert main(["compile", str(spec), "-o", str(tmp_path / "a.onnx")]) == 0
    said = capsys.readouterr().err
    assert "warning: no weights given: using fresh ones from seed 0" in said
    assert ("the answers of y are not finite" in said) == told


def test_weights_that_are_given_are_not_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from netspec.interop.weight_files import save_weights
    from netspec.net import load

    spec = tmp_path / "a.net"
    spec.write_text("netspec 1\nnet A {\n input x: 3\n output y = x -> dense(2)\n}\n")
    save_weights(tmp_path / "w.safetensors", load(spec).initial(), {})
    assert (
        main(["compile", str(spec), "--weights", str(tmp_path / "w.safetensors"), "-o", str(tmp_path / "a.onnx")]) == 0
    )
    assert "warning" not in capsys.readouterr().err
