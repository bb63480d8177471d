"""A net without its weights: what it is made of, and what that says."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from netspec.diagnostics import Fault, Problems, Source, did_you_mean
from netspec.elaborate import Elaborated
from netspec.graph import Graph, Output
from netspec.net.summary import Layer, layers, summary
from netspec.settings import Data, Train
from netspec.shape import Free


@dataclass(frozen=True, repr=False)
class Structure:
    """A net as it is known without weights: its text, its graph, and what follows from them.

    ``problems`` holds its warnings, ``path`` is its file, ``given`` the parameters that were set.
    """

    source: Source
    meaning: Elaborated
    graph: Graph
    problems: Problems
    path: Path | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        from netspec.report.summary import NetTable

        return NetTable(self.summary()).text()

    def _repr_html_(self) -> str:
        """For notebooks: the same table, escaped."""
        from netspec.report.summary import NetTable

        return NetTable(self.summary()).html()

    @property
    def files(self) -> list[Path]:
        """The files that it was read from."""
        return [*([] if self.path is None else [self.path]), *self.meaning.files]

    @property
    def name(self) -> str:
        """What the file calls it."""
        return self.graph.name

    @property
    def train_settings(self) -> Train:
        """What ``train { … }`` says."""
        return self.meaning.train

    @property
    def data(self) -> Data:
        """What ``data { … }`` says."""
        return self.meaning.data

    @property
    def parameters(self) -> int:
        """Numbers that are trained."""
        return self.graph.parameters()

    @property
    def layers(self) -> list[Layer]:
        """A row for each layer, in order; parameters of shared weights stand at their first use."""
        return layers(self.graph)

    def check(self) -> Problems:
        """The warnings of the spec; a net with errors does not come to be."""
        return self.problems

    @property
    def free_sizes(self) -> list[str]:
        """The names of the free sizes of its inputs."""
        return sorted({dim.name for shape in self.graph.inputs.values() for dim in shape if isinstance(dim, Free)})

    def at(self, sizes: Mapping[str, int]) -> Self:
        """The net with its free sizes given numbers. Raises Fault where one does not fit or is not there (N703)."""
        free = self.free_sizes
        for name in sizes:
            if name not in free:
                known = f"free sizes of the net: {', '.join(free)}" if free else "the net has no free size"
                raise Fault(
                    "N703", f"`--at {name}=…` names no free size of the net", help=did_you_mean(name, free, known)
                )
        return replace(self, graph=self.graph.sized(sizes)) if sizes else self

    def summary(self, depth: int | None = None) -> dict[str, Any]:
        """What `netspec show --json` prints.

        With ``depth`` the layers whose names agree in so many places are one row, with their sums.
        """
        return summary(self.graph, self.meaning.tables, depth)

    def training_bytes(self, batch: int | None = None, workers: int | None = None, recompute: bool = False) -> int:
        """The memory that a training step takes, in bytes, on batches of so many examples: the spec's unless given.

        With ``recompute`` activations that are cheap to compute again are not kept.
        """
        from netspec.net.budget import bytes_of

        return bytes_of(self, workers, recompute)(batch or self.train_settings.batch)

    def largest_batch(self, memory: int, workers: int | None = None, recompute: bool = False, most: int = 2**20) -> int:
        """The largest batch, up to ``most``, whose training fits into ``memory`` bytes; 0 where no example does."""
        from netspec.net.budget import bytes_of, largest

        return largest(bytes_of(self, workers, recompute), memory, most)

    def input_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Shapes of the inputs by name; None where a size is free."""
        return {
            name: tuple(n if isinstance(n, int) else None for n in shape) for name, shape in self.graph.inputs.items()
        }

    def to_convolutional(self) -> Self:
        """The net with its dense layers as convolutions: it reads pictures of any size and answers with a map.

        ``reshaped`` brings this net's weights to it. Raises Fault N606 where a layer has no such form.
        """
        from netspec.passes import convolutional

        return replace(self, graph=convolutional(self.graph))

    def features(self, name: str) -> Self:
        """The net up to a named value, or a layer's path, which becomes its only output.

        Raises Fault where there is none of the name.
        """
        value = self.graph.names.get(name, name)
        if value in self.graph.inputs:
            raise Fault("N101", f"{name} is an input of net {self.name}, which no layer gives")
        if value not in self.graph.users:
            raise Fault(
                "N101",
                f"net {self.name} has no value {name}",
                help=did_you_mean(name, [*self.graph.names, *self.graph.users]),
            )
        return replace(self, graph=replace(self.graph, outputs=(Output(name, value),)).deployed())
