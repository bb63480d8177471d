"""Tables of every kind, drawn, listed and made by rule, for the specs that are written at random."""

from __future__ import annotations

import random
from typing import Protocol


class Page(Protocol):
    """Where a table is declared."""

    lines: list[str]

    def name(self, kind: str) -> str: ...


def table(draw: random.Random, page: Page, inputs: int, odd: bool) -> tuple[str, int]:
    """A table on so many inputs, declared: its name and outputs. ``odd`` says whether a kernel has a middle for `=`."""
    name = page.name("t")
    kind = draw.choice(("sparse", "sparse", "shared", "dense", *(("residual",) if odd else ())))
    if kind == "dense":
        outputs = draw.randint(1, 5)
        page.lines.append(f"dense table {name}: {inputs} -> {outputs}{draw.choice(('', ' = full'))}")
        return name, outputs
    if kind == "sparse" and draw.random() < 0.7:
        return name, _by_rule(draw, page, name, inputs)
    outputs = draw.randint(1, 6)
    cells = {"sparse": ".X", "shared": ".Xab", "residual": ".X=a"}[kind]
    if kind == "sparse" and draw.random() < 0.3:
        rows = [
            f"{j}: {' '.join(map(str, sorted(draw.sample(range(inputs), draw.randint(0, inputs)))))}"
            for j in range(outputs)
        ]
        draw.shuffle(rows)
    else:
        rows = [
            " ".join(draw.choice((*cells, "-0.5") if kind == "residual" else cells) for _ in range(outputs))
            for _ in range(inputs)
        ]
    declare(page, kind, name, inputs, outputs, rows)
    return name, outputs


def declare(page: Page, kind: str, name: str, inputs: int, outputs: int, rows: list[str]) -> None:
    page.lines.append(f"{kind} table {name}: {inputs} -> {outputs} {{\n" + "".join(f"  {row}\n" for row in rows) + "}")


def _by_rule(draw: random.Random, page: Page, name: str, inputs: int) -> int:
    rule = draw.choice(("full", "identity", "groups", "depthwise", "band", "random", "rows", "transpose", "|", "&"))
    outputs = draw.randint(1, 6)
    text = rule
    if rule == "groups":
        n = draw.choice([n for n in range(1, inputs + 1) if inputs % n == 0])
        outputs, text = n * draw.randint(1, 2), f"groups({n})"
    elif rule == "depthwise":
        m = draw.randint(1, 2)
        outputs, text = inputs * m, f"depthwise({m})"
    elif rule == "band":
        text = f"band({draw.randint(1, 3)})"
    elif rule == "random":
        text = f"random(fan_in: {draw.randint(1, inputs)}, seed: {draw.randrange(9)})"
    elif rule == "rows":
        text = f"rows({[sorted(draw.sample(range(inputs), draw.randint(0, min(3, inputs)))) for _ in range(outputs)]})"
    elif rule == "transpose":
        other = page.name("u")
        page.lines.append(f"sparse table {other}: {outputs} -> {inputs} = band({draw.randint(1, 2)})")
        text = f"transpose({other})"
    elif rule in "|&":
        text = f"{draw.choice(('identity', 'full', 'band(2)'))} {rule} {draw.choice(('identity', 'band(1)', 'full'))}"
    page.lines.append(f"sparse table {name}: {inputs} -> {outputs} = {text}")
    return outputs


def wiring(draw: random.Random, page: Page, inputs: int) -> tuple[str, int]:
    """A residual table of `=` and numbers alone, declared: its name and outputs."""
    name, outputs = page.name("w"), draw.randint(1, 6)
    if draw.random() < 0.4:
        page.lines.append(f"residual table {name}: {inputs} -> {outputs} = identity")
    else:
        declare(
            page,
            "residual",
            name,
            inputs,
            outputs,
            [" ".join(draw.choice((".", "=", "0.5", "-2")) for _ in range(outputs)) for _ in range(inputs)],
        )
    return name, outputs


def kernel_table(draw: random.Random, page: Page) -> tuple[str, tuple[int, int]]:
    """The taps of a kernel, declared: its name and size."""
    name, height, width = page.name("c"), draw.randint(1, 3), draw.randint(1, 3)
    rows = [[draw.choice(".Xa") for _ in range(width)] for _ in range(height)]
    rows[0][0] = "X"
    page.lines.append(
        f"kernel table {name}: {height} x {width} {{\n" + "".join(f"  {' '.join(row)}\n" for row in rows) + "}"
    )
    return name, (height, width)
