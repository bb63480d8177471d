"""Figures as PNG and PDF: sizes, texts, fonts, and signs that the font that ships has not."""

from __future__ import annotations

import re
import zlib
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

from netspec.cli import main
from netspec.net import Net, load, loads
from netspec.report import export, fonts
from netspec.report.drawing import Drawing, Look, draw_net
from netspec.report.export import NoFontError, pdf, png
from netspec.report.fonts import SHIPPED, lacking, machine_font

LENET = Path(__file__).parents[2] / "specs" / "lenet5.net"
CHINESE = """netspec 1
net 網 {
    input 圖: 1 x 8 x 8
    output 類1 = 圖 -> conv(2, 3) -> relu
}
"""


@pytest.fixture(scope="module")
def lenet() -> Net:
    return load(LENET)


@pytest.fixture
def font(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only font of the machine: it has three signs, each a black square."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(sign): "square" for sign in "網圖類"})
    pen = TTGlyphPen(None)
    for step, point in enumerate([(100, 0), (100, 800), (900, 800), (900, 0)]):
        (pen.lineTo if step else pen.moveTo)(point)
    pen.closePath()
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "square": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (1000, 0), "square": (1000, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular", "psName": "Squares"})
    builder.setupOS2()
    builder.setupPost()
    path = tmp_path / "squares.ttf"
    builder.save(path)
    monkeypatch.setattr(fonts, "_files", lambda: iter([path]))
    return path


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("L")


def texts(drawing: Drawing) -> list[str]:
    return [
        element.text or "" for element in ElementTree.fromstring(drawing.svg).iter() if element.tag.endswith("text")
    ]


def pages(content: bytes) -> bytes:
    """What a PDF's streams say that are compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    found = b""
    for stream in streams:
        try:
            found += zlib.decompress(stream)
        except zlib.error:
            continue
    return found


@pytest.mark.slow
def test_a_png_is_twice_as_large_as_a_screens_pixels_and_says_so(lenet: Net) -> None:
    drawing = draw_net(lenet.graph)
    picture = Image.open(BytesIO(png(drawing)))
    wide, high = (float(size) for size in ElementTree.fromstring(drawing.svg).attrib["viewBox"].split()[2:])
    assert picture.size == pytest.approx((2 * wide, 2 * high), abs=1)
    assert picture.info["dpi"] == pytest.approx((192, 192), abs=0.1)
    assert png(drawing) == png(drawing)


def test_a_png_with_a_width_has_300_pixels_to_an_inch(lenet: Net) -> None:
    picture = Image.open(BytesIO(png(draw_net(lenet.graph, Look(width=85)), printed=True)))
    assert picture.width == pytest.approx(85 / 25.4 * 300, abs=1)
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_texts_are_painted_in_the_font_that_ships(lenet: Net) -> None:
    """The head is dark where the name stands, and light behind it: `LeNet5` is 51 pixels wide in 13 pixels, bold."""
    picture = opened(png(draw_net(lenet.graph)))
    head = picture.crop((28, 28, 28 + 2 * 120, 28 + 30))
    columns = np.flatnonzero(np.asarray(head).min(axis=0) < 128)
    assert columns[0] < 6
    assert columns[-1] == pytest.approx(2 * fonts.width("LeNet5", 13, bold=True), abs=4)


def test_a_figure_that_would_be_too_large_is_written_smaller(lenet: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_PIXELS", 10_000)
    picture = Image.open(BytesIO(png(draw_net(lenet.graph))))
    assert 8_000 < picture.width * picture.height < 12_000


@pytest.mark.slow
def test_a_pdf_has_one_page_of_the_figures_size_and_all_texts(lenet: Net) -> None:
    drawing = draw_net(lenet.graph, Look(width=85))
    content = pdf(drawing)
    assert content.startswith(b"%PDF-") and content == pdf(drawing)
    box = re.search(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", content)
    assert box is not None and float(box[1]) == pytest.approx(85 / 25.4 * 72, abs=0.01)
    said = pages(content)
    assert said.count(b" Tj") + said.count(b" TJ") == len(texts(drawing))
    assert b"DejaVuSans" in content and content.count(b"/FontFile2") == 2
    assert said.count(b" re f") > lenet.meaning.tables["c3"].connections  # its cells are rectangles


def test_signs_that_the_shipped_font_has_not_are_painted_in_one_of_the_machine(font: Path) -> None:
    drawing = draw_net(loads(CHINESE).graph)
    assert lacking(texts(drawing)) == set("網圖類") and machine_font(set("網圖")) == font
    picture = opened(png(drawing))
    head = picture.crop((28, 28, 28 + 26, 28 + 26))  # the name is one square of 13 pixels
    assert (np.asarray(head) < 64).sum() > 0.5 * 26 * 26 * 0.8 * 0.8
    content = pdf(drawing)
    assert b"Squares" in content
    said = pages(content)
    assert said.count(b" Tj") + said.count(b" TJ") > len(texts(drawing))  # 類1 is of two fonts


def test_without_a_font_that_has_them_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fonts, "_files", lambda: iter([SHIPPED[0], tmp_path / "a.net"]))
    (tmp_path / "a.net").write_text(CHINESE, encoding="utf-8")
    with pytest.raises(NoFontError, match="網"):
        png(draw_net(loads(CHINESE).graph))
    for name in ("a.png", "a.pdf"):
        assert main(["draw", str(tmp_path / "a.net"), "-o", str(tmp_path / name)]) == 2
        assert "no font of this machine has 圖網類: install one" in capsys.readouterr().err
        assert not (tmp_path / name).exists()
    assert main(["draw", str(tmp_path / "a.net"), "-o", str(tmp_path / "a.svg")]) == 0


def test_the_end_of_a_files_name_says_how_it_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begins = {"a.svg": b"<svg", "a.PNG": b"\x89PNG", "a.pdf": b"%PDF", "a.txt": b"LeNet5\n", "a": b"<svg"}
    for name, begin in begins.items():
        assert main(["draw", str(LENET), "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_bytes().startswith(begin)
    assert main(["draw", str(LENET), "-o", str(tmp_path / "a.jpg")]) == 2
    assert "as .svg, .png, .pdf or .txt, and not as .jpg" in capsys.readouterr().err
    assert not (tmp_path / "a.jpg").exists()


@pytest.mark.parametrize(("name", "needs"), [("a.png", "resvg-py"), ("a.pdf", "fpdf2")])
def test_without_the_extra_the_line_to_install_it_is_told(
    name: str, needs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("netspec.cli.figures.find_spec", lambda name: None)
    assert main(["draw", str(LENET), "-o", str(tmp_path / name)]) == 2
    told = capsys.readouterr().err
    assert f'without {needs} only .svg and .txt are written: pip install "netspec[{name[2:]}]"' in told
    assert not (tmp_path / name).exists()
