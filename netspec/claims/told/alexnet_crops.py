"""How many different crops a picture of 256 x 256 has."""

from __future__ import annotations

import numpy as np

from netspec.claims.claim import Finding, claim
from netspec.claims.deciding import decided
from netspec.claims.lab import Lab

SIDE = 256


def counted(size: int) -> int:
    """Places of a crop and its mirror, counted one by one on a picture whose cells all differ."""
    picture = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    places = range(SIDE - size + 1)
    corners = {(int(picture[y, x]), int(picture[y, x + size - 1])) for y in places for x in places}
    return len(corners | {(right, left) for left, right in corners})


@claim(
    "Crops of 224 and their mirrors make a training set of pictures of 256 larger by a factor of 2,048.",
    source="Krizhevsky, Sutskever, Hinton 2012, section 4.1",
    measured="different crops of 224 and of 227, the size that the net reads, counted one by one",
    minutes=0.1,
)
def measure(lab: Lab) -> Finding:
    """Equal, or not."""
    found = {size: counted(size) for size in (224, 227)}
    return Finding(
        decided([found[224] == 2048]),
        f"There are {found[224]:,}: 33 places each way, as a crop may lie at the far edge too; (256 - 224)^2 x 2 = "
        f"2,048 leaves those out. Of 227, which gives the net's 55 x 55 maps, there are {found[227]:,}.",
        ("size", "(256 - size)^2 x 2", "counted"),
        [(str(size), f"{(SIDE - size) ** 2 * 2:,}", f"{count:,}") for size, count in found.items()],
    )
