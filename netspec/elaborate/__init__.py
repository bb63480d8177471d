"""Syntax to graph and settings: names, shapes, sizes and figures, all that is wrong in one run."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netspec.diagnostics import Fault, Problems, TooMany, Trouble
from netspec.diagnostics.html import Told
from netspec.elaborate.files import Library, declare_file, read_source, source_of
from netspec.elaborate.labels import read_labels
from netspec.elaborate.limits import FRAMES
from netspec.elaborate.nets import build, set_parameters
from netspec.elaborate.scope import Failed, Halted, Place, Scope, fail
from netspec.elaborate.sections import read_sections
from netspec.elaborate.site import Build, Site
from netspec.elaborate.statements import run_body
from netspec.elaborate.trace import Trace
from netspec.elaborate.unbuilt import look_over_unused
from netspec.graph import Graph
from netspec.language import syntax as s
from netspec.settings import Data, Train
from netspec.tables import KernelTable, Table


@dataclass(frozen=True)
class Elaborated(Told):
    """What a file means: its graph (None for a library, or where it has errors), settings and tables.

    ``files`` are the texts of the other files that it uses, by their paths; ``labels`` is the path of the one with the
    class names.
    """

    graph: Graph | None
    train: Train
    data: Data
    tables: Mapping[str, Table | KernelTable]
    is_library: bool = False
    files: Mapping[Path, str] = field(default_factory=dict, repr=False)
    labels: Path | None = None


def elaborate(
    file: s.File,
    problems: Problems,
    parameters: Mapping[str, Any] | None = None,
    path: Path | None = None,
    root: Path | None = None,
    *,
    unsaved: Mapping[str, str] | None = None,
    trace: Trace | None = None,
) -> Elaborated:
    """The meaning of a file with its net's parameters set. Raises nothing: what is wrong is added to ``problems``.

    ``path`` is where the file lies: what it uses lies beside it and below ``root``, by default the file's folder.
    ``unsaved`` are texts that count in place of those of their files, by real path; ``trace`` hears what is found
    where.
    """
    sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))
    library = Library(problems, None if path is None else Path(path), root, unsaved, trace)
    if trace is not None:
        trace.begins(library.effort)
    try:
        return _elaborate(file, problems, parameters or {}, path, library)
    except (Halted, TooMany):
        pass
    except RecursionError:
        problems.error(
            "N301",
            library.effort.at,
            "blocks, bodies and brackets are nested too deep",
            help="put them one after the other",
        )
    return Elaborated(None, Train(), Data(), {}, files=library.texts, labels=library.labels)


def _elaborate(
    file: s.File, problems: Problems, parameters: Mapping[str, Any], path: Path | None, library: Library
) -> Elaborated:
    scope = Scope(problems, effort=library.effort, trace=library.trace)
    inner = Scope(problems, scope)
    nets: list[s.Net] = []
    graphs: list[Graph | None] = []

    def at_net(net: s.Net) -> None:
        nets.append(net)
        if len(nets) == 1:
            set_parameters(net, inner, parameters)
            graphs.append(build(net, inner, problems))
        else:
            problems.error("N314", net.name_span, "a file has one net, and this is a second one", label="second net",
                           also=((nets[0].name_span, "the first"),), help="put it into a file of its own")  # fmt: skip

    declare_file(file, scope, library, path, at_net)
    look_over_unused(Site(Build(problems, run_body, effort=scope.effort), scope, Place()))
    if parameters and not nets and not problems.errors:
        problems.error("N113", None, f"the file has no net whose parameter {next(iter(parameters))} could be set")
    graph = graphs[0] if graphs else None
    seen = _parameters_only(nets[0], inner) if nets else scope
    labels = _labels_beside(path, library)
    sections = [item for item in file.items if isinstance(item, s.Section)]
    train, data = read_sections(sections, seen, graph, labels)
    tables = {
        name: binding.what
        for around in (scope, inner)
        for name, binding in around.names.items()
        if isinstance(binding.what, Table | KernelTable)
    }
    is_library = not nets and not any(isinstance(item, s.Broken) for item in file.items)
    return Elaborated(
        None if problems.errors else graph, train, data, tables, is_library, library.texts, library.labels
    )


def _parameters_only(net: s.Net, inner: Scope) -> Scope:
    """What the sections see: the file's constants and the net's parameters."""
    scope = Scope(inner.problems, inner.parent)
    names = {parameter.name for parameter in net.parameters}
    scope.names = {name: binding for name, binding in inner.names.items() if name in names}
    return scope


def _labels_beside(path: Path | None, library: Library) -> Any:
    def read(name: str, expression: s.Expression, scope: Scope) -> list[str]:
        try:
            place = library.reach(name, path or Path("spec"))
            text = library.text(place, name)
        except (Fault, Trouble) as fault:
            help = fault.help if fault.code == "N603" else ""
            raise fail(
                scope, "N603", expression.span, f"the classes cannot be read: {fault.message}", help=help
            ) from None
        labels, wrong = read_labels(text)
        for line, what in wrong:
            scope.problems.error("N603", expression.span, f"{name}:{line}: {what}", help="a class a line, each once")
        if wrong:
            raise Failed
        library.labels = Path(os.path.normpath(place))
        library.texts[library.labels] = text
        return labels

    return read


__all__ = ["Elaborated", "Trace", "elaborate", "read_source", "source_of"]
