"""Data files that are damaged, lie about their size or are no files:
what, where, found and expected, before memory is taken."""

from __future__ import annotations

import gzip
import io
import os
import resource
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from netspec.data.arrays import read_arrays
from netspec.data.needs import Needs
from netspec.data.sets import read_part, read_set
from netspec.diagnostics import Fault, Trouble


def npy(array: np.ndarray, **changed: object) -> bytes:
    """An npy file whose head says something else where ``changed`` does."""
    told = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape, **changed}
    head = repr(told).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + array.tobytes()


def packed(
    path: Path,
    members: dict[str, bytes],
    change: Callable[[bytes], bytes] = lambda content: content,
    method: int = zipfile.ZIP_DEFLATED,
) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    path.write_bytes(change(held.getvalue()))


ROWS = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.mark.parametrize(
    ("members", "change", "method", "told"),
    [
        ({"x.npy": npy(ROWS), "notes.txt": b"hello"}, None, 8, "holds notes.txt, which is not an array"),
        ({"x.npy": npy(ROWS, shape=(10**12, 3))}, None, 8,
         "should hold 12,000,000,000,000 bytes after its header, but holds 48"),
        ({"x.npy": npy(ROWS, shape=(5, 3))}, None, 8, "should hold 60 bytes after its header, but holds 48"),
        ({"x.npy": npy(ROWS, shape=(-4, 3))}, None, 8, "a shape that no array has"),
        ({"x.npy": npy(ROWS, descr="|O")}, None, 8, "cannot be read: it holds Python objects"),
        ({"x.npy": npy(ROWS, descr=[("a", "<f4")])}, None, 8, "not numbers"),
        ({"x.npy": npy(ROWS)}, None, 14, "compressed by a method"),
        ({"x.npy": npy(ROWS)}, lambda b: b.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0"), 8,
         "is encrypted"),
        ({"x.npy": npy(ROWS)}, lambda b: b[:60] + b"\xff\xff" + b[62:], 8, "x.npy cannot be read"),
        ({"x.npy": npy(ROWS)}, lambda b: b[: len(b) // 2], 8, "cannot be read"),
        ({"x.npy": b"\x93NUMPY\1\0v\0" + b"(" * 118}, None, 8, "x.npy cannot be read"),
        ({"x.npy": b"\x93NUMPY\x09\0"}, None, 8, "version 9.0"),
        ({}, None, 8, "has no array"),
    ],
)  # fmt: skip
def test_npz(
    members: dict[str, bytes], change: Callable[[bytes], bytes] | None, method: int, told: str, tmp_path: Path
) -> None:
    packed(tmp_path / "train.npz", members, change or (lambda content: content), method)
    with pytest.raises(Fault, match=told) as caught:
        read_arrays(tmp_path, "train", ["x"])
    assert caught.value.code == "N707"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_npz_with_two_arrays_of_one_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "train.npz", "w") as file:
        file.writestr("x.npy", npy(ROWS))
        file.writestr("x.npy", npy(ROWS + 1))
    with pytest.raises(Fault, match=r"holds x.npy 2 times"):
        read_arrays(tmp_path, "train", ["x"])


def test_a_bomb_is_refused_by_its_claim(tmp_path: Path) -> None:
    packed(
        tmp_path / "train.npz",
        {"x.npy": npy(ROWS)},
        lambda b: b.replace(struct.pack("<I", 176), struct.pack("<I", 2**31)),
    )
    with pytest.raises(Fault, match="claims 2,147,483,648 bytes, more than its"):
        read_arrays(tmp_path, "train", ["x"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    head = struct.pack(">4BIII", 0, 0, 8, 3, 2**15, 2**8, 2**8)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + bytes(100)))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes((0, 0, 8, 1, 0, 0, 0, 1, 0)))
    with pytest.raises(Fault, match=r"should hold 2,147,483,648 bytes after its header, more than the .* it can hold"):
        read_set(tmp_path, "train")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_npy_of_every_order_and_kind(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    for array in (
        ROWS,
        np.asfortranarray(ROWS),
        ROWS.astype(">f8"),
        ROWS.astype(bool),
        ROWS.astype("u2"),
        ROWS.astype("f2"),
    ):
        np.save(tmp_path / "train" / "x.npy", array)
        np.testing.assert_array_equal(read_arrays(tmp_path, "train", ["x"]).arrays["x"], array)
        np.savez(tmp_path / "test.npz", x=array)
        np.testing.assert_array_equal(read_arrays(tmp_path, "test", ["x"]).arrays["x"], array)
    (tmp_path / "train" / "x.npy").write_bytes(npy(ROWS, shape=(10**10, 3)))
    with pytest.raises(Fault, match="should hold 120,000,000,000 bytes after its header, but holds 48"):
        read_arrays(tmp_path, "train", ["x"])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("row", [0, 3])
def test_what_is_no_number_is_told_by_array_and_row(wrong: float, row: int, tmp_path: Path) -> None:
    array = ROWS.astype(np.float64)
    array[row, 1] = wrong
    np.savez(tmp_path / "test.npz", x=ROWS, y=array)
    with pytest.raises(Fault, match=f"array y of the test data has .* in row {row}") as caught:
        read_arrays(tmp_path, "test", ["x", "y"])
    assert caught.value.code == "N707"
    assert len(read_arrays(tmp_path, "test", ["x"])) == 4


def idx(*sizes: int, count: int | None = None, kind: int = 8) -> bytes:
    head = bytes((0, 0, kind, len(sizes))) + b"".join(n.to_bytes(4, "big") for n in sizes)
    return head + bytes(int(np.prod(sizes)) if count is None else count)


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        (idx(2, 3, 3, count=17), idx(2), r"train-images.* should hold 18 bytes after its header, but holds 17"),
        (idx(2, 3, 3, count=19), idx(2), r"train-images.* should hold 18 bytes after its header, but holds more"),
        (idx(2, 3, 3), idx(2, count=1), r"train-labels.* should hold 2 bytes after its header, but holds 1"),
        (idx(2, 3, 3), idx(3), r"has 2 pictures, but train-labels.* has 3 labels"),
        (idx(2, 3, 3, kind=13), idx(2), r"it begins with 00 00 0d 03, not with 00 00 08 03"),
        (idx(2, 9), idx(2), r"not an IDX file of bytes with 3 axes"),
         (idx(2, 3, 3)[:9], idx(2), r"ends within its header, at byte 9 of 16"),
        (b"", idx(2), r"it begins with nothing"), (idx(0, 3, 3), idx(0), r"has no pictures: its header says 0 x 3 x 3"),
        (idx(2**32 - 1, 2**32 - 1, 2**32 - 1, count=4), idx(2),
         r"should hold 79,228,162,458,924,105,385,300,197,375 bytes"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx(images: bytes, labels: bytes, told: str, suffix: str, tmp_path: Path) -> None:
    squeeze = gzip.compress if suffix else bytes
    (tmp_path / f"train-images-idx3-ubyte{suffix}").write_bytes(squeeze(images))
    (tmp_path / f"train-labels-idx1-ubyte{suffix}").write_bytes(squeeze(labels))
    if suffix:
        told = told.replace(", but holds 17", "").replace(", but holds 1", "")
    with pytest.raises(Fault, match=told) as caught:
        read_set(tmp_path, "train")
    assert caught.value.code == "N707"


def test_a_gzip_that_is_cut_or_changed(tmp_path: Path) -> None:
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(200))
    whole = gzip.compress(idx(200, 3, 3)[:16] + np.random.default_rng(0).bytes(1800))
    for content in (
        whole[:-200],
        whole[:1000] + b"\xff" * 50 + whole[1050:],
        whole[:-6] + b"\1\2\3\4\5\6",
        b"\x1f\x8b" + whole[10:],
    ):
        (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
        with pytest.raises(Fault) as caught:
            read_set(tmp_path, "train")
        assert caught.value.code == "N707" and "train-images" in caught.value.message


def test_cifar_with_a_piece_of_a_record(tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(bytes(3073 * 2 + 5))
    with pytest.raises(
        Fault, match=r"test_batch.bin holds 6,151 bytes, .* 3,073: the last one, from byte 6,146 on, has 5"
    ):
        read_set(tmp_path, "test")


@pytest.mark.parametrize(
    "name",
    [
        "train.npz",
        "train-images-idx3-ubyte",
        "train-images-idx3-ubyte.gz",
        "data_batch_1.bin",
        "train/x.npy",
        "train/cat/a.png",
    ],
)
@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path), lambda path: os.symlink(path, path)]
)
def test_pipes_devices_and_loops_are_errors(name: str, make: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(2))
    with pytest.raises(Fault) as caught:
        read_part(tmp_path, "train", None, Needs({"x": (1,)}))
    assert caught.value.code == "N707"


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    for name, why in (
        ("file", "is neither a folder nor a file of a kind that holds data: .csv, .tsv, .txt, .npz"),
        ("loop", "is a link that leads nowhere"),
        ("nothing", "does not exist"),
        ("nothing.csv", "does not exist"),
        ("a" * 300, "does not exist"),
        ("a\0b", "does not exist"),
    ):
        with pytest.raises(Trouble) as caught:
            read_part(tmp_path / name, "train", None, Needs({"x": (1,)}))
        assert caught.value.message == f"{tmp_path / name} {why}"


def test_a_class_whose_name_is_no_text(tmp_path: Path) -> None:
    os.makedirs(os.fsencode(tmp_path) + b"/train/caf\xe9")
    with pytest.raises(Fault, match="whose name is not valid text"):
        read_set(tmp_path, "train")
