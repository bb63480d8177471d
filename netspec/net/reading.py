"""From a file to a net, and from the command line's words to values of parameters."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netspec.diagnostics import Fault, Problems, Source, SpecError, Trouble
from netspec.elaborate import elaborate, read_source, source_of
from netspec.language import parse
from netspec.locations import in_run
from netspec.net.net import Net


def load(path: str | Path, *, root: str | Path | None = None, **parameters: Any) -> Net:
    """The net in a file, or in the folder of a run, with its parameters set.

    Raises SpecError with all that is wrong, Trouble where no file is. What the file uses lies below ``root``: unless
    given, the folder of the file.
    """
    return sound(Path(path), parameters, None if root is None else Path(root))


def loads(text: str, *, root: str | Path | None = None, **parameters: Any) -> Net:
    """The net in a text, as if it stood in a file of the folder ``root`` (unless given, the working folder).

    Raises SpecError with all that is wrong.
    """
    return loads_with(text, parameters, root)


def loads_with(text: str, parameters: Mapping[str, Any], root: str | Path | None = None) -> Net:
    """As ``loads``, whatever the parameters are called."""
    problems = Problems()
    try:
        source = source_of(text, "text")
    except Fault as fault:
        problems.add(fault.problem())
        raise SpecError(problems) from None
    folder = Path() if root is None else Path(root)
    return _sound(_read(source, folder / "text", parameters, problems, folder, None), problems, "the text")


def sound(path: Path, parameters: Mapping[str, Any], root: Path | None = None) -> Net:
    """As ``load``, whatever the parameters are called."""
    problems = Problems()
    return _sound(read(path, parameters, problems, root), problems, path)


def _sound(net: Net | None, problems: Problems, path: str | Path) -> Net:
    if net is None and not problems.errors:
        problems.error(
            "N608",
            None,
            f"{path} has no net: it is a library, whose blocks, tables and constants other files take",
            help=f'give the file that has the net (it would say `use "{Path(path).name}"`), '
            "or write one here: `net Name { … }`",
        )
    if problems.errors or net is None:
        raise SpecError(problems)
    return net


def read(path: Path, parameters: Mapping[str, Any], problems: Problems, root: Path | None = None) -> Net | None:
    """As ``load``, but what is wrong goes into ``problems``; None for a file without a sound net."""
    path = in_run(path, "spec.net")
    try:
        source = read_source(path)
    except Trouble:
        raise
    except Fault as fault:
        problems.add(fault.problem())
        return None
    return _read(source, path, parameters, problems, root, path)


def _read(
    source: Source, place: Path, parameters: Mapping[str, Any], problems: Problems, root: Path | None, path: Path | None
) -> Net | None:
    meaning = elaborate(parse(source, problems), problems, parameters, place, root)
    return None if meaning.graph is None else Net(source, meaning, meaning.graph, problems, path, dict(parameters))


def setting(text: str) -> Any:
    """A value from the command line: a number, boolean or list, else the text itself."""
    from netspec.elaborate.expressions import evaluate
    from netspec.elaborate.scope import Failed, Halted, Scope
    from netspec.language import syntax as s

    problems = Problems()
    file = parse(Source("--set", f"netspec 1\nlet value = {text}\n"), problems)
    item = file.items[0] if file.items else None
    if problems.errors or len(file.items) != 1 or not isinstance(item, s.Let):
        return text
    try:
        value = evaluate(item.value, Scope(Problems()))
    except (Failed, Halted):
        return text
    return value if isinstance(value, bool | int | float | list | str | tuple) else text
