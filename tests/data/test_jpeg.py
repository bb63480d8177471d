"""JPEGs by simplejpeg have Pillow's pixels in every kind of file that goes there; all others go to Pillow."""

from __future__ import annotations

import io
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netspec.data import jpeg
from netspec.data.images import read_image
from netspec.data.jpeg import jpeg_pixels
from netspec.diagnostics import Fault


def picture(height: int, width: int) -> Image.Image:
    """Smooth colours with noise, so that every coefficient and the upsampling of colours matter."""
    rng = np.random.default_rng(height * 100 + width)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)).resize((width, height))
    noise = rng.integers(-30, 31, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(coarse).astype(int) + noise, 0, 255).astype(np.uint8))


def written(image: Image.Image, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    file.seek(0)
    return file


def both(file: io.BytesIO) -> tuple[Any, np.ndarray]:
    """simplejpeg's pixels, and Pillow's."""
    with Image.open(io.BytesIO(file.getvalue())) as image:
        return jpeg_pixels(file, image), np.asarray(image)


@pytest.mark.parametrize(
    ("subsampling", "progressive", "quality"), list(product((0, 1, 2), (False, True), (10, 75, 95)))
)
def test_coloured_ones(subsampling: int, progressive: bool, quality: int) -> None:
    for height, width in ((40, 51), (1, 1), (17, 8), (33, 3)):
        found, expected = both(
            written(picture(height, width), subsampling=subsampling, progressive=progressive, quality=quality)
        )
        assert found is not None
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("progressive", [False, True])
def test_grey_ones(progressive: bool) -> None:
    found, expected = both(written(picture(40, 51).convert("L"), progressive=progressive))
    assert found is not None
    np.testing.assert_array_equal(found[..., 0], expected)


def test_what_pillow_decodes() -> None:
    assert both(written(picture(9, 9).convert("CMYK")))[0] is None
    assert both(written(picture(9, 9), keep_rgb=True))[0] is None
    file = io.BytesIO()
    picture(9, 9).save(file, "PNG")
    assert both(file)[0] is None


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_file_that_is_cut_is_an_error_with_and_without_it(
    cut: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = written(picture(40, 51)).getvalue()
    (tmp_path / "cut.jpg").write_bytes(content[: int(len(content) * cut)])
    messages = []
    for module in (jpeg.simplejpeg, None):
        monkeypatch.setattr(jpeg, "simplejpeg", module)
        with pytest.raises(Fault) as caught:
            read_image(tmp_path / "cut.jpg")
        messages.append((caught.value.code, caught.value.message))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_one_is_upright_with_and_without_it(
    turn: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    (tmp_path / "turned.jpg").write_bytes(written(picture(12, 20), exif=exif).getvalue())
    with_it = read_image(tmp_path / "turned.jpg")
    monkeypatch.setattr(jpeg, "simplejpeg", None)
    np.testing.assert_array_equal(with_it, read_image(tmp_path / "turned.jpg"))
    assert with_it.shape == ((12, 20, 3) if turn < 5 else (20, 12, 3))
