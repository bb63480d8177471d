"""Specs given as text, read: their graph and settings, and what was found wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netspec.diagnostics import Problem, Problems, Source
from netspec.elaborate import Elaborated, elaborate
from netspec.graph import Graph, Node
from netspec.language import parse


@dataclass(frozen=True)
class Reading:
    """What a spec means, and all findings."""

    meaning: Elaborated
    problems: list[Problem]

    @property
    def graph(self) -> Graph:
        """The graph of a sound spec."""
        assert self.meaning.graph is not None, [(p.code, p.message) for p in self.problems]
        return self.meaning.graph

    @property
    def nodes(self) -> dict[str, Node]:
        """The nodes by their names."""
        return {node.name: node for node in self.graph.nodes}

    @property
    def places(self) -> list[str]:
        """Errors and warnings, each with the text that it underlines: `N105 2.5`."""
        return [f"{p.code} {p.span.text if p.span else '-'}" for p in self.problems]

    @property
    def codes(self) -> str:
        """The codes of errors and warnings, in their order."""
        return " ".join(problem.code for problem in self.problems)


def read(text: str, **parameters: Any) -> Reading:
    """A file without its first line, with the parameters of its net set."""
    problems = Problems()
    meaning = elaborate(parse(Source("s.net", f"netspec 1\n{text}\n"), problems), problems, parameters)
    return Reading(meaning, list(problems))


def net(lines: str, image: str = "3 x 8 x 8", before: str = "", head: str = "") -> Reading:
    """A net that reads `image`, of some lines."""
    return read(f"{before}\nnet Tiny{head} {{\n input image: {image}\n {lines}\n}}")


def layers(pipeline: str, image: str = "3 x 8 x 8", before: str = "") -> Reading:
    """A net with one output, `image -> pipeline`."""
    return net(f"output y = image -> {pipeline}", image, before)
