"""Figures into files: the end of a file's name says how."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netspec.cli.output import note, write_text
from netspec.files import atomic_write

if TYPE_CHECKING:
    from netspec.report.drawing import Drawing

#: How a figure is written; the packages that some forms need, and their names in a registry.
FORMS = (".svg", ".png", ".pdf", ".txt")
_NEEDS = {".png": ("resvg_py", "resvg-py"), ".pdf": ("fpdf", "fpdf2")}


def form_of(out: Path) -> str:
    """One of ``FORMS``; UsageError where a name ends otherwise, or what is needed is not installed."""
    form = out.suffix.lower() or ".svg"
    if form not in FORMS:
        raise click.UsageError(f"{out}: a figure is written as .svg, .png, .pdf or .txt, and not as {form}")
    needs = _NEEDS.get(form)
    if needs is not None and find_spec(needs[0]) is None:
        raise click.UsageError(f'without {needs[1]} only .svg and .txt are written: pip install "netspec[{form[1:]}]"')
    return form


def write_figure(out: Path, form: str, drawing: Drawing, printed: bool = False) -> None:
    """Write a figure in a form that is no text drawing; ``printed`` pixels are those of paper."""
    if form == ".svg":
        write_text(out, drawing.svg)
        return
    from netspec.report.export import NoFontError, pdf, png

    try:
        content = pdf(drawing) if form == ".pdf" else png(drawing, printed)
    except NoFontError as error:
        raise click.UsageError(
            f"no font of this machine has {error}: install one, such as Debian's fonts-wqy-microhei, or write .svg, "
            "which takes a font where it is shown"
        ) from None
    atomic_write(out, content)
    note(f"wrote {out}")
