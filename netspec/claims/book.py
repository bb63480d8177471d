"""The claims there are, and what each was found to be: a page and a file of figures each, and the book of all."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from netspec.claims import told
from netspec.claims.claim import Chart, Claim, Drawing, Finding, Verdict
from netspec.claims.lab import Lab, processor, write, written
from netspec.diagnostics import Fault
from netspec.files import atomic_write
from netspec.folders import make_folder
from netspec.machine import cores
from netspec.report.claims import html, markdown
from netspec.report.curves import curves

#: The files of the book.
BOOK, TEXT = "book.html", "book.md"


@cache
def claims() -> Mapping[str, Claim]:
    """Every claim by its name: one of each file in ``told/``."""
    modules = [import_module(f"{told.__name__}.{found.name}") for found in pkgutil.iter_modules(told.__path__)]
    return {module.measure.name: module.measure for module in modules}


def listed(claim: Claim) -> dict[str, Any]:
    """A claim as ``--json`` lists it."""
    return {
        "name": claim.name,
        "claim": claim.claim,
        "source": claim.source,
        "measured": claim.measured,
        "minutes": claim.minutes,
    }


def measured(claim: Claim, lab: Lab, folder: Path) -> dict[str, Any]:
    """Measure a claim, and write its page, its figures and its pictures into a folder; what was found, as JSON has it.

    Raises Trouble N604 where they cannot be written, and what reading ``data`` raises.
    """
    make_folder(folder)
    begun = processor()
    finding = _found(claim, replace(lab, folder=folder))
    entry = listed(claim) | {
        "verdict": str(Verdict.OPEN if lab.quick else finding.verdict),
        "found": finding.found,
        "head": list(finding.head),
        "rows": [list(row) for row in finding.rows],
        "pictures": _drawings(claim.name, finding, folder),
        "seconds": round((processor() - begun) / cores(), 1),
        "cores": cores(),
        "given": lab.given(),
    }
    write(folder / f"{claim.name}.json", entry)
    atomic_write(folder / f"{claim.name}.html", html([entry], folder).encode())
    return entry


def _found(claim: Claim, lab: Lab) -> Finding:
    """What is found; a training that diverges decides nothing."""
    try:
        return claim.measure(lab)
    except Fault as fault:
        if fault.code != "N704":
            raise
        return Finding(Verdict.OPEN, f"It could not be measured: {fault}.", ("",), ())


def kept(claim: Claim, lab: Lab, folder: Path) -> dict[str, Any] | None:
    """What was found before from the same, if it was."""
    entry = written(folder / f"{claim.name}.json")
    same = entry.get("given") == lab.given()
    return entry if same and listed(claim).items() <= entry.items() else None


def bind(entries: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the book: as one page, and as Markdown that stands beside the pictures."""
    atomic_write(folder / BOOK, html(entries, folder).encode())
    atomic_write(folder / TEXT, markdown(entries).encode())


def _drawings(name: str, finding: Finding, folder: Path) -> list[dict[str, str]]:
    """Write what is drawn; titles and files."""
    told: list[dict[str, str]] = []
    for number, drawn in enumerate(finding.drawn, 1):
        content, suffix = _file(drawn)
        file = f"{name}-{number}{suffix}"
        atomic_write(folder / file, content)
        told.append({"title": drawn.title, "file": file})
    return told


def _file(drawn: Chart | Drawing) -> tuple[bytes, str]:
    if isinstance(drawn, Drawing):
        return drawn.content, drawn.suffix
    return curves(drawn.lines, drawn.title, drawn.across, drawn.up).encode(), ".svg"
