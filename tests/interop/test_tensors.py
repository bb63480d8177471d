"""Safetensors files: what the library writes is read; what damaged ones claim is told and costs nothing."""

from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from netspec.diagnostics import Fault, Trouble
from netspec.interop.tensors import tensor_bytes
from netspec.interop.weight_files import load_weights


def written(path: Path, head: str | bytes, body: bytes = b"", claim: int | None = None) -> Path:
    content = head if isinstance(head, bytes) else head.encode()
    path.write_bytes(struct.pack("<Q", len(content) if claim is None else claim) + content + body)
    return path


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        kind: (rng.random((3, 2)) * 100).astype(kind)
        for kind in ("f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
    }
    arrays |= {"empty": np.zeros((0, 3), np.float32), "one": np.array(3.5, np.float32)}
    (tmp_path / "a.safetensors").write_bytes(save(arrays, {"netspec": json.dumps({"net": "A"})}))
    found, told = load_weights(tmp_path / "a.safetensors")
    assert told == {"net": "A"} and set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape and (
            found[name].dtype == np.float32 if array.dtype.kind == "f" else found[name].dtype == array.dtype
        )
        np.testing.assert_array_equal(found[name], array.astype(found[name].dtype))


def test_what_is_written_has_the_librarys_bytes() -> None:
    rng = np.random.default_rng(0)
    arrays = {f"{name}/ü.{kind}": rng.random((3, n)).astype(kind) for n, (name, kind) in enumerate(
        (("c", "f8"), ("b", "f4"), ("a", "f4"), ("e", "i8"), ("0", "f2")))}  # fmt: skip
    arrays |= {"one": np.array(3.5, np.float32), "turned": np.ascontiguousarray(rng.random((4, 3)).astype("f4").T)}
    metadata = {"netspec": json.dumps({"net": "Ü"}, ensure_ascii=False)}
    ours, theirs = b"".join(tensor_bytes(arrays, metadata)), save(arrays, metadata)
    assert len(ours) == len(theirs) and ours[:8] == theirs[:8]
    head = json.loads(ours[8 : 8 + int.from_bytes(ours[:8], "little")])
    assert all(head[name]["data_offsets"][0] % array.dtype.itemsize == 0 for name, array in arrays.items())
    single = {name: array for name, array in arrays.items() if array.dtype == np.float32}
    assert b"".join(tensor_bytes(single, metadata)) == save(single, metadata)
    turned = {"t": rng.random((4, 3)).astype("f4").T}  # not contiguous
    assert b"".join(tensor_bytes(turned, {})) == save({"t": np.ascontiguousarray(turned["t"])}, {})


def test_bfloat16_is_the_upper_half_of_single_precision(tmp_path: Path) -> None:
    numbers = np.array([1.0, -2.5, 3.0e38, 0.0], np.float32)
    head = json.dumps({"x": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}})
    found = load_weights(
        written(tmp_path / "a.safetensors", head, (numbers.view(np.uint32) >> 16).astype("<u2").tobytes())
    )[0]["x"]
    np.testing.assert_allclose(found, numbers, rtol=2**-8)


def tensor(dtype: str = "F32", shape: object = (2,), ends: object = (0, 8), **more: object) -> str:
    return json.dumps({"x": {"dtype": dtype, "shape": shape, "data_offsets": ends, **more}})


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (tensor("F8_E4M3", (8,)), "numbers of type F8_E4M3"),
        (tensor("F4", (16,)), "numbers of type F4"),
        (tensor("F32", (3,)), "should have 12 bytes, and has 8"),
        (tensor("F32", (1,)), "should have 4 bytes, and has 8"),
        (tensor("F32", (-2,)), "no whole numbers"),
        (tensor("F32", (2.0,)), "no whole numbers"),
        (tensor("F32", (True, 2)), "no whole numbers"),
        (tensor("F32", (2**40, 2**40)), "should have"),
        (tensor(ends=(4, 12)), "begins at byte 4"),
        (tensor("F32", (1,), (0, 4)), "should hold 4 bytes of tensors, but holds 8"),
        (tensor("F32", (2**20,), (0, 2**22)), "should hold 4,194,304 bytes of tensors, but holds 8"),
        (tensor(more=1), "something else than dtype"),
        (f"{tensor('F32', (1,), (0, 4))[:-1]}, {tensor('F32', (1,), (4, 8))[1:]}", "x stands twice"),
        ("[" * 100_000, "holds no weights"),
        ('{"__metadata__": {"netspec": "' + "[" * 100_000 + '"}}', "should hold 0 bytes"),
        ("", "holds no weights"),
        ("[]", "is not an object"),
        (b"\xff\xfe", "holds no weights"),
        ('{"x": 1}', "something else"),
    ],
    ids=range(19),
)
def test_damaged(head: str | bytes, told: str, tmp_path: Path) -> None:
    with pytest.raises(Fault, match=told) as caught:
        load_weights(written(tmp_path / "a.safetensors", head, bytes(8)))
    assert caught.value.code == "N702" and len(caught.value.message) < 500


@pytest.mark.parametrize("content", [b"", b"1234567", struct.pack("<Q", 2**63), struct.pack("<Q", 10**8 + 1) + b"{}"])
def test_a_head_that_is_not_there(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(Fault, match="holds no weights"):
        load_weights(tmp_path / "a.safetensors")


def test_metadata_of_brackets_is_told(tmp_path: Path) -> None:
    head = json.dumps({"__metadata__": {"netspec": "[" * 100_000}})
    with pytest.raises(Fault, match="metadata cannot be read"):
        load_weights(written(tmp_path / "a.safetensors", head))


@pytest.mark.slow
def test_very_many_empty_tensors_are_read(tmp_path: Path) -> None:
    head = json.dumps({f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(100_000)})
    assert len(load_weights(written(tmp_path / "a.safetensors", head))[0]) == 100_000


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_pipes_and_folders_are_told(suffix: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    (tmp_path / f"folder.{suffix}").mkdir()
    for name, told in (("pipe", "a pipe"), ("folder", "a folder"), ("nothing", "no such file")):
        with pytest.raises(Trouble, match=told):
            load_weights(tmp_path / f"{name}.{suffix}")


def test_an_npz_that_holds_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(Fault, match=r"holds no weights: holds readme.txt, which is not an array") as caught:
        load_weights(tmp_path / "a.npz")
    assert caught.value.code == "N702"
