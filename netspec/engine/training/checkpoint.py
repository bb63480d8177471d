"""Where a training stands: all that a later run needs to give the bits of an unbroken one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any
from zlib import crc32

import numpy as np

from netspec.engine.kernel import Array


@dataclass(frozen=True)
class Place:
    """``epoch`` and ``step`` count what is done (``step`` within the epoch), ``steps`` all that were taken.

    ``loss`` to ``seen`` are the sums of the epoch so far; ``best`` and ``waited`` are what `stop: patience` remembers,
    ``schedule`` what the schedule does; ``heads`` are sums as ``loss``, ``right`` and ``count`` are, of each output.
    """

    epoch: int = 0
    step: int = 0
    steps: int = 0
    loss: float = 0.0
    right: int = 0
    count: int = 0
    seen: int = 0
    best: float = inf
    waited: int = 0
    schedule: tuple[float, float, int] = (1.0, inf, 0)
    heads: Mapping[str, tuple[float, int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """``kept`` has what the optimiser and the averaging remember of each trained weight, by name and path, float32."""

    place: Place
    weights: Mapping[str, Array]
    kept: Mapping[str, Mapping[str, Array]]

    def arrays(self) -> dict[str, Array]:
        """All arrays under flat names."""
        return {f"weights/{path}": array for path, array in self.weights.items()} | {
            f"{name}/{path}": array for name, group in self.kept.items() for path, array in group.items()
        }

    def to_json(self) -> dict[str, Any]:
        """The place as plain values, and a checksum over all of the state."""
        place = asdict(self.place)
        return {"place": place, "sum": _sum(self.arrays(), place)}

    @staticmethod
    def read(arrays: Mapping[str, Array], about: Mapping[str, Any]) -> State:
        """What ``arrays`` and ``to_json`` gave; raises KeyError, TypeError or ValueError where they are not that."""
        place = about["place"]
        heads = {name: tuple(sums) for name, sums in place.get("heads", {}).items()}
        place = Place(**{**place, "schedule": tuple(place["schedule"]), "heads": heads})
        counts = [place.epoch, place.step, place.steps, place.right, place.count, place.seen, place.waited]
        if not all(isinstance(number, int) and number >= 0 for number in counts) or not all(
            isinstance(n, float | int) for n in (place.loss, place.best)
        ):
            raise ValueError("its place is none")
        if about["sum"] != _sum(arrays, asdict(place)):
            raise ValueError("its sum is another")
        groups: dict[str, dict[str, Array]] = {}
        for name, array in arrays.items():
            group, path = name.split("/", 1)
            groups.setdefault(group, {})[path] = array
        return State(place, groups.pop("weights"), groups)


def _sum(arrays: Mapping[str, Array], place: Mapping[str, Any]) -> int:
    """A checksum of names, shapes, numbers and the place."""
    found = crc32(json.dumps(place, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        found = crc32(f"{name} {array.dtype} {array.shape}".encode(), found)
        found = crc32(np.ascontiguousarray(array).data, found)
    return found
