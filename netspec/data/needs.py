"""What a net needs of its data: numbers for each input and output, and the columns of a table that they stand in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from netspec.data.targets import Target
from netspec.settings.losses import takes_labels

Sizes = tuple[int | None, ...]


@dataclass(frozen=True)
class Needs:
    """``inputs`` are shapes, maps first, None for a free size; ``outputs`` count the numbers of each, None where free.

    ``labels`` are the outputs that are held against numbers of classes, ``maps`` those of them that have one for each
    place, ``rebuilt`` those that may be held against the input. ``columns`` are as `data` has them.
    """

    inputs: Mapping[str, Sizes]
    outputs: Mapping[str, int | None] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    maps: frozenset[str] = frozenset()
    rebuilt: frozenset[str] = frozenset()
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @staticmethod
    def of(inputs: Mapping[str, Sizes], targets: Sequence[Target], columns: Mapping[str, Sequence[str]]) -> Needs:
        """Those of a net whose outputs are held against ``targets``."""
        labels = [target for target in targets if takes_labels(target.loss)]
        return Needs(
            inputs,
            {target.output: prod(target.shape) or None for target in targets},
            frozenset(target.output for target in labels),
            frozenset(target.output for target in labels if len(target.shape) > 1),
            frozenset(target.output for target in targets if target.rebuilds),
            columns,
        )

    @property
    def names(self) -> list[str]:
        """Of inputs and outputs."""
        return [*self.inputs, *self.outputs]

    @property
    def by_columns(self) -> bool:
        """Whether a table may be meant though its columns have other names: for units alone, or where some are said."""
        return self.units or bool(self.columns)

    @property
    def units(self) -> bool:
        """Whether the net reads units alone, which no file of pictures is made for."""
        return bool(self.inputs) and all(len(shape) == 1 for shape in self.inputs.values())

    def count(self, name: str) -> int | None:
        """The numbers of one example; None where they are not fixed."""
        if name in self.inputs:
            shape = self.inputs[name]
            return None if None in shape else prod(size or 0 for size in shape)
        return self.outputs[name]

    def asked(self, name: str) -> Sequence[str]:
        """The columns that the spec names for an input or output; none where it names none."""
        only = [*self.inputs] == [name]
        return self.columns.get(name) or (self.columns.get("", ()) if only else ())


#: Of a net that is not known.
NOTHING = Needs({})
