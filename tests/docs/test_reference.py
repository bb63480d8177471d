"""docs/reference/ and the list of errors are what classes, commands and pages say; `--accept` writes them."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator

import click
import pytest

from netspec.cli import COMMANDS
from netspec.report.described import Argument, Described, groups
from tests.docs.session import ROOT

DOCS = ROOT / "docs"
HEAD = "<!-- Written by `pytest tests/docs --accept` from {}. -->\n\n# {}\n"
#: What a layer with weights takes besides its own arguments; told once.
COMMON = ("init", "bias", "rate", "decay", "frozen")
FAMILIES = {
    "conv": "Convolutions", "dense": "Dense layers", "pool": "Pools", "norm": "Norms", "activation": "Activations",
    "join": "Joins", "rearrange": "Rearranging", "wiring": "Wiring", "training": "In training only",
}  # fmt: skip


def row(argument: Argument) -> str:
    default = "" if argument.required else f"`{argument.default}`" if argument.default != "not set" else "not set"
    cells = (f"`{argument.name}`", argument.takes, default, argument.about)
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def table(arguments: Iterable[Argument]) -> str:
    return "\n".join(["| argument | takes | default | meaning |", "| --- | --- | --- | --- |", *map(row, arguments)])


def about(item: Described) -> str:
    return re.sub(r"``(.*?)``", r"`\1`", item.about)


def entry(item: Described, level: int = 3) -> Iterator[str]:
    """A section of a page: the arguments that may be given by their place come first, in their order."""
    yield f"{'#' * level} {item.name}"
    yield about(item)
    if item.formula:
        yield f"```text\n{item.formula}\n```"
    own = [argument for argument in (*item.ordered, *item.named) if argument.name not in COMMON or not item.rule]
    if own:
        yield table(own)
        if len(item.ordered) > 1 and item.ordered != tuple(own):
            yield f"By place: {', '.join(f'`{argument.name}`' for argument in item.ordered)}."
    common = [argument for argument in item.named if argument not in own]
    if common:
        names = (f"`{one.name}`" if one.default == "not set" else f"`{one.name}: {one.default}`" for one in common)
        yield f"And as [every layer with weights](#every-layer-with-weights): {', '.join(names)}."
    if item.rule:
        yield f"Shape: {item.rule}."
    if item.source:
        yield f"Source: {item.source}."


def page(source: str, title: str, sections: Iterable[str]) -> str:
    return HEAD.format(source, title) + "".join(f"\n{section}\n" for section in sections)


def layers() -> str:
    known = groups()
    taken = {argument.name: argument for argument in known["conv"][0].named}
    sections = [
        "[The language](../language.md) says how layers are put together, `netspec layers conv` tells one of them."
    ]
    sections += ["## Every layer with weights", table(taken[name] for name in COMMON)]
    for family, title in FAMILIES.items():
        sections += [f"## {title}", *(part for item in known[family] for part in entry(item))]
    return page("the classes in netspec/ops/", "Layers", sections)


def settings(whole: str, parts: dict[str, str], source: str, title: str) -> str:
    """The settings of a section of a spec in one table, then what they take."""
    known = groups()
    section, *_ = known.get(whole, [None])
    sections = [] if section is None else [about(section), table(section.named)]
    for group, name in parts.items():
        sections += [f"## {name}", *(part for item in known[group] for part in entry(item))]
    return page(source, title, sections)


def training() -> str:
    parts = {"losses": "Losses", "optimisers": "Optimisers", "schedules": "Schedules", "stops": "Stops"}
    return settings("settings of train", parts, "the classes in netspec/settings/", "train { }")


def data() -> str:
    parts = {"steps": "Steps", "crops of a test": "Crops of a test"}
    return settings("settings of data", parts, "the classes in netspec/settings/", "data { }")


def generators() -> str:
    return settings("", {"generators": "Generators"}, "netspec/tables/generators.py", "Generators of tables")


def option(one: click.Option) -> str:
    """What is typed and what it takes, as a row: words to choose from, or the kind of value."""
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    kind = one.type
    takes = " or ".join(f"`{word}`" for word in kind.choices) if isinstance(kind, click.Choice) else one.metavar
    takes = "" if one.is_flag else takes or kind.name.split(" ")[0]
    default = f" (default: `{one.default}`)" if one.show_default and not one.is_flag else ""
    return f"| {names} | {takes} | {one.help}{default} |"


def prose(help: str) -> str:
    """The help of a command, in which click's mark stands before lines that stay as they are."""
    return re.sub("\b\n((?:.+\n?)+)", lambda found: f"```text\n{found[1].rstrip()}\n```\n", help)


def commands() -> str:
    """Every command with its options; of one that has commands of its own, each of those."""
    sections = []
    for name in COMMANDS:
        command = importlib.import_module(f"netspec.cli.{name}").command
        inner = command.commands if isinstance(command, click.Group) else {}
        for path, one in ((f"{name} {sub}", inner[sub]) for sub in inner) if inner else [(name, command)]:
            usage = " ".join(click.Context(one).command.collect_usage_pieces(click.Context(one)))
            sections += [
                f"## netspec {path}",
                f"```text\nnetspec {path} {usage}\n```",
                prose(inspect.cleandoc(one.help or "")),
            ]
            options = [option(known) for known in one.params if isinstance(known, click.Option) and not known.hidden]
            if options:
                sections.append("\n".join(["| option | takes | meaning |", "| --- | --- | --- |", *options]))
    return page("the options that the files of netspec/cli/ declare", "Commands", sections)


def errors() -> str:
    rows = []
    for path in sorted((DOCS / "errors").glob("N*.md")):
        code, told = path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ").split(": ", 1)
        rows.append(f"| [{code}]({path.name}) | {told} |")
    told = "Each has a page: what it means, what has it, and the cure. `netspec explain N204` shows the same."
    lines = "\n".join(["| code | what is wrong |", "| --- | --- |", *rows])
    return page("the pages beside it", "Errors", [told, lines])


PAGES: dict[str, Callable[[], str]] = {
    "reference/layers.md": layers,
    "reference/train.md": training,
    "reference/data.md": data,
    "reference/generators.md": generators,
    "reference/commands.md": commands,
    "errors/index.md": errors,
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_is_declared(name: str, request: pytest.FixtureRequest) -> None:
    path, text = DOCS / name, PAGES[name]()
    if request.config.getoption("--accept"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_every_word_of_a_spec_is_on_a_page() -> None:
    told = "".join((DOCS / name).read_text(encoding="utf-8") for name in PAGES)
    words = {item.name for items in groups().values() for item in items if not item.kind.startswith("a setting")}
    assert {word for word in words if f"# {word}\n" not in told} == {"train", "data"}
