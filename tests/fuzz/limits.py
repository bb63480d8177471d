"""R5 to R8: specs whose sizes multiply – tables, repetitions, lists of lists, shapes,
blocks in blocks – are answered at once."""

from __future__ import annotations

import random
from pathlib import Path

from netspec.cli import main
from tests.fuzz.frame import Harness

SIZES = (1, 2, 7, 64, 1000, 4096, 16384, 10**5, 10**6, 10**9, 10**12)


def spec(draw: random.Random) -> str:
    """A spec of a few lines that asks for much, sometimes for too much."""
    lines = ["netspec 1"]
    lines += [
        f"let l0 = 0..{draw.choice((3, 999, 99_999))}",
        *(f"let l{k} = [{', '.join([f'l{k - 1}'] * draw.randint(1, 4))}]" for k in range(1, draw.randint(2, 14))),
    ]
    if draw.random() < 0.3:
        lines.append(f"let same = l1 == l{draw.randint(0, 2)}")
    lines += [f"block b0 {{ {draw.choice(('relu', 'identity', 'dense(8)', '[in, relu] -> add'))} }}"]
    depth = draw.choice((2, 3, 30, 150))
    lines += [f"block b{k} {{ {' -> '.join([f'b{k - 1}'] * draw.randint(1, 3))} }}" for k in range(1, depth)]
    size = draw.choice(SIZES)
    kind = draw.choice(("sparse", "residual", "shared"))
    lines += [f"{kind} table t: {size} -> {draw.choice((size, size, draw.choice(SIZES)))} = {table(draw, 3)}"]
    used = {
        "dense": f"dense({size}, table: t)",
        "connect": "connect(t)",
        "rbf": f"rbf({size}, codes: t)",
        "b": f"b{depth - 1}",
        "r": repeated(draw, 3),
    }
    layers = " -> ".join(draw.choice(list(used.values())) for _ in range(draw.randint(1, 3)))
    return "\n".join([*lines, "net A {", f"    input u: {size}", f"    output y = u -> {layers}", "}"]) + "\n"


def table(draw: random.Random, deep: int) -> str:
    """A generator, or several joined."""
    if deep and draw.random() < 0.4:
        return f" {draw.choice('|&')} ".join(table(draw, deep - 1) for _ in range(draw.randint(2, 4)))
    n = draw.choice((1, 2, 3, 65, 1000, 10**6))
    made = draw.choice(
        (
            "full",
            "identity",
            f"groups({n})",
            f"depthwise({n})",
            f"band({n})",
            f"random({n})",
            f"rows([l0, l{draw.randint(0, 3)}])",
        )
    )
    return f"transpose({made})" if draw.random() < 0.3 else made


def repeated(draw: random.Random, deep: int) -> str:
    """A repetition of repetitions."""
    if not deep:
        return draw.choice(("relu", "identity", "tanh -> relu", "([identity, identity] -> concat)", "dense(16)"))
    inner = repeated(draw, deep - 1)
    if draw.random() < 0.2:
        inner = f"residual {{ {inner} }}"
    return draw.choice(
        (
            f"({inner}) * {draw.choice((0, 1, 3, 100, 10**4, 10**9))}",
            f"(({inner}) for i in 0..{draw.choice((0, 9, 999, 10**6))})",
        )
    )


def _case(draw: random.Random, folder: Path) -> None:
    (folder / "s.net").write_text(spec(draw), encoding="utf-8")
    assert main(["check", "s.net"]) in (0, 1)


LIMITS = Harness("limits", "R5–R8", _case, short=60, long=20_000, seconds=5.0)
