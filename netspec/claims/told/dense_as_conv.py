"""A dense layer as a convolution, which then slides over any picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from netspec.claims.claim import Drawing, Finding, claim
from netspec.claims.deciding import decided, spread
from netspec.claims.lab import Lab, Learned
from netspec.claims.pictures import Pictures, ready
from netspec.report.pictures import png
from netspec.runtime.boxes import Box, suppressed
from netspec.runtime.boxes import found as boxes_of

Array = NDArray[Any]

#: Digits on a page, its side in pixels, and the least probability of a box.
DIGITS, SIDE, SURE = 6, 140, 0.99


def page(pictures: Pictures, rng: np.random.Generator) -> tuple[Array, list[tuple[int, int, int]]]:
    """A dark page with some digits that do not touch: (1, side, side, 1), and (top, left, class) of each."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    rows = [(y, x) for y in range(0, SIDE - 27, 46) for x in range(0, SIDE - 27, 46)]
    placed = []
    for k in rng.permutation(len(rows))[:DIGITS]:
        n = int(rng.integers(pictures.count))
        y, x = (int(min(place + rng.integers(0, 14), SIDE - 28)) for place in rows[k])
        canvas[y : y + 28, x : x + 28] = pictures.test_x[n][..., 0]
        placed.append((y, x, int(pictures.test_y[n])))
    return canvas[None, :, :, None], placed


def slid(run: Learned, x: Array) -> Array:
    """Answers of the net as a convolution at every place: (images, classes, rows, columns)."""
    wide = run.net.to_convolutional()
    return next(iter(wide.values(wide.reshaped(run.weights), x).values()))


@claim(
    "A dense layer is a convolution as large as its input; as one, a net answers at every place of a larger picture.",
    source="LeCun, Bottou, Bengio, Haffner 1998, section VII (space displacement networks); Sermanet et al. 2014: "
    "OverFeat; Long, Shelhamer, Darrell 2015, section 3.1",
    measured=f"the largest difference of both forms on 500 digits, and the share of {DIGITS} digits on each of ten "
    f"pages of {SIDE} x {SIDE} over which a box of the right class stands (6 epochs on 5,000 digits)",
    minutes=0.7,
    pictures=True,
)
def measure(lab: Lab) -> Finding:
    """Equal to 1e-5, and more than half of the digits found."""
    pictures = lab.digits(5000, 1000)
    net = lab.net("digits", classes=pictures.classes)
    differences, shares, drawn = [], [], None
    for seed in lab.seeds:
        run = lab.learn(net, pictures, 6, seed)
        x = ready(pictures.test_x[:500], run.data)
        dense = run.values(x)["digit"]
        differences.append(float(np.abs(dense - slid(run, x)[:, :, 0, 0]).max()))
        rng = np.random.default_rng(seed)
        hits = []
        for _ in range(lab.few(10)):
            image, placed = page(pictures, rng)
            answers = slid(run, ready(image, run.data))[0]
            step = (SIDE - 28) // (answers.shape[1] - 1)
            boxes = suppressed(boxes_of(answers, ((28, step), (28, step)), SURE))
            hits += [any(_over(box, y, x) and box.index == kind for box in boxes) for y, x, kind in placed]
            drawn = drawn or Drawing("Boxes on one page", _picture(image[0, ..., 0], boxes), ".png")
        shares.append(float(np.mean(hits)))
    return Finding(
        decided(difference < 1e-5 and share > 0.5 for difference, share in zip(differences, shares, strict=True)),
        f"Both forms differ by {max(differences):.1e} at most; {spread(shares)} of the digits are found. The net never "
        "saw empty ground, so that it names some digit there too.",
        ("", "found"),
        [("largest difference", f"{max(differences):.1e}"), ("digits found", spread(shares))],
        [] if drawn is None else [drawn],
    )


def _over(box: Box, y: int, x: int) -> bool:
    return abs(box.place[0] - y) <= 8 and abs(box.place[1] - x) <= 8


def _picture(image: Array, boxes: list[Box]) -> bytes:
    """The page, three times as large, with its boxes as PNG."""
    picture = Image.fromarray(image).convert("RGB").resize((3 * SIDE, 3 * SIDE))
    pen = ImageDraw.Draw(picture)
    for box in boxes:
        top, left, bottom, right = (3 * value for value in box.place)
        pen.rectangle((left, top, right, bottom), outline=(240, 120, 40), width=2)
        pen.text((left + 4, top + 2), str(box.index), fill=(240, 200, 40))
    return png(np.asarray(picture))
