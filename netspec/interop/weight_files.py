"""Weights in files: safetensors, with one JSON string of metadata so that equal weights give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netspec.data.npy import npz
from netspec.diagnostics import Fault, Trouble
from netspec.files import atomic_write, foreign, open_regular
from netspec.interop.tensors import read_tensors, tensor_bytes
from netspec.kinds import mistaken
from netspec.weights import Array, Arrays


def save_weights(path: Path, weights: Arrays, metadata: Mapping[str, Any]) -> None:
    """Write all arrays; no room for a second copy of them is needed."""
    atomic_write(path, tensor_bytes(weights, {"netspec": json.dumps(metadata, sort_keys=True)}))


def load_weights(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays, real ones in single precision, and the metadata of a file.

    Raises Trouble N601 where there is none, Fault N702 where it is damaged.
    """
    other = mistaken(path, "weights")
    if other:
        raise Trouble("N601", other) if path.is_dir() else Fault("N702", other, help=_help(path))
    if path.suffix == ".npz":
        return _load_npz(path), {}
    arrays, metadata = read_tensors(path, _help(path))
    with foreign("N702", f"{path} holds no weights: its metadata cannot be read", _help(path)):
        held = json.loads(metadata.get("netspec", "{}"))
    return {
        name: _single(array) if array.dtype.kind == "f" else array for name, array in arrays.items()
    }, held if isinstance(held, dict) else {}


def _single(array: Array) -> Array:
    # what is past single precision becomes infinite, and is an error where weights are held against a net
    with np.errstate(over="ignore"):
        return array.astype(np.float32, copy=False)


def _help(path: Path) -> str:
    if path.suffix in (".pt", ".pth", ".bin", ".ckpt", ".pkl"):
        save = '`safetensors.torch.save_file(model.state_dict(), "weights.safetensors")`'
        return f"such files can run code when they are read; in PyTorch, {save}"
    return "weights are safetensors files"


def _load_npz(path: Path) -> dict[str, Array]:
    open_regular(path).close()  # that there is none is no fault of what is in it
    try:
        with npz(path, "N702") as packed:
            return {name: _single(packed[name]) for name in packed.members}
    except Fault as fault:
        reason = fault.message.removeprefix(str(path)).lstrip(": ")
        raise Fault(fault.code, f"{path} holds no weights: {reason}", help=fault.help) from None
