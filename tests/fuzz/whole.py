"""Whole specs written at random: inputs, statements, shares, blocks, heads, free sizes; all of them are valid."""

from __future__ import annotations

import random

from tests.fuzz.written import Author
from tests.fuzz.written_sizes import FREE, Value

BLOCKS = """block unit(m, deep = true) {
    a = in -> conv(m, 3, pad: 1) -> (norm -> relu if deep else tanh)
    a -> conv(m, 1)
}
block pair { [in[0], in[1]] -> add -> relu }
block both(m) { [in, unit(in.maps)] -> pair -> unit(m, deep: false) }
"""


def spec(draw: random.Random) -> tuple[str, dict[str, int]]:
    """A spec, and numbers for its free sizes."""
    author = Author(draw)
    rank, free = draw.choice((0, 1, 2, 2, 2, 2, 3)), draw.random() < 0.3
    names = ("D", "H", "W")[3 - rank :] if rank else ()
    free = free and rank > 0
    chosen = {name for name in names if draw.random() < 0.8} or set(names[:1]) if free else set()
    sizes = tuple(FREE[name] if name in chosen else draw.randint(4, 9 if rank < 3 else 6) for name in names)
    told = "".join(f" x {name if name in chosen else size}" for name, size in zip(names, sizes, strict=True))
    pool: list[tuple[str, Value]] = []
    for number in range(draw.choice((1, 1, 1, 2))):
        maps = draw.randint(1, 4) if rank else draw.randint(2, 12)
        author.lines.append(f"input x{number}: {maps}{told}")
        pool.append((f"x{number}", Value(maps, sizes, "free" if chosen else str(sizes))))
    for _ in range(draw.randint(1, 4)):
        pool.append(_statement(author, pool))
    _outputs(author, pool)
    body = "\n".join(author.lines)
    if draw.random() < 0.3:
        body = body.replace("\n", "\n\n   # a note: -> { ( [\n", 1)
    head = "netspec 1\n" + BLOCKS
    tail = draw.choice(("", "\ntrain { epochs: 2 }\n", "\ntrain {\n optimizer: adam(0.001)\n batch: 8\n}\n"))
    return f'{head}net A(k = 4, wide = true, mode = "a") {{\n{body}\n}}\n{tail}', {name: FREE[name] for name in chosen}


def _statement(author: Author, pool: list[tuple[str, Value]]) -> tuple[str, Value]:
    draw, name = author.draw, author.name("v")
    source, value = draw.choice(pool[-3:])
    kind = draw.choice(("chain", "chain", "chain", "share", "block", "join"))
    if kind == "share" and value.sizes:
        share = author.name("s")
        kernel, bias = draw.choice((1, 3)), draw.choice(("", ", bias: false"))
        after_it = draw.choice(("", " -> norm", " -> prelu"))
        author.lines.append(f"share {share} = conv({value.maps}, {kernel}, pad: same{bias}){after_it}")
        text, after = (
            draw.choice((f"{share} -> relu -> {share}", f"({share}) * 2", f"[{share}, relu -> {share}] -> add")),
            value,
        )
    elif kind == "block" and value.sizes:
        maps = author.maps()
        text, after = (
            draw.choice((f"unit({maps})", f"both({author.number(maps)})", f"unit(m: {maps}, deep: false)")),
            Value(maps, value.sizes, value.grid),
        )
    elif kind == "join":
        equal = [
            (other, it)
            for other, it in pool
            if it.grid == value.grid and it.sizes == value.sizes and len(it.sizes) == len(value.sizes)
        ]
        other, it = draw.choice(equal)
        many = value.maps == it.maps and draw.random() < 0.5
        author.lines.append(
            f"{name} = [{source}, {other}] -> {draw.choice(('add', 'multiply', 'subtract')) if many else 'concat'}"
        )
        return name, Value(value.maps if many else value.maps + it.maps, value.sizes, value.grid)
    else:
        text, after = author.chain(value, draw.randint(1, 5), 2)
    author.lines.append(f"{name} = {source} -> {text}")
    if not after.free and draw.random() < 0.5:
        author.lines.append(f"expect {name}(shape: {' x '.join(map(str, (after.maps, *after.sizes)))})")
    return name, after


def _outputs(author: Author, pool: list[tuple[str, Value]]) -> None:
    draw = author.draw
    source, value = pool[-1]
    author.lines.append(f"output y = {source} -> {author.chain(value, draw.randint(1, 2), 1)[0]}")
    if draw.random() < 0.3:
        source, value = draw.choice(pool)
        author.lines.append(f"output z = {source} -> {author.chain(value, draw.randint(1, 2), 0)[0]}")
    if draw.random() < 0.2:
        source, value = draw.choice(pool)
        author.lines.append(f"output head (train, weight: 0.3) = {source} -> {author.keeping(value, 3)}")
