"""Weights under PyTorch's names brought to a net's paths: a bijection by kind and shape, in the order of the names.

A tensor's module says its kind (a convolution, a norm, …), its last name what it is there. Tensors of one kind
and shape are taken in the order in which torchvision's nets run them: by the numbers in their names, then by letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import inf

import numpy as np

from netspec.diagnostics import Fault
from netspec.graph import Graph
from netspec.shape import show
from netspec.weights import Array, Arrays

#: Counters that say nothing about the function.
IDLE = "num_batches_tracked"
Signature = tuple[str, str, tuple[int, ...]]


def from_torch(graph: Graph, arrays: Arrays) -> dict[str, Array]:
    """The arrays by the net's own paths.

    Raises Fault N701, which lists every tensor without a place and every place without a tensor.
    """
    ours = {path: weight.shape for path, weight in graph.weights.items()}
    theirs = {name: array.shape for name, array in arrays.items() if not name.endswith(IDLE)}
    places = _sorted_out(ours, ours)
    found: dict[str, Array] = {}
    left: list[str] = []
    for signature, names in _sorted_out(sorted(theirs, key=_order), theirs).items():
        paths = places.pop(signature, [])
        if len(names) != len(paths):
            left += [f"{name} ({show(theirs[name])}) has no place" for name in names[len(paths) :]]
            left += [f"{path} ({show(ours[path])}) finds no tensor" for path in paths[len(names) :]]
        for name, path in zip(names, paths, strict=False):
            found[path] = np.asarray(arrays[name], dtype=np.float32).reshape(ours[path])
    left += [f"{path} ({show(ours[path])}) finds no tensor" for paths in places.values() for path in paths]
    if left:
        more = f"\n… and {len(left) - 20} more" if len(left) > 20 else ""
        raise Fault("N701", f"the tensors do not fit net {graph.name}: {left[0]}", help="\n".join(left[:20]) + more)
    return found


def _sorted_out(names: Iterable[str], shapes: Mapping[str, tuple[int, ...]]) -> dict[Signature, list[str]]:
    """The names of each kind and shape, in their order; ones at the end of a shape say nothing."""
    found: dict[Signature, list[str]] = {}
    for name in names:
        module, _, local = name.rpartition(".")
        shape = shapes[name]
        while shape and shape[-1] == 1:
            shape = shape[:-1]
        local = local if local in ("bias", "running_mean", "running_var") else "weight"
        found.setdefault((_kind(module, shapes), local, shape), []).append(name)
    return found


def _kind(module: str, shapes: Mapping[str, tuple[int, ...]]) -> str:
    if f"{module}.running_mean" in shapes:
        return "norm"
    return "gain" if len(shapes.get(f"{module}.weight", ())) == 1 else "kernel"


def _order(name: str) -> list[tuple[float, str]]:
    """Numbers first: norm0, denseblock1, transition1, denseblock2; a place without a number behind those with one."""
    places = name.split(".")
    return [(float(number[0]) if (number := re.search(r"\d+", place)) else inf, place) for place in places]
