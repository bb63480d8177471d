"""The font that figures are measured and painted in, and fonts of the machine for signs that it has not."""

from __future__ import annotations

# What only some commands need is imported where it is used, so that the others start quickly.
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FAMILY = "DejaVu Sans"
#: The font that is shipped: regular and bold.
SHIPPED = tuple(Path(__file__).with_name("typeface") / f"DejaVuSans{bold}.ttf" for bold in ("", "-Bold"))
#: Fonts of a machine that have Chinese signs and no serifs, the best first, by how their files' names begin.
_LIKED = ("notosanssc", "notosanscjksc", "sourcehansanssc", "wqy-microhei", "pingfang", "hiragino sans gb", "msyh",
          "droidsansfallback", "wqy-zenhei", "simhei", "stheiti", "notosanscjk", "sourcehansans")  # fmt: skip
#: So many files are looked into for signs that no font in ``_LIKED`` has.
_MOST_FILES = 400
_AT = 100


@cache
def _opened(path: Path, size: int = _AT) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=2**16)
def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a text is, in pixels; signs of East Asian scripts are as wide as high."""
    wide = sum(east_asian_width(sign) in "WF" for sign in text)
    narrow = "".join(sign for sign in text if east_asian_width(sign) not in "WF") if wide else text
    return float(_opened(SHIPPED[bold]).getlength(narrow)) * size / _AT + wide * size


def lacking(texts: Iterable[str], font: Path = SHIPPED[0]) -> set[str]:
    """The signs that a font has no picture of."""
    none = _picture(font, "\uffff")  # which is no sign
    return {sign for sign in set("".join(texts)) if not sign.isspace() and _picture(font, sign) == none}


def _picture(font: Path, sign: str) -> tuple[tuple[int, int], bytes]:
    mask = _opened(font).getmask(sign)
    return mask.size, bytes(mask)


def machine_font(signs: set[str]) -> Path | None:
    """A font of this machine that has all the signs."""
    files = sorted(_files(), key=lambda path: (_rank(path.name.lower()), str(path)))
    for path in files[:_MOST_FILES]:
        try:
            if not lacking(signs, path):
                return path
        except (OSError, ValueError):  # no font that can be read
            continue
    return None


def _rank(name: str) -> tuple[int, bool]:
    liked = next((n for n, start in enumerate(_LIKED) if name.startswith(start)), len(_LIKED))
    return liked, "regular" not in name and "bold" in name


def _files() -> Iterator[Path]:
    """The font files of the system and the user."""
    home = os.path.expanduser("~")
    folders = {
        "darwin": ("/System/Library/Fonts", "/Library/Fonts", f"{home}/Library/Fonts"),
        "win32": (f"{os.environ.get('WINDIR', 'C:/Windows')}/Fonts", f"{home}/AppData/Local/Microsoft/Windows/Fonts"),
    }.get(sys.platform, ("/usr/share/fonts", "/usr/local/share/fonts", f"{home}/.local/share/fonts", f"{home}/.fonts"))
    for folder in folders:
        for around, _, names in os.walk(folder):
            fonts = (Path(around, name) for name in names if name.lower().endswith((".ttf", ".ttc", ".otf", ".otc")))
            yield from (path for path in fonts if path.is_file())  # a pipe would never answer
