"""docs/coming-from/: what stands in a table as ours is a sound piece of a spec, or a command with its options."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator

import click
import pytest

from netspec.cli import COMMANDS
from netspec.diagnostics import Problems, Source, render
from netspec.elaborate import elaborate
from netspec.language import parse
from tests.docs.session import ROOT

PAGES = sorted((ROOT / "docs" / "coming-from").glob("*.md"))
ROW = re.compile(r"^\| .* \| `([^`]*)` \|$", re.MULTILINE)
#: What a layer may be fed: maps with one, two or three axes, and units.
INPUTS = ("32 x 16 x 16", "3 x 16 x 16", "32 x 16", "32 x 8 x 16 x 16", "32")
NET = "netspec 1\nnet T {{\n    input x: {}\n    a = x -> relu\n    b = x -> tanh\n    {}\n{}}}\n"
ENDS = "    output answer = {} -> dense(4) -> {}\n"


def rows() -> Iterator[tuple[str, str, str]]:
    """Page, section and what stands on the right, of each row."""
    for page in PAGES:
        for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            lines = [line for line in section.splitlines()[3:] if line.startswith("| ") and "---" not in line]
            found = ROW.findall(section)
            assert len(found) == len([line for line in lines if "netspec |" not in line]), (page.name, section[:20])
            yield from ((page.stem, section.split("\n", 1)[0], ours) for ours in found)


def faults(text: str) -> str:
    """The errors of a spec; of one that only warns, none."""
    problems = Problems()
    elaborate(parse(Source("page.net", text), problems), problems)
    return render(problems) if problems.errors else ""


def layer(ours: str) -> list[str]:
    pipeline = ours if ours.startswith("[") else f"x -> {ours}"
    return [faults(NET.format(shape, f"output y = {pipeline}", "")) for shape in INPUTS]


def statement(ours: str) -> list[str]:
    if ours.startswith("input "):
        return [faults(f"netspec 1\nnet T {{\n    {ours}\n    output y = image -> conv(2, 3) -> relu\n}}\n")]
    name = ours.removeprefix("share ").split()[0]
    used = {"share": f"x -> {name}", "block": "x -> unit(4)", "output": "x -> conv(2, 3)"}.get(ours.split()[0], name)
    return [faults(NET.format(shape, ours, f"    output z = {used}\n")) for shape in INPUTS]


def setting(section: str, ours: str) -> list[str]:
    """A setting, in a net whose output ends as each loss wants it, or reads pictures as each step wants them."""
    named = "price" if " price" in ours else "answer"
    ends = [
        f"    output {named} = x -> dense({end}\n" for end in ("4)", "4) -> softmax", "2) -> softmax", "4) -> sigmoid")
    ]
    sizes = ("3 x 16 x 16", "3 x 224 x 224", "3 x 227 x 227", "3 x 256 x 256", "1 x 224 x 224")
    return [
        faults(NET.format(size, "", end) + f"{section} {{\n    {ours}\n}}\n")
        for size in sizes for end in ends
    ]  # fmt: skip


def command(ours: str) -> list[str]:
    _, name, *words = shlex.split(ours)
    found = importlib.import_module(f"netspec.cli.{name}").command if name in COMMANDS else None
    if isinstance(found, click.Group):
        found = found.commands.get(words.pop(0))
    if found is None:
        return [f"no command {name}"]
    known = {option for parameter in found.params for option in parameter.opts}
    return [f"{name} has no {word}" for word in words if word.startswith("-") and word not in known] or [""]


def tried(section: str, ours: str) -> list[str]:
    """What is wrong with it in each place where it may stand; one in which nothing is, is enough."""
    if ours.startswith("netspec "):
        return command(ours)
    if section == "Layers":
        return layer(ours)
    if section == "Nets":
        return statement(ours)
    return setting({"Training": "train", "Data": "data"}[section], ours)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_stands_on_the_right_is_sound(page: object) -> None:
    wrong = {
        (section, ours): told
        for name, section, ours in rows()
        if name == page.stem and "" not in (told := tried(section, ours))
    }
    assert not wrong, "\n".join(f"{ours}\n{told[0]}" for (_, ours), told in wrong.items())


@pytest.mark.parametrize(
    ("section", "ours"),
    [("Layers", "conv(64, 3, strides: 2)"), ("Layers", "linear(10)"), ("Nets", "input image: 3 x 0"),
     ("Training", "optimizer: sdg(0.1)"), ("Training", "batch: 0"), ("Data", "augment: flip"),
     ("Use", "netspec trian a.net"), ("Use", "netspec train a.net --date x")],
)  # fmt: skip
def test_what_is_unsound_is_noticed(section: str, ours: str) -> None:
    assert "" not in tried(section, ours)
