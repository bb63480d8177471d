"""What a file claims is held against what there is: room in memory, numbers of arrays, names of classes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from netspec.data import bounds, npy
from netspec.data.bounds import SMALL, opened, take
from netspec.data.cifar import read_cifar
from netspec.data.npy import mapped, npz
from netspec.diagnostics import Fault
from netspec.machine import Memory


@pytest.mark.parametrize(("free", "fits"), [(SMALL + 1, True), (SMALL, False)])
def test_more_than_is_free_is_not_taken(free: int, fits: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "memory", lambda: Memory(free, "the machine's memory"))
    assert len(take(io.BytesIO(bytes(SMALL)), SMALL, "it")) == SMALL  # so much is there without asking
    file = io.BytesIO(bytes(SMALL + 1))
    if fits:
        assert len(take(file, SMALL + 1, "it")) == SMALL + 1
        return
    with pytest.raises(Fault) as caught:
        take(file, SMALL + 1, "it", "N601")
    assert caught.value.code == "N601"
    assert caught.value.message == (
        "it claims 16,777,217 bytes, but only 16,777,216 are free, which is the machine's memory"
    )
    monkeypatch.setattr(bounds, "memory", lambda: None)  # where nothing says what there is
    assert len(take(file, SMALL + 1, "it")) == SMALL + 1


def test_bytes_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "PIECE", 3)
    assert bytes(take(io.BytesIO(b"0123456789"), 7, "it")) == b"0123456"
    with pytest.raises(Fault, match=r"^it should hold 11 bytes in all, but holds 10$"):
        take(io.BytesIO(b"0123456789"), 11, "it", after=" in all")


def test_what_a_packed_file_can_hold(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(bytes(7))
    (tmp_path / "a").write_bytes(bytes(7))
    with opened(tmp_path / "a.gz") as (_, most):
        assert most == 7 * 1032  # deflate's most
    with opened(tmp_path / "a") as (_, most):
        assert most == 7


def test_a_file_of_more_arrays_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(2), y=np.zeros(2))
    monkeypatch.setattr(npy, "MOST", 2)
    with npz(tmp_path / "a.npz", "N707") as packed:
        assert set(packed.members) == {"x", "y"}
    monkeypatch.setattr(npy, "MOST", 1)
    with pytest.raises(Fault, match="holds 2 files, but at most 1 are read"), npz(tmp_path / "a.npz", "N707"):
        pass


@pytest.mark.parametrize("shape", [(1,) * 33, (2**31, 2**31), (-1, 3), (2**63,)])
def test_shapes_that_no_array_has(shape: tuple[int, ...], tmp_path: Path) -> None:
    head = repr({"descr": "<f4", "fortran_order": False, "shape": shape}).encode().ljust(245) + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head + bytes(4))
    with pytest.raises(Fault, match="claims a shape that no array has"):
        mapped(tmp_path / "a.npy", "N707")


@pytest.mark.parametrize("shape", [(0, 3), (3, 0, 2)])
def test_arrays_without_a_number(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(shape, np.int16))
    np.savez(tmp_path / "a.npz", a=np.zeros(shape, np.int16))
    with npz(tmp_path / "a.npz", "N707") as packed:
        for found in (mapped(tmp_path / "a.npy", "N707"), packed["a"]):
            assert (found.shape, found.dtype) == (shape, np.int16)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (b"plane\n" * 174763, "is larger than 1,048,576 bytes, the limit for names of classes"),
        (b"plane\nc\xe4r\n", ":2: the name of a class is not UTF-8: byte 7 is 0xE4"),
        (b"plane\n\ncar\n", ":2: this line is empty, but should name class 1"),
        (b"\nplane\n", ":1: this line is empty, but should name class 0"),
        (b"plane\ncar\nplane\n", ":3: the class plane is already in line 1"),
    ],
)
def test_damaged_names_of_classes(names: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "batches.meta.txt").write_bytes(names)
    (tmp_path / "test_batch.bin").write_bytes(bytes(3073))
    with pytest.raises(Fault) as caught:
        read_cifar([tmp_path / "test_batch.bin"])
    gap = "" if message.startswith(":") else " "
    assert (caught.value.code, caught.value.message) == ("N707", f"{tmp_path / 'batches.meta.txt'}{gap}{message}")


@pytest.mark.parametrize(
    "names", [b"plane\ncar", b"plane\r\ncar\r\n\r\n", b"\xef\xbb\xbfplane\rcar\n\n", b" plane \n\tcar"]
)
def test_names_of_classes_a_line_each(names: bytes, tmp_path: Path) -> None:
    (tmp_path / "batches.meta.txt").write_bytes(names)
    (tmp_path / "test_batch.bin").write_bytes(bytes([1, *bytes(3072)]))
    assert read_cifar([tmp_path / "test_batch.bin"])[2] == ["plane", "car"]


def test_a_class_without_a_name_and_records_of_100_classes(tmp_path: Path) -> None:
    (tmp_path / "fine_label_names.txt").write_bytes(b"a\nb\n")
    record = bytes([9, 1, *range(256), *bytes(3072 - 256)])  # the coarse class, the fine one, red row by row
    (tmp_path / "test.bin").write_bytes(record * 2)
    images, labels, classes = read_cifar([tmp_path / "test.bin"])
    assert (labels.tolist(), classes) == ([1, 1], ["a", "b"])
    assert images.shape == (2, 32, 32, 3)
    assert images[0, 1, :3].tolist() == [[32, 0, 0], [33, 0, 0], [34, 0, 0]]
    (tmp_path / "test.bin").write_bytes(record + bytes([9, 2, *bytes(3072)]))
    with pytest.raises(Fault) as caught:
        read_cifar([tmp_path / "test.bin"])
    assert caught.value.message == (
        f"{tmp_path}/test.bin has class 2 at byte 3,075, but {tmp_path}/fine_label_names.txt has only 2 names"
    )


@pytest.mark.parametrize("size", [3072, 3074, 6147])
def test_a_piece_of_a_record(size: int, tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(b"")
    with pytest.raises(Fault, match=r"test_batch.bin is empty$"):
        read_cifar([tmp_path / "test_batch.bin"])
    (tmp_path / "test_batch.bin").write_bytes(bytes(size))
    with pytest.raises(Fault) as caught:
        read_cifar([tmp_path / "test_batch.bin"])
    start, rest = size - size % 3073, size % 3073
    assert caught.value.message.endswith(
        f" holds {size:,} bytes, but CIFAR's records have 3,073: the last one, from byte {start:,} on, has {rest:,}"
    )
