"""`run --map` and `--boxes`: a classifier slid over a scene whose things stand where we put them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main
from netspec.interop.weight_files import save_weights
from netspec.net import load

SPEC = """netspec 1
net Patch {
    input image: 1 x 4 x 4
    output kind = image -> conv(1, 2, stride: 2, bias: false) -> dense(2) -> softmax
}
data {
    classes: ["dark", "bright"]
    prepare: resize(4, 4) -> grayscale -> scale(1 / 255)
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A net that says `bright` where all of its 4 x 4 window is, with a stride of 2."""
    monkeypatch.chdir(tmp_path)
    Path("s.net").write_text(SPEC)
    net = load("s.net")
    weights = {path: np.zeros_like(array) for path, array in net.initial().items()}
    for path, array in weights.items():
        if path.endswith("conv.weight"):
            array[...] = 0.25
        elif path.endswith("dense.weight"):
            array[1] = 5.0
        elif path.endswith("dense.bias"):
            array[0] = 15.0
    save_weights(Path("w.safetensors"), weights, {"net": "Patch", "data": net.data.to_json()})
    assert main(["compile", "s.net", "--weights", "w.safetensors", "--convolutional", "-o", "c.onnx"]) == 0
    assert main(["compile", "s.net", "--weights", "w.safetensors", "-o", "narrow.onnx"]) == 0
    scene = np.zeros((12, 16), np.uint8)
    scene[2:6, 8:12] = 255
    scene[8:12, 0:4] = 255
    Image.fromarray(scene).save("scene.png")
    return tmp_path


def test_a_map_is_an_array_and_a_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["run", "c.onnx", "scene.png", "--map", "maps/of", "--csv", "-"]) == 0
    out, err = capsys.readouterr()
    (row,) = csv.DictReader(out.splitlines())
    assert row["filename"] == "scene.png" and row["map"] == "maps/of/scene.npy"
    assert "resize of the preparation left out" in err
    values = np.load("maps/of/scene.npy")
    assert values.shape == (2, 5, 7)  # (12 - 4) / 2 + 1 by (16 - 4) / 2 + 1
    bright = np.argwhere(values[1] > 0.99).tolist()
    assert bright == [[1, 4], [4, 0]]
    np.testing.assert_allclose(values.sum(axis=0), 1, rtol=1e-5)
    with Image.open("maps/of/scene.png") as picture:
        assert picture.size == (14, 10) and sorted(np.unique(np.asarray(picture))) == [0, 1]
    assert float(row["prob"]) == pytest.approx(values.mean(axis=(1, 2)).max(), rel=1e-5)


def test_a_map_of_logarithms_is_of_what_they_are_of(folder: Path) -> None:
    Path("s.net").write_text(SPEC.replace("softmax", "log_softmax"))
    assert main(["compile", "s.net", "--weights", "w.safetensors", "--convolutional", "-o", "log.onnx"]) == 0
    for model in ("c.onnx", "log.onnx"):
        assert main(["run", model, "scene.png", "--map", model.removesuffix(".onnx")]) == 0
    np.testing.assert_allclose(np.load("log/scene.npy"), np.load("c/scene.npy"), atol=1e-6)


def test_boxes_lie_where_things_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("other").mkdir()
    with Image.open("scene.png") as picture:
        picture.transpose(Image.Transpose.ROTATE_180).save("other/scene.png")
    capsys.readouterr()
    assert main(["run", "c.onnx", "scene.png", "other", "--boxes", "found", "--min-prob", "0.99"]) == 0
    assert "non-maximum suppression" in capsys.readouterr().err
    with Path("found/boxes.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["label"] == "bright"]
    sides = [(row["filename"], *(float(row[side]) for side in ("left", "top", "right", "bottom"))) for row in rows]
    assert sorted(sides) == [
        ("other/scene.png", 4, 6, 8, 10), ("other/scene.png", 12, 0, 16, 4),
        ("scene.png", 0, 8, 4, 12), ("scene.png", 8, 2, 12, 6),
    ]  # fmt: skip
    assert sorted(path.name for path in Path("found").iterdir()) == ["boxes.csv", "scene-2.png", "scene.png"]
    with Image.open("found/scene.png") as picture:
        assert picture.size == (16, 12) and picture.mode == "RGB"
    Path("found/boxes.csv").unlink()
    assert main(["run", "c.onnx", "scene.png", "--boxes", "found", "--min-prob", "1"]) == 0
    assert Path("found/boxes.csv").read_text().startswith("filename,label,prob,index,error")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ("narrow.onnx scene.png --map m", 1, "gives one answer to a picture, not a map"),
        ("c.onnx scene.png --map m --boxes m", 2, "give each a folder of its own"),
        ("c.onnx scene.png --map scene.png", 2, "error[N604]: scene.png cannot be written"),
        ("c.onnx scene.png --map .", 2, "N604"),
        ("c.onnx scene.png --boxes b --untrusted", 2, "with --untrusted no file is written"),
    ],
)
def test_what_cannot_be_done(
    arguments: str, status: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("scene.png").read_bytes()
    assert main(["run", *arguments.split()]) == status
    assert said in capsys.readouterr().err
    assert Path("scene.png").read_bytes() == before and not Path("m").exists()


def test_a_picture_that_cannot_be_read_is_a_row_and_the_others_are_done(folder: Path) -> None:
    Path("bad.png").write_bytes(b"no picture")
    assert main(["run", "c.onnx", "bad.png", "scene.png", "--map", "m", "--boxes", "b", "--csv", "rows.csv"]) == 1
    with Path("rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["map"] for row in rows] == ["", "m/scene.npy"] and "cannot be decoded" in rows[0]["error"]
    assert [row["boxes"] for row in rows] == ["", "b/scene.png"]


def test_a_net_that_answers_at_each_pixel_has_a_map_and_no_boxes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ("netspec 1", "net P {", "input image: 3 x H x W", "output y = image -> conv(2, 3, pad: 1) -> softmax", "}")
    Path("p.net").write_text("\n".join(lines))
    assert main(["compile", "p.net", "-o", "p.onnx"]) == 0
    assert main(["run", "p.onnx", "scene.png", "--map", "m"]) == 0
    assert np.load("m/scene.npy").shape == (2, 12, 16)
    with Image.open("m/scene.png") as picture:
        assert picture.size == (16, 12)
    assert main(["run", "p.onnx", "scene.png", "--boxes", "b"]) == 1
    assert "`--map` shows what a net answers at each pixel" in capsys.readouterr().err


def test_arrays_have_maps_and_no_picture_to_draw_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Image.open("scene.png") as picture:
        np.save("scenes.npy", np.asarray(picture)[None, None].astype(np.float32))
    assert main(["run", "c.onnx", "scenes.npy", "scene.png", "--map", "m", "--boxes", "b", "--csv", "rows.csv"]) == 0
    with Path("rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["boxes"] for row in rows] == ["", "b/scene.png"]
    np.testing.assert_array_equal(*(np.load(row["map"]) for row in rows))
    assert "1 example has no picture to draw on" in capsys.readouterr().err


def test_a_picture_smaller_than_the_window_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (9, 3)).save("small.png")
    assert main(["run", "c.onnx", "small.png", "--map", "m"]) == 1
    assert "the prepared picture is 3 x 9, and the model reads at least 4 x 4" in capsys.readouterr().out
    Image.new("L", (4, 4)).save("small.png")
    assert main(["run", "c.onnx", "small.png", "--map", "m"]) == 0


def test_a_name_that_was_made_is_not_taken_twice(folder: Path) -> None:
    for place in ("a/x.png", "b/x.png", "x-2.png"):
        Path(place).parent.mkdir(exist_ok=True)
        Path(place).write_bytes(Path("scene.png").read_bytes())
    assert main(["run", "c.onnx", "a/x.png", "b/x.png", "x-2.png", "--map", "m", "--csv", "rows.csv"]) == 0
    with Path("rows.csv").open() as file:
        assert [row["map"] for row in csv.DictReader(file)] == ["m/x.npy", "m/x-2.npy", "m/x-2-2.npy"]


def test_pictures_of_others_are_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A map is called after its picture, so that it may meet one; what an earlier run made is replaced."""
    Path("photos").mkdir()
    Image.new("L", (3, 3)).save("photos/scene.png")
    before = Path("photos/scene.png").read_bytes()
    for option in ("--map", "--boxes"):
        assert main(["run", "c.onnx", "scene.png", option, "photos"]) == 2
        assert "photos/scene.png cannot be written: it is there already" in capsys.readouterr().err
        assert Path("photos/scene.png").read_bytes() == before and os.listdir("photos") == ["scene.png"]
    for _ in range(2):
        assert main(["run", "c.onnx", "scene.png", "--map", "maps", "--boxes", "boxes"]) == 0
    assert main(["run", "c.onnx", "maps/scene.png", "--map", "maps"]) == 2
    assert "which this command reads" in capsys.readouterr().err
    np.save("photos/other.npy", np.zeros(3))
    Path("scene.png").rename("other.png")
    assert main(["run", "c.onnx", "other.png", "--map", "photos"]) == 2
    assert "photos/other.npy cannot be written" in capsys.readouterr().err


def test_rows_do_not_go_where_maps_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, name in (("--map", "scene.npy"), ("--map", "scene.png"), ("--boxes", "boxes.csv")):
        assert main(["run", "c.onnx", "scene.png", option, "to", "--csv", f"to/{name}"]) == 2
        assert f"--csv to/{name} may be what {option} writes" in capsys.readouterr().err
    Path("to").mkdir()
    assert main(["run", "c.onnx", "scene.png", "--map", "to", "--csv", "to/rows.csv"]) == 0
    assert main(["run", "c.onnx", "scene.png", "--boxes", "to", "--min-prob", "nan"]) == 2


def test_a_picture_without_boxes_for_its_fault_has_a_row_among_them(folder: Path) -> None:
    Path("bad.png").write_bytes(b"no picture")
    assert main(["run", "c.onnx", "scene.png", "bad.png", "--boxes", "to"]) == 1
    with open("to/boxes.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["filename"] for row in rows[:-1]} == {"scene.png"} and rows[-1]["filename"] == "bad.png"
    assert rows[-1]["code"] == "N705" and rows[-1]["left"] == ""
