"""netspec lsp."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import sys
from importlib import util

import click

from netspec.cli.signals import current


@click.command("lsp")
def command() -> int:
    """Serve an editor on standard input and output: problems, shapes, help and changes of specs while they are typed.

    An editor starts it; docs/editor.md says how VS Code, Neovim, Helix and Emacs do.
    """
    if util.find_spec("pygls") is None:
        raise click.UsageError('netspec lsp needs pygls, which is not installed: pip install "netspec[lsp]"')
    if sys.stdin.isatty():
        raise click.UsageError("netspec lsp is started by an editor, and speaks to it: docs/editor.md says how.")
    from netspec.lsp.server import Server

    status = Server().run()
    return current().status if current().asked() else status  # pygls ends where a signal came, and says nothing of it
