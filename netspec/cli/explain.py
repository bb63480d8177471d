"""netspec explain."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from netspec.cli.completion import among
from netspec.diagnostics import did_you_mean


def pages() -> dict[str, str]:
    """The page of every error code: beside the package when it is installed, in docs/ of a checkout."""
    inside = resources.files("netspec") / "pages"
    folder = inside if inside.is_dir() else Path(__file__).parents[2] / "docs" / "errors"
    return {
        Path(p.name).stem: p.read_text(encoding="utf-8")
        for p in folder.iterdir()
        if re.fullmatch(r"N\d{3}\.md", p.name)
    }


@click.command("explain")
@click.argument("code", shell_complete=among(lambda: sorted(pages())))
def command(code: str) -> None:
    """Explain an error CODE, such as N204."""
    found = pages()
    if code.upper() not in found:
        raise click.UsageError(f"there is no error {code}. {did_you_mean(code.upper(), found)}".strip())
    click.echo(found[code.upper()], nl=False)
