"""A net that answers at each place: from pictures and label pictures, or arrays, to its mean IoU."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.cli import main

SPEC = """netspec 1
net Seg(classes = 3) {
    input image: 3 x H x W
    a = image -> conv(8, 3, pad: 1) -> norm -> relu
    b = a -> maxpool(2) -> conv(16, 3, pad: 1) -> norm -> relu -> upsample(2, mode: linear)
    output mask = [a, b] -> concat -> conv(classes, 1) -> softmax
}
train {
    batch: 8
    epochs: 1
    optimizer: adam(rate: 0.02)
}
data {
    classes: ["ground", "leaf", "stone"]
    prepare: scale(1 / 255)
}
"""


def example(rng: np.random.Generator, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Leaves are green, stones blue, on grey ground; around each stone a ring is void."""
    image, labels = rng.integers(90, 150, (height, width, 3)), np.zeros((height, width), np.uint8)
    y, x = np.mgrid[0:height, 0:width]
    for number, colour in ((1, (40, 180, 40)), (2, (40, 40, 200))):
        far = np.hypot(y - rng.integers(4, height - 4), x - rng.integers(4, width - 4))
        image[far < 6], labels[far < 6] = np.array(colour) + rng.integers(-30, 30, 3), number
        if number == 2:
            labels[(far >= 6) & (far < 7)] = 255
    return image.astype(np.uint8), labels


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("seg.net").write_text(SPEC)
    rng = np.random.default_rng(0)
    for part, count in (("train", 40), ("test", 8)):
        found = [example(rng, 24, 32) for _ in range(count)]
        for number, (image, labels) in enumerate(found):
            for name, array in (("images", image), ("masks", labels)):
                path = Path("pictures", part, name, f"{number}.png")
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(array).save(path)
        Path("arrays").mkdir(exist_ok=True)
        images, masks = (np.stack(arrays) for arrays in zip(*found, strict=True))
        np.savez(f"arrays/{part}.npz", image=np.moveaxis(images, -1, 1), mask=masks.astype(np.int64))
    return tmp_path


def lines(run: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(run, "log.jsonl").read_text().splitlines()]


def train(data: str, run: str, *arguments: str) -> int:
    return main(["train", "seg.net", "--data", data, "-o", run, *arguments])


@pytest.mark.slow
def test_it_learns_and_tells_how_much_of_each_class_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:

    assert train("pictures", "run", "--epochs", "12") == 0
    told = capsys.readouterr().err
    assert "the net is trained at H = 24, W = 32" in told and "mean IoU" in told
    last = lines("run")[-1]
    assert last["test_mean_iou"] > 0.8 and last["test_accuracy"] > 0.9  # ground alone: 0.29 and 0.86
    assert main(["eval", "run", "--data", "pictures", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mean_iou"] == pytest.approx(last["test_mean_iou"], abs=1e-3)
    assert found["loss"] == pytest.approx(last["test_loss"], rel=1e-5)
    # the model takes pictures of any size
    image, labels = example(np.random.default_rng(9), 40, 52)
    Image.fromarray(image).save("other.png")
    assert main(["run", "run", "other.png", "--map", "maps"]) == 0
    with Image.open("maps/other.png") as picture:
        right = np.asarray(picture)[labels != 255] == labels[labels != 255]
    assert right.mean() > 0.9


@pytest.mark.slow
def test_arrays_and_label_pictures_are_the_same_training(folder: Path) -> None:
    Path("seg.net").write_text(SPEC.replace("epochs: 1", "epochs: 2"))
    assert train("pictures", "a") == train("arrays", "b") == 0
    # the order of pictures is that of their names, 0 1 10 11 …, which is another: the test is judged alike
    assert lines("a")[-1]["test_count"] == lines("b")[-1]["test_count"]
    void = sum(int((np.asarray(Image.open(path)) == 255).sum()) for path in Path("pictures/test/masks").iterdir())
    assert lines("a")[-1]["test_count"] == 8 * 24 * 32 - void
    assert "val_mean_iou" not in lines("a")[0]  # no part judges


@pytest.mark.slow
def test_mean_iou_stands_in_the_table_where_a_part_judges(folder: Path) -> None:
    for part in ("images", "masks"):
        Path("alone", part).parent.mkdir(exist_ok=True)
        Path("pictures/train", part).rename(Path("alone", part))
    assert train("alone", "run") == 0
    with Path("run/metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert list(row)[:7] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "rate", "seconds"]
    assert float(row["val_mean_iou"]) == lines("run")[0]["val_mean_iou"]
    assert 0 < float(row["val_mean_iou"]) < 1
    assert "val mean iou" in Path("run/report.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("prepare", "at", "status", "told"),
    [
        ("scale(1/255)", ["H=24", "W=32"], 0, "steps per epoch"),
        ("scale(1/255)", ["H=24"], 0, "the net is trained at W = 32"),
        ("resize(16, 20) -> scale(1/255)", [], 0, "the net is trained at H = 16, W = 20"),
        ("center_crop(8) -> scale(1/255)", [], 0, "the net is trained at H = 8, W = 8"),
        ("scale(1/255)\naugment: random_crop(12) -> mirror", [], 0, "the net is trained at H = 12, W = 12"),
        ("resize(short: 12) -> scale(1/255)", [], 0, "the net is trained at H = 12, W = 16"),
        ("scale(1/255)", ["H=16", "W=32"], 1, "a prepared picture is 3 x 24 x 32, but the net reads 3 x 16 x 32"),
        ("scale(1/255)", ["G=16"], 1, "`--at G=…` names no free size of the net"),
        ("scale(1/255)", ["H"], 2, "--at takes a size such as H=224"),
    ],
)
def test_the_size_at_which_a_net_is_trained(
    prepare: str, at: list[str], status: int, told: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("seg.net").write_text(SPEC.replace("scale(1 / 255)", prepare))
    assert train("pictures", "run", *(word for size in at for word in ("--at", size))) == status
    assert told in capsys.readouterr().err
    assert Path("run/model.onnx").is_file() == (status == 0)


def test_pictures_of_several_sizes_need_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, labels = example(np.random.default_rng(3), 30, 30)
    Image.fromarray(image).save("pictures/train/images/x.png")
    Image.fromarray(labels).save("pictures/train/masks/x.png")
    assert train("pictures", "run") == 1
    error = capsys.readouterr().err
    assert "the net has free sizes (H, W), and the examples are of several" in error
    assert "`resize(64, 64)`" in error and "`--at H=64 --at W=64`" in error


@pytest.mark.slow
def test_a_run_goes_on_at_its_sizes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures of two sizes become one: without its numbers the run would not know which."""
    Path("seg.net").write_text(SPEC.replace("prepare: scale", "prepare: resize(short: 12) -> scale"))
    for name in ("images", "masks"):
        with Image.open(f"pictures/train/{name}/0.png") as picture:
            picture.resize((64, 48), Image.Resampling.NEAREST).save(f"pictures/train/{name}/0.png")
    sizes = ("--at", "H=12", "--at", "W=16")
    assert train("pictures", "none") == 1
    assert train("pictures", "whole", "--epochs", "2", *sizes) == 0
    assert train("pictures", "parts", "--epochs", "1", *sizes) == 0
    assert json.loads(Path("parts/settings.json").read_text())["options"]["at"] == {"H": 12, "W": 16}
    assert main(["train", "--resume", "parts", "--epochs", "2"]) == 0
    whole, parts = (Path(run, "weights.safetensors").read_bytes() for run in ("whole", "parts"))
    assert whole == parts
    capsys.readouterr()
    assert main(["train", "--resume", "parts", "--epochs", "3", "--at", "H=16", "--at", "W=16"]) == 1
    assert "3 x 12 x 16, but the net reads 3 x 16 x 16" in capsys.readouterr().err


def test_what_comes_in_from_outside_is_void_in_training_too(folder: Path) -> None:
    """No label of these is void, until a crop goes past the edge."""
    for path in Path("pictures").glob("*/masks/*.png"):
        with Image.open(path) as picture:
            labels = np.asarray(picture).copy()
        labels[labels == 255] = 0
        Image.fromarray(labels).save(path)
    augment = "scale(1 / 255)\naugment: mirror -> random_crop(20, pad: 4) -> rotate(20) -> pca_jitter(0.1)"
    Path("seg.net").write_text(SPEC.replace("scale(1 / 255)", augment))
    assert train("pictures", "run") == 0
    assert 0 < lines("run")[-1]["accuracy"] < 1


def test_label_pictures_are_looked_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "pictures", "seg.net", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["examples"] == {"train": {"": 40}, "test": {"": 8}}
    Path("pictures/train/masks/3.png").unlink()
    Image.new("RGB", (32, 24)).save("pictures/test/masks/0.png")
    assert main(["data", "check", "pictures", "seg.net", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    (problem,), (unreadable,) = found["problems"], found["unreadable"]
    assert "3.png has no picture of its name" in problem and "has colours" in unreadable["error"]
    Image.new("L", (32, 24)).save("pictures/train/masks/3.png")
    for name in ("train/images/5.png", "train/masks/6.png", "test/masks/1.png"):
        Path("pictures", name).write_bytes(b"nothing")
    assert main(["data", "check", "pictures", "seg.net", "--json"]) == 1  # all of them, the pictures' and the labels'
    found = json.loads(capsys.readouterr().out)
    assert [one["filename"] for one in found["unreadable"]] == [
        "train/images/5.png", "train/masks/6.png", "test/masks/0.png", "test/masks/1.png",
    ]  # fmt: skip


def test_sizes_that_the_net_does_not_give_back_are_told_before_the_first_step(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("images", "masks"):
        path = Path("pictures/test", name, "3.png")
        with Image.open(path) as picture:
            picture.crop((0, 0, 31, 21)).save(path)
    assert train("pictures", "run") == 1
    told = capsys.readouterr().err
    assert "error[N215]: pictures/test/images/3.png: concat gets values of 8 x 21 x 31 and 16 x 20 x 30" in told
    Path("seg.net").write_text(SPEC.replace("[a, b] -> concat", "b"))
    assert train("pictures", "run") == 1
    told = capsys.readouterr().err
    assert "pictures/test/images/3.png: output mask gives 20 x 30 answers, and the prepared labels are 21 x 31" in told
    assert "epoch" not in told


@pytest.mark.slow
def test_places_of_each_class_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = np.zeros((2, 256), int)
    for row, part in enumerate(("train", "test")):
        for path in Path("pictures", part, "masks").iterdir():
            with Image.open(path) as picture:
                counts[row] += np.bincount(np.asarray(picture).ravel(), minlength=256)
    assert train("pictures", "run") == 0
    each = ", ".join(f"{number} {counts[0, number]:,}/{counts[1, number]:,}" for number in range(3))
    told = capsys.readouterr().err
    assert f"places of each class (train, test): {each}\n" in told
    assert f"unless the net has a class of that number: {counts[0, 255]:,}/{counts[1, 255]:,}\n" in told


def test_label_pictures_are_no_class_to_look_at_without_a_net(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (0, 1):
        Image.new("L", (32, 24)).save(f"pictures/train/masks/{number}.png")
    assert main(["data", "check", "pictures", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["examples"] == {"train": {"": 40}, "test": {"": 8}} and found["duplicates"] == []
    Path("pictures/train/masks/1.png").write_bytes(b"nothing")
    assert main(["data", "check", "pictures", "--json"]) == 1
    (wrong,) = json.loads(capsys.readouterr().out)["unreadable"]
    assert wrong["filename"] == "train/masks/1.png"
    Image.new("L", (24, 32)).save("pictures/train/masks/1.png")
    assert main(["data", "check", "pictures"]) == 1
    said = "wrong: pictures/train/masks/1.png: the labels are 32 x 24 and their picture 24 x 32"
    assert capsys.readouterr().out.splitlines()[-1] == said


def test_ten_crops_are_refused_before_a_folder_is_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("seg.net").write_text(
        SPEC.replace("    prepare:", "    test: ten_crop(20)\n    prepare:").replace("H x W", "24 x 32")
    )
    assert train("pictures", "run") == 1
    assert "ten crops of a picture have no common labels" in capsys.readouterr().err
    assert not Path("run").exists()


@pytest.mark.slow
def test_label_pictures_that_cannot_be_decoded_are_passed_over_where_that_is_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (3, 7):
        path = Path(f"pictures/train/masks/{number}.png")
        path.write_bytes(path.read_bytes()[:60])
    assert train("pictures", "run") == 1
    assert "2 label pictures cannot be used: pictures/train/masks/3.png" in capsys.readouterr().err
    assert train("pictures", "run", "--on-bad-image", "skip") == 0
    told = capsys.readouterr().err
    assert "38 training examples" in told and "2 files passed over: 2 that cannot be decoded" in told


def test_a_class_for_each_picture_is_none_for_each_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A classifier that slides has one answer for a picture, the mean; a net with a class for each place has not."""
    for name in ("ground", "leaf", "stone"):
        Path("photos", name).mkdir(parents=True)
        os.link(f"pictures/test/images/{len(name)}.png", Path("photos", name, "a.png"))
    slid = "netspec 1\nnet C {\n input image: 3 x 24 x 32\n output y = image -> dense(3) -> softmax\n}\n"
    Path("slid.net").write_text(slid + "data { prepare: scale(1 / 255) }\n")
    assert main(["compile", "slid.net", "-o", "slid.onnx", "--convolutional"]) == 0
    assert main(["eval", "slid.onnx", "--data", "photos"]) == 0
    assert main(["compile", "seg.net", "-o", "seg.onnx"]) == 0
    assert main(["eval", "seg.onnx", "--data", "pictures"]) == 0
    capsys.readouterr()
    for arguments in (["eval", "seg.onnx"], ["train", "seg.net", "-o", "run"]):
        assert main([*arguments, "--data", "photos"]) == 1
        error = capsys.readouterr().err
        assert "output mask has a class for each place, but the data has one for each example" in error
        assert "PART/images/ and PART/labels/" in error
