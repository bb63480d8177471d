"""What is known of a picture before there is one: its size and its maps, as steps change them; how it is resized."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from netspec.diagnostics import Fault
from netspec.settings.arguments import Takes
from netspec.settings.readers import one_of

FILTERS = ("bilinear", "bicubic", "nearest", "box", "lanczos")
Filter = Annotated[
    Literal["bilinear", "bicubic", "nearest", "box", "lanczos"],
    Takes("bilinear, bicubic, nearest, box or lanczos", one_of(*FILTERS), FILTERS),
]


@dataclass(frozen=True)
class Picture:
    """Height, width and maps; None where it depends on the file."""

    height: int | None = None
    width: int | None = None
    maps: int | None = None

    def resized(self, height: int | None, width: int | None) -> Picture:
        """With another size."""
        return replace(self, height=height, width=width)

    def mapped(self, maps: int) -> Picture:
        """With another number of maps."""
        return replace(self, maps=maps)

    def cropped(self, height: int, width: int, pad: int = 0) -> Picture:
        """A part of it, with ``pad`` around. Raises Fault N509 where it is known to be too small."""
        for asked, found in ((height, self.height), (width, self.width)):
            if found is not None and asked > found + 2 * pad:
                around = f" with {pad} around" if pad else ""
                raise Fault(
                    "N509",
                    f"a crop of {height} x {width} does not fit into a picture of {self.height} x {self.width}{around}",
                    help="resize before it",
                )
        return self.resized(height, width)
