"""A resize that comes first is Pillow's own, before the pixels are numbers: the same pixels, from fewer copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netspec.data.chain import apply
from netspec.data.images import Reading, read_begun, read_image
from netspec.data.picture_files import PictureFiles, decoded
from netspec.data.sets import listing_of
from netspec.diagnostics import Fault
from netspec.settings import steps


def noise(mode: str, turn: int = 1, size: tuple[int, int] = (41, 30)) -> tuple[Image.Image, Image.Exif]:
    rng = np.random.default_rng(3)
    width, height = size
    image = Image.fromarray(rng.integers(0, 256, (height, width, 4), dtype=np.uint8), "RGBA").convert(mode)
    exif = Image.Exif()
    exif[0x0112] = turn
    return image, exif


@pytest.mark.parametrize("name", ["bilinear", "bicubic", "nearest", "box", "lanczos"])
@pytest.mark.parametrize("step", [{"short": 17}, {"height": 9, "width": 60}, {"height": 30, "width": 41}], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_plain_pictures_are_resized_by_pillow_at_once(
    mode: str, step: dict[str, int], name: str, tmp_path: Path
) -> None:
    image, _ = noise(mode)
    image.save(tmp_path / "a.png")
    resize = steps.Resize(**step, filter=name)
    picture, size = read_begun(tmp_path / "a.png", resize)
    assert size == (30, 41, len(mode)) and picture.shape[:2] == resize.sizes(30, 41)
    np.testing.assert_array_equal(picture, apply(read_image(tmp_path / "a.png")[None], [resize])[0])
    np.testing.assert_array_equal(picture, apply(picture[None], [resize])[0])


@pytest.mark.parametrize(
    ("mode", "turn", "name"),
    [("RGB", turn, "a.jpg") for turn in range(2, 9)]
    + [("RGBA", 1, "a.png"), ("P", 1, "a.gif"), ("CMYK", 1, "a.tif"), ("1", 1, "a.png"), ("LA", 1, "a.png")],
)
def test_what_is_turned_or_converted_is_resized_behind_that(mode: str, turn: int, name: str, tmp_path: Path) -> None:
    image, exif = noise(mode, turn)
    image.save(tmp_path / name, exif=exif)
    picture, size = read_begun(tmp_path / name, steps.Resize(height=20, width=9))
    assert size == picture.shape
    np.testing.assert_array_equal(picture, read_image(tmp_path / name))


def test_other_steps_and_ranges_wait(tmp_path: Path) -> None:
    noise("RGB")[0].save(tmp_path / "a.png")
    for first, reading, height in (
        (None, Reading(), 30),
        (steps.CenterCrop(height=3, width=3), Reading(), 30),
        (steps.Resize(short=3), Reading(span=(0, 255)), 30),
        (steps.Resize(short=3), Reading(), 3),
    ):
        assert read_begun(tmp_path / "a.png", first, reading)[0].shape[0] == height


def test_a_colour_that_stands_for_nothing_lies_over_white_first(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), (10, 20, 30))
    image.save(tmp_path / "a.png", transparency=(10, 20, 30))
    picture, _ = read_begun(tmp_path / "a.png", steps.Resize(short=4))
    assert picture.shape == (8, 8, 3) and (picture == 255).all()


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    noise("RGB", size=(300, 300))[0].save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:9000])
    with pytest.raises(Fault, match=r"a.jpg cannot be decoded"):
        read_begun(tmp_path / "a.jpg", steps.Resize(short=8))


def test_of_a_folder_the_size_in_the_file_is_known_too(tmp_path: Path) -> None:
    for name, turn in (("a", 1), ("b", 6)):
        (tmp_path / "train" / name).mkdir(parents=True)
        image, exif = noise("RGB", turn)
        image.save(tmp_path / "train" / name / "1.jpg", exif=exif)
    front = (steps.Resize(height=12, width=10), steps.CenterCrop(height=7, width=7))
    listing = listing_of(tmp_path, "train", None)
    assert listing is not None
    found = decoded(listing, Reading(front=front), tmp_path)
    assert isinstance(found, PictureFiles)
    assert [(one.size, one.shape) for one in found.found] == [((30, 41, 3), (7, 7, 3)), ((41, 30, 3), (7, 7, 3))]
    for place, path in enumerate(listing.files):
        np.testing.assert_array_equal(found[place], apply(read_image(path)[None], front)[0])
