"""IDX files byte by byte, as yann.lecun.com/exdb/mnist describes them:
two zeros, 8 for bytes, the axes, big-endian sizes, numbers."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from netspec.data.idx import read_idx
from netspec.data.sets import read_set
from netspec.diagnostics import Fault

#: Two pictures of 2 x 3, row after row, and their labels.
PICTURES = bytes((0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(1, 7), *range(250, 256)))
LABELS = bytes((0, 0, 8, 1, 0, 0, 0, 2, 7, 255))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_pictures_and_labels(suffix: str, tmp_path: Path) -> None:
    pack = gzip.compress if suffix else bytes
    images, labels = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    images.write_bytes(pack(PICTURES))
    labels.write_bytes(pack(LABELS))
    pixels, numbers = read_idx(images, labels)
    assert pixels[..., 0].tolist() == [[[1, 2, 3], [4, 5, 6]], [[250, 251, 252], [253, 254, 255]]]
    assert (pixels.shape, pixels.dtype) == ((2, 2, 3, 1), np.uint8)
    assert numbers.tolist() == [7, 255]
    assert numbers.dtype == np.int64


@pytest.mark.parametrize(("part", "start"), [("train", "train"), ("test", "t10k")])
@pytest.mark.parametrize("names", [("images-idx3-ubyte", "labels-idx1-ubyte"), ("images.gz", "labels.gz")])
def test_the_four_names(part: str, start: str, names: tuple[str, str], tmp_path: Path) -> None:
    for name, content in zip(names, (PICTURES, LABELS), strict=True):
        (tmp_path / f"{start}-{name}").write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    found = read_set(tmp_path, part)
    assert (len(found), found.labels.tolist(), found.classes) == (2, [7, 255], None)
    other = {"train": "test", "test": "train"}[part]
    with pytest.raises(Fault, match=f"holds no {other} data"):
        read_set(tmp_path, other)


def test_pictures_without_labels(tmp_path: Path) -> None:
    (tmp_path / "t10k-images").write_bytes(PICTURES)
    (tmp_path / "train-labels").write_bytes(LABELS)
    with pytest.raises(Fault) as caught:
        read_set(tmp_path, "test")
    assert caught.value.message == f"{tmp_path} has t10k-images, but no t10k-labels file beside it"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PICTURES[:3], "is not an IDX file of bytes with 3 axes: it begins with 00 00 08, not with 00 00 08 03"),
        (PICTURES[:4], "ends within its header, at byte 4 of 16"),
        (PICTURES[:15], "ends within its header, at byte 15 of 16"),
        (PICTURES[:16], "should hold 12 bytes after its header, but holds 0"),
        (PICTURES[:-1], "should hold 12 bytes after its header, but holds 11"),
        (PICTURES + b"\0", "should hold 12 bytes after its header, but holds more"),
        (LABELS, "is not an IDX file of bytes with 3 axes: it begins with 00 00 08 01, not with 00 00 08 03"),
    ],
)
def test_what_is_damaged(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(LABELS)
    with pytest.raises(Fault) as caught:
        read_idx(tmp_path / "a", tmp_path / "b")
    assert (caught.value.code, caught.value.message) == ("N707", f"{tmp_path / 'a'} {message}")


def test_labels_are_one_axis_and_of_the_same_number(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(PICTURES)
    (tmp_path / "b").write_bytes(PICTURES)
    with pytest.raises(Fault, match="b is not an IDX file of bytes with 1 axis: it begins"):
        read_idx(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b").write_bytes(bytes((0, 0, 8, 1, 0, 0, 0, 1, 7)))
    with pytest.raises(Fault, match="a has 2 pictures, but b has 1 labels"):
        read_idx(tmp_path / "a", tmp_path / "b")


@pytest.mark.parametrize("sizes", [(0, 2, 3), (2, 0, 3), (2, 3, 0)])
def test_pictures_without_a_pixel(sizes: tuple[int, int, int], tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes((0, 0, 8, 3, *(b for n in sizes for b in (0, 0, 0, n)))))
    (tmp_path / "b").write_bytes(bytes((0, 0, 8, 1, 0, 0, 0, sizes[0], *bytes(sizes[0]))))
    with pytest.raises(Fault, match=f"has no pictures: its header says {sizes[0]} x {sizes[1]} x {sizes[2]}"):
        read_idx(tmp_path / "a", tmp_path / "b")
