"""`netspec features`: the values of any layer, as the engine works them out, from a run, a model, or a spec."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from netspec.interop.weight_files import save_weights
from netspec.net import load

SPEC = """netspec 1
net Small {
    input image: 1 x 6 x 5
    stem = image -> conv(3, 3) -> norm -> relu
    output y = stem -> dense(4) -> softmax
}
data { prepare: grayscale -> scale(1 / 255) }
"""
FILES = ["b.png", "a.png", "c.png"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("s.net").write_text(SPEC)
    net = load("s.net")
    rng = np.random.default_rng(3)
    weights = {path: 1 + rng.random(array.shape, np.float32) for path, array in net.initial().items()}
    save_weights(Path("w.safetensors"), weights, {"net": "Small", "data": net.data.to_json()})
    net.compile("m.onnx", weights)
    for file in FILES:
        Image.fromarray(rng.integers(0, 256, (6, 5), dtype=np.uint8)).save(file)
    return tmp_path


def expected(layer: str) -> np.ndarray:
    """The engine's values, maps first."""
    net = load("s.net")
    pictures = np.stack([np.asarray(Image.open(file)) for file in FILES])[:, None].astype(np.float32) / 255
    weights = net.weights_from(Path("w.safetensors"))[0]
    part = net.features(layer)
    (values,) = part.values({path: weights[path] for path in part.graph.weights}, pictures).values()
    return np.asarray(values)


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["stem", "stem/conv", "stem/norm", "y", "y/dense"])
def test_any_layer_of_a_spec_with_weights(layer: str, folder: Path) -> None:
    assert main(["features", "s.net", layer, *FILES, "--weights", "w.safetensors", "-o", "f.npz"]) == 0
    with np.load("f.npz") as found:
        assert found["filename"].tolist() == FILES
        assert found["features"].shape == expected(layer).shape
        np.testing.assert_allclose(found["features"], expected(layer), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", ["stem", "stem/relu", "y", "y/softmax", "y/dense"])
def test_layers_of_a_compiled_model(layer: str, folder: Path) -> None:
    assert main(["features", "m.onnx", layer, *FILES, "-o", "f.npz", "--batch", "2"]) == 0
    with np.load("f.npz") as found:
        np.testing.assert_allclose(found["features"], expected(layer), rtol=1e-4, atol=1e-6)


def test_a_layer_that_was_folded_away_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features", "m.onnx", "stem/norm", *FILES, "-o", "f.npz"]) == 1
    assert "m.onnx has no layer stem/norm: it is a part of another one there" in capsys.readouterr().err
    assert main(["features", "m.onnx", "sten", *FILES, "-o", "f.npz"]) == 1
    assert "did you mean `stem`" in capsys.readouterr().err
    assert not Path("f.npz").exists()


def test_a_csv_has_a_row_for_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["b.png", "none.png", "a.png", "c.png"]
    assert main(["features", "m.onnx", "y", *given, "-o", "f.csv"]) == 1
    assert "none.png  error[N705]" in capsys.readouterr().err
    with open("f.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["filename", "feature_0", "feature_1", "feature_2", "feature_3"]
    assert [row["filename"] for row in rows] == FILES
    values = [[float(row[f"feature_{n}"]) for n in range(4)] for row in rows]
    np.testing.assert_allclose(values, expected("y"), rtol=1e-4, atol=1e-6)


def test_values_of_different_sizes_are_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("free.net").write_text(SPEC.replace("6 x 5", "H x W").replace("dense(4)", "global_avgpool -> dense(4)"))
    net = load("free.net")
    save_weights(Path("free.safetensors"), net.initial(), {"net": "Small", "data": net.data.to_json()})
    Image.new("L", (9, 9)).save("large.png")
    command = ["features", "free.net", "stem", "a.png", "large.png", "--weights", "free.safetensors", "-o", "f.csv"]
    assert main(command) == 1
    assert "error[N703]: large.png gives 3 x 7 x 7 and others 3 x 4 x 3 values" in capsys.readouterr().err
    assert not Path("f.csv").exists()
