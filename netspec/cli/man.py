"""netspec man."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click

from netspec import __version__
from netspec.cli.output import result, write_text
from netspec.cli.paths import PATH

#: What the help of commands does not say.
ENDING = (
    ("EXIT STATUS", (
        ("0", "All was done."),
        ("1", "The input is at fault: a spec, data, weights or a model."),
        ("2", "The command or the environment is at fault: an option, a missing file, a full disk."),
        ("70", "netspec itself is at fault."),
        ("130", "It was interrupted."),
    )),
    ("ENVIRONMENT", (
        ("NO_COLOR", "If it is set, nothing is printed in colour."),
        ("NETSPEC_TRACEBACK", "If it is 1, a fault of netspec itself shows its traceback."),
        ("XDG_CACHE_HOME", "Where the user's caches lie (default: ~/.cache), and netspec's among them."),
    )),
)  # fmt: skip


@click.command("man")
@click.option("-o", "--out", type=PATH, default="-", help="The file to write (default: stdout).")
def command(out: Path) -> None:
    """Print the manual page netspec(1), made of what each command says of itself.

    To read it: `netspec man -o netspec.1 && man ./netspec.1`.
    """
    text = "\n".join(page()) + "\n"
    write_text(result(out, text=True), text)


def page() -> Iterator[str]:
    """The lines of the page, in the macros of man(7)."""
    from netspec.cli import netspec

    context = click.Context(netspec, info_name="netspec", **netspec.context_settings)
    yield f'.TH NETSPEC 1 "" "netspec {__version__}" "User Commands"'
    yield ".SH NAME"
    yield r"netspec \- convolutional networks written down"
    yield ".SH SYNOPSIS"
    yield ".B netspec"
    yield r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]"
    yield ".SH DESCRIPTION"
    yield from _prose(netspec.help or "")
    yield from _prose("The commands follow, each with its options; every one has --help, too.")
    yield ".SH COMMANDS"
    for name in netspec.list_commands(context):
        found = netspec.get_command(context, name)
        assert found is not None
        yield from _command(found, click.Context(found, parent=context, info_name=name))
    for title, items in ENDING:
        yield f".SH {title}"
        for name, what in items:
            yield from (".TP", f".B {_text(name)}", *_text(what).splitlines())


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    """A section of its own: how it is called, what it does, its options; the commands of a group one by one."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _command(inner, click.Context(inner, parent=context, info_name=name))
        return
    yield f".SS {_text(' '.join([context.command_path, *command.collect_usage_pieces(context)]))}"
    yield from _prose(command.help or "")
    for parameter in command.params:
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None:
            names, what = record
            yield from (".TP", f".B {_text(names)}", _text(what))


def _prose(text: str) -> Iterator[str]:
    """Paragraphs; one that begins with click's mark for lines as they are is set so."""
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        if paragraph.startswith("\b"):
            yield from (".PP", ".nf", *(_text(line) for line in paragraph.splitlines()[1:]), ".fi")
        else:
            yield from (".PP", _text(" ".join(paragraph.split())))


def _text(text: str) -> str:
    """A line of text in which nothing is a request: backslashes, dashes that are typed, and what ASCII has not."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("`", r"\(ga")
    escaped = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in escaped)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped
