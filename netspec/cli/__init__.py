"""The command line: one file a command, and the one place where problems become an exit status."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click

from netspec.diagnostics.problem import Fault, SpecError

#: The commands in the order of `netspec --help`; each is a module of this package with a function of its name.
COMMANDS = (
    "demo", "check", "show", "draw", "table", "diff", "format", "train", "profile", "compile", "run", "eval", "weights", "layers", "explain",
)  # fmt: skip

DONE, AT_FAULT, USAGE, INTERRUPTED, PIPE = 0, 1, 2, 130, 141


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
    gc.set_threshold(200_000, 50, 100)  # a command is short, and starting it makes many objects that stay
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")  # a piped Windows console must not break on 卷積
    try:
        status = netspec.main(args=arguments, prog_name="netspec", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else DONE
    except SpecError as error:
        from netspec.cli.output import show_problems

        show_problems(error.problems)
        return AT_FAULT
    except Fault as fault:
        from netspec.cli.output import show_fault

        show_fault(fault)
        return fault.status
    except click.ClickException as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE
    except MemoryError:
        click.echo("error: there is not enough memory for this", err=True)
        return USAGE
    except OSError as error:
        click.echo(f"error: {error.filename or 'the system'}: {(error.strerror or str(error)).lower()}", err=True)
        return USAGE


def run() -> None:
    """The entry point of the installed command."""
    sys.exit(main())
