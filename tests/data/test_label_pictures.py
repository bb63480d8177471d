"""Label pictures: which belong to which picture, what their pixels say, and that they move as their pictures do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.batches import Batches, prepared
from netspec.data.chain import apply
from netspec.data.held_out import held_out
from netspec.data.images import Reading
from netspec.data.label_pictures import FOLLOWED, UNMOVED, follow
from netspec.data.needs import Needs
from netspec.data.sets import Pictures, find_part, read_part
from netspec.data.targets import Target
from netspec.diagnostics import Fault
from netspec.settings import Data, steps

NEEDS = Needs({"image": (1, None, None)}, {"y": None}, frozenset({"y"}), frozenset({"y"}))
RNG = np.random.default_rng(0)


def write(folder: Path, name: str, labels: np.ndarray, mode: str = "L") -> None:
    """A picture whose grey is ten times its label, and the labels."""
    for where, array in (("images", labels.astype(np.uint8) * 10), ("labels", labels)):
        path = folder / where / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(array.astype(np.uint8))
        if where == "labels" and mode == "P":
            picture.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0])
        (picture.convert(mode) if where == "labels" and mode not in ("P", "L") else picture).save(path)


@pytest.mark.parametrize("mode", ["L", "P"])
@pytest.mark.parametrize("part", ["train", "valid", "test", ""])
def test_parts_have_pictures_and_labels_beside_each_other(part: str, mode: str, tmp_path: Path) -> None:
    labels = [RNG.integers(0, 3, (4, 6)), RNG.integers(0, 3, (5, 3))]
    write(tmp_path / part, "a.png", labels[0], mode)
    write(tmp_path / part, "deep/b.png", labels[1], mode)
    name = {"valid": "val", "": "train"}.get(part, part)
    found = read_part(tmp_path, name, ["x", "y", "z"], NEEDS)
    assert isinstance(found, Pictures) and found.masks is not None
    assert found.keys == ["a", "deep/b"] and found.classes == ["x", "y", "z"]
    for mask, image, expected in zip(found.masks, found.images, labels, strict=True):
        np.testing.assert_array_equal(mask, expected)
        np.testing.assert_array_equal(image[..., 0], expected * 10)
    for other in {"train", "val", "test"} - {name}:
        assert find_part(tmp_path, other, None, NEEDS) is None


def test_parts_may_stand_below_images_and_labels(tmp_path: Path) -> None:
    for part, count in (("train", 1), ("validation", 2), ("test", 3)):
        for number in range(count):
            for where in ("images", "annotations"):
                path = tmp_path / where / part / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("L", (3, 4), 1).save(path)
    for name, count in (("train", 1), ("val", 2), ("test", 3)):
        assert len(read_part(tmp_path, name, None, NEEDS)) == count
    for path in (tmp_path / "images/train/0.png", tmp_path / "annotations/train/0.png"):
        path.unlink()
        path.parent.rmdir()
    assert find_part(tmp_path, "train", None, NEEDS) is None and find_part(tmp_path, "test", None, NEEDS) is not None


def test_an_empty_part_and_one_without_labels_are_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "test/images").mkdir(parents=True)
    with pytest.raises(Fault, match="test/images has no label pictures beside it"):
        find_part(tmp_path, "test", None, NEEDS)
    (tmp_path / "test/masks").mkdir()
    with pytest.raises(Fault, match="test/images holds no pictures"):
        find_part(tmp_path, "test", None, NEEDS)


def test_two_folders_of_labels_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path / "train", "a.png", np.ones((4, 6), int))
    (tmp_path / "train/masks").mkdir()
    with pytest.raises(Fault, match=r"train/images has two folders of label pictures: .*/labels and .*/masks"):
        read_part(tmp_path, "train", None, NEEDS)


def test_a_jpeg_has_no_labels(tmp_path: Path) -> None:
    write(tmp_path, "a.png", np.ones((4, 6), int))
    Image.new("L", (6, 4), 1).save(tmp_path / "labels/a.jpg")
    (tmp_path / "labels/a.png").unlink()
    with pytest.raises(Fault, match=r"labels/a.jpg is a JPEG, whose pixels are not the numbers"):
        read_part(tmp_path, "train", None, NEEDS)


def test_a_net_that_answers_once_takes_such_folders_for_classes(tmp_path: Path) -> None:
    write(tmp_path, "a.png", np.ones((4, 6), int))
    found = read_part(tmp_path, "train", None, Needs({"image": (1, 4, 6)}, {"y": 2}, frozenset({"y"})))
    assert isinstance(found, Pictures) and found.masks is None and found.classes == ["images", "labels"]


def test_what_has_no_partner_is_listed(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write(tmp_path, name, np.ones((4, 6), int))
    (tmp_path / "labels/b.png").unlink()
    (tmp_path / "labels/b.txt").write_text("no picture")
    Image.new("L", (6, 4)).save(tmp_path / "labels/c.png")
    with pytest.raises(Fault) as caught:
        read_part(tmp_path, "train", None, NEEDS)
    assert "2 of the pictures and labels have no partner" in caught.value.message
    assert "images/b.png has no picture of its name" in str(caught.value.message + str(caught.value.help))
    assert "labels/c.png has no picture of its name" in str(caught.value.help)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (Image.new("RGB", (6, 4)), "has colours (RGB), and labels are numbers of classes"),
        (Image.new("RGBA", (6, 4)), "has colours (RGBA)"),
        (Image.new("L", (4, 6)), "the labels are 6 x 4 and their picture 4 x 6"),
        (Image.fromarray(np.full((4, 6), 256, np.uint16)), "has a class 256, and 255 is the largest"),
        (None, "cannot be decoded"),
    ],
)
def test_labels_that_cannot_be_used(label: Image.Image | None, said: str, tmp_path: Path) -> None:
    write(tmp_path, "a.png", np.ones((4, 6), int))
    write(tmp_path, "b.png", np.ones((4, 6), int))
    if label is None:
        (tmp_path / "labels/b.png").write_bytes(b"broken")
    else:
        label.save(tmp_path / "labels/b.png")
    with pytest.raises(Fault, match="a label picture cannot be used") as caught:
        read_part(tmp_path, "train", None, NEEDS)
    assert said in caught.value.message and "labels/b.png" in caught.value.message


def test_the_limit_of_pixels_is_that_of_pictures(tmp_path: Path) -> None:
    write(tmp_path, "a.png", np.ones((4, 6), int))
    Image.new("L", (60, 40)).save(tmp_path / "labels/a.png")
    with pytest.raises(Fault, match=r"has 60 x 40 pixels, past the limit of 30 that `--max-pixels` sets"):
        read_part(tmp_path, "train", None, NEEDS, Reading(max_pixels=30))


def test_wide_numbers_that_are_small_are_labels(tmp_path: Path) -> None:
    write(tmp_path, "a.png", np.ones((4, 6), int))
    Image.fromarray(np.full((4, 6), 2, np.uint16)).save(tmp_path / "labels/a.png")
    found = read_part(tmp_path, "train", None, NEEDS)
    assert isinstance(found, Pictures) and found.masks is not None and (found.masks[0] == 2).all()


def test_labels_follow_their_pictures_through_the_share_that_is_held_out(tmp_path: Path) -> None:
    for number in range(8):
        write(tmp_path, f"{number}.png", np.full((2, 2), number))
    rest, out = held_out(read_part(tmp_path, "train", None, NEEDS), 0.4, 3)
    for part in (rest, out):
        assert part.masks is not None and len(part.masks) == len(part.images) > 0
        assert all((mask * 10 == image[..., 0]).all() for mask, image in zip(part.masks, part.images, strict=True))


def test_every_step_moves_labels_or_leaves_them_alone() -> None:
    for kind in steps.STEPS.values():
        assert any(issubclass(kind, one) for one in FOLLOWED) != issubclass(kind, UNMOVED), kind.name


MOVES = [
    steps.RandomCrop(size=9, pad=2), steps.Mirror(), steps.CenterCrop(height=7, width=9), steps.RandomCrop(size=5),
]  # fmt: skip


@pytest.mark.parametrize("step", [*MOVES, steps.Rotate(degrees=90.0)])
def test_labels_move_as_pictures_do(step: steps.Step) -> None:
    """A picture of the labels' own numbers, which no step mixes here; what comes in from outside is void."""
    labels = RNG.integers(1, 20, (11, 11)).astype(np.uint8)
    for draw in (0.0, 0.3, 0.5, 0.99):
        draws = np.full((1, 2), draw) if step.random else None
        width = {"random_crop": 2, "mirror": 1, "rotate": 1}.get(step.name, 0)
        rows = None if draws is None else draws[:, :width]
        if step.name == "rotate" and draw not in (0.0, 0.5):
            continue  # between places numbers are mixed
        moved = np.asarray(apply([labels[..., None]], [step], rows)[0])[..., 0]
        (found,) = follow([labels], [step], rows)
        np.testing.assert_array_equal(found, np.where(moved == 0, 255, moved))


def test_labels_are_resized_to_the_nearest_and_a_part_is_the_same_part() -> None:
    labels = RNG.integers(0, 20, (12, 10)).astype(np.uint8)
    (found,) = follow([labels], [steps.Resize(height=6, width=20)])
    np.testing.assert_array_equal(found, np.asarray(Image.fromarray(labels).resize((20, 6), Image.Resampling.NEAREST)))
    plain = np.full((40, 40), 3, np.uint8)
    plain[:, 20:] = 7
    step, draws = steps.RandomResizedCrop(size=32), RNG.random((1, 22))
    (found,) = follow([plain], [step], draws)
    image = np.asarray(apply([plain[..., None]], [step], draws)[0])[..., 0]
    assert set(np.unique(found)) <= {3, 7} and (np.abs(found.astype(int) - image) <= 2).all()


def test_draws_belong_to_their_steps() -> None:
    """Colours take some of the draws, and labels do not move by these."""
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    chain = [steps.ColorJitter(brightness=0.1), steps.Mirror()]
    for draw in (0.2, 0.8):
        draws = np.array([[1 - draw] * 3 + [draw]])
        (found,) = follow([labels], chain, draws)
        np.testing.assert_array_equal(found, labels[:, ::-1] if draw < 0.5 else labels)


def test_batches_have_labels_where_their_pictures_are() -> None:
    masks = [RNG.integers(0, 20, (14, 12)).astype(np.uint8) for _ in range(6)]
    part = Pictures([mask[..., None] * 10 for mask in masks], np.zeros(6, np.int64), masks=masks)
    data = Data(
        prepare=(steps.CenterCrop(height=12), steps.Augment(), steps.CenterCrop(height=8), steps.Scale(factor=0.1)),
        augment=(steps.Mirror(), steps.RandomCrop(size=10)),
    )
    target = Target("y", "cross_entropy", "softmax", (8, 8, 20))
    batches = Batches(part, data, {"image": (1, 8, 8)}, [target], 5)
    seen = 0
    for inputs, wanted in batches.epoch(2, 4):
        np.testing.assert_allclose(inputs["image"][..., 0], wanted["y"], atol=1e-5)
        seen += len(wanted["y"])
    assert seen == 6
    for inputs, wanted in prepared(part, Data(prepare=data.prepare), {"image": (1, 8, 8)}, [target]):
        np.testing.assert_allclose(inputs["image"][..., 0], wanted["y"], atol=1e-5)


def test_a_class_that_the_net_has_not_is_told_before_the_first_step_and_255_is_void() -> None:
    target = Target("y", "cross_entropy", "softmax", (2, 2, 3))
    data, shapes = Data(), {"image": (1, 2, 2)}
    masks = [np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)]
    part = Pictures(np.stack(masks)[..., None], np.zeros(2, np.int64), masks=masks)
    Batches(part, data, shapes, [target], 0)
    masks[1][0, 0] = 3
    with pytest.raises(Fault, match="the label picture of picture 1 has a class 3, but output y gives 3"):
        Batches(part, data, shapes, [target], 0)
    for mask in masks:
        mask[...] = 255
    with pytest.raises(Fault, match=r"every place of the 2 label pictures is void \(255\)"):
        Batches(part, data, shapes, [target], 0)


def test_ten_crops_have_no_common_labels() -> None:
    masks = [np.zeros((4, 4), np.uint8)]
    part = Pictures([masks[0][..., None]], np.zeros(1, np.int64), masks=masks)
    target = Target("y", "cross_entropy", "softmax", (2, 2, 3))
    with pytest.raises(Fault, match="ten crops of a picture have no common labels"):
        list(prepared(part, Data(test=steps.TenCrop(size=2)), {"image": (1, 2, 2)}, [target]))
