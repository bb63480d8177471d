"""The command line: one file a command."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence

import click

from netspec.cli.ending import ending
from netspec.cli.signals import Signals, heard, last

#: The commands in the order of `netspec --help`; each is a module of this package with a function of its name.
COMMANDS = (
    "demo", "check", "show", "draw", "table", "diff", "format", "train", "profile", "compile", "run", "eval", "weights", "layers", "explain",
)  # fmt: skip


class Commands(click.Group):
    """Loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in their order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"netspec.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name for an unknown one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from netspec.diagnostics.spelling import did_you_mean

            ctx.fail(f"there is no command {args[0]}. {did_you_mean(args[0], COMMANDS)}".strip())
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="netspec")
def netspec() -> None:
    """Write a convolutional network down; check, train, compile and run it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status. Never a traceback for what a user did."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)  # a command is short, and starting it makes many objects that stay
    signals = Signals()
    try:
        with heard(signals):
            status = ending(lambda: netspec.main(args=arguments, prog_name="netspec", standalone_mode=False))
            signals.over = True
    except KeyboardInterrupt:  # it came while the command ended
        status = signals.status
    finally:
        gc.set_threshold(*before)
    return status


def run() -> None:
    """The entry point of the installed command."""
    status = main()
    last()
    sys.exit(status)
