"""Weights in files: safetensors, with one JSON string of metadata so that equal weights give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from netspec.diagnostics import Fault, Trouble
from netspec.files import atomic_write
from netspec.weights import Array, Arrays


def save_weights(path: Path, weights: Arrays, metadata: Mapping[str, Any]) -> None:
    """Write all arrays, float32 and contiguous (safetensors 0.8.0 writes strided ones wrong)."""
    arrays = {name: np.ascontiguousarray(array) for name, array in sorted(weights.items())}
    atomic_write(path, save(arrays, {"netspec": json.dumps(metadata, sort_keys=True)}))


def load_weights(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the metadata of a file. Raises Trouble where there is none, Fault where it is damaged."""
    if not path.is_file():
        raise Trouble("N601", f"{path} cannot be read: {'not a plain file' if path.exists() else 'no such file or directory'}")
    if path.suffix == ".npz":
        return _load_npz(path), {}
    try:
        with safe_open(str(path), "np") as file:
            told = json.loads((file.metadata() or {}).get("netspec", "{}"))
            names = file.keys()
            arrays = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, ValueError, TypeError, OSError) as error:
        raise Fault("N702", f"{path} holds no weights: {str(error)[:200]}", help=_help(path)) from None
    floats = {name: array.astype(np.float32) if array.dtype.kind == "f" else array for name, array in arrays.items()}
    return floats, told if isinstance(told, dict) else {}


def _help(path: Path) -> str:
    if path.suffix in (".pt", ".pth", ".bin", ".ckpt", ".pkl"):
        return "such files can run code when they are read; in PyTorch, `safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")`"
    return "weights are safetensors files"


def _load_npz(path: Path) -> dict[str, Array]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name].astype(np.float32) for name in file.files}
    except (ValueError, OSError, EOFError, KeyError, BadZipFile) as error:
        raise Fault("N702", f"{path} holds no weights: {str(error)[:200]}", help="an npz file holds plain arrays of numbers") from None
