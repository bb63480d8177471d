"""Figures as PNG and as PDF, in the font that ships and, for signs that it has not, in one of the machine."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from math import sqrt
from pathlib import Path
from struct import pack
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from zlib import crc32

from netspec.report.drawing import Drawing
from netspec.report.fonts import FAMILY, SHIPPED, lacking, machine_font

if TYPE_CHECKING:
    from fpdf import FPDF

#: Pixels of a PNG to an inch: of a figure with a width in print, and of one for a screen.
PRINT, SCREEN = 300, 192
#: The most pixels of a PNG; a figure that would have more is written smaller.
MOST_PIXELS = 80_000_000
_SVG = "{http://www.w3.org/2000/svg}"


class NoFontError(LookupError):
    """No font of this machine has some signs of a figure."""


def _extra_font(root: ElementTree.Element) -> tuple[set[str], Path | None]:
    """The signs of a figure that the shipped font has not, and a font that has them. Raises NoFontError."""
    signs = lacking(element.text or "" for element in root.iter(f"{_SVG}text"))
    font = machine_font(signs) if signs else None
    if signs and font is None:
        raise NoFontError("".join(sorted(signs)))
    return signs, font


def png(drawing: Drawing, printed: bool = False) -> bytes:
    """The figure as PNG, by resvg, with how large a pixel is; ``printed`` has more of them.

    Raises ImportError without resvg-py, and NoFontError.
    """
    import resvg_py

    root = ElementTree.fromstring(drawing.svg)
    _, extra = _extra_font(root)
    wide, high = (float(size) * drawing.scale for size in root.attrib["viewBox"].split()[2:])
    inch = PRINT if printed else SCREEN
    zoom = min(inch / 96, sqrt(MOST_PIXELS / (wide * high)))
    picture = resvg_py.svg_to_bytes(
        svg_string=drawing.svg,
        dpi=96,
        zoom=zoom,
        skip_system_fonts=True,
        font_files=[str(font) for font in (*SHIPPED, extra) if font],
        font_family=FAMILY,
        sans_serif_family=FAMILY,
    )
    return _with_density(bytes(picture), round(zoom * 96 / 0.0254))


def _with_density(picture: bytes, per_metre: int) -> bytes:
    """A PNG that says how many pixels there are to a metre: a chunk pHYs behind the head, whose 33 bytes are first."""
    chunk = b"pHYs" + pack(">IIB", per_metre, per_metre, 1)
    return picture[:33] + pack(">I", len(chunk) - 4) + chunk + pack(">I", crc32(chunk)) + picture[33:]


def pdf(drawing: Drawing) -> bytes:
    """The figure as a PDF of one page, its texts as texts, the fonts in it.

    Raises ImportError without fpdf2, and NoFontError.
    """
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    root = ElementTree.fromstring(drawing.svg)
    signs, extra = _extra_font(root)
    scale = drawing.scale * 72 / 96
    wide, high = (float(size) * scale for size in root.attrib["viewBox"].split()[2:])
    page = FPDF(unit="pt", format=(wide, high))
    page.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))  # equal figures are equal bytes
    page.set_auto_page_break(False)
    page.set_title(root.findtext(f"{_SVG}title") or "")
    page.add_page()
    try:
        for font, style in zip(SHIPPED, ("", "B"), strict=True):
            page.add_font("shipped", style, font)
        if extra is not None:
            page.add_font("extra", "", extra)
        for element, x, y in _placed(root, 0.0, 0.0):
            _Painter(page, element, x, y, scale, signs).paint()
        return bytes(page.output())
    finally:
        for used in page.fonts.values():  # fpdf2 leaves their files open
            if isinstance(used, TTFFont):
                used.close()


def _placed(element: ElementTree.Element, x: float, y: float) -> Iterator[tuple[ElementTree.Element, float, float]]:
    """What is painted, in its order, with the places that the groups around add."""
    for inner in element:
        if inner.tag == f"{_SVG}g":
            across, down = inner.attrib["transform"].removeprefix("translate(").removesuffix(")").split()
            yield from _placed(inner, x + float(across), y + float(down))
        else:
            yield inner, x, y


class _Painter:
    """Paints an element of a figure, moved and scaled, on a page."""

    def __init__(self, page: FPDF, element: ElementTree.Element, x: float, y: float, scale: float, signs: set[str]):
        self.page, self.element, self.x, self.y, self.scale, self.signs = page, element, x, y, scale, signs

    def paint(self) -> None:
        """Paint it."""
        kind = self.element.tag.removeprefix(_SVG)
        if kind == "text":
            self.text()
        elif kind != "title":
            getattr(self, kind)(**self.pen())

    def at(self, name: str) -> float:
        """A number of its attributes."""
        return float(self.element.get(name, 0)) * self.scale

    def left(self, name: str) -> float:
        """A place across."""
        return self.at(name) + self.x * self.scale

    def top(self, name: str) -> float:
        """A place down."""
        return self.at(name) + self.y * self.scale

    def points(self) -> list[tuple[float, float]]:
        """The places of a line."""
        pairs = (pair.split(",") for pair in self.element.attrib["points"].split())
        return [((float(x) + self.x) * self.scale, (float(y) + self.y) * self.scale) for x, y in pairs]

    def pen(self) -> dict[str, Any]:
        """Colours and lines are set on the page; whether it is filled and drawn around is told."""
        fill, line = self.element.get("fill", "none"), self.element.get("stroke", "none")
        if fill != "none":
            self.page.set_fill_color(fill)
        if line != "none":
            self.page.set_draw_color(line)
            self.page.set_line_width(float(self.element.get("stroke-width", 1)) * self.scale)
        dash = [float(length) * self.scale for length in self.element.get("stroke-dasharray", "").split()]
        self.page.set_dash_pattern(*dash)
        return {"style": ("D" if line != "none" else "") + ("F" if fill != "none" else "")}

    def rect(self, style: str) -> None:
        """A rectangle."""
        size = self.at("width"), self.at("height")
        radius = min(self.at("rx"), *(side / 2 for side in size))
        opacity = float(self.element.get("fill-opacity", 1))
        with self.page.local_context(fill_opacity=opacity):
            self.page.rect(
                self.left("x"), self.top("y"), *size, style=style, round_corners=radius > 0, corner_radius=radius
            )

    def circle(self, style: str) -> None:
        """A circle."""
        self.page.circle(self.left("cx"), self.top("cy"), self.at("r"), style=style)

    def polyline(self, style: str) -> None:
        """A line through points."""
        self.page.polyline(self.points(), style=style)

    def polygon(self, style: str) -> None:
        """A polygon."""
        self.page.polygon(self.points(), style=style)

    def text(self) -> None:
        """A line of text, in as many runs as it has fonts."""
        size, bold = self.at("font-size"), self.element.get("font-weight") == "bold"
        runs = [("".join(run), other) for other, run in groupby(self.element.text or "", lambda s: s in self.signs)]
        fonts = [("extra", "") if other else ("shipped", "B" if bold else "") for _, other in runs]
        widths = []
        for (run, _), font in zip(runs, fonts, strict=True):
            self.page.set_font(*font, size)
            widths.append(self.page.get_string_width(run))
        x = self.left("x") - sum(widths) * {"middle": 0.5, "end": 1.0}.get(self.element.get("text-anchor", ""), 0.0)
        self.page.set_text_color(self.element.get("fill", "#000000"))
        for (run, _), font, width in zip(runs, fonts, widths, strict=True):
            self.page.set_font(*font, size)
            self.page.text(x, self.top("y"), run)
            x += width
