"""What the package declares, and what the tests and the contract speak of."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
Names = Callable[[set[str]], set[str]]


def modules(package: str) -> Iterator[ModuleType]:
    """A package's modules, itself first; of a file that one alone."""
    first = importlib.import_module(package)
    yield first
    for found in pkgutil.iter_modules(getattr(first, "__path__", ())):
        yield importlib.import_module(f"{package}.{found.name}")


def classes(package: str, base: type[Any]) -> dict[str, type[Any]]:
    """The classes of a package that are of a kind and have a name of their own, whether anything lists them or not."""
    found: list[Any] = [
        value
        for module in modules(package)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    return {kind.name: kind for kind in found if "name" in vars(kind)}


def functions(package: str, first: tuple[str, ...]) -> dict[str, Callable[..., Any]]:
    """The public functions of a package whose first parameters are called so."""
    return {
        name: value
        for module in modules(package)
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
        and tuple(inspect.signature(value).parameters)[: len(first)] == first
    }


def codes() -> set[str]:
    """The codes of errors in the source."""
    return {code for path in (ROOT / "netspec").rglob("*.py") for code in re.findall(r'"(N\d{3})"', text(path))}


def commands() -> set[str]:
    """The modules of the command line that have a command."""
    return {
        module.__name__.rpartition(".")[2]
        for module in modules("netspec.cli")
        if hasattr(module, "command") and module.__name__ != "netspec.cli"
    }


def text(path: Path | str) -> str:
    """A file of the checkout."""
    return (ROOT / path).read_text(encoding="utf-8")


def chapter(number: int) -> Names:
    """The names that a chapter of the contract has within backticks or in an example."""

    def mentioned(names: set[str]) -> set[str]:
        (found,) = re.findall(rf"^## {number}\..*?(?=^## |\Z)", text("docs/language.md"), re.MULTILINE | re.DOTALL)
        code = [span or line for span, line in re.findall(r"`([^`]+)`|^ {4}(.*)$", found, re.MULTILINE)]
        return names & set(re.findall(r"\w+", " ".join(code)))

    return mentioned


def spoken_of(pattern: str, *paths: str) -> Names:
    """The names for which some of these files have the pattern, NAME standing for the name."""

    def matched(names: set[str]) -> set[str]:
        texts = [text(path.relative_to(ROOT)) for where in paths for path in ROOT.glob(where)]
        return {name for name in names if any(re.search(pattern.replace("NAME", name), each) for each in texts)}

    return matched
