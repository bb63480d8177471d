"""netspec completion, and what commands offer to a shell that completes."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Callable, Iterable, Mapping

import click
from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

SHELLS = ("bash", "zsh", "fish")
#: By this variable of the environment a shell asks for completions.
VARIABLE = "_NETSPEC_COMPLETE"
#: What offers completions for a parameter.
Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def among(names: Callable[[], Iterable[str]]) -> Offer:
    """Offers the names that begin with what is typed."""
    return lambda ctx, param, typed: [CompletionItem(name) for name in names() if name.startswith(typed)]


def refuse_no_shell(variables: Mapping[str, str]) -> None:
    """UsageError where the variables by which a shell asks for completions, if it does, are none that a script sets."""
    shell, _, asked = variables.get(VARIABLE, "").partition("_")
    if not shell and not asked:
        return
    if shell not in SHELLS or asked not in ("source", "complete"):
        known = ", ".join(f"{one}_complete" for one in SHELLS)
        raise click.UsageError(f"{VARIABLE} is for scripts of `netspec completion`: unset it, or set {known}")
    cursor = variables.get("COMP_CWORD")
    placed = cursor is not None and (shell == "fish" or cursor.isdecimal())  # fish tells the word itself
    if asked == "complete" and not (placed and "COMP_WORDS" in variables):
        raise click.UsageError(f"{VARIABLE} needs COMP_WORDS, the line, and COMP_CWORD, where in it the cursor is")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print a script that completes commands, options and file names in SHELL.

    \b
    bash:  netspec completion bash > ~/.local/share/bash-completion/completions/netspec
    zsh:   netspec completion zsh > "${fpath[1]}/_netspec"
    fish:  netspec completion fish > ~/.config/fish/completions/netspec.fish

    A shell that is opened after that completes; to try it in this one: `source <(netspec completion bash)` in bash,
    behind `compinit` in zsh too, `netspec completion fish | source` in fish.
    """
    from netspec.cli import netspec

    kind = get_completion_class(shell)
    assert kind is not None
    script = ShellComplete.source(kind(netspec, {}, "netspec", VARIABLE))  # bash's own asks bash its version
    whole = script.replace(
        'string split ","', 'string split --max 1 ","'
    )  # in fish what a command does may have commas
    click.echo(whole.strip())
