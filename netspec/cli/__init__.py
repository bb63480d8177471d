"""The command line: one file a command."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import gc
import importlib
import os
import sys
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem

from netspec import __version__
from netspec.cli.ending import ending
from netspec.cli.signals import Signals, heard, last

#: The commands in the order of `netspec --help`, and what it says of each. A command is a module of this package with a
#: function `command`, loaded when the command is run: help that loaded them all would take half as long again.
COMMANDS = {
    "demo": "Train LeNet-5 and let it name ten digits.",
    "new": "Make a folder to start from: spec, data, README.",
    "check": "Check specs and report every error.",
    "show": "Show the layers of a spec: shapes, weights, cost.",
    "draw": "Draw the net of a spec as a paper would.",
    "table": "Draw a connection table of a spec.",
    "diff": "List what differs between two specs.",
    "format": "Rewrite specs in canonical form.",
    "lsp": "Serve an editor: problems, shapes and help as one types.",
    "play": "Work on a spec in a browser, beside its live figure.",
    "data": "Check a data set, or write the digits that netspec ships.",
    "train": "Train a spec and keep the run in a folder.",
    "sweep": "Train a spec with many values, a run each.",
    "runs": "Compare runs: what differs, and what came of it.",
    "profile": "Measure the time of a training step, layer by layer.",
    "compile": "Compile a spec to an ONNX model.",
    "run": "Run a model on pictures.",
    "features": "Write the values of a layer for each input.",
    "eval": "Print a model's loss and accuracy on a test set.",
    "weights": "List weights, or import them from elsewhere.",
    "layers": "List the words of a spec, or describe one.",
    "prune": "Cut a layer of a run to a sparse table, and train on.",
    "claims": "Measure what the literature says.",
    "completion": "Print the completions of a shell.",
    "man": "Print the manual page.",
    "doctor": "Say what this machine has for netspec, and what is wrong.",
    "explain": "Explain an error code, such as N204.",
}


class Commands(click.Group):
    """Loads a command's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in their order."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, a line each, none of them loaded."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"netspec.cli.{cmd_name}").command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so, none of them loaded, or options."""
        names = [CompletionItem(name, help=what) for name, what in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name for an unknown one."""
        if not ctx.resilient_parsing and args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from netspec.diagnostics.spelling import did_you_mean

            ctx.fail(f"there is no command {args[0]}. {did_you_mean(args[0], COMMANDS)}".strip())
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="netspec")
def netspec() -> None:
    """Check, train, compile and run convolutional networks written down as .net files."""


def _called(arguments: Sequence[str] | None) -> object:
    if "_NETSPEC_COMPLETE" in os.environ:
        from netspec.cli.completion import refuse_no_shell

        refuse_no_shell(os.environ)  # click would end without a word
    return netspec.main(args=arguments, prog_name="netspec", standalone_mode=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit status. Never a traceback for what a user did."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)  # a command is short, and starting it makes many objects that stay
    signals = Signals()
    try:
        with heard(signals):
            status = ending(lambda: _called(arguments))
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
