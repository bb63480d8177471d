"""netspec claims."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from netspec.cli.completion import among
from netspec.cli.output import note
from netspec.cli.paths import PATH
from netspec.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netspec.claims.claim import Claim
    from netspec.claims.lab import Lab


def _names() -> Iterable[str]:
    from netspec.claims.book import claims

    return claims()


@click.command("claims")
@click.argument("name", required=False, shell_complete=among(_names))
@click.option(
    "--all", "whole", is_flag=True, help="Measure every claim, and bind the book of all; goes on if it was stopped."
)
@click.option(
    "--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Number of seeds to measure with."
)
@click.option(
    "-o", "--out", type=PATH, default=Path("runs/claims"), show_default=True, metavar="DIR",
    help="The folder for pages, figures and pictures.",
)  # fmt: skip
@click.option("--data", type=PATH, help="Pictures of your own for the claims that read any, as for train.")
@click.option("--quick", is_flag=True, help="Small numbers, to see that it runs: what comes out says little.")
@click.option("--json", "as_json", is_flag=True, help="Print the list, or what was found, as JSON.")
def command(
    name: str | None, whole: bool, seeds: int, out: Path, data: Path | None, quick: bool, as_json: bool
) -> None:
    """List sentences of the literature, or measure the claim NAME.

    A claim is a sentence, its source, and what is measured to test it. The answer is `holds`, `does not hold` or
    `not decided`, with the median and the range of the seeds; a page with table and curves is written into --out.
    """
    from netspec.claims.book import BOOK, bind, claims
    from netspec.claims.lab import Lab

    every = claims()
    if name is not None and whole:
        raise click.UsageError("give a claim's NAME or --all, not both")
    if name is not None and name not in every:
        raise click.UsageError(f"there is no claim {name}. {did_you_mean(name, every)}".strip())
    if name is None and not whole:
        _nothing_asked()
        _list(every, as_json)
        return
    lab = Lab(tuple(range(1, seeds + 1)), data, quick, tell=note)
    chosen = every if whole else {str(name): every[str(name)]}
    if data is not None:
        lab.digits(1, 1)  # what is wrong with them is told before hours of work
    if data is not None and not any(claim.pictures for claim in chosen.values()):
        note(f"{name} reads no pictures: --data changes nothing")
    entries = [_measured(claim, lab, out, whole) for claim in chosen.values()]
    if whole:
        bind(entries, out)
    if as_json:
        click.echo(json.dumps(entries if whole else entries[0], indent=2, ensure_ascii=False))
        return
    for entry in entries:
        _print(entry, short=whole)
    note(f"wrote {out / (BOOK if whole else f'{name}.html')}")


def _nothing_asked() -> None:
    """A list measures nothing, so that what says how to measure is meant for something else."""
    context = click.get_current_context()
    for option in ("seeds", "out", "data", "quick"):
        if context.get_parameter_source(option) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{option} is for measuring: give a claim's NAME or --all")


def _list(every: Mapping[str, Claim], as_json: bool) -> None:
    from netspec.claims.book import listed

    if as_json:
        click.echo(json.dumps([listed(claim) for claim in every.values()], indent=2, ensure_ascii=False))
        return
    widest = max(map(len, every))
    for claim in every.values():
        told = f"{claim.claim} [{claim.source}] measured: {claim.measured}"
        click.echo(f"{claim.name:{widest}}  {claim.minutes:4g} min  {told}")
    note(f"{len(every)} claims; minutes are those of two cores with three seeds")


def _measured(claim: Claim, lab: Lab, out: Path, whole: bool) -> dict[str, Any]:
    """What is found; in a book, what was found before is not measured again."""
    from netspec.claims.book import kept, measured

    before = kept(claim, lab, out) if whole else None
    if before is not None:
        note(f"{claim.name}: found before in {out}, {before['verdict']}")
        return before
    note(f"{claim.name}: {claim.claim}")
    return measured(claim, lab, out)


def _print(entry: Mapping[str, Any], short: bool) -> None:
    from netspec.report.claims import given
    from netspec.report.columns import columns

    if short:
        click.echo(f"{entry['name']}: {entry['verdict']}")
        return
    click.echo(entry["claim"])
    click.echo(f"  said by   {entry['source']}")
    click.echo(f"  measured  {entry['measured']}; {given(entry)}")
    click.echo(f"{entry['verdict']}: {entry['found']}")
    click.echo("\n".join(columns([entry["head"], *entry["rows"]], 1)))
